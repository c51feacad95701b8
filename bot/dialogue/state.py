"""What is kept of a talk between two turns: answers, never a running coroutine."""

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.messages import Entity, Incoming, Interpretation, Location, Media

DANGER = timedelta(minutes=30)
"""For how long after a cry for help a shared place is taken to ask for the nearest emergency room."""
LIKELY = 0.5
"""From this confidence on an intent is more likely than all others together."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """One thing that a participant said, and what it was taken to mean."""

    interpretation: Interpretation
    at: datetime
    text: str = ""
    tapped: str | None = None
    media: tuple[Media, ...] = ()
    location: Location | None = None
    unsupported: str | None = None
    quoted: str | None = None
    named: str | None = None
    """The id of the option that the words name, of those under an earlier question that was quoted."""
    asked: str | None = None
    """The earlier question that was quoted, as the ids of its buttons begin: the form's number, the question's id."""
    instead_of: str | None = None
    """The id of the message that this one corrects, and `before` what that one said."""
    before: str = ""
    album: str | None = None
    """What the photos of one album have in common."""
    due: str | None = None
    id: str = ""
    """The provider's name for the message; of several that were joined, for the last."""
    second: Interpretation | None = None
    """What is wanted besides, of two requests in one message: the words of that part, and what they mean."""

    @property
    def agrees(self) -> bool | None:
        """Whether it means rather yes or no, if one of them."""
        meant = self.interpretation
        if meant.confidence < LIKELY or meant.intent not in ("affirm", "deny"):
            return None
        return meant.intent == "affirm"

    @classmethod
    def of(cls, incoming: Incoming, interpretation: Interpretation) -> "Said":
        """What a message says, together with its interpretation."""
        return cls(
            interpretation=interpretation,
            at=incoming.sent_at,
            text=incoming.text.strip(),
            tapped=incoming.tapped,
            media=incoming.media,
            location=incoming.location,
            unsupported=incoming.unsupported,
            quoted=incoming.quoted,
            album=incoming.album,
            due=incoming.due,
            id=incoming.provider_id,
        )


@dataclass(kw_only=True)
class Heard:
    """Words that a form may take answers from, so that nothing is asked twice."""

    text: str
    at: datetime
    intent: str = ""
    entities: list[Entity] = field(default_factory=list)
    location: Location | None = None
    """The place that was shared with them."""
    answered: bool = False
    """Whether they answered a question of the form."""

    @classmethod
    def of(cls, said: Said) -> "Heard":
        """The part of what was said that is worth remembering."""
        meant = said.interpretation
        entities = list(meant.entities)
        return cls(text=said.text, at=said.at, intent=meant.intent, entities=entities, location=said.location)

    def first(self, *names: str) -> Entity | None:
        """The first entity with one of these names."""
        return next((found for found in self.entities if found.entity in names), None)

    def last(self, *names: str) -> Entity | None:
        """The last entity with one of these names."""
        return next((found for found in reversed(self.entities) if found.entity in names), None)


@dataclass(kw_only=True)
class OpenQuestion:
    """The question that waits for an answer, and how often an answer was not understood."""

    id: str
    failures: int = 0
    narrowed: list[str] = field(default_factory=list)
    """Codes of the options that were offered last, where the question has too many to show all."""
    optional: bool = False
    """The work is done without an answer."""


@dataclass(kw_only=True)
class Form:
    """One flow under way. It is run again from the top at each turn and fed these answers."""

    intent: str
    serial: int
    started_at: datetime
    touched_at: datetime
    branch: str | None = None
    """The branch that was spoken of last when the flow began."""
    heard: list[Heard] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)
    """What the engine gave the flow at its start (the intents to choose from)."""
    answers: dict[str, Any] = field(default_factory=dict)
    """By question id, and by ``do:`` + effect id: what an effect gave back."""
    told_by: dict[str, str] = field(default_factory=dict)
    """By question id, the message that answered it (`Said.id`)."""
    said: list[str] = field(default_factory=list)
    """Replies that were given already, so that a rerun does not repeat them."""
    media: list[Media] = field(default_factory=list)
    """Photos and files that came before they were asked for."""
    reask: list[str] = field(default_factory=list)
    """Questions whose answer the participant took back: asked again whatever was heard before."""
    open: OpenQuestion | None = None
    reminded: bool = False
    resumable: bool = False
    """Left before its end it may be taken up again (`bot.dialogue.shelf`)."""

    def take_back(self, question_id: str) -> None:
        """Forget an answer and those that hang on it, named ``<it>+...`` or ``...+<it>+...``: it is asked anew."""
        for known in list(self.answers):
            if known == question_id or question_id in known.split("+")[:-1]:
                del self.answers[known]
        self.reask.append(question_id)


@dataclass(kw_only=True)
class Shelved:
    """A form that was left, and until when it may be taken up again."""

    form: Form
    until: datetime


@dataclass(kw_only=True)
class Proved:
    """That a participant proved to be a member, and what the directory showed of them then."""

    at: datetime
    shown: dict[str, Any]


@dataclass(kw_only=True)
class Dialogue:
    """All that the engine keeps of one conversation."""

    forms: list[Form] = field(default_factory=list)
    """The stack of flows; the last one has the floor."""
    aside: list[Form] = field(default_factory=list)
    """Forms that an emergency interrupted, until it turns out that it was none."""
    serial: int = 0
    language: str = "id"
    settled: bool = False
    """Whether the participant chose the language, or wrote it clearly."""
    other_language: str = ""
    """Another language, in which the last clear message was: a second one changes to it."""
    branch: str | None = None
    """The branch that was spoken of last."""
    failures: int = 0
    """Messages in a row that were not understood."""
    emergency_at: datetime | None = None
    unheard: int = 0
    """Voice notes in a row."""
    asked: str | None = None
    """The question that was answered last: "kalau besok?" asks it again."""
    asked_at: datetime | None = None
    seldom_at: datetime | None = None
    """When something was last asked that is only asked now and then (`Talk.seldom`)."""
    album: str | None = None
    """The album whose photos came last."""
    shelf: list[Shelved] = field(default_factory=list)
    """Forms that were left and may be taken up again, the oldest first."""
    location: Location | None = None
    """The place that was shared last, and when."""
    location_at: datetime | None = None
    proved: Proved | None = None
    """For a while it need not be asked again (`Talk.proved`)."""
    others: list[Heard] = field(default_factory=list)
    """The other requests of a message, to be offered when its first is served."""

    def in_danger(self, now: datetime) -> bool:
        """Whether somebody cried for help a moment ago."""
        return self.emergency_at is not None and now - self.emergency_at < DANGER

    def forget(self, form: Form) -> None:
        """Forget all that was said but for the form that is under way, and the language."""
        fresh = Dialogue(forms=[form], serial=self.serial, language=self.language)
        for kept in fields(self):
            setattr(self, kept.name, getattr(fresh, kept.name))

    @property
    def top(self) -> Form | None:
        """The form that has the floor."""
        return self.forms[-1] if self.forms else None


_ADAPTER = TypeAdapter(Dialogue)


def dump(dialogue: Dialogue) -> Any:
    """The JSON form that is sealed and stored."""
    return _ADAPTER.dump_python(dialogue, mode="json")


def load(stored: Any) -> Dialogue:
    """The dialogue that `dump` made; one of another release that no longer fits starts afresh.

    It goes on counting forms, so that no button of an old form can be taken for one of a new.
    """
    try:
        return _ADAPTER.validate_python(stored)
    except ValidationError:
        serial = stored.get("serial") if isinstance(stored, dict) else 0
        return Dialogue(serial=serial if isinstance(serial, int) else 0)
