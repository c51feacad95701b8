"""The words that dates and times are written with, standard, abbreviated and regional, as one canonical word each.

Languages: Indonesian and its chat spellings, Palembang, Banjar, Minang, Javanese, Sundanese, English.
"""

from bot.reading.words import UNITS as NUMBER_WORDS
from bot.reading.words import word_set


def _spelled(table: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in table.items() for word in (name, *words.split())}


DAYS = _spelled(
    {
        "lusa": "emben pageto overmorrow bisuaknyo",
        "besok": "bsk bsok besuk besuak bisuk bisuak sesuk isukan hisukan mbenjang benjing tomorrow tmrw tommorow",
        "kemarin": "kmrn kmrin kmarin kmren kemaren kmaren kemarn kmarn kemrin wingi kamari kamarin kapatang "
        "patang kelmarin yesterday kemarennyo kemarenan",
        "today": "hariini",
    }
)
DAY_SHIFT = {"today": 0, "besok": 1, "lusa": 2, "kemarin": -1}

DAY_WORDS = word_set("hari hr hri ari arai dino dina dinten poe dinteun")
THIS = word_set("ini ni iki ieu iko niki menika inih nangini neh")
NEXT = word_set("depan dpn dpan ngarep ngajeng mendatang datang hareup payun muka next")
LAST = word_set("lalu silam kemarin kmrn kemaren kmaren wingi kapungkur kepungkur lepas last tadi")
WHICH = word_set("yang yg yng nu sing nan nang")
LATER = word_set("lagi lg lgi maneh deui later")
AGO = word_set("lalu silam kapungkur kepungkur ago")
SO_FAR = word_set("sudah udah udh sdh dah uda wis parantos atos la lah already")
JUST_NOW = word_set("tadi td tdi tadina tadinya")
SOON = word_set("nanti nti ntar entar engko mengko mangke engke kagek kena beko this")

SINCE = word_set(
    "sejak sjk semenjak dari dri dr mulai mulaian ti tina saka seko soko wiwit since from sedari"
)
UNTIL = word_set(
    "sampai sampe smpe smpai sampek smp sampi sampay hingga hngga nepi nganti tekan dugi tumeko until "
    "till sebelum sblm"
)
UNTIL_SHORT = frozenset({"sd"})
EVERY = word_set("tiap setiap saban per every unggal")
AGE = word_set("umur umr umurnya usia usianya berumur berusia age aged umurna umure")

WEEKDAYS = _spelled(
    {
        "senin": "sen snn sennen senen snin monday mon",
        "selasa": "slasa sls salasa seloso tuesday tue",
        "rabu": "rebo rabo rebu rbu wednesday wed",
        "kamis": "kemis kms kmis thursday thu",
        "jumat": "jmt jumaat jumuah jemuah jum jumat friday fri",
        "sabtu": "sbtu setu saptu sbt saturday sat",
        "minggu": "ahad mggu mgg minggunya sunday sun",
    }
)
WEEKDAY_NUMBER = {
    name: at for at, name in enumerate(("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"))
}

UNITS = _spelled(
    {
        "menit": "mnt mnit menitan minute minutes",
        "jam": "jm jaman hour hours",
        "hari": "hr hri ari arai dino dina dinten poe day days harian",
        "minggu": "mgg mggu pekan week weeks mingguan",
        "bulan": "bln bulanan buln wulan sasih month months blan",
        "tahun": "thn th taon taun tahunan year years",
    }
)
ONE_OF = _spelled(
    {
        "jam": "sejam",
        "hari": "sehari seharian sadino",
        "minggu": "seminggu semingguan sepekan saminggu",
        "bulan": "sebulan sebulanan sawulan sabulan",
        "tahun": "setahun setahunan setaun sataun",
    }
)
for _unit in ("jam", "hari", "minggu", "bulan", "tahun"):
    del ONE_OF[_unit]

MONTH_NAMES = _spelled(
    {
        "januari": "january januar jnuari",
        "februari": "february pebruari febuari febr",
        "maret": "march mrt",
        "april": "aprl",
        "mei": "may",
        "juni": "june",
        "juli": "july",
        "agustus": "august agust agts agustua ags agt",
        "september": "sept septembr",
        "oktober": "october oktobr",
        "november": "nopember novembr",
        "desember": "december desembr",
    }
)
MONTH_SHORT = {
    **MONTH_NAMES,
    **_spelled(
        {
            "januari": "jan",
            "februari": "feb peb",
            "maret": "mar",
            "april": "apr",
            "juni": "jun",
            "juli": "jul",
            "agustus": "agu aug",
            "september": "sep spt",
            "oktober": "okt oct",
            "november": "nov nop",
            "desember": "des dec",
        }
    ),
}
"""With a day number beside it, three letters are enough; alone, `sep` is the hospital's letter."""
MONTH_NUMBER = {name: at for at, name in enumerate(dict.fromkeys(MONTH_NAMES.values()), start=1)}

DATE_WORDS = word_set("tanggal tgl tggl tngl tg tgal tangga")
CLOCK = word_set("jam jm pukul pkl pukua at")
HALF = word_set("setengah stengah stgh satangah half")

PARTS = _spelled(
    {
        "dini": "dinihari",
        "subuh": "sbh shubuh subuah fajar",
        "pagi": "pgi pagii esuk isuk enjing morning baisukan",
        "siang": "siank syang awan tengari lohor zuhur dzuhur dhuhur zhuhur duhur noon",
        "sore": "sor sonten petang asar ashar afternoon",
        "malam": "mlm malem mlem malm bengi dalu peuting wengi magrib maghrib isya evening night tonight",
    }
)
PART_HOURS = {
    "dini": (0, 4),
    "subuh": (4, 6),
    "pagi": (6, 11),
    "siang": (11, 15),
    "sore": (15, 18),
    "malam": (18, 24),
}
"""From when until when a part of the day is taken to last, in hours."""
ALONE = frozenset({"dini", "subuh"})
"""Parts that are a time by themselves; the others are greetings as well."""
LAST_NIGHT = word_set("semalam semalem smlm smalam samalam semalaman")

ZONES = {"wib": 7, "wita": 8, "wit": 9}
EDGE = {"awal": (1, 10), "pertengahan": (11, 20), "akhir": (21, 31), "ahir": (21, 31)}

BEGINNINGS = frozenset().union(
    *(DAYS, DAY_WORDS, JUST_NOW, SOON, SINCE, UNTIL, UNTIL_SHORT, WEEKDAYS, UNITS, ONE_OF, MONTH_SHORT),
    *(DATE_WORDS, CLOCK, HALF, PARTS, LAST_NIGHT, EDGE, NUMBER_WORDS, {"s", "weekend"}),
)
"""Every word that something about a time can begin with; all else is passed over at once."""
