"""Adding a line to a talk."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.tables import Message

_NEW = insert(Message).returning(Message.id)


async def add_line(session: AsyncSession, **values: object) -> int:
    """Add one line and return its id: at once, since what hangs on it is written next.

    Args:
        values: of the columns of `Message`.
    """
    connection = await session.connection()
    return (await connection.execute(_NEW, values)).scalar_one()
