"""Kinds of question: what is offered with them, how an answer is read, how it is kept."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from zoneinfo import ZoneInfo

from bot.config import Branch, Config, Facility, System
from bot.dialogue.state import Heard, Said
from bot.messages import Media
from bot.reading.choices import read_choice, read_yes_no
from bot.reading.dates import read_when

T = TypeVar("T")
MOST_SHOWN = 10
"""Options that a WhatsApp list holds."""


@dataclass(frozen=True)
class Choice:
    """One thing to choose; `words` are what people call it besides its title."""

    code: str
    title: str
    description: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unclear:
    """An answer that could be one of several, or of none; `near` holds codes to offer."""

    near: tuple[str, ...] = ()
    heard: str = ""


class Question(ABC, Generic[T]):
    """How an answer is read. What is kept is JSON; `restore` makes the value that the flow gets."""

    hint: ClassVar[str] = "form.hint"
    """Key of what is said when an answer was not understood."""
    open_ended: ClassVar[bool] = False
    """Whether nearly any words would do as an answer: then little may interrupt."""
    correctable: ClassVar[bool] = True

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """What to offer as buttons; `narrowed` are the codes that an unclear answer left."""
        return ()

    @abstractmethod
    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The answer in its kept form, `Unclear`, or None.

        Args:
            said: what the participant said now.
            narrowed: the codes that were offered last.
            strictly: take only what can hardly mean anything else.
        """

    def hear(self, heard: Heard) -> Any | None:
        """An answer that was given before the question was asked, or None."""
        return None

    def correct(self, heard: Heard) -> Any | None:
        """A new answer in words such as "eh salah, RS-nya AWS"; by default as in `hear`."""
        return self.hear(heard)

    def tapped(self, code: str) -> Any:
        """The kept form of a tap on one of the options."""
        return code

    @abstractmethod
    def restore(self, kept: Any) -> T | None:
        """The value; None when the kept answer does not fit any more."""


@dataclass(frozen=True)
class Choose(Question[str]):
    """One of a list: by button, number, title, or words."""

    choices: Sequence[Choice]
    by_words: bool = True
    """Whether words in an earlier message may answer it."""

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """All of them; of more than fit on a phone the first and the last, the others being taken in words."""
        if len(self.choices) <= MOST_SHOWN:
            return self.choices
        return [*self.choices[: MOST_SHOWN - 1], self.choices[-1]]

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The code of the choice that was meant."""
        if strictly and len(said.text.split()) > 8:
            return None
        shown = self.options(narrowed)
        found = read_choice(said.text, [(choice.title, *choice.words) for choice in shown])
        if found is not None:
            return shown[found].code
        return None if said.text.strip(" .").isdigit() else self.correct(Heard.of(said))

    def hear(self, heard: Heard) -> Any | None:
        """The one choice whose words occur; none when several do."""
        if not self.by_words:
            return None
        text = f" {' '.join(heard.text.lower().split())} "
        hits = [
            choice.code
            for choice in self.choices
            if any(f" {word.lower()}" in text for word in choice.words if len(word) > 3)
        ]
        return hits[0] if len(hits) == 1 else None

    def correct(self, heard: Heard) -> Any | None:
        """A choice named by its title or words after the mark of correction."""
        found = read_choice(heard.text, [(choice.title, *choice.words) for choice in self.choices])
        return None if found is None else self.choices[found].code

    def restore(self, kept: Any) -> str | None:
        """The code, as long as it is still to be had."""
        return kept if any(kept == choice.code for choice in self.choices) else None


@dataclass(frozen=True)
class YesNo(Question[bool]):
    """Yes or no, in whatever words."""

    yes: str
    no: str
    correctable: ClassVar[bool] = False

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The two."""
        return (Choice("yes", self.yes), Choice("no", self.no))

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """True or False."""
        found = read_choice(said.text, [(self.yes,), (self.no,)])
        if found is not None:
            return found == 0
        answer = read_yes_no(said.text)
        if answer is None and not strictly and said.interpretation.intent in ("affirm", "deny"):
            return said.interpretation.intent == "affirm"
        return answer

    def tapped(self, code: str) -> Any:
        """True for the one, False for the other."""
        return code == "yes"

    def restore(self, kept: Any) -> bool | None:
        """As it was kept."""
        return bool(kept)


@dataclass(frozen=True)
class Confirm(YesNo):
    """Whether a summary is right. "No" leads to the question that is to be changed (see the engine)."""

    change: str = ""
    stop: str = ""

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """Send, change, stop."""
        return (Choice("yes", self.yes), Choice("no", self.change), Choice("stop", self.stop))

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """True, or False for a wish to change."""
        found = read_choice(said.text, [(self.yes, "kirim"), (self.change, "ganti")])
        return super().read(said, narrowed, strictly=strictly) if found is None else found == 0


@dataclass(frozen=True)
class FreeText(Question[str]):
    """What happened, in the participant's own words."""

    min_words: int = 1
    most: int = 4000
    take_opening: int = 12
    """An opening message of at least this many words is the story already."""
    hint: ClassVar[str] = "form.hint_words"
    open_ended: ClassVar[bool] = True

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The words, cut at `most` characters."""
        enough = max(self.min_words, 8) if strictly else self.min_words
        return said.text[: self.most] if len(said.text.split()) >= enough else None

    def hear(self, heard: Heard) -> Any | None:
        """A long opening tells it already."""
        return heard.text[: self.most] if len(heard.text.split()) >= self.take_opening else None

    def correct(self, heard: Heard) -> Any | None:
        """Never by guess: a story is told anew after "Ubah"."""
        return None

    def restore(self, kept: Any) -> str | None:
        """As it was kept."""
        return str(kept)


@dataclass(frozen=True)
class Named:
    """A facility by its name; `facility` when it is one that the configuration knows."""

    name: str
    facility: Facility | None = None


@dataclass(frozen=True)
class WhichFacility(Question[Named]):
    """A hospital, clinic or puskesmas: a known one, or a name as it was written."""

    config: Config
    hint: ClassVar[str] = "form.hint_facility"

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The nearest known ones after an unclear answer."""
        return [Choice(code, self.config.facilities[code].name) for code in narrowed]

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """A code (``=code``) or a name."""
        number = read_choice(said.text, [(self.config.facilities[code].name,) for code in narrowed])
        if number is not None:
            return "=" + narrowed[number]
        entity = said.interpretation.first("facility")
        written = entity.value if entity else said.text
        found = self.config.find_facility(written)
        if found.facility:
            return "=" + found.facility.code
        if entity or strictly:
            return written if entity else None
        return written[:120] if len(written) >= 3 and len(written.split()) <= 8 else None

    def hear(self, heard: Heard) -> Any | None:
        """A facility named earlier."""
        entity = heard.last("facility")
        if entity is None:
            return None
        found = self.config.find_facility(entity.value)
        return "=" + found.facility.code if found.facility else entity.value

    def tapped(self, code: str) -> Any:
        """A known one."""
        return "=" + code

    def restore(self, kept: Any) -> Named | None:
        """The facility, or just its name."""
        code = str(kept).removeprefix("=")
        known = self.config.facilities.get(code)
        if known:
            return Named(known.name, known)
        return Named(code)


@dataclass(frozen=True)
class WhichBranch(Question[Branch]):
    """A branch office, by its name, an alias, or a place that it serves."""

    config: Config
    assumed: str | None = None
    """The branch that the talk was about before, taken when no place is named."""
    hint: ClassVar[str] = "form.hint_branch"

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The nearest ones after an unclear answer; all are too many to show."""
        return [Choice(code, self.config.branches[code].name) for code in narrowed]

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The branch's code; `Unclear` with the nearest names for a place that no branch serves."""
        number = read_choice(said.text, [(self.config.branches[code].name,) for code in narrowed])
        if number is not None:
            return narrowed[number]
        heard = Heard.of(said)
        known = self._served(heard)
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
        return Unclear(tuple(branch.code for branch in found.near), entity.value if entity else "")

    def hear(self, heard: Heard) -> Any | None:
        """A place or facility named earlier; a place that is unknown is asked about, not passed over."""
        served = self._served(heard)
        if served or heard.first("place"):
            return served
        return self.assumed

    def _served(self, heard: Heard) -> str | None:
        for entity in heard.entities:
            if entity.entity == "place":
                found = self.config.find_branch(entity.value)
                if found.branch:
                    return found.branch.code
            elif entity.entity == "facility":
                facility = self.config.find_facility(entity.value).facility
                if facility and facility.branch:
                    return facility.branch
        return None

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
    """A time that was given: when it could be read, `at`; always the words."""

    text: str
    at: datetime | None = None


@dataclass(frozen=True)
class SinceWhen(Question[Moment]):
    """Since when, or when: any words are kept, a time is made of them where it can be."""

    zone: ZoneInfo
    hint: ClassVar[str] = "form.hint_when"

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """`[words, ISO time or None]`."""
        when = read_when(said.text, said.at.astimezone(self.zone))
        if when and when.start:
            return [said.text[:80], when.start.isoformat()]
        if strictly or not said.text:
            return None
        return [said.text[:80], None] if len(said.text.split()) <= 6 else None

    def hear(self, heard: Heard) -> Any | None:
        """A time named earlier."""
        entity = heard.last("when")
        if entity is None:
            return None
        when = read_when(entity.value, heard.at.astimezone(self.zone))
        return [entity.value, when.start.isoformat()] if when and when.start else None

    def restore(self, kept: Any) -> Moment | None:
        """The words and the time."""
        text, at = kept
        return Moment(text, datetime.fromisoformat(at).astimezone(self.zone) if at else None)


@dataclass(frozen=True)
class Evidence(Question[list[Media]]):
    """Photos or documents, as many as the participant has, until "selesai"."""

    done: str
    none: str
    at_most: int
    before: Sequence[Media] = field(default=())
    hint: ClassVar[str] = "form.hint_evidence"
    correctable: ClassVar[bool] = False

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """One button: enough, or none at all."""
        return (Choice("done", self.done if self.before else self.none),)

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The files so far and whether there are more to come: the engine gathers them (see `gather`)."""
        words = (
            self.done,
            self.none,
            "selesai",
            "lewati",
            "skip",
            "tidak ada",
            "gak ada",
            "ga ada",
            "cukup",
            "no",
        )
        enough = read_choice(said.text, [words]) == 0 or read_yes_no(said.text) is False
        return "done" if enough else None

    def restore(self, kept: Any) -> list[Media] | None:
        """What was gathered."""
        return list(self.before)
