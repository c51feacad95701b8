"""Forms that were left alone: their time comes as a word to the conversation's next turn."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from bot.delivery import inbox
from bot.messages import Address, Incoming, channel_of
from bot.storage.apart import apart
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation, Owner

AT_ONCE = 500


async def stir(database: Database, sealer: Sealer, now: datetime) -> int:
    """Have forms looked at whose time has come; the worker that takes the turn decides what is to be said.

    Each is a transaction of its own: one that fails holds no other up, and is tried again at the next look. Gives how
    many there were, at most `AT_ONCE`.
    """
    due = select(Conversation.id).where(Conversation.nudge_at <= now, Conversation.owner != Owner.AGENT)
    async with database.sessions() as session:
        ids = (await session.scalars(due.order_by(Conversation.nudge_at).limit(AT_ONCE))).all()
    count = 0
    for talk_id in ids:
        with apart("idle_forms"):
            count += await _stir(database, sealer, talk_id, now)
    return count


async def _stir(database: Database, sealer: Sealer, talk_id: UUID, now: datetime) -> bool:
    """Put the word into the inbox, unless another has the conversation or it is over meanwhile.

    The word has a key of its own, so it is there once, whatever dies between its being kept and the form's being noted.
    """
    async with database.sessions.begin() as session:
        talk = await session.get(Conversation, talk_id, with_for_update={"skip_locked": True})
        if talk is None or talk.nudge_at is None or talk.nudge_at > now or talk.owner is Owner.AGENT:
            return False
        await inbox.store(database, sealer, [_word(talk, talk.nudge_at, now)], now)
        talk.nudge_at = None
    return True


def _word(talk: Conversation, due_at: datetime, now: datetime) -> Incoming:
    return Incoming(
        channel=channel_of(talk.address),
        address=Address(talk.address),
        provider_id=f"due:{talk.id}:{due_at.isoformat()}",
        sent_at=now,
        due="idle_form",
    )
