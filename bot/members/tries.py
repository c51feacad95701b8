"""How often somebody may be wrong about who they are, also when they begin a new talk or come by another address.

A birth date is one of some thirty thousand, and a NIK even holds one, so what protects members is that nobody can try
many. A try is written down and committed before the directory is asked, and taken back when it fitted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select

from bot.members.rows import digest
from bot.messages import Address
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import MemberTry

WITHIN = timedelta(hours=24)
"""For how long a failed try counts: whoever mistyped can come back tomorrow, and a guesser gets hardly anywhere."""
PER_NUMBER = 6
"""Failures about one number, from all addresses together: two talks of three tries."""
PER_ADDRESS = 9
"""Failures from one address: three talks, as somebody needs who looks after parents and children."""


@dataclass(frozen=True)
class Tries:
    """The failed tries of the last day."""

    database: Database
    sealer: Sealer

    async def take(self, address: Address, number: str, now: datetime) -> int | None:
        """Note one try down; None where there have been too many.

        Of several at once each sees the ones before it, since those of one number or address wait for one another.
        """
        ours = digest(self.sealer, number), self.sealer.digest(f"tries:{address}")
        async with self.database.sessions.begin() as session:
            for key in sorted(int.from_bytes(one[:8], signed=True) for one in ours):  # an order: no deadlock
                await session.execute(select(func.pg_advisory_xact_lock(key)))
            counted = select(
                func.count().filter(MemberTry.number_digest == ours[0]),
                func.count().filter(MemberTry.address_digest == ours[1]),
            ).where(
                or_(MemberTry.number_digest == ours[0], MemberTry.address_digest == ours[1]),
                MemberTry.at > now - WITHIN,
            )
            about_number, from_address = (await session.execute(counted)).one()
            if about_number >= PER_NUMBER or from_address >= PER_ADDRESS:
                return None
            one = MemberTry(number_digest=ours[0], address_digest=ours[1], at=now)
            session.add(one)
            await session.flush()
            return one.id

    async def take_back(self, id_: int) -> None:
        """That try was no failure."""
        async with self.database.sessions.begin() as session:
            await session.execute(delete(MemberTry).where(MemberTry.id == id_))


async def forget(database: Database, now: datetime) -> None:
    """Delete the tries that count no more."""
    async with database.sessions.begin() as session:
        await session.execute(delete(MemberTry).where(MemberTry.at <= now - WITHIN))
