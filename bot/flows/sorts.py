"""What sort of facility people look for, in the words that they have for it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.config import FacilityKind
from bot.config.listed import Search
from bot.dialogue.whereabouts import means_here

HOSPITALS = (FacilityKind.HOSPITAL,)
FIRST_LEVEL = (FacilityKind.PUSKESMAS, FacilityKind.CLINIC)

_KINDS = (
    (FIRST_LEVEL, r"faskes (tingkat )?(1|i|satu|pertama)|fktp|puskesmas ?(atau|/) ?klinik"),
    ((FacilityKind.PUSKESMAS,), r"puskesmas|puskes|pusk|pkm"),
    ((FacilityKind.CLINIC,), r"klinik|clinics?"),
    (HOSPITALS, r"rumah ?sakit|rumkit|rs|rsud|rsu|rsup|hospitals?"),
)
_EMERGENCY = r"igd|ugd|(unit|instalasi) gawat darurat|emergency rooms?"
_NIGHT = r"24 ?(jam|hours?)|malam|tengah malam|at night"
_OPEN = r"((masih|lagi|sedang) )?buka( (sekarang|skrg|skrang|skr|saat ini|hari ini))?|open( now)?"
_EVERY = r"(tampilkan )?semua(nya)?|(show )?all"
_MORE = (
    r"lagi|yang lain|yg lain|lain(nya)?|lagi yang lain|selanjutnya|berikutnya|selain itu|more|others?|next"
)
_FAR = r"(se)?jauh(nya)?( mana)?|seberapa jauh|berapa (kilo|km|jauh)|jarak(nya)?|how far"
_FILLERS = (
    r"ada|yang|yg|ga|gak|gk|nggak|ngga|tidak|dak|kah|ya|yah|dong|donk|sih|deh|aja|saja|min|kak|pak|bu|mas|mbak|mau|cari|"
    r"kalau|kalo|klo|kl|apa|apakah|atau|tolong|mohon|nya|di|ke|dari|sini|situ|sana|terdekat|terdeket|dekat|deket|paling|"
    r"tidak|faskes|dan|itu|is|are|there|any|the|a|it|in|near|please|ones?|nearest|bpjs|jkn"
)
_SAID = ("emergency", "night", "open_now", "every", "more", "far", "here")
"""The fields of a `Sort` that say something about the facilities, besides their kinds."""


@dataclass(frozen=True)
class Sort:
    """What a text says of the facilities that are looked for, and of what was found."""

    kinds: tuple[FacilityKind, ...] = ()
    emergency: bool = False
    night: bool = False
    open_now: bool = False
    every: bool = False
    """Open or not, by day or by night."""
    more: bool = False
    far: bool = False
    here: bool = False
    """Near where one is."""
    alone: bool = False
    """Whether the text says nothing else."""

    @property
    def said(self) -> bool:
        """Whether it says anything at all."""
        return bool(self.kinds) or any(getattr(self, name) for name in _SAID)

    def search(self, now: datetime) -> Search:
        """A search for them that has no place yet."""
        return Search(
            kinds=HOSPITALS if self.emergency and not self.kinds else self.kinds,
            emergency=self.emergency,
            day_and_night=self.night,
            open_at=now if self.open_now else None,
        )

    def kept(self) -> dict[str, Any]:
        """What of it is kept with an answer."""
        return {"kinds": list(self.kinds)} | {name: True for name in _SAID if getattr(self, name)}

    @classmethod
    def restored(cls, kept: dict[str, Any]) -> "Sort":
        """What `kept` gave; what it does not have was not said."""
        kinds = tuple(FacilityKind(kind) for kind in kept.get("kinds", ()))
        return cls(kinds=kinds, **{name: bool(kept.get(name)) for name in _SAID})


def read_sort(text: str, *besides: str) -> Sort:
    """The sort of facility that a text speaks of.

    Args:
        text: as it was written.
        besides: names in it that are read elsewhere.
    """
    left = text.lower()
    for name in besides:
        left = left.replace(name.lower(), " ")
    kinds: tuple[FacilityKind, ...] = ()
    for meant, words in _KINDS:
        left, found = _taken(words, left)
        kinds += meant if found else ()
    left, emergency = _taken(_EMERGENCY, left)
    left, night = _taken(_NIGHT, left)
    left, open_now = _taken(_OPEN, left)
    left, every = _taken(_EVERY, left)
    left, far = _taken(_FAR, left)
    left, more = _taken(_MORE, left)
    left, _ = _taken(_FILLERS, left)
    return Sort(
        kinds=tuple(dict.fromkeys(kinds)),
        emergency=emergency,
        night=night,
        open_now=open_now,
        every=every,
        more=more,
        far=far,
        here=means_here(text),
        alone=not any(char.isalnum() for char in left),
    )


def _taken(words: str, text: str) -> tuple[str, bool]:
    """The text without those words, and whether it had any."""
    left, times = re.subn(rf"\b({words})\b", " ", text)
    return left, times > 0
