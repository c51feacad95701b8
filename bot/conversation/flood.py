"""Too many messages of one participant: one word about it, then silence until they slow down.

Nothing is lost by it: every message becomes a line of the talk, and an agent who holds it reads them all. It is decided
by what PostgreSQL holds, so any number of workers agree about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Interval,
    ScalarSelect,
    Select,
    bindparam,
    func,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delivery.claiming import Claimed
from bot.dialogue.asking import asks
from bot.dialogue.commands import Commands
from bot.dialogue.routing import cries_for_help
from bot.dialogue.state import Dialogue, Said
from bot.storage.arrays import arrays, given
from bot.storage.tables import Author, Conversation, Inbox, Message

WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """What has to be known of a conversation before its turn."""

    sealed_dialogue: bytes | None
    hushed: bool
    """Whether the bot is silent because of a flood."""
    flooding: bool


async def standing(
    connection: AsyncConnection, together: Sequence[Claimed], most: int
) -> dict[UUID, Standing]:
    """How these conversations stand, by their ids: one statement.

    Args:
        most: whoever sent more messages than that within a minute floods; with 0 there is no limit.
    """
    columns = zip(*(_counted(claimed, most) for claimed in together), strict=True)
    values = arrays(**dict(zip(_GIVEN, columns, strict=True)))
    rows = await connection.execute(_standing(), values | {"most": most})
    return {
        row.id: Standing(row.sealed_dialogue, bool(row.hushed_at), row.took is not None and row.took < WITHIN)
        for row in rows
    }


def _counted(claimed: Claimed, most: int) -> tuple[UUID, int | None, int | None, int]:
    """The conversation, its newest message, that which came `most` before it, and if it came before this turn, as
    how many-th, from the newest of earlier turns on. What is due by the clock is no message.
    """
    ids = [inbox_id for inbox_id, message in claimed.messages if not message.due]
    newest = ids[-1] if ids and most else None
    first = ids[-1 - most] if len(ids) > most else None
    return claimed.conversation_id, newest, first, max(0, most - len(ids)) + 1


_GIVEN = ("whose", "newest", "first", "before")


@cache
def _standing() -> Select[*tuple[Any, ...]]:
    rows = given(whose=Conversation.id, newest=Inbox.id, first=Inbox.id, before=Inbox.id)
    earlier = (
        select(Message.inbox_id)
        .where(
            Message.conversation_id == rows.c.whose,
            Message.author == Author.PARTICIPANT,
            Message.inbox_id.is_not(None),
        )
        .order_by(Message.id.desc())
        .limit(bindparam("most", type_=Integer))
    )
    nth = func.array(earlier.correlate(rows).scalar_subquery(), type_=ARRAY(Inbox.id.type))[rows.c.before]
    took = type_coerce(
        _arrived(rows.c.newest, rows) - _arrived(func.coalesce(rows.c.first, nth), rows), Interval
    )
    columns = (Conversation.id, Conversation.sealed_dialogue, Conversation.hushed_at, took.label("took"))
    return select(*columns).join_from(rows, Conversation, Conversation.id == rows.c.whose)


def _arrived(inbox_id: ColumnElement[int], rows: FromClause) -> ScalarSelect[datetime]:
    """When it arrived."""
    return select(Inbox.received_at).where(Inbox.id == inbox_id).correlate(rows).scalar_subquery()


def urgent(said: Sequence[Said], dialogue: Dialogue, commands: Commands) -> list[Said]:
    """What is answered even so: a cry for help."""
    return [item for item in said if _cries(item, dialogue, commands)]


def _cries(said: Said, dialogue: Dialogue, commands: Commands) -> bool:
    if commands.read(said.text) == "emergency":
        return dialogue.emergency_at is None
    return cries_for_help(commands.alarms.heard(said, question=asks(said.text)), dialogue)
