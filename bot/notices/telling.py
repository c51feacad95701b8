"""Telling subscribers what became of a notice: what is said, and the broadcast that brings it to them.

Publishing only notes that there is something to tell, so it is quick for any number of subscribers;
`bot.notices.broadcaster` makes the messages. They are put into words when they are made: whoever is told late is told
what is true by then.
"""

from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.config import Config
from bot.flows.wording import ends
from bot.messages import Occasion, Text
from bot.storage.states import in_state
from bot.storage.tables import (
    Agent,
    Broadcast,
    BroadcastState,
    Notice,
    NoticeUpdate,
    Outbox,
    OutboxState,
    UpdateStatus,
)
from bot.texts import Texts

if TYPE_CHECKING:
    from bot.notices.publishing import NewNotice

CALL = "siaga_broadcast"
"""The notification that wakes whoever makes messages."""
STARTED = (BroadcastState.RUNNING, BroadcastState.PAUSED)
"""States in which a broadcast may still reach somebody."""
CANCELLED_AT_ONCE = 2000
"""Messages that one transaction cancels at most."""


async def tell(
    session: AsyncSession,
    notice: Notice,
    event: str,
    now: datetime,
    *,
    by: Agent | None = None,
    news: NoticeUpdate | None = None,
) -> Broadcast | None:
    """Have the subscribers told after the session's commit; nobody hears an event of a notice twice.

    It overtakes what is still being told of the notice: who has not heard that yet never will. That a notice is over
    hears only who was told of it, or asked to be told when it was known already.

    Args:
        event: a key below ``notice`` in the texts (``published``, ``ended``), for an update followed by its id.
        news: the update, where it is one.

    Returns:
        None where this was told before, or the notice's end was.
    """
    final = event == "ended" or (news is not None and news.status is UpdateStatus.RESOLVED)
    if event == "ended":
        told_already = select(Broadcast.id).where(Broadcast.notice_id == notice.id, Broadcast.final)
        if await session.scalar(told_already.limit(1)):
            return None
    new = insert(Broadcast).values(
        notice_id=notice.id,
        event=event,
        update_id=news.id if news else None,
        final=final,
        at=now,
        cursors={},
        created_by=by.id if by else None,
        created_at=now,
    )
    made = await session.scalars(new.on_conflict_do_nothing().returning(Broadcast))
    broadcast = made.one_or_none()
    if broadcast:
        await _overtake(session, broadcast, now)
        await session.execute(select(func.pg_notify(CALL, "")))
    return broadcast


async def cancel_rows(session: AsyncSession, *which: ColumnElement[bool], now: datetime) -> int:
    """Have messages not sent that are not yet on their way; how many, `CANCELLED_AT_ONCE` at most."""
    in_nobodys_hand = or_(Outbox.hold.is_(None), Outbox.held_until <= now)
    unsent = Outbox.state.in_([OutboxState.QUEUED, OutboxState.WAITING])
    some = select(Outbox.id).where(unsent, in_nobodys_hand, *which).limit(CANCELLED_AT_ONCE)
    cancelled = await session.scalars(
        update(Outbox)
        .where(Outbox.id.in_(some.with_for_update(skip_locked=True)))
        .values(state=OutboxState.CANCELLED, hold=None, held_until=None)
        .returning(Outbox.id),
        execution_options={"synchronize_session": False},
    )
    return len(cancelled.all())


async def _overtake(session: AsyncSession, broadcast: Broadcast, now: datetime) -> None:
    """Stop the older broadcasts of the notice, also those that are done but for messages that wait.

    No sender takes what is stopped; whoever makes messages cancels it (`bot.notices.stopped`).
    """
    waits = exists().where(Outbox.broadcast_id == Broadcast.id, in_state(Outbox.state, OutboxState.WAITING))
    await session.execute(
        update(Broadcast)
        .where(
            Broadcast.notice_id == broadcast.notice_id,
            Broadcast.id != broadcast.id,
            or_(Broadcast.state.in_(STARTED), and_(Broadcast.state == BroadcastState.DONE, waits)),
        )
        .values(state=BroadcastState.CANCELLED, overtaken_by=broadcast.id, ended_at=now),
        execution_options={"synchronize_session": False},
    )


def words(
    config: Config,
    texts: Texts,
    notice: Notice,
    broadcast: Broadcast,
    news: NoticeUpdate | None,
    language: str,
) -> Text:
    """What a broadcast says now, in one language."""
    zone = config.zone_of_scope(notice.scope)
    kind = broadcast.event.partition("-")[0]
    status = texts.say(f"outage.status_{news.status}", language, {}) if news else ""
    values = told(notice, zone) | {"at": broadcast.at.astimezone(zone), "status": status}
    if news:
        values["body"] = news.body
    body = texts.say(f"notice.{kind}", language, values)
    named = ("title", "body", "cause", "guidance", "status")
    template = {name: str(values[name]) for name in named} | {"text": body}
    return Text(body=body, occasion=Occasion(f"notice_{kind}", language, template))


def told(notice: "Notice | NewNotice", zone: ZoneInfo) -> dict[str, object]:
    """What the text ``notice.published`` says of a notice, on the clock of `zone`."""
    return {
        "title": notice.title,
        "body": notice.body,
        "cause": notice.cause or "",
        "guidance": notice.guidance or "",
        **_span(notice, zone),
    }


def _span(notice: "Notice | NewNotice", zone: ZoneInfo) -> dict[str, object]:
    """From when until when; whole days are told without an hour, and of each pair one is empty."""
    start = notice.starts_at.astimezone(zone)
    until_day, until_moment = ends(notice.ends_at, zone)
    return {
        "from_day": start.date() if start.time() == time() else "",
        "from_moment": "" if start.time() == time() else start,
        "until_day": until_day or "",
        "until_moment": until_moment or "",
    }
