"""How the participant's own cases stand; never anybody else's."""

from dataclasses import replace
from typing import Any

from bot.config.papers import document_names, service_name
from bot.dialogue.questions import Choice
from bot.dialogue.talk import Talk
from bot.flows.lookups import CaseView, OwnCases

MOST = 9


async def case_status(talk: Talk) -> None:
    """State, last public step and deadline of the case that was named, or of the one that is open."""
    named = talk.opening.first("case_number")
    if named:
        cases = await talk.look_up(OwnCases(named.value))
        if not cases:
            await talk.say("case_status.not_yours", number=named.value)
            return
    else:
        cases = await talk.look_up(OwnCases())
    if not cases:
        await talk.say("case_status.none")
        return
    case = cases[0]
    if len(cases) > 1:
        chosen = await talk.choose("case_status.which", [_choice(talk, item) for item in cases[:MOST]])
        case = next((item for item in cases if item.number == chosen), case)
    await (_say_request(talk, case) if case.state else _say(talk, case))


async def status(talk: Talk) -> None:
    """A bare "status": of the participant's own cases where there are any, else of the membership."""
    if await talk.look_up(OwnCases()):
        await talk.say("case_status.own")
        await talk.start("ask_case_status")
    await talk.start("check_membership")


def _choice(talk: Talk, case: CaseView) -> Choice:
    what = service_name(talk.config, case.service, talk.language) if case.state else case.summary
    kind = talk.word(f"case_kind.{case.kind}")
    return Choice(case.number, case.number, f"{kind}: {what}"[:72], (case.number, kind.lower()))


async def _say(talk: Talk, case: CaseView) -> None:
    kind, status = talk.word(f"case_kind.{case.kind}"), talk.word(f"case_state.{case.status}")
    open_still = case.status in ("new", "assigned", "waiting")
    await talk.say("case_status.is", kind=kind, status=status, **_when(talk, case, due=open_still))


async def _say_request(talk: Talk, case: CaseView) -> None:
    """An administrative request: where it stands, what is missing, and what comes next."""
    as_applied = replace(case, step="applied") if case.step == "opened" else case
    await talk.say(
        "case_status.request",
        service=service_name(talk.config, case.service, talk.language),
        state=talk.word(f"request_state.{case.state}"),
        missing=document_names(talk.config, case.service, case.missing, talk.language),
        reasons=case.reasons,
        next=talk.word(f"request_next.{case.state}"),
        until=case.until or "",
        **_when(talk, as_applied, due=case.state in ("new", "in_work")),
    )


def _when(talk: Talk, case: CaseView, *, due: bool) -> dict[str, Any]:
    """What is said of every case, on the clock of its branch; its deadline only while we are to keep it."""
    branch = talk.config.branches.get(case.branch or "")
    zone = talk.zone(branch)
    return {
        "number": case.number,
        "step": talk.word(f"case_step.{case.step}") if case.step else "",
        "step_at": case.step_at.astimezone(zone) if case.step_at else "",
        "due": case.due_at.astimezone(zone) if case.due_at and due else "",
        "as_of": talk.local_now(branch),
    }
