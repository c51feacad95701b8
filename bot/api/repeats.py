"""A request that is sent again: with the same ``Idempotency-Key`` it changes nothing and answers the same.

What a key did is an entry of the history, in the transaction that did it; a lock on the key, held until that
transaction ends, makes two requests that arrive together one after the other. Keys are an agent's own and are
remembered for good.
"""

import hashlib

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.api.access import Asked
from bot.api.problems import Problem
from bot.cases.history import Actor, entries, record


async def earlier(session: AsyncSession, asked: Asked) -> str | None:
    """What the first request with this key made (its id); None when this is the first, or there is no key.

    Raises:
        Problem: 422, the key was used for another request.
    """
    if asked.key is None:
        return None
    key = _key(asked)
    await session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(key[:8], signed=True))))
    known = await entries(session, "request", key.hex())
    if not known:
        return None
    if known[0].detail["request"] != await _fingerprint(asked):
        raise Problem(422, "This Idempotency-Key was used for another request: take a new one.")
    return str(known[0].detail["made"])


async def remember(session: AsyncSession, asked: Asked, made: object) -> None:
    """Note what this request made, for whoever sends it again."""
    if asked.key is not None:
        subject = ("request", _key(asked).hex())
        by = Actor("agent", asked.agent.id)
        fingerprint = await _fingerprint(asked)
        record(session, subject, "answered", by, asked.now, request=fingerprint, made=str(made))


def _key(asked: Asked) -> bytes:
    return hashlib.sha256(f"{asked.agent.id}:{asked.key}".encode()).digest()


async def _fingerprint(asked: Asked) -> str:
    """A keyed digest: what was said cannot be guessed from it."""
    request = asked.request
    said = await request.body() if asked.content is None else asked.content
    text = f"{request.method} {request.url.path} {said.decode(errors='replace')}"
    return asked.api.sealer.digest(text).hex()
