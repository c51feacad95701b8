"""How the participant's own cases stand; never anybody else's."""

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
    await _say(talk, case)


def _choice(talk: Talk, case: CaseView) -> Choice:
    about = f"{talk.word(f'case_kind.{case.kind}')}: {case.summary}"
    return Choice(case.number, case.number, about[:72], (case.number,))


async def _say(talk: Talk, case: CaseView) -> None:
    zone = talk.zone(talk.config.branches.get(case.branch or ""))
    open_still = case.status in ("new", "assigned", "waiting")
    await talk.say(
        "case_status.is",
        number=case.number,
        kind=talk.word(f"case_kind.{case.kind}"),
        status=talk.word(f"case_state.{case.status}"),
        step=talk.word(f"case_step.{case.step}") if case.step else "",
        step_at=case.step_at.astimezone(zone) if case.step_at else "",
        due=case.due_at.astimezone(zone) if case.due_at and open_still else "",
        as_of=talk.local_now(talk.config.branches.get(case.branch or "")),
    )
