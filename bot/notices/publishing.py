"""Publishing a notice, changing it, adding to it, ending it; and having those told who asked to be."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import Actor, record
from bot.config import Config
from bot.errors import SiagaError
from bot.notices.telling import tell
from bot.storage.tables import Agent, Notice, NoticeKind, NoticeUpdate, UpdateStatus


class BadNotice(SiagaError):
    """A notice does not make sense; `problems` is by field."""

    said = "error.bad_notice"

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__(", ".join(f"{name}: {what}" for name, what in problems.items()))


@dataclass(frozen=True, kw_only=True)
class NewNotice:
    """What a supervisor wants known. `scope` is national, or provinces, or branches (see `Notice`)."""

    kind: NoticeKind
    title: str
    scope: dict[str, Any]
    starts_at: datetime
    ends_at: datetime | None = None
    body: str = ""
    affects: list[str] = field(default_factory=list)
    cause: str | None = None
    guidance: str | None = None
    replacement_office: str | None = None
    alternatives: list[str] = field(default_factory=list)
    broadcast: bool = False


class Publisher:
    """Writes notices and has subscribers told, in the transaction that it is given."""

    def __init__(self, config: Config) -> None:
        self._config = config

    async def publish(self, session: AsyncSession, new: NewNotice, by: Agent, now: datetime) -> Notice:
        """Make a notice known. Subscribers are told when it begins (`bot.notices.timing`), or now if it has.

        Raises:
            BadNotice: an unknown branch, province, system or channel, an empty scope, an end before the start.
        """
        fields = vars(new) | {"affects": self._systems(new.affects)}
        self._check(fields)
        notice = Notice(**fields, created_by=by.id, created_at=now, changed_at=now)
        session.add(notice)
        await session.flush()
        record(session, ("notice", notice.id), "published", Actor("agent", by.id), now, title=notice.title)
        if notice.broadcast:
            await tell(session, notice, "published", now, by=by)
        return notice

    async def change(
        self, session: AsyncSession, notice: Notice, changes: dict[str, Any], by: Agent, now: datetime
    ) -> None:
        """Change any part; an `ends_at` in the past ends it, and its subscribers hear so.

        Raises:
            BadNotice: as in `publish`.
        """
        if "affects" in changes:
            changes = changes | {"affects": self._systems(changes["affects"])}
        names = (name for name in NewNotice.__dataclass_fields__)
        self._check({name: getattr(notice, name) for name in names} | changes)
        over = _over(notice, now)
        for name, value in changes.items():
            setattr(notice, name, value)
        notice.changed_at = now
        what = "ended" if _over(notice, now) and not over else "changed"
        record(session, ("notice", notice.id), what, Actor("agent", by.id), now, fields=sorted(changes))
        await session.flush()
        if notice.broadcast and what == "ended":
            await tell(session, notice, "ended", now, by=by)
        elif notice.broadcast and "broadcast" in changes and not _over(notice, now):
            await tell(session, notice, "published", now, by=by)

    async def add(
        self, session: AsyncSession, notice: Notice, status: UpdateStatus, body: str, by: Agent, now: datetime
    ) -> NoticeUpdate:
        """Add what became known; "resolved" ends the notice."""
        added = NoticeUpdate(notice_id=notice.id, status=status, body=body, by=by.id, at=now)
        session.add(added)
        notice.changed_at = now
        await session.flush()
        record(session, ("notice", notice.id), "updated", Actor("agent", by.id), now, status=status)
        if notice.broadcast:
            await tell(session, notice, f"update-{added.id}", now, by=by, news=added)
        if status is UpdateStatus.RESOLVED and not _over(notice, now):
            notice.ends_at = max(now, notice.starts_at)
            record(session, ("notice", notice.id), "ended", Actor("agent", by.id), now)
        return added

    def _systems(self, named: list[str]) -> list[str]:
        """Component codes, aliases such as ``sep`` made the component's own; unknown ones stay to be refused."""
        found = [(name, self._config.find_system(name)) for name in named]
        return [system.code if system else name for name, system in found]

    def _check(self, notice: dict[str, Any]) -> None:
        config, scope = self._config, notice["scope"]
        problems: dict[str, str] = {}
        provinces = {branch.province for branch in config.branches.values()}
        provinces |= {province.name for province in config.provinces}
        wrong = [code for code in scope.get("branches", ()) if code not in config.branches]
        wrong += [name for name in scope.get("provinces", ()) if name not in provinces]
        if wrong:
            problems["scope"] = f"unknown: {', '.join(map(str, wrong))}"
        elif not (scope.get("national") or scope.get("branches") or scope.get("provinces")):
            problems["scope"] = "say national, provinces or branches"
        for name, known in (("affects", config.systems), ("alternatives", config.contacts)):
            unknown = [code for code in notice[name] if code not in known]
            if unknown:
                problems[name] = f"unknown: {', '.join(unknown)}; known: {', '.join(known)}"
        if notice["replacement_office"] and notice["replacement_office"] not in config.branches:
            problems["replacement_office"] = f"unknown branch: {notice['replacement_office']}"
        if notice["ends_at"] and notice["ends_at"] < notice["starts_at"]:
            problems["ends_at"] = "is before starts_at"
        if problems:
            raise BadNotice(problems)


def _over(notice: Notice, now: datetime) -> bool:
    return notice.ends_at is not None and notice.ends_at <= now
