"""What a message means for the talk: an answer, a correction, an interruption, or nothing that we understand.

The line between an answer to the open question and a new wish is drawn here and nowhere else.
"""

import re
from dataclasses import dataclass
from typing import Any

from bot.dialogue.flow import Flow, Flows
from bot.dialogue.questions import Evidence, Unclear
from bot.dialogue.requests import Ask
from bot.dialogue.state import Dialogue, Form, Heard, Said
from bot.dialogue.talk import World

EMERGENCY_FROM = 0.35
"""Missing an emergency is worse than asking once too often: it interrupts well below `World.act`."""


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
class Begin:
    """Another flow is wanted, on top of the form that waits (if any)."""

    intent: str
    anew: bool = False


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
class Unreadable:
    """A kind of message that the bot cannot read; `kind` names it."""

    kind: str


@dataclass(frozen=True)
class Lost:
    """Not understood."""


Route = Answer | Ambiguous | Correct | Begin | AskBack | Command | Stale | MediaKept | Unreadable | Lost

_CORRECTION = re.compile(
    r"\b(eh|salah|ralat|koreksi|maksud(nya| saya| sy|ku)?|harusnya|seharusnya|ganti|diganti|typo|keliru|"
    r"bukan|sorry|wrong|i mean|correction|instead)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\?|\b(apa|apakah|kapan|kpn|berapa|brp|brapa|gimana|gmn|bagaimana|dimana|dmn|di mana|kenapa|knp|siapa|jam brp|"
    r"what|when|where|how|why|is|are|can)\b",
    re.IGNORECASE,
)
_TAP = re.compile(r"(\d+):([^:]+):(.+)")


def tap_id(serial: int, question_id: str, code: str) -> str:
    """The id of a button: which form, which question, which option. At most 64 bytes (Telegram)."""
    made = f"{serial}:{question_id}:{code}"
    if len(made.encode()) > 64:
        raise ValueError(f"the id of a button is over 64 bytes: {made}")
    return made


@dataclass(frozen=True)
class Open:
    """The form that has the floor, its flow, the question it waits with, and what it asked before."""

    form: Form
    flow: Flow
    ask: Ask[Any]
    asked: list[Ask[Any]]


class Router:
    """Decides about one message."""

    def __init__(self, flows: Flows, world: World, dialogue: Dialogue, command: str | None) -> None:
        self._flows = flows
        self._world = world
        self._dialogue = dialogue
        self._command = command

    def route(self, said: Said, waiting: Open | None) -> Route:
        """The one thing that `said` means now."""
        if said.tapped is not None:
            return self._tap(said, waiting)
        if said.unsupported or (said.media and not said.text and self._unreadable(said)):
            return Unreadable(said.unsupported or said.media[0].kind)
        if self._command and not (waiting and self._answers(said, waiting)):
            return Command(self._command)
        if self._is_emergency(said):
            return Begin("emergency")
        return self._in_form(said, waiting) if waiting else self._idle(said)

    def _tap(self, said: Said, waiting: Open | None) -> Route:
        match = _TAP.fullmatch(said.tapped or "")
        if match is None or waiting is None or int(match[1]) != waiting.form.serial:
            return Stale()
        question_id, code = match[2], match[3]
        if question_id == waiting.ask.id:
            if code == "stop":
                return Command("cancel")
            return Answer(waiting.ask.question.tapped(code))
        for earlier in waiting.asked:
            if earlier.id == question_id:
                return Correct(question_id, earlier.question.tapped(code))
        return Stale()

    @staticmethod
    def _unreadable(said: Said) -> bool:
        return said.media[0].kind in ("voice", "audio", "video", "sticker", "contact")

    def _is_emergency(self, said: Said) -> bool:
        meant = said.interpretation
        if self._dialogue.emergency_at and (said.at - self._dialogue.emergency_at).total_seconds() < 900:
            return False
        return meant.intent == "emergency" and meant.confidence >= EMERGENCY_FROM

    def _answers(self, said: Said, waiting: Open) -> bool:
        """Whether a command word is one of the offered titles: then it is the answer."""
        narrowed = waiting.form.open.narrowed if waiting.form.open else []
        titles = [option.title.lower() for option in waiting.ask.question.options(narrowed)]
        return said.text.lower().strip() in titles and self._command != "cancel"

    def _in_form(self, said: Said, waiting: Open) -> Route:
        question = waiting.ask.question
        narrowed = waiting.form.open.narrowed if waiting.form.open else []
        if said.media and (not said.text or isinstance(question, Evidence)):
            return MediaKept()
        corrected = self._correction(said, waiting)
        if corrected:
            return corrected
        kept = question.read(said, narrowed, strictly=True)
        clear = kept is not None and not isinstance(kept, Unclear)
        if clear and not self._interrupts(said, waiting, certain=True):
            return Answer(kept)
        if self._interrupts(said, waiting, certain=False):
            return Begin(said.interpretation.intent)
        kept = question.read(said, narrowed, strictly=False)
        if isinstance(kept, Unclear):
            return Ambiguous(kept)
        return Lost() if kept is None else Answer(kept)

    def _interrupts(self, said: Said, waiting: Open, *, certain: bool) -> bool:
        """Whether the message is a wish of its own rather than an answer.

        `certain`: it reads well as an answer too, so only a plain question of another kind counts.
        """
        meant = said.interpretation
        flow = self._flows.get(meant.intent)
        if flow is None or not flow.interrupts or flow is waiting.flow or meant.confidence < self._world.act:
            return False
        asks = bool(_QUESTION.search(said.text))
        if waiting.ask.question.open_ended:
            return asks and len(said.text.split()) <= 10
        return asks and len(said.text.split()) > 2 if certain else True

    def _correction(self, said: Said, waiting: Open) -> Route | None:
        mark = _CORRECTION.search(said.text)
        if mark is None or not self._may_correct(said.text, mark.start(), waiting):
            return None
        after = said.text[mark.end() :]
        entities = [found for found in said.interpretation.entities if found.start >= mark.end()]
        rest = Heard(text=after.strip(" ,.-"), at=said.at, entities=entities)
        for ask in reversed(waiting.asked[:-1]):
            if not ask.question.correctable:
                continue
            kept = ask.question.correct(rest)
            if kept is not None and kept != waiting.form.answers.get(ask.id):
                return Correct(ask.id, kept)
        return None

    @staticmethod
    def _may_correct(text: str, at: int, waiting: Open) -> bool:
        """A story has such words in it too: there only a short message that begins with one corrects."""
        if not waiting.ask.question.open_ended:
            return True
        return len(text.split()) <= 10 and len(text[:at].split()) <= 1

    def _idle(self, said: Said) -> Route:
        meant = said.interpretation
        if said.media and not said.text:
            return MediaKept()
        if meant.intent in self._flows and meant.confidence >= self._world.act:
            return Begin(meant.intent)
        if meant.confidence >= self._world.ask:
            near = [name for name, share in meant.ranking[:3] if name in self._flows and share >= 0.08]
            if near:
                return AskBack(tuple(near))
        return Lost()
