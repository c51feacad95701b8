"""Forms that were left alone: their time comes as a word to the conversation's next turn."""

from datetime import datetime

from sqlalchemy import select

from bot.delivery import inbox
from bot.messages import Address, Incoming
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation, Owner

AT_ONCE = 500


async def stir(database: Database, sealer: Sealer, now: datetime) -> int:
    """Have forms looked at whose time has come; the worker that takes the turn decides what is to be said.

    The word has a key of its own, so it is there once, whatever dies between its being kept and the form's being noted.
    """
    async with database.sessions.begin() as session:
        due = select(Conversation).where(Conversation.nudge_at <= now, Conversation.owner != Owner.AGENT)
        talks = (await session.scalars(due.limit(AT_ONCE).with_for_update(skip_locked=True))).all()
        words = [_word(talk, now) for talk in talks]
        await inbox.store(database, sealer, words, now)
        for talk in talks:
            talk.nudge_at = None
    return len(words)


def _word(talk: Conversation, now: datetime) -> Incoming:
    assert talk.nudge_at
    return Incoming(
        channel=talk.address.partition(":")[0],
        address=Address(talk.address),
        provider_id=f"due:{talk.id}:{talk.nudge_at.isoformat()}",
        sent_at=now,
        due="idle_form",
    )
