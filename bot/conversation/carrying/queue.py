"""The queue for an agent: into it, where one stands in it, and out of it again."""

from datetime import datetime

from bot.cases import lifecycle, queries
from bot.cases.history import PARTICIPANT
from bot.cases.opening import NewCase
from bot.conversation.carrying.cases import opened
from bot.conversation.carrying.means import CarriedOut, Means
from bot.flows import effects, lookups
from bot.hours import is_open, next_opening
from bot.storage.tables import CaseKind, CasePriority, CaseStatus, Owner


async def queue_place(means: Means, _wanted: lookups.QueuePlace) -> lookups.Place:
    """The place in the queue, and when agents work."""
    position = await queries.queue_position(means.session, means.talk)
    open_now, opens_at = _agents_work(means, means.talk.branch)
    return lookups.Place(position=position, open_now=open_now, opens_at=opens_at)


async def request_agent(means: Means, wanted: effects.RequestAgent) -> effects.Queued:
    """Into the queue; a second wish keeps the place, an emergency moves it up."""
    waiting = await queries.open_handover(means.session, means.talk.id)
    priority = CasePriority.URGENT if wanted.urgent else CasePriority.NORMAL
    case = waiting or await opened(
        means,
        NewCase(
            kind=CaseKind.HANDOVER,
            summary=wanted.reason or "-",
            branch=wanted.branch,
            priority=priority,
            fields={"so_far": wanted.so_far} if wanted.so_far else {},
        ),
    )
    if wanted.urgent:
        case.priority = priority
    means.talk.owner = Owner.QUEUE
    means.talk.queued_at = means.talk.queued_at or means.now
    await means.session.flush()
    position = await queries.queue_position(means.session, means.talk)
    open_now, opens_at = _agents_work(means, wanted.branch)
    return effects.Queued(
        number=case.number,
        position=position,
        open_now=open_now,
        opens_at=opens_at,
        already=waiting is not None,
    )


async def leave_queue(means: Means, _wanted: effects.LeaveQueue) -> bool:
    """Out of the queue again."""
    waiting = await queries.open_handover(means.session, means.talk.id)
    if waiting is None or waiting.status is not CaseStatus.NEW:
        return False
    lifecycle.close(means.session, waiting, PARTICIPANT, means.now)
    means.talk.owner, means.talk.queued_at = Owner.BOT, None
    return True


def _agents_work(means: Means, branch: str | None) -> tuple[bool, datetime | None]:
    office = means.config.office(branch)
    if is_open(office, means.now, means.config.holidays):
        return True, None
    return False, next_opening(office, means.now, means.config.holidays)


CARRIED_OUT: CarriedOut = {
    lookups.QueuePlace: queue_place,
    effects.RequestAgent: request_agent,
    effects.LeaveQueue: leave_queue,
}
