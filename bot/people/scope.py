"""What an erasure is about: the rows of a person that came until they asked, without those of an open case."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_

from bot.cases.lifecycle import OPEN
from bot.messages import Address
from bot.storage.tables import Attachment, Case, Conversation, Erasure, MediaFile, Message, Outbox


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Everything of a person that came until they asked.

    Args:
        number: of the erasure.
        grave: the conversation of nobody.
        talks: the conversations that still have a row, with their addresses.
        asked_at: cases that were opened until then go once they are settled.
        until: what was said until then goes: later than `asked_at` if a case had to be settled first.
        now: the present time.
    """

    number: str
    grave: UUID
    talks: dict[UUID, str]
    asked_at: datetime
    until: datetime
    now: datetime

    @classmethod
    def of(cls, erasure: Erasure, talks: Iterable[Any], now: datetime) -> Self:
        """Of an erasure and the conversations that it is about."""
        return cls(
            number=erasure.number,
            grave=erasure.grave_id,
            talks={talk.id: talk.address for talk in talks},
            asked_at=erasure.asked_at,
            until=erasure.until,
            now=now,
        )

    @property
    def addresses(self) -> list[str]:
        """Where they were reached."""
        return list(self.talks.values())

    @property
    def nowhere(self) -> Address:
        """What stands for their address afterwards."""
        return Address(f"erased:{self.number}")

    def case_asked_of(self) -> ColumnElement[bool]:
        """Cases that were there when they asked."""
        return and_(Case.conversation_id.in_(self.talks), Case.opened_at <= self.asked_at)

    def line_goes(self) -> ColumnElement[bool]:
        """Lines of the talks; not those of an open case, nor what was said since it was opened."""
        needed = exists().where(
            Case.conversation_id == Message.conversation_id,
            Case.status.in_(OPEN),
            or_(Case.id == Message.case_id, Case.opened_at <= Message.at),
        )
        return and_(Message.conversation_id.in_(self.talks), Message.at <= self.until, ~needed)

    def row_goes(self) -> ColumnElement[bool]:
        """Rows of the outbox but those since an open case was opened."""
        needed = exists().where(
            Conversation.address == Outbox.address,
            Case.conversation_id == Conversation.id,
            Case.status.in_(OPEN),
            Case.opened_at <= Outbox.created_at,
        )
        return and_(Outbox.address.in_(self.addresses), Outbox.created_at <= self.until, ~needed)

    def file_goes(self) -> ColumnElement[bool]:
        """Files of the talks that nothing shows any more but what goes itself."""
        line = exists().where(Message.id == Attachment.message_id, ~self.line_goes())
        case = exists().where(
            Case.id == Attachment.case_id, or_(Case.status.in_(OPEN), Case.opened_at > self.asked_at)
        )
        shown = exists().where(Attachment.media_id == MediaFile.id, or_(line, case))
        return and_(MediaFile.conversation_id.in_(self.talks), ~shown)
