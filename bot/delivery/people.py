"""What delivery learns of the people behind the addresses."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ARRAY, Update, any_, bindparam, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels import windows
from bot.delivery import waiting
from bot.messages import Incoming, channel_of
from bot.storage.arrays import arrays, given
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import ChannelAddress, Conversation, Inbox, Owner, Participant
from bot.texts.speaking import FIRST


async def introduce(database: Database, inbox_ids: Sequence[int]) -> None:
    """Make the conversations of those who write for the first time, and the participants with them.

    Args:
        inbox_ids: a message of each. Those that another process has in hand just now are left to it.
    """
    async with database.autocommit.connect() as connection:
        await connection.execute(_introducing(), {"ids": list(inbox_ids)})


@cache
def _introducing() -> Insert:
    """One statement; whoever is known at an address keeps who they are."""
    written = (
        select(Inbox.address, Inbox.channel, ChannelAddress.participant_id)
        .outerjoin(ChannelAddress, ChannelAddress.address == Inbox.address)
        .where(Inbox.id == any_(bindparam("ids", type_=ARRAY(Inbox.id.type))))
        .with_for_update(of=Inbox, skip_locked=True)
        .cte("written")
    )
    whose = func.coalesce(written.c.participant_id, func.gen_random_uuid()).label("whose")
    named = select(written, whose).cte("named")
    unknown = select(named.c.address, named.c.channel, named.c.whose).where(named.c.participant_id.is_(None))
    # Another process may have introduced somebody since this statement began: then they are who they are there.
    address = (
        insert(ChannelAddress)
        .from_select(["address", "channel", "participant_id"], unknown)
        .on_conflict_do_nothing()
        .returning(ChannelAddress.address, ChannelAddress.participant_id)
        .cte("of_person")
    )
    person = insert(Participant).from_select(
        ["id", "language"], select(address.c.participant_id, literal(FIRST))
    )
    ours = or_(named.c.participant_id.is_not(None), named.c.address.in_(select(address.c.address)))
    talk = insert(Conversation).from_select(
        ["id", "address", "participant_id", "owner"],
        select(
            func.gen_random_uuid(),
            named.c.address,
            named.c.whose,
            literal(Owner.BOT, Conversation.owner.type),
        ).where(ours),
    )
    return talk.on_conflict_do_nothing(index_elements=["address"]).add_cte(person.cte("person"))


async def note(database: Database, sealer: Sealer, heard: Sequence[tuple[datetime, Incoming]]) -> None:
    """Note what messages, each with when it was written, say of their people: who writes can be reached.

    What waited for them to write goes now. What nobody wrote (`Incoming.due`) says nothing.
    """
    last: dict[str, datetime] = {}
    said: dict[str, dict[str, object]] = {}
    for at, incoming in heard:
        if incoming.due is None:
            last[incoming.address] = max(at, last.get(incoming.address, at))
            said[incoming.address] = said.get(incoming.address, {}) | _said(sealer, incoming)
    if not last:
        return
    learnt = {name: [said[address].get(name) for address in last] for name in _SAID}
    values = arrays(address=last, last_inbound_at=last.values(), **learnt)
    async with database.autocommit.connect() as connection:
        await connection.execute(_noting(), values)
        wrote = {address: at for address, at in last.items() if channel_of(address) in windows.CHANNELS}
        if wrote:
            await waiting.let_go(connection, wrote)


_SAID = ("sealed_profile_name", "sealed_phone", "external_user_id")


def _said(sealer: Sealer, incoming: Incoming) -> dict[str, object]:
    """What a message says of whom it is from; what it does not say stays as it was."""
    found: dict[str, object] = {
        "sealed_profile_name": incoming.profile_name and sealer.seal(incoming.profile_name),
        "sealed_phone": incoming.phone and sealer.seal(incoming.phone),
        "external_user_id": incoming.external_user_id,
    }
    return {name: value for name, value in found.items() if value}


@cache
def _noting() -> Update:
    names = ("address", "last_inbound_at", *_SAID)
    rows = given(**{name: getattr(ChannelAddress, name) for name in names})
    kept = {name: func.coalesce(rows.c[name], getattr(ChannelAddress, name)) for name in _SAID}
    last = func.greatest(ChannelAddress.last_inbound_at, rows.c.last_inbound_at)
    return (
        update(ChannelAddress)
        .where(ChannelAddress.address == rows.c.address)
        .values(last_inbound_at=last, unreachable_since=None, window_closed_at=None, **kept)
    )


async def mark(connection: AsyncConnection, address: str, reachable: bool, now: datetime) -> None:
    """Note that an address takes messages again, or since when it takes none."""
    since = None if reachable else func.coalesce(ChannelAddress.unreachable_since, now)
    await connection.execute(
        update(ChannelAddress).where(ChannelAddress.address == address).values(unreachable_since=since)
    )
