"""What is known of a participant: for themselves, who may ask at any time, and for operators (UU 27/2022, access)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.people import consents
from bot.reading.numbers import NumberKind, mask_number
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Attachment,
    Case,
    ChannelAddress,
    ConsentGiven,
    Conversation,
    Message,
    Participant,
    PersonalNumber,
    Subscription,
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known, without the words of the talks (`lines_of`).

    Args:
        addresses: where they are reached.
        name: as the chat app gave it.
        numbers: kind and digits, all but the last of them starred.
        since: when they wrote for the first time.
    """

    participant: Participant
    addresses: Sequence[ChannelAddress]
    name: str
    numbers: tuple[tuple[str, str], ...]
    consents: Sequence[ConsentGiven]
    cases: Sequence[Case]
    lines: int
    files: int
    subscriptions: int
    since: datetime


async def known(session: AsyncSession, sealer: Sealer, participant_id: UUID, before: datetime) -> Known:
    """What is known of a participant; of the talk, what was said before then."""
    person = await session.get_one(Participant, participant_id)
    theirs = select(ChannelAddress).where(ChannelAddress.participant_id == participant_id)
    addresses = (await session.scalars(theirs.order_by(ChannelAddress.created_at))).all()
    talks = select(Conversation.id).where(Conversation.participant_id == participant_id)
    cases = select(Case).where(Case.participant_id == participant_id).order_by(Case.id.desc())
    lines = select(func.count(), func.min(Message.at)).where(
        Message.conversation_id.in_(talks), Message.at < before
    )
    count, first = (await session.execute(lines)).one()
    names = [sealer.open(one.sealed_profile_name) for one in addresses if one.sealed_profile_name]
    return Known(
        participant=person,
        addresses=addresses,
        name=", ".join(dict.fromkeys(names)),
        numbers=await _numbers(session, sealer, participant_id),
        consents=await consents.given(session, participant_id),
        cases=(await session.scalars(cases)).all(),
        lines=count,
        files=await _files(session, talks),
        subscriptions=await _subscriptions(session, [one.address for one in addresses]),
        since=first or before,
    )


def shown(known: ChannelAddress, sealer: Sealer) -> tuple[str, str]:
    """The channel of an address, and as much of who is there as its owner recognises: ``+62812***001``, ``D***``."""
    channel, _, rest = known.address.partition(":")
    phone = sealer.open(known.sealed_phone) if known.sealed_phone else rest if rest.startswith("+") else ""
    if phone:
        return channel, f"{phone[:6]}***{phone[-3:]}"
    name = sealer.open(known.sealed_profile_name) if known.sealed_profile_name else ""
    return channel, f"{name[:1]}***"


async def lines_of(session: AsyncSession, participant_id: UUID) -> Sequence[Message]:
    """What was said with a participant, oldest first, personal numbers masked."""
    talks = select(Conversation.id).where(Conversation.participant_id == participant_id)
    said = select(Message).where(Message.conversation_id.in_(talks)).order_by(Message.id)
    return (await session.scalars(said)).all()


async def _numbers(session: AsyncSession, sealer: Sealer, whose: UUID) -> tuple[tuple[str, str], ...]:
    rows = select(PersonalNumber).where(PersonalNumber.participant_id == whose).order_by(PersonalNumber.id)
    found = [(NumberKind(row.kind), str(sealer.open(row.sealed))) for row in await session.scalars(rows)]
    masked = [(kind.value, mask_number(kind, value)) for kind, value in found if kind is not NumberKind.CASE]
    return tuple(dict.fromkeys(masked))


async def _files(session: AsyncSession, talks: Any) -> int:
    lines = select(Message.id).where(Message.conversation_id.in_(talks))
    count = select(func.count()).select_from(Attachment).where(Attachment.message_id.in_(lines))
    return await session.scalar(count) or 0


async def _subscriptions(session: AsyncSession, addresses: list[str]) -> int:
    running = (Subscription.address.in_(addresses), Subscription.ended_at.is_(None))
    return await session.scalar(select(func.count()).select_from(Subscription).where(*running)) or 0
