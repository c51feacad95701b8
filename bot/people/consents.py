"""What participants agreed to, and to which words: the personal-data law wants it to be shown afterwards.

Source of the rule: UU 27/2022, on personal data. Text version, time and channel of a consent are kept.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import PARTICIPANT, record
from bot.messages import channel_of
from bot.storage.tables import ConsentGiven, Conversation


async def give(session: AsyncSession, talk: Conversation, purpose: str, version: str, now: datetime) -> None:
    """Keep that the participant of a talk agreed.

    Args:
        session: the turn's transaction.
        talk: where they said so.
        purpose: what for: the code of a text, such as ``administration``.
        version: of the words that they agreed to.
        now: when.
    """
    channel = channel_of(talk.address)
    session.add(
        ConsentGiven(
            participant_id=talk.participant_id,
            purpose=purpose,
            version=version,
            channel=channel,
            address=talk.address,
            conversation_id=talk.id,
            given_at=now,
        )
    )
    record(
        session,
        ("participant", talk.participant_id),
        "consented",
        PARTICIPANT,
        now,
        purpose=purpose,
        version=version,
        channel=channel,
    )


async def withdraw(session: AsyncSession, participant_id: UUID, now: datetime) -> int:
    """End all that a participant agreed to; gives how many consents that were."""
    ended = await session.execute(
        update(ConsentGiven)
        .where(ConsentGiven.participant_id == participant_id, ConsentGiven.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .returning(ConsentGiven.id)
        .execution_options(synchronize_session=False)
    )
    count = len(ended.all())
    if count:
        record(session, ("participant", participant_id), "withdrew_consent", PARTICIPANT, now, count=count)
    return count


async def given(session: AsyncSession, participant_id: UUID) -> Sequence[ConsentGiven]:
    """What a participant agreed to, oldest first, also what was withdrawn since."""
    wanted = select(ConsentGiven).where(ConsentGiven.participant_id == participant_id)
    return (await session.scalars(wanted.order_by(ConsentGiven.id))).all()
