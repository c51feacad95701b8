"""Conversations and their messages, the inbox and the outbox: the queue and the truth in one place."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.messages import Delivery
from bot.storage.base import Base, serial


class Owner(StrEnum):
    """Who answers in a conversation: exactly one of them."""

    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"


class Conversation(Base):
    """The talk at one address. `hold` is the worker's fencing token: who lost it cannot commit."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index("ix_conversations_queued_at", "queued_at", postgresql_where=text("owner = 'queue'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    address: Mapped[str] = mapped_column(unique=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participants.id"), index=True)
    branch: Mapped[str | None]
    owner: Mapped[Owner] = mapped_column(default=Owner.BOT)
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    queued_at: Mapped[datetime | None]
    sealed_dialogue: Mapped[bytes | None]
    """The dialogue's state (`bot.dialogue.state.Dialogue`): answers may hold personal data."""
    nudge_at: Mapped[datetime | None] = mapped_column(index=True)
    """When a form that was left alone is reminded of, or closed."""
    hold: Mapped[UUID | None]
    held_until: Mapped[datetime | None]
    last_message_at: Mapped[datetime | None]
    hushed_at: Mapped[datetime | None]
    """Since when the bot is silent because the participant writes too much (`bot.conversation.flood`)."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class InboxState(StrEnum):
    """Where an incoming message stands."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


class Inbox(Base):
    """A message as it was acknowledged to the provider; (channel, provider_id) makes a repeat harmless."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "provider_id"),
        Index("ix_inbox_pending", "address", "id", postgresql_where=text("state = 'pending'")),
        Index("ix_inbox_next", "id", postgresql_where=text("state = 'pending'")),
        Index("ix_inbox_dead", "id", postgresql_where=text("state = 'dead'")),
    )

    id: Mapped[int] = serial()
    channel: Mapped[str]
    provider_id: Mapped[str]
    address: Mapped[str]
    sealed: Mapped[bytes]
    """The neutral `Incoming`, sealed."""
    state: Mapped[InboxState] = mapped_column(default=InboxState.PENDING, server_default="pending")
    attempts: Mapped[int] = mapped_column(server_default="0")
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ready_at: Mapped[datetime] = mapped_column(server_default=func.now())
    done_at: Mapped[datetime | None]
    error: Mapped[str | None]
    traceparent: Mapped[str | None]
    """The way on which it is: the same id from its webhook to the receipt of what it was answered (`bot.tracing`)."""


class Author(StrEnum):
    """Who said a message."""

    PARTICIPANT = "participant"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class Message(Base):
    """One line of a talk, as people read it. `body` has personal numbers masked; `sealed_body` has them."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_talk", "conversation_id", "id"),)

    id: Mapped[int] = serial()
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    author: Mapped[Author]
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    body: Mapped[str]
    sealed_body: Mapped[bytes | None]
    options: Mapped[list[dict[str, str]] | None] = mapped_column(default=None)
    """Buttons that were offered: `[{"id", "title", "description"}]`."""
    sealed_shared: Mapped[bytes | None]
    """A place or a contact card that came with it: ``{"location": {...}}``, ``{"card": {"name", "phones"}}``."""
    intent: Mapped[str | None]
    inbox_id: Mapped[int | None]
    refers_to: Mapped[int | None]
    """The line that the participant quoted; of an edited one the line that stood before it."""
    edited: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether the participant changed a message that had been dealt with: this is what it says now."""
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class OutboxState(StrEnum):
    """Where an outgoing message stands with us; what the provider reports of it is in `receipts`."""

    QUEUED = "queued"
    WAITING = "waiting"
    """Nothing but an approved template would pass just now, and there is none: it goes when the participant writes."""
    SENT = "sent"
    UNKNOWN = "unknown"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """Replies go before notices, always."""

    REPLY = "a_reply"
    NOTICE = "b_notice"


class Outbox(Base):
    """A message to be sent. Rows of one address leave in the order of their ids."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_due",
            "channel",
            "priority",
            "next_try_at",
            "id",
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_outbox_address", "address", "id", postgresql_where=text("state = 'queued'")),
        Index("ix_outbox_provider", "channel", "provider_id"),
        Index("ix_outbox_dead", "id", postgresql_where=text("state = 'dead'")),
        Index("ix_outbox_unknown", "id", postgresql_where=text("state = 'unknown'")),
        Index("ix_outbox_waiting", "address", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_outbox_broadcast", "broadcast_id", postgresql_where=text("broadcast_id is not null")),
        Index(
            "ix_outbox_ahead",
            "broadcast_id",
            "channel",
            postgresql_where=text("state = 'queued' and broadcast_id is not null"),
        ),
        UniqueConstraint("once"),
    )

    id: Mapped[int] = serial()
    channel: Mapped[str]
    address: Mapped[str]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"), index=True)
    broadcast_id: Mapped[int | None] = mapped_column(ForeignKey("broadcasts.id"))
    once: Mapped[str | None]
    """A key that may be there once only: nobody gets the same notice twice."""
    sealed: Mapped[bytes]
    """The neutral `Text`, sealed: `{"body", "options"}`."""
    priority: Mapped[Priority] = mapped_column(default=Priority.REPLY)
    state: Mapped[OutboxState] = mapped_column(default=OutboxState.QUEUED, server_default="queued")
    parts_sent: Mapped[int] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_try_at: Mapped[datetime] = mapped_column(server_default=func.now())
    hold: Mapped[UUID | None]
    held_until: Mapped[datetime | None]
    provider_id: Mapped[str | None]
    error_code: Mapped[str | None]
    doubt_since: Mapped[datetime | None]
    """Since when the provider may already have taken the part that is due, if it may.

    One that can be asked is asked what it took from then on; with any other, one more try is made at most.
    """
    last_try: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether that one more try was begun: if its sender does not come back, nobody tries again."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    traceparent: Mapped[str | None]
    """The way on which it is, as in the inbox."""


class DeliveryReceipt(Base):
    """The furthest state that a provider reported, kept even when it comes before our own commit."""

    __tablename__ = "receipts"
    __table_args__ = (
        Index("ix_receipts_news", "channel", "provider_id", postgresql_where=text("not followed")),
    )

    channel: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[Delivery]
    error_code: Mapped[str | None]
    at: Mapped[datetime]
    followed: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether what it says was acted on, and told to whoever looks."""


class DeliveryAlarm(Base):
    """Something at a provider that only an operator can put right, until somebody says that it is."""

    __tablename__ = "delivery_alarms"

    channel: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int] = mapped_column(server_default="1")
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class ProviderContent(Base):
    """A content object that we made at Twilio (quick replies, list pickers): its SID by account and name."""

    __tablename__ = "provider_contents"

    account: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    sid: Mapped[str]


class SimulatorFile(Base):
    """A picture or document that somebody sent from the simulator."""

    __tablename__ = "simulator_files"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    content_type: Mapped[str]
    file_name: Mapped[str]
    sealed: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReviewState(StrEnum):
    """Where a text stands that was not understood."""

    OPEN = "open"
    LABELLED = "labelled"
    USELESS = "useless"


class Understanding(Base):
    """What was not understood, asked back about, or corrected: kept masked for review, on one line (`bot.review`)."""

    __tablename__ = "understandings"
    __table_args__ = (
        Index("ix_understandings_state", "state", "id"),
        Index("ix_understandings_act", "act_id", postgresql_where=text("act_id is not null")),
    )

    id: Mapped[int] = serial()
    text: Mapped[str]
    alike: Mapped[str | None]
    """The text after normalising: equal ones are the same to every interpreter. None in rows of the first release."""
    outcome: Mapped[str]
    """``fell_through``, ``asked_back``, ``corrected``, ``corrected_by_agent``."""
    thought: Mapped[dict[str, Any]]
    """What the interpreter that answered took it for: ``{"interpreter", "ranking": [[intent, share]]}``."""
    chosen: Mapped[str | None]
    """The intent that the participant, or an agent, says was meant; ``help``: none that was asked back about."""
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("messages.id", ondelete="SET NULL"), unique=True
    )
    """The line of the talk; of several that were taken together, the last."""
    form: Mapped[int | None]
    """The form that asked back, by its number within the talk."""
    branch: Mapped[str | None]
    corrected_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    corrected_at: Mapped[datetime | None]
    state: Mapped[ReviewState] = mapped_column(default=ReviewState.OPEN, server_default="open")
    label: Mapped[str | None]
    entities: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    """What is marked in the text: ``[{"entity", "start", "end"}]``."""
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    reviewed_at: Mapped[datetime | None]
    act_id: Mapped[UUID | None]
    """What was decided in one act is undone in one."""
