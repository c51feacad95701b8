"""What a message can mean for the talk: the answers of `bot.dialogue.routing`, which the engine follows."""

from dataclasses import dataclass
from typing import Any

from bot.dialogue.questions import Explained, Retracted, Stopped, Turned, Unclear


@dataclass(frozen=True)
class Answer:
    """The open question is answered; `kept` goes into the form."""

    kept: Any


@dataclass(frozen=True)
class Ambiguous:
    """The answer could not be told apart: ask again with what is near."""

    unclear: Unclear


@dataclass(frozen=True)
class Correct:
    """An earlier answer is changed."""

    id: str
    kept: Any


@dataclass(frozen=True)
class TakenBack:
    """An earlier answer was wrong: its question is put anew."""

    id: str


@dataclass(frozen=True)
class TurnPage:
    """Further options of the open question are wanted: these codes."""

    codes: tuple[str, ...]


@dataclass(frozen=True)
class Explain:
    """The open question is to be put once more in its full length."""


@dataclass(frozen=True)
class Urged:
    """Only that it is urgent: nothing is answered, and nobody is in danger."""


@dataclass(frozen=True)
class Begin:
    """Another flow is wanted, on top of the form that waits (if any)."""

    intent: str


@dataclass(frozen=True)
class AskBack:
    """One of these intents may have been meant."""

    intents: tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A word that works everywhere."""

    name: str


@dataclass(frozen=True)
class Stale:
    """A button of a question that is no longer open."""


@dataclass(frozen=True)
class MediaKept:
    """A photo or file that nobody asked for yet."""


@dataclass(frozen=True)
class LocationKept:
    """A place that was shared in the midst of a form that did not ask for one."""


@dataclass(frozen=True)
class Unreadable:
    """A kind of message that the bot cannot read; `kind` names it."""

    kind: str


@dataclass(frozen=True)
class Lost:
    """Not understood."""


Route = (
    Answer
    | Ambiguous
    | Correct
    | TakenBack
    | TurnPage
    | Explain
    | Urged
    | Begin
    | AskBack
    | Command
    | Stale
    | MediaKept
    | LocationKept
    | Unreadable
    | Lost
)


def answering(kept: Any) -> Route:
    """The route of what a question read (`Question.read`), where it read something."""
    match kept:
        case Unclear():
            return Ambiguous(kept)
        case Turned(codes):
            return TurnPage(codes)
        case Retracted(question_id):
            return TakenBack(question_id)
        case Explained():
            return Explain()
        case Stopped():
            return Command("cancel")
    return Answer(kept)
