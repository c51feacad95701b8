"""What follows from how a message fared: the address is marked, an operator called, a later failure acted on, and
whoever has the talk open is told.

Receipts are followed by the senders, not by whoever took them in: a webhook is one statement and no more, and a
receipt may come before the sender has written down what it is a receipt for.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Executable, Row, Select, and_, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels import windows
from bot.channels.failures import Act, Meaning
from bot.channels.rendering import numbered
from bot.delivery.forms import text_from_json, text_to_json
from bot.delivery.meanings import meaning
from bot.delivery.waking import first_of
from bot.live import Live, LiveEvent
from bot.messages import Delivery, Text
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer, Unreadable
from bot.storage.tables import (
    ChannelAddress,
    Conversation,
    DeliveryAlarm,
    DeliveryReceipt,
    Outbox,
    OutboxState,
)

log = structlog.get_logger()

ROUND = 0.5
"""Seconds between two looks at what was reported."""
TOGETHER = 500
"""Receipts followed in one transaction."""
STILL_FRESH = timedelta(minutes=15)
"""For so long after it went out a message that failed later is tried again by itself; after that a person decides."""
NEVER_OURS = timedelta(seconds=90)
"""After so long a receipt belongs to no row: a sender that dies takes its row's name with it for a minute at most."""


class Follower:
    """Follows receipts and failures, and tells open pages; safe in many processes at once."""

    def __init__(self, database: Database, sealer: Sealer, live: Live, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._sealer = sealer
        self._live = live
        self._clock = clock
        self._changed: set[str] = set()
        self._failures = False
        self._swept_at: datetime | None = None

    def changed(self, address: str) -> None:
        """A message to `address` came further, or did not: open pages are told in the next round."""
        self._changed.add(address)

    async def failed(self, channel: str, address: str, code: str) -> None:
        """A provider refused a message: mark the address or call an operator, as the table says."""
        known = meaning(code)
        self._failures = True
        try:
            async with self._database.engine.begin() as connection:
                await self._draw_consequences(connection, known, channel, address, code, self._clock())
        except UNAVAILABLE as error:  # the next message there will find out again
            log.warning("outbox.not_followed", error=type(error).__name__)

    async def run(self, stopping: asyncio.Event) -> None:
        """Look every half second until `stopping` is set."""
        while not stopping.is_set():
            try:
                while await self.round() == TOGETHER:
                    pass
            except UNAVAILABLE as error:
                log.warning("outbox.not_followed", error=type(error).__name__)
            await first_of(stopping, seconds=ROUND)

    async def round(self) -> int:
        """Follow what was reported, then tell open pages; how many receipts it were."""
        now = self._clock()
        async with self._database.engine.begin() as connection:
            news = (await connection.execute(_news())).all()
            for row in news:
                await self._follow(connection, row, now)
            if news:
                await connection.execute(_followed(news))
            if self._swept_at is None or now - self._swept_at > NEVER_OURS:
                await connection.execute(_nobodys(now))
                self._swept_at = now
        self._changed |= {row.address for row in news}
        await self._tell()
        return len(news)

    async def _follow(self, connection: AsyncConnection, row: Row[tuple[object, ...]], now: datetime) -> None:
        if row.reported is Delivery.FAILED and row.state is OutboxState.SENT:
            code = row.error_code or "other"
            known = meaning(code)
            values = self._after_report(row, known, code, now)
            if known.act is Act.WINDOW:
                values |= await _window_closed(connection, row, self._clock())
            await connection.execute(update(Outbox).where(Outbox.id == row.id).values(values))
            await self._draw_consequences(connection, known, row.channel, row.address, code, row.sent_at)
            self._failures = True
            tell = log.error if known.alerts else log.warning
            tell(
                "outbox.failed_later",
                outbox=row.id,
                channel=row.channel,
                code=code,
                act=known.act,
                state=values["state"],
            )
        elif (
            row.reported in (Delivery.DELIVERED, Delivery.READ)
            and row.state is OutboxState.DEAD
            and row.sent_at
        ):
            arrived = {"state": OutboxState.SENT, "error_code": None}  # it was reported as failed before
            await connection.execute(update(Outbox).where(Outbox.id == row.id).values(arrived))

    def _after_report(
        self, row: Row[tuple[object, ...]], known: Meaning, code: str, now: datetime
    ) -> dict[str, object]:
        """The row's new values: a dead letter, or its last part once more where the table says that it may pass."""
        again: dict[str, object] = {
            "state": OutboxState.QUEUED,
            "parts_sent": max(row.parts_sent - 1, 0),
            "attempts": row.attempts + 1,
            "sent_at": None,
            "error_code": code,
        }
        dead: dict[str, object] = {"state": OutboxState.DEAD, "error_code": code}
        if known.act is Act.WINDOW:
            return again | {"next_try_at": now}
        if now - row.sent_at > STILL_FRESH:
            return dead
        if known.act is Act.RETRY and row.attempts < known.tries:
            wait = known.after or 2.0 * 4 ** min(row.attempts, 4)
            return again | {"next_try_at": now + timedelta(seconds=wait)}
        text = self._text(row) if known.act is Act.WORDS else None
        if text and text.options:
            plain = Text(body=numbered(text.body, text.options))
            return again | {
                "parts_sent": 0,
                "next_try_at": now,
                "sealed": self._sealer.seal(text_to_json(plain)),
            }
        return dead

    def _text(self, row: Row[tuple[object, ...]]) -> Text | None:
        """What the row says; None if it was sealed with another key."""
        try:
            return text_from_json(self._sealer.open(row.sealed))
        except (Unreadable, ValueError):
            return None

    async def _draw_consequences(
        self,
        connection: AsyncConnection,
        known: Meaning,
        channel: str,
        address: str,
        code: str,
        at: datetime,
    ) -> None:
        if known.act is Act.MARK:
            await connection.execute(_unreachable(address, code, at))
        if known.act is Act.WINDOW:
            await connection.execute(_shut(address, at))
        if known.alerts:
            await connection.execute(_alarm(channel, code, self._clock()))

    async def _tell(self) -> None:
        addresses, self._changed = self._changed, set()
        if addresses:
            query = select(Conversation.id).where(Conversation.address.in_(addresses))
            try:
                async with self._database.sessions() as session:
                    talks = list(await session.scalars(query))
            except UNAVAILABLE:
                self._changed |= addresses  # told in a later round
                raise
            await self._live.publish_all([LiveEvent(f"conversation:{talk}") for talk in talks])
        if self._failures:
            self._failures = False
            await self._live.publish("desk")


def _news() -> Select[*tuple[Any, ...]]:
    """Receipts that nobody followed yet, each with its row."""
    return (
        select(
            DeliveryReceipt.channel,
            DeliveryReceipt.provider_id,
            DeliveryReceipt.state.label("reported"),
            DeliveryReceipt.error_code,
            Outbox.id,
            Outbox.address,
            Outbox.state,
            Outbox.sealed,
            Outbox.parts_sent,
            Outbox.attempts,
            Outbox.sent_at,
        )
        .join(
            Outbox,
            and_(
                Outbox.channel == DeliveryReceipt.channel, Outbox.provider_id == DeliveryReceipt.provider_id
            ),
        )
        .where(~DeliveryReceipt.followed)
        .order_by(DeliveryReceipt.channel, DeliveryReceipt.provider_id)
        .limit(TOGETHER)
        .with_for_update(skip_locked=True, of=DeliveryReceipt)
    )


def _followed(news: Sequence[Row[tuple[object, ...]]]) -> Executable:
    key = tuple_(DeliveryReceipt.channel, DeliveryReceipt.provider_id)
    these = [(row.channel, row.provider_id) for row in news]
    return update(DeliveryReceipt).where(key.in_(these)).values(followed=True)


def _nobodys(now: datetime) -> Executable:
    """Receipts that have no row by now: of the earlier parts of a message, or of what others sent."""
    old = DeliveryReceipt.at < now - NEVER_OURS
    return update(DeliveryReceipt).where(~DeliveryReceipt.followed, old).values(followed=True)


def _unreachable(address: str, code: str, at: datetime) -> Executable:
    """Who wrote after the message left can be reached, whatever became of it."""
    heard_since = and_(ChannelAddress.last_inbound_at.is_not(None), ChannelAddress.last_inbound_at > at)
    return (
        update(ChannelAddress)
        .where(ChannelAddress.address == address, ~heard_since)
        .values(unreachable_since=func.coalesce(ChannelAddress.unreachable_since, at), unreachable_code=code)
    )


def _shut(address: str, at: datetime) -> Executable:
    """The provider says that the window is closed; not for who wrote after the message left."""
    unheard = or_(ChannelAddress.last_inbound_at.is_(None), ChannelAddress.last_inbound_at <= at)
    return (
        update(ChannelAddress).where(ChannelAddress.address == address, unheard).values(window_closed_at=at)
    )


async def _window_closed(
    connection: AsyncConnection, row: Row[tuple[object, ...]], now: datetime
) -> dict[str, object]:
    """What more is to be written of a row that was refused as outside the window.

    We thought that it was open: it goes again, as a template or not before the participant writes. We knew that it was
    closed and sent a template: that is none which Meta approved, so an operator is called and the row waits.
    """
    known = select(ChannelAddress.last_inbound_at, ChannelAddress.window_closed_at).where(
        ChannelAddress.address == row.address
    )
    person = (await connection.execute(known.with_for_update())).one_or_none()
    if person is None:
        return {"state": OutboxState.DEAD}
    heard_since = person.last_inbound_at is not None and person.last_inbound_at > row.sent_at
    if heard_since or windows.is_open(row.channel, *person, row.sent_at):
        return {}
    await connection.execute(_alarm(row.channel, "63040", now))
    return {"state": OutboxState.WAITING}


def _alarm(channel: str, code: str, now: datetime) -> Executable:
    new = insert(DeliveryAlarm).values(channel=channel, code=code, first_at=now, last_at=now)
    return new.on_conflict_do_update(
        index_elements=["channel", "code"], set_={"times": DeliveryAlarm.times + 1, "last_at": now}
    )
