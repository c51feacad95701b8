"""What the status page shows: one look at the notices, and which component is affected where."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.config import Branch, Config, System
from bot.notices.queries import latest_updates
from bot.notices.standing import State, standing
from bot.storage.tables import Notice, NoticeKind, NoticeUpdate

RECENT = timedelta(days=7)
"""How long a notice that is over stays to be seen."""

MOST = 300
"""Notices that are looked at; a page of more would help nobody."""

_AFFECTING = (NoticeKind.CLOSURE, NoticeKind.OUTAGE, NoticeKind.MAINTENANCE)


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice, where it stands, and the newest that became known of it."""

    notice: Notice
    state: State
    update: NoticeUpdate | None

    @property
    def changed_at(self) -> datetime:
        """When something about it last changed."""
        return max(self.notice.changed_at, self.update.at) if self.update else self.notice.changed_at


@dataclass(frozen=True, slots=True)
class Component:
    """A system or counter, and the notices under way that affect it; none: no known disturbance."""

    system: System
    notices: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """How things stand at `as_of`; the notices by their start, newest first."""

    as_of: datetime
    shown: tuple[Shown, ...]
    components: tuple[Component, ...]

    def those(self, state: str) -> list[Shown]:
        """The notices in that state."""
        return [item for item in self.shown if item.state == state]


async def look(session: AsyncSession, config: Config, now: datetime) -> Picture:
    """Everything under way or planned at `now`, and what ended in the last days."""
    query = (
        select(Notice)
        .where(or_(Notice.ends_at.is_(None), Notice.ends_at > now - RECENT))
        .order_by(Notice.starts_at.desc(), Notice.id.desc())
        .limit(MOST)
    )
    notices = list(await session.scalars(query))
    updates = await latest_updates(session, notices)
    shown = [Shown(notice, standing(notice, now), updates.get(notice.id)) for notice in notices]
    active = [item for item in shown if item.state is State.ACTIVE]
    components = [
        Component(system, tuple(item for item in active if _affects(item.notice, system.code)))
        for system in config.systems.values()
    ]
    return Picture(now, tuple(shown), tuple(components))


def _affects(notice: Notice, code: str) -> bool:
    """A closure without a list closes the counter; an outage or maintenance without one concerns everything."""
    if notice.kind not in _AFFECTING:
        return False
    if notice.affects:
        return code in notice.affects
    return notice.kind is not NoticeKind.CLOSURE or code == "counter"


def branches_of(config: Config, notice: Notice) -> list[Branch]:
    """The branches in a notice's scope, in the order of branches.yml."""
    scope = notice.scope
    return [
        branch
        for branch in config.branches.values()
        if scope.get("national")
        or branch.province in scope.get("provinces", ())
        or branch.code in scope.get("branches", ())
    ]
