"""Questions about names and times: which facility, branch or system, and since when."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz

from bot.config import Branch, Config, Facility, System
from bot.config.config import NEAR_KM
from bot.config.names import plain
from bot.config.sphere import kilometres
from bot.dialogue.questions import Choice, Question, Unclear
from bot.dialogue.state import Heard, Said
from bot.messages import Location
from bot.reading.choices import read_choice, read_yes_no
from bot.reading.dates import read_when

NEAREST = 5
"""Facilities that are offered where a place is shared."""
ALIKE = 70
"""Likeness, 0 to 100, from which the name of a branch is offered for one that nobody knows."""
_NAME = 3
"""Words of the name of a place at most."""
_UNKNOWN = re.compile(
    r"(saya |aku |sy )?(tidak|tdk|nggak|ngga|gak|ga|g|dak|kada|ora|teu|kurang|blm|belum) ?"
    r"(tahu|tau|ingat|inget|ngerti|hafal)( .{0,20})?|"
    r"(saya |sy )?lupa( .{0,20})?|entah(lah)?|(i )?(don'?t|do not) (know|remember)|no idea|not sure",
    re.IGNORECASE,
)

_SOMEWHERE = re.compile(
    r"\b(?:di|kota|kabupaten|kab|cabang|kantor bpjs|in|office of) "
    r"(?!(?:sana|sini|situ|mana+|hari|bulan|tanggal|tgl|jam|kantor|bpjs|loket|rumah|rs|tempat|kota|daerah|cabang|wa|chat|"
    r"aplikasi|kartu|ktp|akta|surat|data|sistem|yang|yg|ini|itu|buka|tutup|libur|faskes|klinik|puskesmas|igd|ugd|poli|apotek|apotik|dokter|luar|atas|depan|"
    r"belakang|samping|dekat|deket|sekitar|jalan|jln|pasar|kampung|desa|kelurahan|kecamatan|polisi|terdekat|terdeket|tersebut|"
    r"dong|kalian|please|the|a|my|this|hospital)\b)([a-z]{4,})|"
    r"\bkantor (?:bpjs )?"
    r"(?!(?:masih|sudah|udah|udh|akan|nanti|besok|sekarang|tidak|ngga|nggak|kami|kalian|cabang|bpjs|jadi|"
    r"pasti|tetap|tetep|biasanya|pusat|mana+|kamu|anda|hari|saya|sana|sini|situ|itu|"
    r"terdekat|terdeket|dekat|deket|tersebut|kelurahan|kecamatan|desa|polisi|bpjsnya|cabangnya|lama|baru|"
    r"buka|tutup|libur|dong|open|closed|please)\b)"
    r"([a-z]{4,})(?= (?:buka|tutup|libur)\b|(?: (?:dong|min|kak|pak|bu|ya))*\W*$)",
    re.IGNORECASE,
)
"""Words that say where something is: `kantor di wakanda buka ga`, `kantor wakanda buka?`."""


_WANTS = re.compile(
    r"\b(mau|ingin|pengen|tolong|minta|lapor\w*|komplain\w*|bukan|batal|want|please|report|complain\w*)\b",
    re.IGNORECASE,
)
"""Words of a wish: "bukan, saya mau lapor petugasnya" is no time."""


def somewhere(text: str) -> str:
    """The word that names a place by where it stands ("kantor di wakanda"); "" where none does."""
    written = _SOMEWHERE.search(text)
    return (written[1] or written[2]) if written else ""


def _unknown(text: str) -> bool:
    """Whether somebody says that they do not know: no name, and no reason to ask again."""
    return _UNKNOWN.fullmatch(text.strip(" .!?")) is not None


@dataclass(frozen=True)
class Named:
    """A facility by its name; `facility` when it is one that the configuration knows. Without a name it is unknown."""

    name: str
    facility: Facility | None = None


@dataclass(frozen=True)
class WhichFacility(Question[Named]):
    """A hospital, clinic or puskesmas: a known one, or a name as it was written; `unknown` titles a way out."""

    config: Config
    unknown: str
    hint: ClassVar[str] = "form.hint_facility"

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The nearest known ones after an unclear answer, and the way out."""
        near = [Choice(code, self.config.facilities[code].name) for code in narrowed]
        return [*near, Choice("-", self.unknown)]

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """A code (``=code``) or a name."""
        number = read_choice(said.text, [(choice.title,) for choice in self.options(narrowed)])
        if number is not None:
            return self.tapped([*narrowed, "-"][number])
        if _unknown(said.text):
            return "=-"
        entity = said.interpretation.first("facility")
        written = entity.value if entity else said.text
        found = self.config.find_facility(written)
        if found.facility:
            return "=" + found.facility.code
        if entity or strictly:
            return written if entity else None
        if read_yes_no(written) is not None:
            return None
        return written[:120] if len(written) >= 3 and len(written.split()) <= 8 else None

    def hear(self, heard: Heard) -> Any | None:
        """A facility named earlier."""
        entity = heard.last("facility")
        if entity is None:
            return None
        found = self.config.find_facility(entity.value)
        return "=" + found.facility.code if found.facility else entity.value

    def correct(self, heard: Heard) -> Any | None:
        """A facility named as such, or one that the configuration knows."""
        named = self.hear(heard)
        if named is None and heard.text:
            found = self.config.find_facility(heard.text)
            named = "=" + found.facility.code if found.facility else None
        return named

    def locate(self, here: Location) -> Any | Unclear | None:
        """Those nearest to a shared place, to choose from."""
        away = [(kilometres(here, item.location), item.code) for item in self.config.listed if item.location]
        near = sorted(away)[:NEAREST]
        if not near or near[0][0] > NEAR_KM:
            return None
        return Unclear(tuple(code for _, code in near), says="near.facilities")

    def tapped(self, code: str) -> Any:
        """A known one."""
        return "=" + code

    def restore(self, kept: Any) -> Named | None:
        """The facility, or just its name."""
        code = str(kept).removeprefix("=")
        known = self.config.facilities.get(code)
        if known:
            return Named(known.name, known)
        return Named("" if code == "-" else code)


@dataclass(frozen=True)
class WhichBranch(Question[Branch]):
    """A branch office, by its name, an alias, or a place that it serves."""

    config: Config
    assumed: str | None = None
    """The branch that the talk was about before, taken when no place is named."""
    hint: ClassVar[str] = "form.hint_branch"
    which: ClassVar[str] = "form.which_branch"

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The nearest ones after an unclear answer; all are too many to show."""
        return [Choice(code, self.config.branches[code].name) for code in narrowed]

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The branch's code; `Unclear` with the nearest names for a place that no branch serves."""
        number = read_choice(said.text, [(self.config.branches[code].name,) for code in narrowed])
        if number is not None:
            return narrowed[number]
        known = self.hear(Heard.of(said))
        if known:
            return known
        entity = said.interpretation.first("place")
        if strictly and len(said.text.split()) > 3:
            return None
        found = self.config.find_branch(entity.value if entity else said.text)
        if found.branch:
            return found.branch.code
        if strictly:
            return None
        named = entity.value if entity else somewhere(said.text)
        return self._unclear(named or said.text, named=bool(named))

    def locate(self, here: Location) -> Any | Unclear | None:
        """The branch that serves the place; where that is not known, the nearest offices to choose from."""
        branch = self.config.branch_at(here)
        nearest = self.config.nearest_branches(here)[:3]
        return branch.code if branch else Unclear(tuple(item.code for item, _ in nearest))

    def hear(self, heard: Heard) -> Any | None:
        """The branch of a place or facility that was named, or of the place that was shared."""
        if heard.location and (branch := self.config.branch_at(heard.location)):
            return branch.code
        for entity in heard.entities:
            if entity.entity == "place":
                found = (
                    self.config.find_branch(entity.value).branch or self.config.find_branch(heard.text).branch
                )
                if found:
                    return found.code
            elif entity.entity == "facility":
                facility = self.config.find_facility(entity.value).facility
                if facility:
                    return facility.branch
        return None

    def assume(self, heard: Sequence[Heard]) -> Any | None:
        """The branch of the talk; but a place that is unknown is asked about, not passed over."""
        place = self._place(heard)
        if place is None:
            return self.assumed
        branch = self.config.find_branch(place).branch
        return branch.code if branch else None

    def nearest(self, heard: Sequence[Heard]) -> Unclear | None:
        """The branches nearest in name to a place that was named and is unknown."""
        place = self._place(heard)
        unclear = self._unclear(place) if place else None
        sure = any(item.first("place") for item in heard)
        return unclear if unclear and (unclear.near or unclear.says or sure) else None

    @staticmethod
    def _place(heard: Sequence[Heard]) -> str | None:
        """The place that was named last, also one of which nobody has ever heard."""
        for item in reversed(heard):
            entity, written = item.last("place"), somewhere(item.text)
            if entity or written:
                return entity.value if entity else written
        return None

    def _unclear(self, written: str, *, named: bool = True) -> Unclear:
        """The branches that may be meant; of a place that nobody knows, that it is unknown."""
        found, place = self.config.find_branch(written), self.config.find_place(written).place
        near = found.near
        if not near and place and place.middle:
            near = tuple(branch for branch, _ in self.config.nearest_branches(place.middle)[:3])
        if found.known or place:
            return Unclear(tuple(branch.code for branch in near))
        alike = tuple(
            branch.code for branch in near if fuzz.ratio(plain(written), plain(branch.name)) >= ALIKE
        )
        called = named and len(written.split()) <= _NAME
        return Unclear(alike, says="form.unknown_place" if called else "", values={"place": written})

    def restore(self, kept: Any) -> Branch | None:
        """The branch, as long as it exists."""
        return self.config.branches.get(str(kept))


@dataclass(frozen=True)
class WhichSystem(Question[System]):
    """A system, by button or by any of the names that people have for it."""

    config: Config
    offered: Sequence[str] = ()
    language: str = "id"
    hint: ClassVar[str] = "form.hint_system"

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The common ones."""
        return [Choice(code, self.config.systems[code].name.text(self.language)) for code in self.offered]

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The component code."""
        number = read_choice(said.text, [(choice.title,) for choice in self.options(narrowed)])
        if number is not None:
            return self.offered[number]
        return self.hear(Heard.of(said))

    def hear(self, heard: Heard) -> Any | None:
        """A system named earlier, by entity or by alias."""
        for entity in heard.entities:
            if entity.entity == "system":
                found = self.config.find_system(entity.value)
                if found:
                    return found.code
        found = self.config.find_system(heard.text) if heard.text else None
        return found.code if found else None

    def restore(self, kept: Any) -> System | None:
        """The system, as long as it is configured."""
        return self.config.systems.get(str(kept))


@dataclass(frozen=True)
class Moment:
    """A time that was given: when it could be read, `at`; always the words ("" when it is not known)."""

    text: str
    at: datetime | None = None


@dataclass(frozen=True)
class SinceWhen(Question[Moment]):
    """Since when, or when: any words are kept, a time is made of them where it can be."""

    zone: ZoneInfo
    hint: ClassVar[str] = "form.hint_when"

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """`[words, ISO time or None]`."""
        if _unknown(said.text):
            return ["", None]
        start = self._past(said.text, said.at)
        if start:
            return [said.text[:80], start]
        about = said.interpretation
        named = any(about.first(name) for name in ("system", "facility", "place"))
        other = named or "?" in said.text or _WANTS.search(said.text) is not None
        if strictly or not said.text or other or read_yes_no(said.text) is True:  # nor is another question
            return None
        return [said.text[:80], None] if len(said.text.split()) <= 6 else None

    def hear(self, heard: Heard) -> Any | None:
        """A time named earlier."""
        entity = heard.last("when")
        start = self._past(entity.value, heard.at) if entity else None
        return [entity.value, start] if entity and start else None

    def _past(self, text: str, at: datetime) -> str | None:
        """The moment that is meant, in ISO form; nothing has gone on since a time that is still to come."""
        when = read_when(text, at.astimezone(self.zone))
        return when.start.isoformat() if when and when.start and when.start <= at else None

    def restore(self, kept: Any) -> Moment | None:
        """The words and the time."""
        text, at = kept
        return Moment(text, datetime.fromisoformat(at).astimezone(self.zone) if at else None)
