"""How a message was taken, for the people who review what was not understood, and what was chosen when asked back."""

from dataclasses import dataclass

from bot.dialogue.routes import Answer, Begin, Command, Route
from bot.dialogue.routing import Open
from bot.dialogue.state import Said
from bot.dialogue.taps import tapped_question, tapped_serial

CLARIFY = "_clarify"
"""The flow that asks back."""
NONE_OF_THESE = "help"
"""What is chosen where none of the intents that were asked back about was meant: the menu."""


@dataclass
class Understood:
    """How a message was taken, for review: `outcome` is ``acted``, ``answered``, ``asked_back`` or ``fell_through``."""

    outcome: str
    intent: str | None = None
    asking: int | None = None
    """The form that asks back about this message."""


@dataclass(frozen=True)
class Chosen:
    """What the participant chose when asked back: by form, an intent or `NONE_OF_THESE`."""

    form: int
    intent: str


def chosen(route: Route, said: Said, waiting: Open | None) -> Chosen | None:
    """Whether a message says what was meant by the one that was asked back about."""
    form = waiting.form if waiting and waiting.form.intent == CLARIFY else None
    offered = [*form.given["intents"], NONE_OF_THESE] if form else []
    match route:
        case Answer(bool(yes)) if form:
            return Chosen(form.serial, offered[0] if yes else NONE_OF_THESE)
        case Begin("deny") | Command("menu") if form:
            return Chosen(form.serial, NONE_OF_THESE)
        case Answer(str(intent)) | Begin(intent) if form and intent in offered:
            return Chosen(form.serial, intent)
        case Command("agent") if form and "request_agent" in offered:
            return Chosen(form.serial, "request_agent")
        case Begin(intent) if said.tapped and tapped_question(said.tapped) == "clarify.which":
            return Chosen(tapped_serial(said.tapped), intent)  # a button that has been there for a while
    return None
