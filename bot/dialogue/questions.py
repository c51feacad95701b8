"""Kinds of question: what is offered with them, how an answer is read, how it is kept."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from bot.dialogue.state import Heard, Said
from bot.messages import Location, Media
from bot.reading.choices import FILLERS, NO, YES, asks_back, read_choice, read_yes_no

T = TypeVar("T")
_ENOUGH = (
    "selesai",
    "lewati",
    "skip",
    "tidak ada",
    "gak ada",
    "ga ada",
    "cukup",
    "itu saja",
    "itu aja",
    "kirim",
    "no",
)
"""Words that end the sending of photos."""
_FEW = 4  # words
MOST_SHOWN = 10
"""Options that a WhatsApp list holds."""
FEW = 3
"""Words in a plain yes or no."""
_PARTICLE = re.compile(r"(?<=\w)\s+ya+h?[\s.!?]*$", re.IGNORECASE)
"""The "ya" of "makasih ya" asks for understanding; it is no yes."""
SENTENCE = 6
"""Words from which a message tells something rather than names it."""
SHORT = 8
"""Words in a plain answer; whoever writes more tells something."""


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
    says: str = ""
    """Key of a text that says what is wrong with it, with its `values`; else that of the question's hint."""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Turned:
    """Another page of the options is wanted: these codes."""

    codes: tuple[str, ...]


@dataclass(frozen=True)
class Retracted:
    """No answer, but an earlier one is taken back: that of the question with this id."""

    id: str


@dataclass(frozen=True)
class Explained:
    """No answer, but the whole question is to be read once more."""


@dataclass(frozen=True)
class Stopped:
    """No answer, but the option was picked that leaves the form."""


class Question(ABC, Generic[T]):
    """How an answer is read. What is kept is JSON; `restore` makes the value that the flow gets."""

    hint: ClassVar[str] = "form.hint"
    """Key of what is said when an answer was not understood."""
    which: ClassVar[str] = "form.which_of"
    """Key of what is said over the options that were meant perhaps."""
    again: ClassVar[str] = ""
    """Key of a shorter text for when it is put once more; "" where it is put as it was."""
    open_ended: ClassVar[bool] = False
    """Whether nearly any words would do as an answer: then little may interrupt."""
    is_story: ClassVar[bool] = False
    """Whether it is told what happened: whatever is said belongs to it."""
    correctable: ClassVar[bool] = True
    goes_on: ClassVar[bool] = False
    """Whether what it reads strictly goes on with what was just said, and is never a wish of its own."""
    takes_files: ClassVar[bool] = False
    """Whether photos and documents are the answer."""
    unreadable: ClassVar[str] = ""
    """Key of what is said to a voice note or a sticker in answer to it, where that is not what is always said."""

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

    def locate(self, here: Location) -> Any | Unclear | None:
        """The answer that a shared place is, in its kept form; None where a place is no answer."""
        return None

    def hear(self, heard: Heard) -> Any | None:
        """An answer that was given before the question was asked, or None."""
        return None

    def assume(self, heard: Sequence[Heard]) -> Any | None:
        """What goes without saying when nothing of all that was heard answers it."""
        return None

    def nearest(self, heard: Sequence[Heard]) -> Unclear | None:
        """What was said already but could not be told for sure: to be offered when it is asked."""
        return None

    def give_up(self, heard: Sequence[Heard]) -> Any | None:
        """What is taken when two answers were not understood, where it is not worth a third try; None: ask on."""
        return None

    def correct(self, heard: Heard) -> Any | None:
        """A new answer in words such as "eh salah, RS-nya AWS"; by default as in `hear`."""
        return self.hear(heard)

    def added(self, kept: Any, said: Said) -> Any | None:
        """The answer together with what is told later on; None where nothing can be added to it."""
        return None

    def retracted(self, text: str) -> bool:
        """Whether words say that the answer to it was wrong, without a new one: "salah foto"."""
        return False

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
    hint: ClassVar[str] = "form.hint_choose"
    by_words: bool = True
    """Whether words in an earlier message may answer it."""
    fallback: str | None = None
    """The code of "something else", taken when nobody can tell which one is meant."""

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """All of them; of more than fit on a phone the first and the last, the others being taken in words."""
        if len(self.choices) <= MOST_SHOWN:
            return self.choices
        return [*self.choices[: MOST_SHOWN - 1], self.choices[-1]]

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The code of the choice that was meant: by number, title or word, else the most telling of several words."""
        if strictly and len(said.text.split()) > SHORT:
            return None
        shown = self.options(narrowed)
        found = read_choice(said.text, [(choice.title, *choice.words) for choice in shown])
        if found is not None:
            return shown[found].code
        if said.text.strip(" .").isdigit():
            return None
        named = self._named(said.text)
        return self.correct(Heard.of(said)) or (named[0][1] if named else None)

    def hear(self, heard: Heard) -> Any | None:
        """The choice whose words occur; of several the one that is clearly ahead, else none."""
        named = self._named(heard.text) if self.by_words else []
        clear = len(named) == 1 or (len(named) > 1 and named[0][0] >= 2 * named[1][0])
        return named[0][1] if clear else None

    def give_up(self, heard: Sequence[Heard]) -> Any | None:
        """The one that most of what was said speaks for, else "something else"; where that is among the choices."""
        if self.fallback is None:
            return None
        named = self._named(" ".join(item.text for item in heard))
        return named[0][1] if named else self.fallback

    def correct(self, heard: Heard) -> Any | None:
        """A choice named by its title or words after the mark of correction."""
        found = read_choice(heard.text, [(choice.title, *choice.words) for choice in self.choices])
        return None if found is None else self.choices[found].code

    def _named(self, text: str) -> list[tuple[int, str]]:
        """The codes whose words occur in a text, with the letters of these words: the more, the more they tell."""
        text = f" {' '.join(text.lower().split())}"
        told = {
            choice.code: sum(
                len(word) for word in choice.words if len(word) > 3 and f" {word.lower()}" in text
            )
            for choice in self.choices
        }
        return sorted(
            ((letters, code) for code, letters in told.items() if letters), key=lambda pair: -pair[0]
        )

    def restore(self, kept: Any) -> str | None:
        """The code, as long as it is still to be had."""
        return kept if any(kept == choice.code for choice in self.choices) else None


@dataclass(frozen=True)
class ChooseNow(Choose):
    """One of a list, about something that was just said: nothing said later changes it."""

    correctable: ClassVar[bool] = False


def _tells_more(text: str) -> bool:
    """Whether so much stands around a "ya" that it is none: "oh ya, bapak saya juga dibiarkan di lorong"."""
    words = (word.strip(".,!?").lower() for word in text.split())
    return sum(word not in YES | NO | FILLERS for word in words) > FEW


MORE = "more"
"""What the code of the option begins with that leads to further options; the number of the first of them follows."""


@dataclass(frozen=True)
class Paged(Choose):
    """One of a list that is longer than fits on a phone: a page at a time; in words every one, whatever is shown."""

    more: str = ""
    """The title of the option that leads to the next page, and from the last to the first."""

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The page with these codes, else the first, and the way to the next."""
        if len(self.choices) <= MOST_SHOWN:
            return self.choices
        codes = [choice.code for choice in self.choices]
        start = codes.index(narrowed[0]) if narrowed and narrowed[0] in codes else 0
        page = self.choices[start : start + MOST_SHOWN - 1]
        following = start + len(page) if start + len(page) < len(codes) else 0
        return [*page, Choice(f"{MORE}{following}", self.more)]

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The code; `Turned` for the next page."""
        shown = self.options(narrowed)
        found = read_choice(said.text, [(choice.title, *choice.words) for choice in shown])
        if found is not None and not (strictly and len(said.text.split()) > SHORT):
            return self.tapped(shown[found].code)
        return super().read(said, narrowed, strictly=strictly)

    def tapped(self, code: str) -> Any:
        """The code of a choice, or the page to turn to."""
        start = code.removeprefix(MORE)
        if code.startswith(MORE) and start.isdigit():
            page = self.choices[int(start) : int(start) + MOST_SHOWN - 1]
            return Turned(tuple(choice.code for choice in page))
        return code


@dataclass(frozen=True)
class YesNo(Question[bool]):
    """Yes or no, in whatever words."""

    yes: str
    no: str
    also_yes: Sequence[str] = ()
    also_no: Sequence[str] = ()
    """Other words for the two in the participant's language, beside those that are always understood."""
    hint: ClassVar[str] = "form.hint_yes_no"
    correctable: ClassVar[bool] = False

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The two."""
        return (Choice("yes", self.yes), Choice("no", self.no))

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """True or False. "Tidak bisa login" is no "no": strictly, only a few words are an answer."""
        text = _PARTICLE.sub("", said.text)
        if asks_back(text):
            return None
        if len(text.split()) <= FEW:
            found = read_choice(text, [(self.yes, *self.also_yes), (self.no, *self.also_no)])
            return read_yes_no(text) if found is None else found == 0
        if said.agrees is not None:
            return said.agrees
        return None if strictly or _tells_more(text) else read_yes_no(text)

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
    hint: ClassVar[str] = "form.hint_confirm"

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """Send, change, stop."""
        return (Choice("yes", self.yes), Choice("no", self.change), Choice("stop", self.stop))

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """True, or False for a wish to change; "jangan kirim dulu" never sends."""
        found = None
        if len(said.text.split()) <= SHORT:
            options = [(self.yes, "kirim", "send"), (self.change, "ganti", "rubah"), (self.stop,)]
            found = read_choice(said.text, options)
        if found == 2:
            return Stopped()
        if found is None:
            return super().read(said, narrowed, strictly=strictly)
        return found == 0 and read_yes_no(said.text) is not False


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
        enough = read_choice(said.text, [(self.done, self.none, *_ENOUGH)]) == 0
        short = len(said.text.split()) <= SHORT  # "sampai siang saya tidak dipanggil" goes on with the story
        if enough or (short and read_yes_no(said.text) is False):
            return "done"
        ends = said.interpretation.intent == "goodbye" or (self.before and read_yes_no(said.text))
        return "done" if ends and len(said.text.split()) <= _FEW else None

    def give_up(self, heard: Sequence[Heard]) -> Any | None:
        """What was sent is enough."""
        return "done"

    def restore(self, kept: Any) -> list[Media] | None:
        """What was gathered."""
        return list(self.before)
