"""The people and programs that work cases: their accounts, passwords and tokens."""

import asyncio
import hashlib
import re
import secrets
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import SYSTEM, Actor, record
from bot.errors import SiagaError
from bot.storage.tables import Agent, Role, Session, Token

SHORTEST_PASSWORD = 12
"""Characters. NIST SP 800-63B-4 asks for 15 where a password stands alone; 12 with throttling is our compromise."""

LONGEST_PASSWORD = 200
"""Characters; hashing more would only cost time."""

TOKEN_PREFIX = "siaga_"  # noqa: S105 (a prefix, by which a leaked token is recognised)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_HASHER = PasswordHasher()  # argon2id with the parameters of RFC 9106, low-memory
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


class EmailTaken(SiagaError):
    """There is an agent with that e-mail already."""

    said = "error.email_taken"


class BadEmail(SiagaError):
    """That is no e-mail address."""

    said = "error.bad_email"


class WeakPassword(SiagaError):
    """A password is too short or too long."""

    said = "error.weak_password"


async def create_agent(  # noqa: PLR0913, PLR0917 (an account has that many sides)
    session: AsyncSession,
    email: str,
    name: str,
    role: Role,
    branch: str | None,
    password: str | None,
    now: datetime,
) -> Agent:
    """Add an account for the desk. Without a password nobody can sign in to it until `set_password`.

    Args:
        branch: whose cases they see; None: all. The caller checks that it exists.

    Raises:
        BadEmail, EmailTaken, WeakPassword: nothing was added.
    """
    address = plain_email(email)
    if not _EMAIL.fullmatch(address):
        raise BadEmail(email)
    hashed = await hash_password(password) if password is not None else None
    new = insert(Agent).values(
        email=address,
        name=name.strip() or address,
        role=role,
        branch=branch,
        password_hash=hashed,
        created_at=now,
    )
    added: Agent | None = await session.scalar(
        new.on_conflict_do_nothing(index_elements=["email"]).returning(Agent)
    )
    if added is None:
        raise EmailTaken(address)
    record(session, ("agent", added.id), "added", SYSTEM, now, role=role, branch=branch)
    return added


async def set_password(
    session: AsyncSession, agent: Agent, password: str, now: datetime, by: Actor = SYSTEM
) -> None:
    """Give an account another password; every browser that is signed in to it is signed out.

    Raises:
        WeakPassword: it stays as it was.
    """
    agent.password_hash = await hash_password(password)
    await session.execute(delete(Session).where(Session.agent_id == agent.id))
    record(session, ("agent", agent.id), "password_changed", by, now)


async def create_token(
    session: AsyncSession, role: Role, name: str, branch: str | None, now: datetime
) -> str:
    """Make a bearer token, which acts as an agent of its own. It is given here only: the digest is what is kept."""
    agent = Agent(email=None, name=name.strip() or "API", role=role, branch=branch, created_at=now)
    session.add(agent)
    await session.flush()
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(Token(digest=digest(token), agent_id=agent.id, name=agent.name, created_at=now))
    record(session, ("agent", agent.id), "token_created", SYSTEM, now, role=role, branch=branch)
    return token


async def agent_by_token(session: AsyncSession, token: str) -> Agent | None:
    """Who a token acts as; None where it is unknown or revoked, or its agent is no longer active."""
    query = (
        select(Agent)
        .join(Token, Token.agent_id == Agent.id)
        .where(Token.digest == digest(token), Token.revoked_at.is_(None), Agent.active.is_(True))
    )
    return await session.scalar(query)


async def agent_by_email(session: AsyncSession, email: str) -> Agent | None:
    """The active account with that e-mail, written in any case."""
    query = select(Agent).where(Agent.email == plain_email(email), Agent.active.is_(True))
    return await session.scalar(query)


async def password_fits(agent: Agent | None, password: str) -> bool:
    """Whether that is the account's password. Takes as long where there is no account or none was set."""
    known = agent.password_hash if agent and agent.password_hash else None
    fits = await asyncio.to_thread(_verify, known or _NOBODY, password[: LONGEST_PASSWORD + 1])
    return fits and known is not None


async def hash_password(password: str) -> str:
    """The argon2id hash of a password, made beside the event loop.

    Raises:
        WeakPassword: shorter than `SHORTEST_PASSWORD` or longer than `LONGEST_PASSWORD`.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WeakPassword(f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters are needed")
    return await asyncio.to_thread(_HASHER.hash, password)


def plain_email(email: str) -> str:
    """An e-mail as it is kept and compared."""
    return email.strip().lower()


def digest(secret: str) -> bytes:
    """What is kept of a token or cookie: they have 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def _verify(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
