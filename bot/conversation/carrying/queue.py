"""The queue for an agent: into it, where one stands in it, and out of it again."""

from datetime import datetime

from bot.cases import lifecycle, queries
from bot.cases.history import PARTICIPANT
from bot.cases.opening import NewCase
from bot.conversation import promises
from bot.conversation.carrying.cases import opened
from bot.conversation.carrying.means import CarriedOut, Means
from bot.flows import effects, lookups
from bot.hours import is_open, next_opening
from bot.storage.tables import Case, CaseKind, CasePriority, CaseStatus, Owner


async def queue_place(means: Means, _wanted: lookups.QueuePlace) -> lookups.Place:
    """The place in the queue, and when agents work."""
    waiting = await queries.open_handover(means.session, means.talk.id)
    position = await queries.queue_position(means.session, means.talk)
    open_now, opens_at = await _agents_work(means, means.talk.branch)
    urgent = waiting is not None and waiting.priority is CasePriority.URGENT
    return lookups.Place(position=position, open_now=open_now, opens_at=opens_at, urgent=urgent)


async def request_agent(means: Means, wanted: effects.RequestAgent) -> effects.Queued:
    """Into the queue; a second wish keeps the place, an emergency moves it up and calls out who is on call."""
    waiting = await queries.open_handover(means.session, means.talk.id)
    case = waiting or await opened(means, _handover(wanted))
    means.talk.owner = Owner.QUEUE
    means.talk.queued_at = means.talk.queued_at or means.now
    called = await _urgent(means, case, is_new=waiting is None) if wanted.urgent else False
    await means.session.flush()
    position = await queries.queue_position(means.session, means.talk)
    open_now, opens_at = await _agents_work(means, wanted.branch)
    return effects.Queued(
        number=case.number,
        position=position,
        open_now=open_now,
        opens_at=opens_at,
        already=waiting is not None,
        on_call=called,
    )


def _handover(wanted: effects.RequestAgent) -> NewCase:
    return NewCase(
        kind=CaseKind.HANDOVER,
        summary=wanted.reason or "-",
        branch=wanted.branch,
        priority=CasePriority.URGENT if wanted.urgent else CasePriority.NORMAL,
        fields={"so_far": wanted.so_far} if wanted.so_far else {},
    )


async def _urgent(means: Means, case: Case, *, is_new: bool) -> bool:
    """Make a hand-over an emergency, unless it is one; gives whether anybody on call knows of it by now."""
    if not is_new and case.priority is CasePriority.URGENT:
        return await means.on_call.was_called(means.session, case)
    case.priority, case.due_at = CasePriority.URGENT, means.now
    return await means.on_call.call(means.session, case, means.now) > 0


async def leave_queue(means: Means, _wanted: effects.LeaveQueue) -> bool:
    """Out of the queue again."""
    waiting = await queries.open_handover(means.session, means.talk.id)
    if waiting is None or waiting.status is not CaseStatus.NEW:
        return False
    lifecycle.close(means.session, waiting, PARTICIPANT, means.now)
    means.talk.owner, means.talk.queued_at = Owner.BOT, None
    return True


async def _agents_work(means: Means, branch: str | None) -> tuple[bool, datetime | None]:
    """Whether agents of a branch work now, and if not, when they do again; None: nobody can say."""
    office, holidays = means.config.office(branch), means.config.holidays
    closed = await promises.closures(means.session, means.config, branch, means.now)
    if is_open(office, means.now, holidays, closed):
        return True, None
    return False, next_opening(office, means.now, holidays, closed)


CARRIED_OUT: CarriedOut = {
    lookups.QueuePlace: queue_place,
    effects.RequestAgent: request_agent,
    effects.LeaveQueue: leave_queue,
}
