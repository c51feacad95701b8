"""The shell around the pure dialogue: what a flow looks up or has done is carried out here."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import lifecycle, queries
from bot.cases.history import PARTICIPANT
from bot.cases.opening import NewCase, open_case
from bot.config import Config
from bot.dialogue.requests import Effect, LookUp
from bot.flows import effects, lookups
from bot.hours import is_open, next_opening
from bot.notices import queries as notices
from bot.notices import subscriptions
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Case,
    CaseKind,
    CasePriority,
    CaseStatus,
    Conversation,
    Notice,
    OutageReport,
    Owner,
)


@dataclass(frozen=True)
class Shell:
    """One turn's means: its transaction, its conversation, its clock."""

    session: AsyncSession
    sealer: Sealer
    config: Config
    talk: Conversation
    now: datetime

    async def carry_out(self, request: LookUp[Any] | Effect[Any]) -> Any:
        """Do one request of a flow, and give back what it awaits."""
        return await _CARRIED_OUT[type(request)](self, request)

    # -- look-ups ---------------------------------------------------------------------------------------------

    async def closures(self, wanted: lookups.Closures) -> list[lookups.NoticeView]:
        """Closures of a branch."""
        branch = self.config.branch(wanted.branch)
        return await self._views(await notices.closures(self.session, branch, wanted.since, wanted.until))

    async def outages(self, wanted: lookups.Outages) -> list[lookups.NoticeView]:
        """Outages under way."""
        branch = self.config.branch(wanted.branch) if wanted.branch else None
        return await self._views(
            await notices.outages(self.session, wanted.system, branch, self.now, wanted.since)
        )

    async def own_cases(self, wanted: lookups.OwnCases) -> list[lookups.CaseView]:
        """The participant's own cases."""
        cases = await queries.own(self.session, self.talk.participant_id, wanted.number)
        return [await self._case_view(case) for case in cases]

    async def queue_place(self, _wanted: lookups.QueuePlace) -> lookups.Place:
        """The place in the queue, and when agents work."""
        position = await queries.queue_position(self.session, self.talk)
        open_now, opens_at = self._agents_work(self.talk.branch)
        return lookups.Place(position=position, open_now=open_now, opens_at=opens_at)

    # -- effects ----------------------------------------------------------------------------------------------

    async def open_case(self, wanted: effects.OpenCase) -> effects.Opened:
        """A case from a form."""
        new = NewCase(
            kind=CaseKind(wanted.kind),
            summary=wanted.summary,
            branch=wanted.branch,
            category=wanted.category,
            priority=CasePriority(wanted.priority),
            fields=wanted.fields,
            evidence=wanted.evidence,
        )
        return _opened(await self._open(new))

    async def report_outage(self, wanted: effects.ReportOutage) -> effects.Opened:
        """A report of a failure: a case, and a row to be counted."""
        where = wanted.facility or wanted.place
        since = wanted.since.isoformat() if wanted.since else None
        new = NewCase(
            kind=CaseKind.OUTAGE_REPORT,
            summary=wanted.words or f"{wanted.system}: {where}",
            branch=wanted.branch,
            category=wanted.system,
            fields={
                "system": wanted.system,
                "facility": wanted.facility,
                "place": wanted.place,
                "since": since,
            },
        )
        case = await self._open(new)
        self.session.add(
            OutageReport(
                system=wanted.system,
                branch=wanted.branch,
                place=wanted.place,
                facility=wanted.facility,
                since=wanted.since,
                address=self.talk.address,
                case_id=case.id,
                created_at=self.now,
            )
        )
        return _opened(case)

    async def subscribe(self, wanted: effects.Subscribe) -> bool:
        """To be told."""
        return await subscriptions.subscribe(
            self.session, self.talk.address, wanted.branch, wanted.system, self.now
        )

    async def unsubscribe(self, _wanted: effects.Unsubscribe) -> int:
        """Not to be told any more, not even what is queued."""
        return await subscriptions.opt_out(self.session, self.talk.address, self.now)

    async def resubscribe(self, _wanted: effects.Resubscribe) -> bool:
        """To be told again."""
        return await subscriptions.opt_in(self.session, self.talk.address, self.now)

    async def request_agent(self, wanted: effects.RequestAgent) -> effects.Queued:
        """Into the queue; a second wish keeps the place, an emergency moves it up."""
        waiting = await queries.open_handover(self.session, self.talk.id)
        priority = CasePriority.URGENT if wanted.urgent else CasePriority.NORMAL
        case = waiting or await self._open(
            NewCase(
                kind=CaseKind.HANDOVER,
                summary=wanted.reason or "-",
                branch=wanted.branch,
                priority=priority,
                fields={"so_far": wanted.so_far} if wanted.so_far else {},
            )
        )
        if wanted.urgent:
            case.priority = priority
        self.talk.owner = Owner.QUEUE
        self.talk.queued_at = self.talk.queued_at or self.now
        await self.session.flush()
        position = await queries.queue_position(self.session, self.talk)
        open_now, opens_at = self._agents_work(wanted.branch)
        return effects.Queued(
            number=case.number,
            position=position,
            open_now=open_now,
            opens_at=opens_at,
            already=waiting is not None,
        )

    async def leave_queue(self, _wanted: effects.LeaveQueue) -> bool:
        """Out of the queue again."""
        waiting = await queries.open_handover(self.session, self.talk.id)
        if waiting is None or waiting.status is not CaseStatus.NEW:
            return False
        lifecycle.close(self.session, waiting, PARTICIPANT, self.now)
        self.talk.owner, self.talk.queued_at = Owner.BOT, None
        return True

    # -- parts ------------------------------------------------------------------------------------------------

    async def _open(self, new: NewCase) -> Case:
        return await open_case(self.session, self.sealer, self.config, self.talk, new, self.now)

    def _agents_work(self, branch: str | None) -> tuple[bool, datetime | None]:
        office = self.config.office(branch)
        if is_open(office, self.now, self.config.holidays):
            return True, None
        return False, next_opening(office, self.now, self.config.holidays)

    async def _views(self, found: Sequence[Notice]) -> list[lookups.NoticeView]:
        latest = await notices.latest_updates(self.session, found)
        return [notice_view(notice, latest.get(notice.id)) for notice in found]

    async def _case_view(self, case: Case) -> lookups.CaseView:
        step = await queries.last_public_step(self.session, case)
        return lookups.CaseView(
            number=case.number,
            kind=case.kind.value,
            status=case.status.value,
            summary=case.summary,
            opened_at=case.opened_at,
            due_at=case.due_at,
            step=step.what if step else None,
            step_at=step.at if step else None,
            branch=case.branch,
        )


def notice_view(notice: Notice, update: Any | None) -> lookups.NoticeView:
    """A notice as participants are told of it."""
    latest = (
        lookups.UpdateView(status=update.status.value, body=update.body, at=update.at) if update else None
    )
    return lookups.NoticeView(
        id=notice.id,
        kind=notice.kind.value,
        title=notice.title,
        body=notice.body,
        affects=tuple(notice.affects),
        starts_at=notice.starts_at,
        ends_at=notice.ends_at,
        cause=notice.cause,
        guidance=notice.guidance,
        replacement_office=notice.replacement_office,
        alternatives=tuple(notice.alternatives),
        as_of=max(notice.changed_at, latest.at) if latest else notice.changed_at,
        latest=latest,
        national=bool(notice.scope.get("national")),
    )


def _opened(case: Case) -> effects.Opened:
    return effects.Opened(number=case.number, due_at=case.due_at)


_CARRIED_OUT: dict[type, Callable[[Shell, Any], Awaitable[Any]]] = {
    lookups.Closures: Shell.closures,
    lookups.Outages: Shell.outages,
    lookups.OwnCases: Shell.own_cases,
    lookups.QueuePlace: Shell.queue_place,
    effects.OpenCase: Shell.open_case,
    effects.ReportOutage: Shell.report_outage,
    effects.Subscribe: Shell.subscribe,
    effects.Unsubscribe: Shell.unsubscribe,
    effects.Resubscribe: Shell.resubscribe,
    effects.RequestAgent: Shell.request_agent,
    effects.LeaveQueue: Shell.leave_queue,
}
