"""Who says what: conversations of a dozen kinds, each with words of its own, so that none can be taken for another."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice

CHANNELS = ("whatsapp", "telegram")
_LETTERS = "qxzjvw"  # of no word, so that no interpreter takes a mark for one
_MARK = 6  # letters: 6 ** 6 conversations are told apart


@dataclass(frozen=True)
class Step:
    """What is said before the next answer is waited for.

    Args:
        texts: one message, or several that follow one another at once.
        scattered: whether several arrive in any order, where the provider does not keep it.
        photos: so many photos in one album, the first with the text as its caption.
        edit: what the participant makes of their newest message, which may be one of `texts`.
        quote: words of an earlier message of ours, to which the text is a reply.
        tap: instead, the title of a button below our newest message.
        agent: instead, what an agent does: ``claim``, ``reply ...``, ``send ...`` (a photo with these words, or with
            none, which the participant has before anything else is said) or ``resolve``.
    """

    texts: tuple[str, ...] = ()
    scattered: bool = False
    photos: int = 0
    edit: str | None = None
    quote: str | None = None
    tap: str | None = None
    agent: str | None = None


@dataclass(frozen=True)
class Kind:
    """One way in which a conversation may go.

    Args:
        loose: messages follow one another so quickly that it is chance which of them make a turn together. Then the
            number of replies is chance too, but neither their words nor what comes of them.
        channels: where it may go so.
    """

    name: str
    steps: tuple[Step, ...]
    loose: bool = False
    channels: tuple[str, ...] = CHANNELS


@dataclass(frozen=True)
class Script:
    """One conversation. `mark` is a word that nobody else says."""

    number: int
    kind: Kind
    channel: str

    @property
    def mark(self) -> str:
        digits = [self.number // len(_LETTERS) ** place % len(_LETTERS) for place in range(_MARK)]
        return "".join(_LETTERS[digit] for digit in digits)

    @property
    def name(self) -> str:
        """What its kind is known by in the reference."""
        return f"{self.kind.name} {self.channel}"

    @property
    def person(self) -> str:
        """The participant's number there: a chat, or a phone number."""
        first = 5_000_000 if self.channel == "telegram" else 6_281_300_000_000
        return str(first + self.number)

    @property
    def address(self) -> str:
        return f"telegram:{self.person}" if self.channel == "telegram" else f"whatsapp:+{self.person}"

    def words(self, text: str) -> str:
        return text.replace("{mark}", self.mark)


def _says(*texts: str) -> tuple[Step, ...]:
    return tuple(Step((text,)) for text in texts)


_STORY = "sudah tiga kali saya disuruh beli obat jantung di luar karena kosong terus, kata loket {mark}"
_REFUSED = (
    "saya ditolak berobat di RS SMC tadi siang katanya kamar penuh, padahal anak saya {mark} demam tinggi "
    "sudah tiga hari dan kartunya aktif"
)
_SUBSCRIBES = "tolong kabari kalau ada gangguan sidik jari di palembang"
_NOTES = tuple(f"catatan ke {count} dari {{mark}}" for count in ("satu", "dua", "tiga"))

KINDS = (
    Kind("menu", _says("halo", "1", "jayapura", "makasih ya kak")),
    Kind("closure", _says("kantor palembang buka ga?", "kalau kantor samarinda buka ga hari ini?")),
    Kind("outage", _says("SEP gak bisa terbit di RS SMC", "tidak")),
    Kind(
        "complaint",
        _says(
            "pengaduan",
            "obat kosong",
            "RS SMC",
            _STORY,
            "selesai",
            "ya kirim",
            "laporan saya sampai mana ya?",
        ),
    ),
    Kind("complaint at once", (Step((_REFUSED,)), Step(tap="Tidak ada"), Step(tap="Ya, kirim"))),
    Kind("queue", (*_says("mau bicara petugas"), Step(_NOTES, scattered=True), *_says("batal")), loose=True),
    Kind(
        "agent",
        (
            *_says("mau bicara petugas"),
            Step(agent="claim"),
            *_says("kartu anak saya {mark} belum jadi"),
            Step(agent="reply Baik, kami periksa kartu {mark}."),
            *_says("terima kasih, saya tunggu kabar {mark}"),
            Step(agent="resolve"),
            *_says("makasih"),
        ),
    ),
    Kind(
        "agent sends photos",
        (
            *_says("mau bicara petugas"),
            Step(agent="claim"),
            Step(agent="send Ini contoh formulir {mark}."),
            *_says("sudah saya lihat, yang {mark} di mana?"),
            Step(agent="send"),
            Step(agent="reply Lihat bagian bawah, {mark}."),
            *_says("terima kasih, sudah ketemu {mark}"),
            Step(agent="resolve"),
            *_says("makasih"),
        ),
    ),
    Kind("in pieces", (Step(("min", "mau tanya", "kantor palembang alamatnya di mana?")),), loose=True),
    Kind("admin", _says("halo", "administrasi", "mau pindah faskes", "tidak")),
    Kind("gibberish", _says("asdf qwer", "zxcv", "tidak", "menu")),
    Kind("photo", (Step(photos=1), *_says("menu"))),
    Kind(
        "album",
        (
            *_says("pengaduan", "obat kosong", "RS SMC", _STORY),
            Step(("ini fotonya {mark}",), scattered=True, photos=3),
            *_says("selesai", "ya kirim"),
        ),
        loose=True,
    ),
    Kind(
        "edited",
        (
            *_says("pengaduan", "obat kosong", "RS SMC"),
            Step(edit="RSUD AW Sjahranie"),
            *_says(_STORY),
            Step(edit=_STORY.replace("tiga", "empat")),
            *_says("lewati", "ya kirim"),
        ),
        channels=("telegram",),
    ),
    Kind(
        "edited at once",
        (Step(("kantor palembang buka ga?",), edit="kantor balikpapan buka ga?"), *_says("makasih ya kak")),
        loose=True,
        channels=("telegram",),
    ),
    Kind(
        "quoted",
        (
            *_says("halo", "kantor palembang buka ga?"),
            Step(("3",), quote="Ada yang bisa kami bantu"),
            *_says("batal"),
        ),
    ),
    Kind("subscriber", _says(_SUBSCRIBES, "makasih ya kak")),
    Kind("leaver", _says(_SUBSCRIBES, "stop")),
)


def _apart(kind: Kind) -> Kind:
    """The same, each message by itself."""
    return replace(kind, steps=tuple(step for one in kind.steps for step in _one_by_one(one)))


def _one_by_one(step: Step) -> tuple[Step, ...]:
    if step.photos:
        return tuple(Step(() if number else step.texts, photos=1) for number in range(step.photos))
    return (*_says(*step.texts), *([Step(edit=step.edit)] if step.edit else []))


def reference(first: int) -> list[Script]:
    """One conversation of each kind on each channel, numbered from `first` on; of loose ones both extremes."""
    kinds = [*KINDS, *(_apart(kind) for kind in KINDS if kind.loose)]
    pairs = [(kind, channel) for kind in kinds for channel in kind.channels]
    return [Script(first + at, kind, channel) for at, (kind, channel) in enumerate(pairs)]


def scripts(seed: int, conversations: int, first: int) -> list[Script]:
    """The conversations of a run, numbered from `first` on: every kind equally often, in an order of chance."""
    pairs: Sequence[tuple[Kind, str]] = [(kind, channel) for kind in KINDS for channel in kind.channels]
    drawn = list(islice(cycle(pairs), conversations))
    random.Random(f"{seed} script").shuffle(drawn)
    return [Script(first + at, kind, channel) for at, (kind, channel) in enumerate(drawn)]
