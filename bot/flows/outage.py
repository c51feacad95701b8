"""Is a system down? What is known is said with its time; what is not known is said to be unknown, and taken down."""

from collections.abc import Sequence
from datetime import timedelta

from bot.config import System
from bot.dialogue.naming import Named, SinceWhen, WhichBranch, WhichFacility, WhichSystem
from bot.dialogue.talk import Talk
from bot.flows.effects import ReportOutage, Subscribe
from bot.flows.lookups import NoticeView, Outages
from bot.flows.reaching import alternatives

OFTEN = ("vclaim", "mobile_jkn", "antrean_online", "pcare", "fingerprint", "payment_va")
AT_FACILITIES = {"vclaim", "pcare", "fingerprint", "antrean_online"}
"""Systems that fail in front of a hospital's or clinic's counter."""

LATELY = timedelta(hours=12)
"""For how long the end of an outage is still news."""


async def outage(talk: Talk) -> None:
    """The latest on a known outage, or a report of one that nobody told us of."""
    words = talk.remember("words", talk.opening.text)
    system = await talk.ask("outage.system", WhichSystem(talk.config, OFTEN, talk.language))
    branch = _branch_heard(talk)
    since = talk.now - LATELY
    known = await talk.look_up(Outages(system.code, branch, since))
    if branch is None and known and not any(notice.national for notice in known):
        branch = (await talk.ask("outage.branch", WhichBranch(talk.config))).code
        known = await talk.look_up(Outages(system.code, branch, since))
    going_on = [notice for notice in known if notice.ends_at is None or notice.ends_at > talk.now]
    if going_on:
        await _say_known(talk, system, branch, going_on[0])
        return
    if known:
        await _say_over(talk, branch, known[0])
    here = talk.config.branches.get(branch or "")
    await talk.say("outage.unknown", system=_name(talk, system), now=talk.local_now(here))
    if _only_asks(talk) and not await talk.agree("outage.want_report"):
        await talk.say("outage.no_report")
        return
    await _take_down(talk, system, branch, words or system.name.id)


def _branch_heard(talk: Talk) -> str | None:
    heard = WhichBranch(talk.config).hear(talk.opening)
    return str(heard) if heard else talk.branch


def _name(talk: Talk, system: System) -> str:
    return system.name.text(talk.language)


def _only_asks(talk: Talk) -> bool:
    """Whether the opening is a question rather than word of a failure."""
    return talk.opening.first("facility", "when") is None


async def _say_known(talk: Talk, system: System, branch: str | None, notice: NoticeView) -> None:
    zone = talk.zone(talk.config.branches.get(branch or ""))
    systems = talk.config.systems
    latest = notice.latest
    await talk.say(
        "outage.known",
        title=notice.title,
        since=notice.starts_at.astimezone(zone),
        affects=[_name(talk, systems[code]) for code in notice.affects if code in systems],
        cause=notice.cause or "",
        status=talk.word(f"outage.status_{latest.status}") if latest else "",
        latest=latest.body if latest else notice.body,
        latest_at=(latest.at if latest else notice.as_of).astimezone(zone) if latest or notice.body else "",
        guidance=notice.guidance or _guidance(talk, system, branch),
        alternatives=await _instead(talk, notice.alternatives or system.instead, branch),
    )
    await _offer_news(talk, system, branch)


async def _say_over(talk: Talk, branch: str | None, notice: NoticeView) -> None:
    zone = talk.zone(talk.config.branches.get(branch or ""))
    assert notice.ends_at
    await talk.say("outage.over", title=notice.title, at=notice.ends_at.astimezone(zone))


async def _instead(talk: Talk, codes: Sequence[str], branch: str | None) -> str:
    return await alternatives(talk, codes, talk.config.branches.get(branch or ""))


def _guidance(talk: Talk, system: System, branch: str | None) -> str:
    """What the branch agreed with its facilities, else what holds everywhere."""
    own = talk.config.branches[branch].outage_guidance.get(system.code) if branch else None
    return (own or system.guidance).text(talk.language)


async def _take_down(talk: Talk, system: System, branch: str | None, words: str) -> None:
    """The report: where, since when; then a number, and what can be done meanwhile."""
    facility = await _facility(talk, system)
    known = facility.facility if facility else None
    code = known.branch if known else branch
    place = talk.config.branch(code) if code else await talk.ask("outage.branch", WhichBranch(talk.config))
    talk.about(place)
    since = await talk.ask("outage.since", SinceWhen(talk.zone(place)))
    where = facility.name if facility and facility.name else ""
    report = await talk.do(
        ReportOutage(
            system=system.code,
            branch=place.code,
            place=place.name,
            facility=where or None,
            since=since.at,
            words=words,
        )
    )
    await talk.say(
        "outage.reported",
        number=report.number,
        system=_name(talk, system),
        where=where or place.name,
        since=since.at or "",
        since_words="" if since.at else since.text,
        guidance=_guidance(talk, system, place.code),
        alternatives=await _instead(talk, system.instead, place.code),
    )
    await _offer_news(talk, system, place.code)


async def _facility(talk: Talk, system: System) -> Named | None:
    """Where it fails, for the systems that fail in front of a counter."""
    if system.code not in AT_FACILITIES:
        return None
    return await talk.ask("outage.facility", WhichFacility(talk.config, talk.word("button.no_facility")))


async def _offer_news(talk: Talk, system: System, branch: str | None) -> None:
    if await talk.offer("outage.tell_me"):
        await talk.do(Subscribe(branch=branch, system=system.code))
        await talk.say("outage.will_tell")
    else:
        await talk.say("outage.will_not_tell")
