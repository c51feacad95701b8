"""Which channels work now: by their hours, by what is known to be down, and by whether the branch is open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.config import Branch, Contact, FallbackOffice, Opening
from bot.dialogue.talk import Talk
from bot.flows.lookups import Closures, NoticeView, Outages
from bot.hours import Closed, Office, next_opening

AHEAD = timedelta(days=60)
"""Closures of the branch within this time are reckoned with when it is said when it opens again."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How a channel stands just now."""

    contact: Contact
    value: str
    """Its number, address or app, as it is shown."""
    down: bool = False
    """A system that it needs is known to be down, or the branch is closed with no end known."""
    opens: datetime | None = None
    """When it answers again, outside its hours."""
    staffed: datetime | None = None
    """When people answer again, where it otherwise answers by itself."""

    @property
    def works(self) -> bool:
        """Whether it can be used now."""
        return not self.down and self.opens is None


@dataclass(frozen=True)
class _Now:
    """What is known of the systems and of the branch at this moment."""

    talk: Talk
    branch: Branch | None
    down: frozenset[str]
    everything_down: bool
    """A notice that names no system affects all."""
    closures: tuple[Closed, ...]


async def reached(talk: Talk, contacts: Iterable[Contact], branch: Branch | None) -> list[Reach]:
    """How channels stand just now, in their order; without those that the branch has not."""
    now = await _now(talk, branch)
    shown = [(contact, _value(talk, contact, branch)) for contact in contacts]
    return [_reach(now, contact, value) for contact, value in shown if value]


async def _now(talk: Talk, branch: Branch | None) -> _Now:
    """An outage counts where it is the branch's, or the whole country's; of other places it says nothing."""
    known = await talk.look_up(Outages(None, branch.code if branch else None, talk.now))
    going_on = [notice for notice in known if _under_way(notice, talk.now) and (branch or notice.national)]
    closed = await talk.look_up(Closures(branch.code, talk.now, talk.now + AHEAD)) if branch else []
    return _Now(
        talk=talk,
        branch=branch,
        down=frozenset(system for notice in going_on for system in notice.affects),
        everything_down=any(not notice.affects for notice in going_on),
        closures=tuple(Closed(notice.starts_at, notice.ends_at) for notice in closed),
    )


def _under_way(notice: NoticeView, now: datetime) -> bool:
    return notice.starts_at <= now and (notice.ends_at is None or notice.ends_at > now)


def _value(talk: Talk, contact: Contact, branch: Branch | None) -> str:
    """What is shown of a channel; "" for a line that only a branch has, where none is known or it has none."""
    own = getattr(branch, contact.of_branch) if branch and contact.of_branch else None
    if own or contact.keeps_branch_hours:
        return str(own or "")
    return contact.value.text(talk.language)


def _reach(now: _Now, contact: Contact, value: str) -> Reach:
    needs = contact.depends_on
    if needs and (now.everything_down or not now.down.isdisjoint(needs)):
        return Reach(contact=contact, value=value, down=True)
    if contact.keeps_branch_hours:
        assert now.branch
        opens = next_opening(now.branch, now.talk.now, now.talk.config.holidays, now.closures)
        return Reach(contact=contact, value=value, down=opens is None, opens=_later(now, opens))
    return Reach(
        contact=contact, value=value, opens=_again(now, contact.open), staffed=_again(now, contact.staffed)
    )


def _again(now: _Now, opening: Opening | None) -> datetime | None:
    """When a channel with hours of its own opens again; None while it is open, or where its hours are not known."""
    if opening is None or opening.always:
        return None
    return _later(now, next_opening(_office(now, opening), now.talk.now, now.talk.config.holidays))


def _later(now: _Now, opens: datetime | None) -> datetime | None:
    return opens if opens and opens > now.talk.now else None


def _office(now: _Now, opening: Opening) -> Office:
    zone = opening.zone or (now.branch.zone if now.branch else "Asia/Jakarta")
    province = now.branch.province if now.branch else ""
    return FallbackOffice(zone=zone, hours=opening, province=province)


async def alternatives(talk: Talk, codes: Sequence[str], branch: Branch | None, *, now: bool = True) -> str:
    """Other channels, a line each below what introduces them, with their number; those that are down named last.

    Args:
        talk: the talk.
        codes: of contacts.yml.
        branch: whose own numbers are shown.
        now: they are wanted now; else how they stand now says nothing, and all are shown.
    """
    today = talk.local_now(branch).date()
    known = [talk.config.contacts[code] for code in codes if code in talk.config.contacts]
    # Who named them knew that they work, whenever we came to know of them; only what has ended since is left out.
    reach = await reached(talk, [one for one in known if not one.valid_to or today <= one.valid_to], branch)
    if not now:
        return "".join(f"\n{line(talk, one, hours=False)}" for one in reach)
    lines = [line(talk, one) for one in reach if not one.down and not one.contact.keeps_branch_hours]
    down = [name(talk, one) for one in reach if one.down and not one.contact.keeps_branch_hours]
    if down:
        lines.append(talk.word("channels.down", channels=down))
    return "".join(f"\n{text}" for text in lines)


def name(talk: Talk, reach: Reach) -> str:
    """The channel's name."""
    return reach.contact.name.text(talk.language)


def line(talk: Talk, reach: Reach, *, hours: bool = True) -> str:
    """A channel with its number, and when it answers where that is not now."""
    key = "channels.line"
    if hours and reach.opens:
        key = "channels.line_opens"
    elif hours and reach.staffed:
        key = "channels.line_staffed"
    at = reach.opens or reach.staffed or talk.now
    return talk.word(key, channel=name(talk, reach), value=reach.value, at=at)
