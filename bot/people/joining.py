"""One person at two addresses: a code that is shown at one and typed at the other makes one participant of them.

Everything hangs on an address or its conversation, so a participant is no more than what groups them: to join moves
what hangs on the one who types to the participant of the other, and to part gives an address a participant of its own
again, with all that came by it, before or since. Consents, subscriptions and languages stay with their address.

Two that join each other at the same moment lock both addresses in one order; the second finds that it is done.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import PARTICIPANT, record
from bot.messages import channel_of
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Case,
    ChannelAddress,
    ConsentGiven,
    Conversation,
    History,
    JoinCode,
    JoinTry,
    Participant,
    PersonalNumber,
)

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 and O, 1 and I and L, which look alike on a small screen. 31 of them eight times: 8.5e11 codes."""
LENGTH = 8
GOOD_FOR = timedelta(minutes=15)
TRIES = 5
"""Codes that were none, by address and hour: at that pace it takes twenty million years to try them all."""
WITHIN = timedelta(hours=1)
SETTLING = timedelta(hours=24)
"""How long after a joining the data of both are neither sent nor erased: time to undo it for whoever was talked into
typing somebody else's code. Both are told of the joining at once."""


class Tried(StrEnum):
    """What came of a code."""

    FITS = "fits"
    WRONG = "wrong"
    """There is no such code, or it is too old, or was used."""
    TOO_MANY = "too_many"
    OWN = "own"
    """It was made at the address at which it was typed."""
    SAME = "same"
    """Both addresses belong to one participant already."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What came of a code, and whose it is."""

    tried: Tried
    address: str | None = None


def bare(code: str) -> str:
    """A code as it is compared: ``abcd 2345`` is ``ABCD2345``."""
    return re.sub(r"[\s-]", "", code).upper()


async def make_code(session: AsyncSession, sealer: Sealer, address: str, now: datetime) -> str:
    """A new code for an address, in two halves: ``ABCD-2345``. The one before is good no more."""
    code = random_code()
    values = {"digest": _digest(sealer, code), "expires_at": now + GOOD_FOR}
    made = insert(JoinCode).values(address=address, **values)
    await session.execute(made.on_conflict_do_update(index_elements=["address"], set_=values))
    return f"{code[:4]}-{code[4:]}"


async def try_code(session: AsyncSession, sealer: Sealer, address: str, code: str, now: datetime) -> Found:
    """Whose code was typed at an address; what was none is counted."""
    recent = select(func.count()).select_from(JoinTry)
    tries = await session.scalar(recent.where(JoinTry.address == address, JoinTry.at > now - WITHIN))
    if (tries or 0) >= TRIES:
        return Found(tried=Tried.TOO_MANY)
    digest = _digest(sealer, bare(code))
    wanted = select(JoinCode.address).where(JoinCode.digest == digest, JoinCode.expires_at > now)
    giver = await session.scalar(wanted)
    if giver is None:
        session.add(JoinTry(address=address, at=now))
        return Found(tried=Tried.WRONG)
    if giver == address:
        return Found(tried=Tried.OWN)
    mine, theirs = await _whose(session, address), await _whose(session, giver)
    return Found(tried=Tried.SAME if mine == theirs else Tried.FITS, address=giver)


async def join(session: AsyncSession, sealer: Sealer, talk: Conversation, code: str, now: datetime) -> Found:
    """Make one participant of whoever made the code and whoever typed it, if it still fits; the code is used up.

    Args:
        session: the turn's transaction.
        sealer: knows codes by their digests.
        talk: where it was typed.
        code: as it was typed.
        now: when.
    """
    found = await try_code(session, sealer, talk.address, code, now)
    if found.tried is not Tried.FITS or found.address is None:
        return found
    used = delete(JoinCode).where(JoinCode.digest == _digest(sealer, bare(code))).returning(JoinCode.address)
    if await session.scalar(used) is None:  # somebody else was quicker
        return Found(tried=Tried.WRONG)
    await _lock(session, [talk.address, found.address])
    mine, theirs = await _whose(session, talk.address), await _whose(session, found.address)
    if mine == theirs or theirs is None or mine is None:
        return Found(tried=Tried.SAME, address=found.address)
    await _move(session, await addresses(session, mine), theirs)
    channels = [channel_of(one) for one in (talk.address, found.address)]
    for who, other in ((theirs, mine), (mine, theirs)):
        subject = ("participant", who)
        record(
            session,
            subject,
            "joined",
            PARTICIPANT,
            now,
            other=str(other),
            into=str(theirs),
            channels=channels,
        )
    await session.refresh(talk, ["participant_id"])
    return found


async def settles_at(session: AsyncSession, whose: UUID, now: datetime) -> datetime | None:
    """Until when what belongs to a participant is neither sent nor erased as a whole; None: it may be."""
    if len(await addresses(session, whose)) < 2:
        return None
    joined = select(func.max(History.at)).where(
        History.subject == "participant", History.subject_id == str(whose), History.what == "joined"
    )
    last = await session.scalar(joined)
    return last + SETTLING if last and last + SETTLING > now else None


async def part(session: AsyncSession, talk: Conversation, now: datetime) -> Sequence[str]:
    """Give the address of a talk a participant of its own again; gives the addresses that it was joined with."""
    whose = talk.participant_id
    await _lock(session, await addresses(session, whose))
    others = [one for one in await addresses(session, whose) if one != talk.address]
    if not others:
        return []
    before = await session.get_one(Participant, whose)
    alone = Participant(id=uuid4(), language=before.language)
    session.add(alone)
    await session.flush()
    await _move(session, [talk.address], alone.id)
    channel = channel_of(talk.address)
    for who, other in ((whose, alone.id), (alone.id, whose)):
        record(session, ("participant", who), "parted", PARTICIPANT, now, other=str(other), channel=channel)
    await session.refresh(talk, ["participant_id"])
    return others


async def addresses(session: AsyncSession, participant_id: UUID) -> list[str]:
    """Where a participant is reached, in one order for all who lock them."""
    theirs = select(ChannelAddress.address).where(ChannelAddress.participant_id == participant_id)
    return list(await session.scalars(theirs.order_by(ChannelAddress.address)))


async def _lock(session: AsyncSession, which: Sequence[str]) -> None:
    rows = select(ChannelAddress.address).where(ChannelAddress.address.in_(which))
    await session.execute(rows.order_by(ChannelAddress.address).with_for_update())


async def _whose(session: AsyncSession, address: str) -> UUID | None:
    return await session.scalar(
        select(ChannelAddress.participant_id).where(ChannelAddress.address == address)
    )


async def _move(session: AsyncSession, which: Sequence[str], to: UUID) -> None:
    """All that hangs on these addresses."""
    talks = select(Conversation.id).where(Conversation.address.in_(which))
    moved = (
        update(ChannelAddress).where(ChannelAddress.address.in_(which)),
        update(Conversation).where(Conversation.address.in_(which)),
        update(Case).where(Case.conversation_id.in_(talks)),
        update(PersonalNumber).where(PersonalNumber.address.in_(which)),
        update(ConsentGiven).where(ConsentGiven.address.in_(which)),
    )
    for statement in moved:
        values = statement.values(participant_id=to)
        await session.execute(values.execution_options(synchronize_session=False))


def random_code() -> str:
    """With a digit in it, by which it is told from words (`bot.dialogue.commands`)."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if any(sign.isdigit() for sign in code):
            return code


def _digest(sealer: Sealer, code: str) -> bytes:
    return sealer.digest(f"join {code}")
