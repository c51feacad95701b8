"""Adding lines to talks, many in one statement."""

from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from bot.storage.arrays import arrays, given
from bot.storage.tables import Message

_EVERY = (
    "conversation_id",
    "case_id",
    "author",
    "agent_id",
    "body",
    "sealed_body",
    "options",
    "sealed_shared",
    "intent",
    "inbox_id",
    "refers_to",
    "edited",
    "at",
)


async def add_lines(session: AsyncSession, lines: Sequence[Mapping[str, object]]) -> list[int]:
    """Add lines and return their ids, in the same order: at once, since what hangs on them is written next.

    Args:
        lines: each with values of columns of `Message`.
    """
    if not lines:
        return []
    values = arrays(**{name: [line.get(name) for line in lines] for name in _EVERY})
    connection = await session.connection()
    return sorted((await connection.execute(_adding(), values)).scalars())


@cache
def _adding() -> ReturningInsert[int]:
    """Ids count up in the order in which the rows are given."""
    rows = given(**{name: getattr(Message, name) for name in _EVERY})
    columns = {name: rows.c[name] for name in _EVERY} | {"edited": func.coalesce(rows.c.edited, False)}
    ordered = select(*columns.values()).order_by(rows.c.place)
    new = insert(Message).from_select(list(_EVERY), ordered)
    return new.returning(Message.id)
