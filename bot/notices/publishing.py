"""Publishing a notice, changing it, adding to it, ending it; and telling those who asked to be told."""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import Actor, record
from bot.config import Config
from bot.delivery import outbox
from bot.errors import SiagaError
from bot.flows.wording import ends
from bot.messages import Address, Text
from bot.notices.subscriptions import audience
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Agent,
    Author,
    Conversation,
    Message,
    Notice,
    NoticeKind,
    NoticeUpdate,
    Participant,
    Priority,
    UpdateStatus,
)
from bot.texts import Texts


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
    """Writes notices and tells subscribers, in the transaction that it is given."""

    def __init__(self, config: Config, texts: Texts, sealer: Sealer) -> None:
        self._config = config
        self._texts = texts
        self._sealer = sealer

    async def publish(self, session: AsyncSession, new: NewNotice, by: Agent, now: datetime) -> Notice:
        """Make a notice known.

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
            await self._tell(session, notice, "published", now)
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
            await self._tell(session, notice, "ended", now)

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
            await self._tell(session, notice, f"update-{added.id}", now, added)
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

    async def _tell(
        self,
        session: AsyncSession,
        notice: Notice,
        event: str,
        now: datetime,
        update: NoticeUpdate | None = None,
    ) -> None:
        """One row for each subscriber; the key `once` keeps anybody from hearing it twice."""
        key = f"notice.{event.partition('-')[0]}"
        zone = self._zone(notice)
        values = told(notice, zone) | {"at": now.astimezone(zone)}
        if update:
            values["body"] = update.body
        addresses = await audience(session, self._config, notice)
        talks = await session.execute(
            select(Conversation, Participant.language)
            .join(Participant, Participant.id == Conversation.participant_id)
            .where(Conversation.address.in_(addresses))
        )
        for talk, language in talks:
            status = self._texts.say(f"outage.status_{update.status}", language, {}) if update else ""
            text = Text(body=self._texts.say(key, language, values | {"status": status}))
            line = Message(conversation_id=talk.id, author=Author.SYSTEM, body=text.body, at=now)
            session.add(line)
            await session.flush()
            await outbox.queue(
                session,
                self._sealer,
                channel=talk.address.partition(":")[0],
                address=Address(talk.address),
                text=text,
                message_id=line.id,
                now=now,
                priority=Priority.NOTICE,
                notice_id=notice.id,
                once=f"notice:{notice.id}:{event}:{talk.address}",
            )

    def _zone(self, notice: Notice) -> ZoneInfo:
        """The clock that a notice is told by: that of the first place it reaches, else Jakarta's."""
        branches = [self._config.branches[code] for code in notice.scope.get("branches", ())]
        wanted = set(notice.scope.get("provinces", ()))
        branches += [branch for branch in self._config.branches.values() if branch.province in wanted]
        return ZoneInfo(branches[0].zone if branches else "Asia/Jakarta")


def told(notice: Notice | NewNotice, zone: ZoneInfo) -> dict[str, object]:
    """What the text ``notice.published`` says of a notice, on the clock of `zone`."""
    return {
        "title": notice.title,
        "body": notice.body,
        "cause": notice.cause or "",
        "guidance": notice.guidance or "",
        **_span(notice, zone),
    }


def _span(notice: Notice | NewNotice, zone: ZoneInfo) -> dict[str, object]:
    """From when until when; whole days are told without an hour, and of each pair one is empty."""
    start = notice.starts_at.astimezone(zone)
    until_day, until_moment = ends(notice.ends_at, zone)
    return {
        "from_day": start.date() if start.time() == time() else "",
        "from_moment": "" if start.time() == time() else start,
        "until_day": until_day or "",
        "until_moment": until_moment or "",
    }


def _over(notice: Notice, now: datetime) -> bool:
    return notice.ends_at is not None and notice.ends_at <= now
