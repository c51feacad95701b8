"""Erasing what is known of a participant who asks for it (UU 27/2022): only what must be kept stays.

`order` is part of the transaction in which they ask: from its commit on the wish cannot be lost, and what nothing else
hangs on is gone. The rest goes by `carry_out`, a job that begins anew wherever it was cut off, until nothing is left:
files have to be deleted elsewhere first, the receipt has to be sent, a case that is open is settled first.

What stays: of settled cases the number, kind, category, branch and times, under nobody's name; that there was a
consent, to which words, until when; in the history who did what and when, without what was told (`detail`); and of
each message the name that its provider gave it, since a message that comes again must not be taken for a new one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import PARTICIPANT, SYSTEM, Actor, record
from bot.cases.opening import count_on
from bot.config import HOME_ZONE
from bot.people import consents
from bot.people.remains import Remains, empty
from bot.storage.apart import apart
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    ChannelAddress,
    ConsentGiven,
    Conversation,
    CopyOrder,
    Erasure,
    JoinCode,
    JoinTry,
    Participant,
    PersonalNumber,
    Subscription,
)

log = structlog.get_logger()

PREFIX = "HAPUS"
"""Of the numbers of receipts: longer than those of branches, so that no case has such a number."""
NOBODY = "erased"
"""What stands where the channel of an address stood."""
LAST_WORDS = timedelta(seconds=5)
"""After a case is settled the participant is told so: that belongs to it."""
AT_FIRST = timedelta(hours=1)
"""For so long it is looked at in every run; then only once no case is open: whole tables are read for it."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the participant is given: the number of the erasure, and how many open cases are still needed."""

    number: str
    open_cases: tuple[str, ...]


async def order(
    session: AsyncSession, sealer: Sealer, participant_id: UUID, now: datetime, by: Actor = PARTICIPANT
) -> Receipt:
    """Have everything erased that came until now, at all addresses of a participant.

    Args:
        session: the transaction in which it is asked for; all conversations of the participant are locked in it, so
            that a turn in another of them cannot bring back what is erased at once.
        sealer: of the service.
        participant_id: who asks.
        now: the moment of asking.
        by: who takes the wish down.
    """
    talks = select(Conversation).where(Conversation.participant_id == participant_id)
    found = (await session.scalars(talks.order_by(Conversation.id).with_for_update())).all()
    for talk in found:
        empty(talk, sealer)
    known = select(ChannelAddress.address).where(ChannelAddress.participant_id == participant_id)
    addresses = sorted({row.address for row in found} | set(await session.scalars(known)))
    number = await count_on(session, PREFIX, now.astimezone(HOME_ZONE))
    grave = await _grave(session, number)
    erasure = Erasure(number=number, talks=[str(row.id) for row in found], grave_id=grave.id)
    erasure.asked_at = erasure.until = now
    session.add(erasure)
    await consents.withdraw(session, participant_id, now)
    await session.flush()
    await _at_once(session, participant_id, [row.id for row in found], addresses, grave)
    record(session, ("participant", participant_id), "asked_erasure", by, now, number=number)
    open_cases = await Remains.of(erasure, found, now).open_cases(session)
    return Receipt(number=number, open_cases=tuple(case.number for case in open_cases))


async def _at_once(
    session: AsyncSession, whose: UUID, talks: list[UUID], addresses: list[str], grave: Conversation
) -> None:
    """What nothing else hangs on; of consents the fact stays."""
    for table in (PersonalNumber, Subscription, JoinCode, JoinTry):
        await session.execute(delete(table).where(table.address.in_(addresses)))
    await session.execute(delete(PersonalNumber).where(PersonalNumber.participant_id == whose))
    await session.execute(delete(CopyOrder).where(CopyOrder.conversation_id.in_(talks)))
    nameless = {"participant_id": grave.participant_id, "address": None, "conversation_id": None}
    await session.execute(
        update(ConsentGiven)
        .where(ConsentGiven.participant_id == whose)
        .values(nameless)
        .execution_options(synchronize_session=False)
    )


async def _grave(session: AsyncSession, number: str) -> Conversation:
    """A conversation of nobody, at no address."""
    nobody = Participant(id=uuid4())
    session.add(nobody)
    await session.flush()
    grave = Conversation(id=uuid4(), address=f"{NOBODY}:{number}", participant_id=nobody.id)
    session.add(grave)
    await session.flush()
    return grave


async def carry_out(database: Database, sealer: Sealer, now: datetime) -> int:
    """Erase what has been asked for, as far as it can go by now; gives how many erasures were finished.

    Each is a transaction of its own, and may be done again: whatever dies, the next run goes on.
    """
    waiting = select(Erasure.id).where(Erasure.done_at.is_(None)).order_by(Erasure.id)
    async with database.sessions() as session:
        ids = list(await session.scalars(waiting))
    done = 0
    for one in ids:
        with apart("erasures", erasure=one):
            async with database.sessions.begin() as session:
                done += await _go_on(session, sealer, one, now)
    return done


async def _go_on(session: AsyncSession, sealer: Sealer, erasure_id: int, now: datetime) -> bool:
    """One erasure, as far as it can go; whether nothing is left."""
    locked = select(Erasure).where(Erasure.id == erasure_id, Erasure.done_at.is_(None))
    erasure = await session.scalar(locked.with_for_update(skip_locked=True))
    if erasure is None:
        return False
    ids = [UUID(one) for one in erasure.talks]
    wanted = select(Conversation).where(Conversation.id.in_(ids)).order_by(Conversation.id)
    talks = (await session.scalars(wanted.with_for_update())).all()
    if any(talk.hold and talk.held_until and talk.held_until > now for talk in talks):
        return False  # a turn is under way there: what it reads stays until it is done
    remains = Remains.of(erasure, talks, now)
    if erasure.asked_at < now - AT_FIRST and await remains.open_cases(session):
        return False
    if settled := await remains.settled_last(session):
        erasure.until = max(erasure.until, settled + LAST_WORDS)
        remains = Remains.of(erasure, talks, now)
    await remains.erase(session, sealer)
    if await remains.left(session):
        return False
    for talk in talks:
        await remains.forget(session, talk)
    erasure.done_at = now
    record(session, ("erasure", erasure.number), "erased", SYSTEM, now)
    log.info("erasure.done", erasure=erasure.id)
    return True
