"""What people say, and what hostile ones do."""

ENTITIES = {
    "palembang": "place",
    "samarinda": "place",
    "malang": "place",
    "wakanda": "place",
    "RS SMC": "facility",
    "SEP": "system",
    "mobile jkn": "system",
    "besok": "when",
    "PLB-2611-00001": "case_number",
    "SMD-2611-00001": "case_number",
}
"""Words that are names, by their kind."""

WORDS = [
    "min", "halo", "kantor palembang hari ini buka ga ya", "besok buka?", "di wakanda", "samarinda", "malang",
    "SEP gak bisa terbit di RS SMC dari jam 8 pagi", "mobile jkn muter2", "saya ditolak berobat di RS SMC",
    "antri dari subuh tapi dokternya ga datang, disuruh pulang, obatnya juga kosong, kecewa sekali saya",
    "mau daftar bayi", "syarat daftar bayi apa", "c", "C", "J", "mau pindah faskes",
    "kartu saya nonaktif mau diaktifkan", "1671014107900001", "6472013112850002", "1671017207900001",
    "0001234567890", "8888801234567890", "123", "nik saya lupa", "1 januari 1990", "01-07-1990", "31/12/85",
    "kemarin", "besok", "30 februari 1990", "bulan lalu", "Siti Aminah", "08127000123",
    "jalan mawar 5 palembang", "siti@contoh.id", "5000000", "kelas 3", "bank bri",
    "eh salah, maksudnya RS BARI", "eh salah", "salah foto", "itu KK bukan KTP", "belum ada", "nanti saja",
    "tidak punya", "ya", "tidak", "setuju", "tidak setuju", "kirim", "ubah", "selesai", "tidak ada",
    "gak tau", "lanjutkan", "mulai baru", "hapus isian", "batal", "ulang", "kembali", "menu", "/start",
    "petugas", "stop", "mulai", "ga jadi deh", "english please", "bahasa indonesia", "makasih ya",
    "ini robot?", "cek bpjs saya aktif ga", "tagihan saya berapa", "laporan PLB-2611-00001 sampai mana",
    "laporan SMD-2611-00001", "tolong bapak saya sesak napas", "bego lu", "data saya", "hapus data saya",
    "privasi", "gabung", "gabung ABCD-2345", "ABCD2345", "pisahkan akun", "rumah sakit terdekat",
    "puskesmas yang buka sekarang", "lagi", "yang lain", "denda telat bayar berapa", "kacamata ditanggung",
    "1", "2", "3", "9", "11", "99", "0", "-1", "nomor dua", " ", "🙏🙏", "👍", "\u202eabc\u202c", "مرحبا",
    "x" * 3000, "{branch}", "%s", "*tebal*", "<b>", "'; drop table cases; --", "..", "؟", "/", "…",
]  # fmt: skip
