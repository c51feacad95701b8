"""Signing in and out: sessions kept by us, a secret for their forms, and a limit on guessing.

A browser holds 256 random bits; the table `sessions` holds their digest. Every sign-in makes a new session, so that a
cookie that somebody planted is worth nothing.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import staff
from bot.errors import SiagaError
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Agent, Session, SignInFailure

LIFETIME = timedelta(hours=12)
"""A shift and its overtime; after it one signs in again, whatever was done meanwhile."""

WINDOW = timedelta(minutes=15)
MOST_PER_EMAIL = 5
MOST_PER_ADDRESS = 30
"""An office shares one address, so it may mistype more often than one account."""


class TooManyTries(SiagaError):
    """Guessing has to wait."""

    said = "sign_in.too_many"

    def __init__(self, minutes: int) -> None:
        self.minutes = minutes
        super().__init__(f"wait {minutes} minutes")


class WrongPassword(SiagaError):
    """E-mail and password do not belong together."""

    said = "sign_in.wrong"


@dataclass(frozen=True)
class Visit:
    """A signed-in browser."""

    agent: Agent
    csrf: str
    digest: bytes


async def visit(database: Database, cookie: str, now: datetime) -> Visit | None:
    """Whose browser it is; None where the session is unknown, over, or its agent no longer active."""
    digest = staff.digest(cookie)
    query = (
        select(Session, Agent)
        .join(Agent, Agent.id == Session.agent_id)
        .where(Session.digest == digest, Session.expires_at > now, Agent.active.is_(True))
    )
    async with database.sessions() as session:
        found = (await session.execute(query)).first()
    return Visit(found[1], found[0].csrf, digest) if found else None


async def begin(session: AsyncSession, agent: Agent, now: datetime) -> str:
    """A new session for an agent; gives what the browser is to keep. Sessions that are over are cleared away."""
    cookie = secrets.token_urlsafe(32)
    await session.execute(delete(Session).where(Session.expires_at <= now))
    session.add(
        Session(
            digest=staff.digest(cookie),
            agent_id=agent.id,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    return cookie


async def end(database: Database, cookie: str) -> None:
    """Forget a session."""
    async with database.sessions.begin() as session:
        await session.execute(delete(Session).where(Session.digest == staff.digest(cookie)))


@dataclass(frozen=True)
class Door:
    """Checks passwords, and slows down who guesses them."""

    database: Database
    sealer: Sealer

    async def check(self, email: str, password: str, address: str, now: datetime) -> Agent:
        """The agent with that e-mail and password.

        A try is counted before the password is looked at: a hundred at the same moment do not slip through.

        Raises:
            TooManyTries: too many failed for this e-mail or from this address within `WINDOW`.
            WrongPassword: one of the two is wrong, and it is not said which.
        """
        keys = self._keys(email, address)
        await self._count(keys, now)
        async with self.database.sessions() as session:
            agent = await staff.agent_by_email(session, email)
        if not await staff.password_fits(agent, password):
            raise WrongPassword(email)
        assert agent is not None
        await self._forgive(keys, now)
        return agent

    def _keys(self, email: str, address: str) -> dict[bytes, int]:
        """What tries are counted by, and how many of each may fail."""
        plain = staff.plain_email(email)
        return {
            self.sealer.digest(f"sign-in e-mail {plain}"): MOST_PER_EMAIL,
            self.sealer.digest(f"sign-in address {address}"): MOST_PER_ADDRESS,
        }

    async def _count(self, keys: dict[bytes, int], now: datetime) -> None:
        tries = [SignInFailure(key=key, at=now) for key in keys]
        async with self.database.sessions.begin() as session:
            session.add_all(tries)
        counted = (
            select(SignInFailure.key, func.count(), func.min(SignInFailure.at))
            .where(SignInFailure.key.in_(keys), SignInFailure.at > now - WINDOW)
            .group_by(SignInFailure.key)
        )
        async with self.database.sessions.begin() as session:
            over = [first for key, count, first in await session.execute(counted) if count > keys[key]]
            if over:  # a refused try is none: waiting must come to an end
                mine = [item.id for item in tries]
                await session.execute(delete(SignInFailure).where(SignInFailure.id.in_(mine)))
        if over:
            left = max(over) + WINDOW - now
            raise TooManyTries(max(1, -(-int(left.total_seconds()) // 60)))

    async def _forgive(self, keys: dict[bytes, int], now: datetime) -> None:
        """Who signed in has not guessed; of the address only this one try is taken back."""
        email, address = keys
        newest = (
            select(SignInFailure.id)
            .where(SignInFailure.key == address)
            .order_by(SignInFailure.at.desc())
            .limit(1)
        )
        async with self.database.sessions.begin() as session:
            await session.execute(delete(SignInFailure).where(SignInFailure.key == email))
            await session.execute(delete(SignInFailure).where(SignInFailure.id.in_(newest)))
            await session.execute(delete(SignInFailure).where(SignInFailure.at <= now - WINDOW))


async def clear_away(database: Database, now: datetime) -> None:
    """Delete what nobody asks for any more: sessions that are over, and old failed tries."""
    async with database.sessions.begin() as session:
        await session.execute(delete(Session).where(Session.expires_at <= now))
        await session.execute(delete(SignInFailure).where(SignInFailure.at <= now - WINDOW))
