"""Cases: opened, reported, and how the participant's own stand."""

from bot.cases import queries
from bot.cases.opening import NewCase, open_case
from bot.conversation.carrying.means import CarriedOut, Means
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
    return await open_case(means.session, means.sealer, means.config, means.talk, new, means.now)


def _opened(case: Case) -> effects.Opened:
    return effects.Opened(number=case.number, due_at=case.due_at)


async def _view(means: Means, case: Case) -> lookups.CaseView:
    step = await queries.last_public_step(means.session, case)
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


CARRIED_OUT: CarriedOut = {
    lookups.OwnCases: own_cases,
    effects.OpenCase: from_form,
    effects.ReportOutage: report_outage,
}
