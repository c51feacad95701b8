"""Cases: opened, reported, and how the participant's own stand."""

from dataclasses import replace

from bot.cases import queries
from bot.cases.administration import missing, state
from bot.cases.opening import NewCase, open_case
from bot.conversation import promises
from bot.conversation.carrying.means import CarriedOut, Means
from bot.conversation.paperwork import last_day
from bot.flows import effects, lookups
from bot.storage.tables import Case, CaseKind, CasePriority, OutageReport


async def own_cases(means: Means, wanted: lookups.OwnCases) -> list[lookups.CaseView]:
    """The participant's own cases."""
    cases = await queries.own(means.session, means.talk.participant_id, wanted.number)
    return [await _view(means, case) for case in cases]


async def from_form(means: Means, wanted: effects.OpenCase) -> effects.Opened:
    """A case from a form."""
    new = NewCase(
        kind=CaseKind(wanted.kind),
        summary=wanted.summary,
        branch=wanted.branch,
        category=wanted.category,
        priority=CasePriority(wanted.priority),
        fields=wanted.fields,
        evidence=wanted.evidence,
        documents=wanted.documents,
    )
    return _opened(await opened(means, new))


async def report_outage(means: Means, wanted: effects.ReportOutage) -> effects.Opened:
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
    case = await opened(means, new)
    means.session.add(
        OutageReport(
            system=wanted.system,
            branch=wanted.branch,
            place=wanted.place,
            facility=wanted.facility,
            since=wanted.since,
            address=means.talk.address,
            case_id=case.id,
            created_at=means.now,
        )
    )
    return _opened(case)


async def opened(means: Means, new: NewCase) -> Case:
    """A case of the participant with whom we talk."""
    closed = await promises.closures(means.session, means.config, new.branch, means.now)
    new = replace(new, closures=closed)
    return await open_case(means.session, means.sealer, means.config, means.talk, new, means.now)


def _opened(case: Case) -> effects.Opened:
    return effects.Opened(number=case.number, due_at=case.due_at)


async def _view(means: Means, case: Case) -> lookups.CaseView:
    step = await queries.last_public_step(means.session, case)
    awaited = missing(case)
    is_request = case.kind is CaseKind.ADMIN
    until = last_day(means.config, case, awaited.since) if awaited else None
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
        service=case.category if is_request else None,
        state=state(case).value if is_request else None,
        missing=tuple(awaited.documents) if awaited else (),
        reasons=tuple(dict.fromkeys(awaited.documents.values())) if awaited else (),
        until=until if until and until > means.now else None,  # what was asked may have reached them late
    )


CARRIED_OUT: CarriedOut = {
    lookups.OwnCases: own_cases,
    effects.OpenCase: from_form,
    effects.ReportOutage: report_outage,
}
