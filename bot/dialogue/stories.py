"""What happened, in the participant's own words: told at once, or bit by bit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.dialogue.questions import FEW, SHORT, Choice, Question, Unclear
from bot.dialogue.routing import Open
from bot.dialogue.state import Heard, Said
from bot.reading.choices import read_choice, read_yes_no

WHOLE = 12
"""As many words that were told before are the story already."""
BEGUN = 7
"""As many are its beginning; who writes less says what it is about."""
LEAST = 4
"""Words of a part of it; an answer to another question is one only where it tells more than that (`SHORT`)."""
MOST = 4000
"""Characters of a story that are kept."""
_ENOUGH = ("cukup", "sudah", "itu saja", "itu aja", "segitu", "lanjut", "that is all", "that's all", "enough")
"""Words that say that nothing is to be added."""


def told(heard: Sequence[Heard]) -> str:
    """What was told before a story was asked for, a message a line; "" where that is no beginning of one."""
    found = [item.text for item in heard if len(item.text.split()) >= (SHORT + 1 if item.answered else LEAST)]
    story = "\n".join(found)[:MOST]
    return story if len(story.split()) >= BEGUN else ""


def keep_story(said: Said, waiting: Open | None) -> None:
    """What sounds like an emergency may have been the answer as well: nobody should have to write it twice."""
    if waiting and waiting.ask.question.open_ended and said.tapped is None:
        kept = waiting.ask.question.read(said, [], strictly=False)
        if kept is not None:
            waiting.form.answers[waiting.ask.id] = kept


def note_down(said: Said, waiting: Open) -> None:
    """Keep what is told although something else was asked: with the story, where that was told already."""
    form = waiting.form
    form.heard.append(Heard.of(said))
    for ask in waiting.asked:
        added = ask.question.added(form.answers[ask.id], said) if ask.id in form.answers else None
        form.answers |= {} if added is None else {ask.id: added}


@dataclass(frozen=True)
class Story(Question[str]):
    """What happened. What was told before need not be told again: a long story is taken, a short one added to.

    Args:
        before: what was told before; "" for a story that is told anew.
        enough: title of the button that nothing is to be added.
        min_words: of a story, or of what is added to it.
    """

    before: str = ""
    enough: str = ""
    min_words: int = LEAST
    hint: ClassVar[str] = "form.hint_words"
    open_ended: ClassVar[bool] = True
    is_story: ClassVar[bool] = True

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """That it is all, where something was told."""
        return [Choice("enough", self.enough)] if self.before else []

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The whole story, cut at `MOST` characters."""
        if self.before and self._is_all(said.text):
            return self.before
        least = max(self.min_words, 8) if strictly else self.min_words
        if len(said.text.split()) < least:
            return None
        return f"{self.before}\n{said.text}".strip()[:MOST]

    def _is_all(self, text: str) -> bool:
        short = len(text.split()) <= FEW
        return short and (read_choice(text, [(self.enough, *_ENOUGH)]) == 0 or read_yes_no(text) is False)

    def assume(self, heard: Sequence[Heard]) -> Any | None:
        """What was told already, maybe in several messages, when it is long enough."""
        before = told(heard)
        return before if len(before.split()) >= WHOLE else None

    def added(self, kept: Any, said: Said) -> Any | None:
        """The story goes on."""
        return f"{kept}\n{said.text}"[:MOST]

    def give_up(self, heard: Sequence[Heard]) -> Any | None:
        """What was told before is enough."""
        return self.before or None

    def tapped(self, code: str) -> Any:
        """What was told before."""
        return self.before

    def correct(self, heard: Heard) -> Any | None:
        """Never by guess: a story is told anew after "Ubah"."""
        return None

    def restore(self, kept: Any) -> str | None:
        """As it was kept."""
        return str(kept)
