"""The neutral model: what channels, understanding, dialogue and delivery say to each other.

A field has a name or it does not cross; there is no free metadata.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

Address = NewType("Address", str)
"""Where a participant is reached: ``whatsapp:+62...``, ``whatsapp:ID.900...``, ``telegram:4711``.

Opaque: nothing but the channel that made it may look inside, since it may or may not hold a phone number.
"""


def channel_of(address: str) -> str:
    """The name of the channel that made an address: what it begins with."""
    return address.partition(":")[0]


class MediaKind(StrEnum):
    """What sort of thing a participant sent besides words."""

    IMAGE = "image"
    DOCUMENT = "document"
    VOICE = "voice"
    AUDIO = "audio"
    VIDEO = "video"
    STICKER = "sticker"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file at the provider; `reference` is what the channel needs to fetch it (a URL or a file id)."""

    kind: MediaKind
    reference: str
    content_type: str = ""
    file_name: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that goes with a text of ours; its bytes lie in our own store under `name`, and nowhere else.

    Args:
        media_id: its row, of which the links that providers follow speak.
        kind: how the channel shows it: an image in the talk, a document to be opened, a voice note to be played.
        content_type: what its bytes are.
        file_name: as the participant sees it.
        size: bytes.
    """

    media_id: int
    name: str
    kind: MediaKind
    content_type: str
    file_name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A shared place, degrees WGS 84."""

    latitude: float
    longitude: float
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody else's contact card, as the participant's phone has it."""

    name: str = ""
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One message of a participant.

    `provider_id` is unique within `channel` and is what makes a repeated delivery harmless.
    `tapped` is the id of the button or list row that was tapped, `text` then its title.
    `quoted` is the provider's name for the message that it answers, ours or their own.
    `to` is our own address that was written to (it may decide the branch).
    """

    channel: str
    address: Address
    provider_id: str
    sent_at: datetime
    text: str = ""
    tapped: str | None = None
    media: tuple[Media, ...] = ()
    location: Location | None = None
    card: Contact | None = None
    quoted: str | None = None
    to: str = ""
    profile_name: str = ""
    phone: str | None = None
    external_user_id: str | None = None
    language: str | None = None
    edited: bool = False
    """Whether it stands for an earlier message, the one with the same `message_ref`."""
    forwarded: bool = False
    unsupported: str | None = None
    """Name of a kind of message that carries nothing we can read (``poll``, ``dice``), else None."""
    acknowledge: str | None = None
    """What the channel needs to acknowledge a tap (Telegram's callback query id), else None."""
    due: str | None = None
    """Nobody wrote: a time has come. ``idle_form``: a form was left alone."""
    message_ref: str | None = None
    """The provider's name for the message itself where that differs from `provider_id` (Telegram's message id)."""
    album: str | None = None
    """What the photos of one album have in common; each comes as a message of its own."""


class Delivery(StrEnum):
    """How far an outgoing message has come. Ranks are merged upwards, never back (see `delivery`)."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a provider reports of a message that we sent; `at` is when we heard it."""

    channel: str
    provider_id: str
    state: Delivery
    error_code: str | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachability:
    """A participant blocked us (``reachable=False``) or let us in again, as the provider reports it."""

    channel: str
    address: Address
    reachable: bool


Event = Incoming | Receipt | Reachability


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One button or list row. `title` is at most 20 characters where buttons allow no more (WhatsApp)."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why we write to somebody who may not have written for long: what an approved template has to say.

    `purpose` and the names of `values` are those of `bot.config.templates.VALUES`.
    """

    purpose: str
    language: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A finished message in the participant's language, with the options offered under it.

    Options beyond what the channel can show as buttons become a numbered list: `channels.rendering`. Without an
    `occasion` it cannot go as a template. A text with an `enclosure` has no options and no occasion.
    """

    body: str
    options: tuple[Option, ...] = ()
    occasion: Occasion | None = None
    enclosure: Enclosure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A span of the message's own text: ``text[start:end]`` is what was written, `value` what it means."""

    entity: str
    value: str
    start: int
    end: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which confidence an interpretation is acted on, and from which it is asked back about.

    Chosen for each model on held-out folds of its training data, so that acting is wrong in at most 2% of all
    messages. Below `ask` a message counts as not understood.
    """

    act: float
    ask: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """What one text is taken to mean.

    `ranking` holds (intent, probability), best first, the winner included. `interpreter` names who answered
    (``rasa``, ``embedded``) and `model` with which model; `thresholds` are that model's, since two models are not
    equally right when they are equally sure. Where none are given, nothing short of certainty is acted on.
    """

    text: str
    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...] = ()
    entities: tuple[Entity, ...] = ()
    interpreter: str = ""
    model: str = ""
    thresholds: Thresholds = Thresholds(act=1.0, ask=1.0)

    @property
    def acted_on(self) -> bool:
        """Whether it is sure enough to be acted on."""
        return self.confidence >= self.thresholds.act

    @property
    def asked_about(self) -> bool:
        """Whether it is sure enough to be acted on or to be asked back about."""
        return self.confidence >= self.thresholds.ask

    def all(self, entity: str) -> list[Entity]:
        """Every entity of that name, in the order they were written."""
        return [found for found in self.entities if found.entity == entity]

    def first(self, entity: str) -> Entity | None:
        """The first entity of that name, or None."""
        return next(iter(self.all(entity)), None)


NOTHING = Interpretation(text="", intent="", confidence=0.0)
"""The interpretation of a message without words (a tap, a photo)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to a provider's API: `method` in the provider's own words, `fields` its parameters.

    A rendered message is a list of these, to be sent in order. With an `enclosure` it may take long, and memory.
    """

    method: str
    fields: dict[str, object] = field(default_factory=dict)
    enclosure: Enclosure | None = None
