"""What delivery learns of the people behind the addresses."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy import update as sql_update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bot.channels import windows
from bot.delivery import waiting
from bot.messages import Incoming
from bot.storage.sealing import Sealer
from bot.storage.tables import ChannelAddress, Conversation, Participant


async def conversation_of(session: AsyncSession, address: str, channel: str) -> UUID:
    """The address's conversation; for a new address it is made, and the participant with it."""
    known = select(Conversation.id).where(Conversation.address == address)
    found = await session.scalar(known)
    if found is not None:
        return found
    participant_id = await session.scalar(
        select(ChannelAddress.participant_id).where(ChannelAddress.address == address)
    )
    if participant_id is None:
        participant_id = uuid4()
        session.add(Participant(id=participant_id))
        await session.flush()
        await session.execute(
            insert(ChannelAddress).values(address=address, channel=channel, participant_id=participant_id)
        )
    made = insert(Conversation).values(id=uuid4(), address=address, participant_id=participant_id)
    await session.execute(made.on_conflict_do_nothing(index_elements=["address"]))
    return (await session.execute(known)).scalar_one()


async def update(session: AsyncSession, sealer: Sealer, heard: Sequence[tuple[datetime, Incoming]]) -> None:
    """Note what messages of one address, each with when it was written, say of the person: who writes can be reached.

    What waited for them to write goes now. What nobody wrote (`Incoming.due`) says nothing.
    """
    written = [(at, incoming) for at, incoming in heard if incoming.due is None]
    if not written:
        return
    values: dict[str, object] = {"unreachable_since": None, "window_closed_at": None}
    for _, incoming in written:
        if incoming.profile_name:
            values["sealed_profile_name"] = sealer.seal(incoming.profile_name)
        if incoming.phone:
            values["sealed_phone"] = sealer.seal(incoming.phone)
        if incoming.external_user_id:
            values["external_user_id"] = incoming.external_user_id
    last = max(at for at, _ in written)
    values["last_inbound_at"] = func.greatest(ChannelAddress.last_inbound_at, last)
    address, channel = written[0][1].address, written[0][1].channel
    await session.execute(
        sql_update(ChannelAddress).where(ChannelAddress.address == address).values(values),
        execution_options={"synchronize_session": False},
    )
    if channel in windows.CHANNELS:
        await waiting.let_go(session, address, last)


async def mark(
    connection: AsyncConnection | AsyncSession, address: str, reachable: bool, now: datetime
) -> None:
    """Note that an address takes messages again, or since when it takes none."""
    since = None if reachable else func.coalesce(ChannelAddress.unreachable_since, now)
    await connection.execute(
        sql_update(ChannelAddress).where(ChannelAddress.address == address).values(unreachable_since=since)
    )
