"""Is my membership active, and what do I owe? Little is shown, and only to who knows number and birth date."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from bot.dialogue.members import BirthDate, MemberNumber, NumberOrBirth
from bot.dialogue.questions import Choice
from bot.dialogue.suggesting import ENOUGH
from bot.dialogue.talk import Talk
from bot.flows.effects import DirectoryThere, FindMember, Looked, Subscribe
from bot.flows.lookups import NoticeView, Outages
from bot.flows.reaching import alternatives
from bot.members.directory import Bill, Membership, Segment, Status

TRIES = 3
"""Pairs of number and birth date in one talk; then a human. `bot.members.tries` counts across talks."""
ELSEWHERE = ("mobile_jkn", "pandawa", "care_center")
"""Where status and bill can be seen otherwise (BangsaOnline 2025-11-27; Tribun Batam 2022-06-09)."""
BEHIND = ("vclaim", "mobile_jkn")
"""Systems whose outage may be why the directory is away."""
REHAB_FROM = 4
"""Months in arrears from which they can be paid in parts (Suara 2022-05-20; Seru 2022)."""
_HELPS = {"pay": ("ask_payment", "admin_reactivate"), "employer": ("admin_change_segment",)}
"""What helps an inactive membership, by the advice; else to have it switched on again."""
_READ_UP = ("ask_payment",)
"""What config/faq.yml answers: what was asked before would find the answer to that instead."""
_PAYERS = {
    Segment.PBI: "bill.by_state",
    Segment.PBI_REGION: "bill.by_region",
    Segment.PPU: "bill.by_employer",
}
"""Texts about contributions that somebody else pays."""
_SOMEBODY_ELSE = re.compile(
    r"\b(istri|isteri|suami|anak|bayi|ibu saya|ibuku|mama|bapak saya|bapakku|ayah|papa|mertua|kakak saya|adik|keluarga|"
    r"orang lain|nomor lain|wife|husband|child|son|daughter|mother|father|somebody else)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Known:
    """Whose data are shown, and by what they were found: the end of the number, and the birth date to be echoed."""

    member: Membership
    number: str
    birth: date


_KNOWN = TypeAdapter(_Known)


async def membership(talk: Talk) -> None:
    """Whether a membership is active, its class and facility, and what can be done where it is not."""
    known = await _identified(talk)
    if known is None:
        return
    member = known.member
    await talk.say(
        "membership.is",
        **_whose(talk, known),
        status=_status(talk, member),
        ward=member.ward or "",
        segment=_segment(talk, member),
        facility=member.facility or "",
    )
    if member.status is Status.ACTIVE:
        await _suggest(talk, "check_bill", "request_agent")
        return
    advice = _advice(member)
    await talk.say(f"membership.{advice}")
    await _suggest(talk, *_HELPS.get(advice, ("admin_reactivate",)), "check_bill", "request_agent")


async def bill(talk: Talk) -> None:
    """What is owed, as far as the directory knows; else who pays, or where it can be seen."""
    known = await _identified(talk)
    if known is None:
        return
    found = known.member.bill
    if found is None:
        await _say_no_bill(talk, known.member)
        return
    owed = found.amount > 0
    if owed:
        await _say_owed(talk, known, found)
    else:
        await talk.say("bill.nothing", **_whose(talk, known), month=found.month)
    await _suggest(talk, *(["ask_payment"] if owed else []), "request_agent")


async def _say_owed(talk: Talk, known: _Known, owed: Bill) -> None:
    in_parts = owed.arrears >= REHAB_FROM and known.member.segment in (Segment.PBPU, Segment.BP)
    await talk.say(
        "bill.is",
        **_whose(talk, known),
        month=owed.month,
        amount=owed.amount,
        arrears=owed.arrears or "",
        account=(owed.account or "")[-4:],
        rehab=talk.word("bill.rehab") if in_parts else "",
    )


async def _say_no_bill(talk: Talk, member: Membership) -> None:
    """Nobody makes a figure up: who pays is told, or where the figure is."""
    active = member.status is Status.ACTIVE
    key = _PAYERS.get(member.segment) if active else None
    if key:
        await talk.say(key, last=member.card[-4:])
    else:
        await talk.say("bill.elsewhere", last=member.card[-4:], alternatives=await _elsewhere(talk))
    await _suggest(talk, *([] if active else ["check_membership"]), "request_agent")


async def _suggest(talk: Talk, *intents: str) -> None:
    """What may be wanted next; with a queue before them nobody is offered an agent."""
    wanted = [intent for intent in intents if intent != "request_agent" or not talk.queued]
    if not wanted:
        return
    choices = [Choice(intent, talk.word(f"intent.{intent}")) for intent in wanted]
    chosen = await talk.suggest("member.next", [*choices, Choice(ENOUGH, talk.word("button.enough"))])
    if chosen != ENOUGH:
        await talk.start(chosen, anew=chosen in _READ_UP)
    await talk.say("member.closing")


# -- who it is ------------------------------------------------------------------------------------------------


async def _identified(talk: Talk) -> _Known | None:
    """The member that the participant is; None where that ended otherwise, and was said."""
    proved = _proved(talk)
    if proved:
        return proved
    if not await talk.do(DirectoryThere()):
        await talk.say("member.no_directory", alternatives=await _elsewhere(talk))
        await _offer_agent(talk)
        return None
    number = await talk.ask("member.number", MemberNumber())
    birth = await talk.ask("member.birth", BirthDate(talk.local_now()), last=number[-4:])
    looked, number, birth = await _look_up(talk, number, birth)
    match looked.outcome:
        case "found":
            assert looked.member
            return _prove(talk, looked, number, birth)
        case "away":
            await _say_away(talk)
        case "too_many" | "no_match" as outcome:
            await talk.say("member.too_many" if outcome == "too_many" else "member.gave_up")
            await _offer_agent(talk)
    return None


async def _look_up(talk: Talk, number: str, birth: date) -> tuple[Looked, str, date]:
    """Ask the directory, and for another pair where none fitted; the same answer for whatever was wrong."""
    looked = await talk.do(FindMember(number=number, birth=birth))
    for _ in range(TRIES - 1):
        if looked.outcome != "no_match":
            break
        await talk.say("member.no_match", last=number[-4:], birth=birth)
        number, birth = await talk.ask("member.again", NumberOrBirth(number, birth, talk.local_now()))
        looked = await talk.do(FindMember(number=number, birth=birth))
    return looked, number, birth


def _prove(talk: Talk, looked: Looked, number: str, birth: date) -> _Known:
    assert looked.member
    known = _Known(looked.member, number[-4:], birth)
    talk.prove(_KNOWN.dump_python(known, mode="json"), looked.at)
    return known


def _proved(talk: Talk) -> _Known | None:
    """Whom the participant proved to be a short while ago, unless what they said since is about somebody else."""
    proved = talk.proved
    if proved is None:
        return None
    known = _KNOWN.validate_python(proved.shown)
    since = [heard for heard in talk.heard if heard.at >= proved.at]
    numbers = {number[-4:] for heard in since if (number := MemberNumber().hear(heard))}
    others = numbers - {known.number, known.member.card[-4:]}
    return None if others or any(_SOMEBODY_ELSE.search(heard.text) for heard in since) else known


async def _offer_agent(talk: Talk) -> None:
    if talk.queued:
        return
    if await talk.offer("information.agent"):
        await talk.start("request_agent")
    await talk.say("member.closing")


async def _say_away(talk: Talk) -> None:
    """The directory is silent: what is known of that, other ways, and news of it."""
    known = [notice for system in BEHIND for notice in await _outages(talk, system)]
    affected = {code for notice in known for code in notice.affects}
    ways = await alternatives(talk, [code for code in ELSEWHERE if code not in affected], None)
    if known:
        since = known[0].starts_at.astimezone(talk.zone())
        await talk.say("member.away_known", title=known[0].title, since=since, alternatives=ways)
    else:
        await talk.say("member.away", alternatives=ways)
    if await talk.offer("member.tell_me"):
        system = next((code for code in BEHIND if code in affected), BEHIND[0])
        await talk.do(Subscribe(branch=talk.branch, system=system))
        await talk.say("outage.will_tell")
    else:
        await talk.say("outage.will_not_tell")


async def _outages(talk: Talk, system: str) -> list[NoticeView]:
    """Outages under way that concern this place for sure."""
    known = await talk.look_up(Outages(system, talk.branch, talk.now))
    return [
        notice
        for notice in known
        if (notice.national or talk.branch) and (notice.ends_at is None or notice.ends_at > talk.now)
    ]


# -- words ----------------------------------------------------------------------------------------------------


def _whose(talk: Talk, known: _Known) -> dict[str, Any]:
    """Whose data these are, from when and from whom."""
    member = known.member
    return {
        "last": member.card[-4:],
        "birth": known.birth,
        "source": talk.word(f"member_source.{member.source}"),
        "as_of": member.as_of.astimezone(talk.zone()),
    }


async def _elsewhere(talk: Talk) -> str:
    return await alternatives(talk, ELSEWHERE, None)


def _status(talk: Talk, member: Membership) -> str:
    """Our word for it, and the directory's own where it says more."""
    status = talk.word(f"member_status.{member.status}")
    says_more = member.words and member.status is not Status.ACTIVE
    return f"{status} ({member.words})" if says_more else status


def _segment(talk: Talk, member: Membership) -> str:
    if member.segment is Segment.OTHER:
        return member.kind
    return talk.word(f"member_segment.{member.segment}")


def _advice(member: Membership) -> str:
    """Which text says how it is switched back on: by the reason, else by who pays."""
    if member.status is Status.ARREARS or (
        member.status is Status.OTHER and member.segment in (Segment.PBPU, Segment.BP)
    ):
        return "pay"
    if member.status is Status.PBI_ENDED or member.segment is Segment.PBI:
        return "social_office"
    if member.status is Status.LEFT_WORK or member.segment is Segment.PPU:
        return "employer"
    return "ask_us"
