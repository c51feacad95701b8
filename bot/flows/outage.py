"""Is a system down? What is known is said with its time; what is not known is said to be unknown, and taken down."""

from bot.config import System
from bot.dialogue.questions import SinceWhen, WhichBranch, WhichFacility, WhichSystem
from bot.dialogue.talk import Talk
from bot.flows.effects import ReportOutage, Subscribe
from bot.flows.lookups import NoticeView, Outages

OFTEN = ("vclaim", "mobile_jkn", "antrean_online", "pcare", "fingerprint", "payment_va")
AT_FACILITIES = {"vclaim", "pcare", "fingerprint", "antrean_online"}
"""Systems that fail in front of a hospital's or clinic's counter."""


async def outage(talk: Talk) -> None:
    """The latest on a known outage, or a report of one that nobody told us of."""
    system = await talk.ask("outage.system", WhichSystem(talk.config, OFTEN, talk.language))
    branch = _branch_heard(talk)
    known = await talk.look_up(Outages(system.code, branch))
    if branch is None and known and not any(notice.national for notice in known):
        here = await talk.ask("outage.branch", WhichBranch(talk.config))
        branch = here.code
        known = [notice for notice in await talk.look_up(Outages(system.code, branch))]
    if known:
        await _say_known(talk, system, branch, known[0])
        return
    await talk.say("outage.unknown", system=_name(talk, system), now=talk.local_now())
    if _only_asks(talk) and not await talk.agree("outage.want_report"):
        return
    await _take_down(talk, system, branch)


def _branch_heard(talk: Talk) -> str | None:
    heard = WhichBranch(talk.config).hear(talk.opening)
    return str(heard) if heard else talk.branch


def _name(talk: Talk, system: System) -> str:
    return system.name.text(talk.language)


def _only_asks(talk: Talk) -> bool:
    """Whether the opening is a question rather than word of a failure."""
    tells = talk.opening.first("facility", "when") is not None
    return not tells


async def _say_known(talk: Talk, system: System, branch: str | None, notice: NoticeView) -> None:
    zone = talk.zone(talk.config.branches.get(branch or ""))
    latest = notice.latest
    await talk.say(
        "outage.known",
        title=notice.title,
        since=notice.starts_at.astimezone(zone),
        affects=[
            _name(talk, talk.config.systems[code]) for code in notice.affects if code in talk.config.systems
        ],
        cause=notice.cause or "",
        status=talk.word(f"outage.status_{latest.status}") if latest else "",
        latest=latest.body if latest else notice.body,
        latest_at=(latest.at if latest else notice.as_of).astimezone(zone),
        guidance=notice.guidance or _guidance(talk, system, branch),
    )
    if await talk.agree("outage.tell_me"):
        await talk.do(Subscribe(branch=branch, system=system.code))
        await talk.say("outage.will_tell")


def _guidance(talk: Talk, system: System, branch: str | None) -> str:
    """What the branch agreed with its facilities, else what holds everywhere."""
    own = talk.config.branches[branch].outage_guidance.get(system.code) if branch else None
    return (own or system.guidance).text(talk.language)


async def _take_down(talk: Talk, system: System, branch: str | None) -> None:
    facility = None
    if system.code in AT_FACILITIES:
        facility = await talk.ask("outage.facility", WhichFacility(talk.config))
        branch = (facility.facility.branch if facility.facility else None) or branch
    if branch is None:
        branch = (await talk.ask("outage.branch", WhichBranch(talk.config))).code
    place = talk.config.branches[branch]
    talk.about(place)
    since = await talk.ask("outage.since", SinceWhen(talk.zone(place)))
    report = await talk.do(
        ReportOutage(
            system=system.code,
            branch=branch,
            place=place.name,
            facility=facility.name if facility else None,
            since=since.at,
            words=talk.opening.text,
        )
    )
    await talk.say(
        "outage.reported",
        number=report.number,
        system=_name(talk, system),
        where=facility.name if facility else place.name,
        since=since.at or "",
        since_words="" if since.at else since.text,
        guidance=_guidance(talk, system, branch),
    )
    if await talk.agree("outage.tell_me"):
        await talk.do(Subscribe(branch=branch, system=system.code))
        await talk.say("outage.will_tell")
