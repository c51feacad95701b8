"""What a flow can await: ask (suspends), say (a reply), look up (not stored), do (once), start (another flow)."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import TypeAdapter

from bot.dialogue.questions import Question

R = TypeVar("R")


class Request(Generic[R]):
    """Something that a flow awaits; the engine, not an event loop, gives the result."""

    def __await__(self) -> Generator["Request[R]", R, R]:
        return (yield self)


@dataclass(frozen=True)
class Ask(Request[R]):
    """A question; `key` names its text, `id` this asking of it within the form."""

    key: str
    id: str
    question: Question[R]
    values: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    """What the answer is called where it is offered to be changed; without one `<key>_label` in config/texts."""
    optional: bool = False
    """The work is done without it: nobody is reminded of it, and another wish takes its place."""


@dataclass(frozen=True)
class Say(Request[None]):
    """A reply."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    leads_to: tuple[str, ...] = ()
    """Intents that stand under it as buttons, by whose titles they are called; nothing waits for a tap."""


class LookUp(Request[R]):
    """Something to be looked up by the shell; run again at every turn, so it changes nothing."""

    same_for_all: ClassVar[bool] = False
    """Whether everybody who asks at the same moment is told the same: it is then looked up once for all of them, so the
    request has to be hashable, and nobody may change what comes back."""


class Effect(Request[R]):
    """Something to be done once, in the turn's transaction; what it gives back is kept with the answers."""

    result: ClassVar[Any] = None
    """The type of what comes back, for reading it from the store."""
    only_adds: ClassVar[bool] = False
    """Whether it does no more than to add rows to the transaction's session, which nobody else knows of: then it may be
    done where several turns share a transaction."""

    def restore(self, kept: Any) -> R:
        """The result as it was kept."""
        restored: R = TypeAdapter(self.result).validate_python(kept)
        return restored

    def keep(self, result: R) -> Any:
        """The result in its JSON form."""
        return TypeAdapter(self.result).dump_python(result, mode="json")


class Consult(Effect[R]):
    """Something to be asked of another server. It changes nothing here, and its answer is kept like that of an effect.

    The shell asks before it opens the turn's transaction anew, so that no lock waits for the other server: a request
    has to be hashable, and equal to the one that the same flow makes in the next run.
    """


@dataclass(frozen=True)
class Start(Request[None]):
    """Leave this flow for that of another intent, with all that was heard and sent; `anew`: only what was sent."""

    intent: str
    anew: bool = False


@dataclass(frozen=True)
class TakeBack(Request[None]):
    """Take the answers to these questions back, and what hangs on them: they are asked again."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class Leave(Request[None]):
    """Leave this flow for now: its form goes onto the shelf (`bot.dialogue.shelf`), without the answers of `anew`."""

    anew: tuple[str, ...] = ()


@dataclass(frozen=True)
class TakeUp(Request[None]):
    """Leave this flow for a form of the shelf, by its number."""

    serial: int
