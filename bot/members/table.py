"""Members in the service's own table."""

from datetime import datetime

from sqlalchemy import exists, or_, select

from bot.members.directory import Away, Identity, Membership, Status
from bot.members.rows import SOURCE, digest, opened
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Member


class TableDirectory:
    """Looks members up in what `siaga members import` brought in."""

    name = SOURCE

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def there(self) -> bool:
        """Whether anything was imported: without it nobody is asked for a number."""
        try:
            async with self._database.autocommit.connect() as connection:
                return bool(await connection.scalar(select(exists(select(Member.card_digest)))))
        except UNAVAILABLE:
            return True  # the look-up itself will say that it is away

    async def find(self, identity: Identity, now: datetime) -> Membership | None:
        """The member with that number and birth date; of two cards with one NIK rather the active one.

        Raises:
            Away: PostgreSQL is.
        """
        key = digest(self._sealer, identity.number)
        query = select(Member.sealed, Member.as_of).where(
            or_(Member.card_digest == key, Member.nik_digest == key)
        )
        try:
            async with self._database.autocommit.connect() as connection:
                rows = (await connection.execute(query)).all()
        except UNAVAILABLE as error:
            raise Away(type(error).__name__) from None
        found = [opened(self._sealer.open(row.sealed), identity.birth, row.as_of) for row in rows]
        fitting = [member for member in found if member]
        return min(fitting, key=lambda member: member.status is not Status.ACTIVE, default=None)
