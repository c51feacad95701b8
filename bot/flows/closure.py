"""Is the office open? Closures first, then holidays, then the regular hours, on the branch's own clock."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.config import Branch
from bot.dialogue.naming import WhichBranch
from bot.dialogue.talk import Talk
from bot.flows.lookups import Closures, NoticeView
from bot.flows.reaching import alternatives
from bot.flows.wording import ends, hours
from bot.hours import Closed, is_open, next_opening, office_day
from bot.reading.dates import read_when

AHEAD = timedelta(days=14)
"""A closure that starts within this time is mentioned although it is not asked about."""
BEHIND = timedelta(days=3)
"""One that ended within this time too: word of it may still go round."""
COUNTER = "counter"
"""The code of systems.yml that says what helps while an office is closed."""
_CLOSED = ("closure.holiday", "closure.weekend", "closure.over")


async def closure(talk: Talk) -> None:
    """Whether a branch is open on a day, why not, until when, and what to do instead."""
    branch = await talk.ask("closure.branch", WhichBranch(talk.config, assumed=talk.branch))
    talk.about(branch)
    day = _day_asked(talk, branch)
    start = datetime.combine(day, time(), ZoneInfo(branch.zone))
    notices = await talk.look_up(Closures(branch.code, start - BEHIND, start + AHEAD))
    closed = next((notice for notice in notices if _closes(notice, start, talk.now)), None)
    if closed:
        await _say_closed(talk, branch, closed, notices)
        return
    await _say_regular(talk, branch, day, notices)
    for notice in notices:
        await _say_near(talk, branch, notice, start)


def _day_asked(talk: Talk, branch: Branch) -> date:
    """The day that was named last; today where none was."""
    now = talk.local_now(branch)
    for heard in reversed(talk.heard):
        when = read_when(heard.text, now) if heard.text else None
        if when and when.day:
            return when.day
    return now.date()


def _closes(notice: NoticeView, start: datetime, now: datetime) -> bool:
    """Whether a closure touches what is left of the day that begins at `start`."""
    end = start + timedelta(days=1)
    begin = now if start <= now < end else start
    return notice.starts_at < end and (notice.ends_at is None or notice.ends_at > begin)


def _opens(talk: Talk, branch: Branch, after: datetime, notices: list[NoticeView]) -> datetime | str:
    """When the branch is next open by its hours and by all closures that are known; "" where that is not known."""
    closures = [Closed(notice.starts_at, notice.ends_at) for notice in notices]
    return next_opening(branch, after, talk.config.holidays, closures) or ""


async def _say_closed(talk: Talk, branch: Branch, notice: NoticeView, notices: list[NoticeView]) -> None:
    zone = ZoneInfo(branch.zone)
    other = talk.config.branches.get(notice.replacement_office or "")
    await talk.say(
        "closure.closed" if notice.starts_at <= talk.now else "closure.will_close",
        branch=branch.name,
        title=notice.title,
        cause=notice.cause or "",
        guidance=notice.guidance or "",
        reopens=_opens(talk, branch, notice.ends_at, notices) if notice.ends_at else "",
        replacement=f"{other.name}, {other.address}" if other else "",
        alternatives=await _instead(talk, notice.alternatives, branch, now=notice.starts_at <= talk.now),
        as_of=notice.as_of.astimezone(zone),
        **_span(talk, notice, zone),
    )


async def _instead(talk: Talk, named: Sequence[str], branch: Branch, *, now: bool) -> str:
    """The channels that a notice names; where it names none, those that do without an office."""
    counter = talk.config.systems.get(COUNTER)
    return await alternatives(talk, named or (counter.instead if counter else ()), branch, now=now)


async def _say_near(talk: Talk, branch: Branch, notice: NoticeView, start: datetime) -> None:
    """A closure that is not on the day asked about, but close enough to matter."""
    zone = ZoneInfo(branch.zone)
    if notice.starts_at > max(talk.now, start):
        span = _span(talk, notice, zone)
        await talk.say("closure.coming", branch=branch.name, cause=notice.cause or "", **span)
    elif notice.ends_at and notice.ends_at <= talk.now:
        await talk.say("closure.ended", branch=branch.name, at=notice.ends_at.astimezone(zone))


def _span(talk: Talk, notice: NoticeView, zone: ZoneInfo) -> dict[str, object]:
    """From when until when; of each pair one is empty, and its line is left out of the text."""
    start = notice.starts_at.astimezone(zone)
    whole_day = start.time() == time()
    until_day, until_moment = ends(notice.ends_at, zone)
    return {
        "from_day": start.date() if whole_day else "",
        "from_moment": "" if whole_day else start,
        "until_day": until_day or "",
        "until_moment": until_moment or "",
        "open_ended": "" if notice.ends_at else talk.word("closure.open_ended"),
    }


async def _say_regular(talk: Talk, branch: Branch, day: date, notices: list[NoticeView]) -> None:
    now, holidays = talk.local_now(branch), talk.config.holidays
    today = day == now.date()
    office = office_day(branch, day, holidays)
    after = now if today else datetime.combine(day, time(), now.tzinfo)
    reason = office.name.text(talk.language) if office.name else ""
    if not office.ranges:
        key = "closure.holiday" if reason else "closure.weekend"
    elif not today:
        key = "closure.open"
    elif now.time() >= office.ranges[-1].end:
        key = "closure.over"
    else:
        key = "closure.open_now" if is_open(branch, now, holidays) else "closure.opens"
    closed_now = today and key in _CLOSED
    await talk.say(
        key,
        branch=branch.name,
        day=day,
        holiday=reason,
        hours=hours(talk, office, branch.zone) if office.ranges else "",
        opens=_opens(talk, branch, after, notices),
        alternatives=await _instead(talk, (), branch, now=True) if closed_now else "",
    )
