"""What participants will read of a notice, before it is published: the bot itself is asked, with the notice made known
in a transaction that is taken back."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.config import Branch, Config
from bot.conversation.carrying.notices import notice_view
from bot.desk.context import Desk
from bot.dialogue.commands import Commands
from bot.dialogue.engine import Turn
from bot.dialogue.state import Dialogue, Said
from bot.dialogue.talk import World
from bot.flows.lookups import Closures, NoticeView, Outages
from bot.flows.registry import FLOWS
from bot.messages import Entity, Interpretation
from bot.notices.publishing import NewNotice
from bot.notices.subscriptions import audience
from bot.notices.telling import told
from bot.storage.tables import Agent, NoticeKind

LANGUAGE = "id"
"""Notices are written in one language; the sentences around them are shown in the one most participants use."""


@dataclass(frozen=True)
class Preview:
    """What is said to who asks, and to those who want to be told."""

    asked: str
    """What the example participant asks, "" where the kind is not asked for."""
    answer: str
    message: str
    listeners: int
    """How many will be sent `message` at once if the notice is broadcast."""
    starts_at: datetime
    ends_at: datetime | None
    zone: ZoneInfo


async def preview(desk: Desk, session: AsyncSession, new: NewNotice, agent: Agent) -> Preview:
    """How `new` will read. The session's transaction is rolled back.

    Raises:
        BadNotice: it cannot be published.
    """
    now = desk.clock()
    notice = await desk.publisher.publish(session, replace(new, broadcast=False), agent, now)
    heard_by = select(func.count()).select_from(audience(desk.config, notice).subquery())
    listeners = await session.scalar(heard_by) or 0
    seen = notice_view(notice, None)
    await session.rollback()
    asked, answer = _asked(desk, new, seen, max(now, new.starts_at), agent)
    zone = desk.config.zone_of_scope(new.scope)
    return Preview(asked, answer, _message(desk, new, zone), listeners, new.starts_at, new.ends_at, zone)


def _message(desk: Desk, new: NewNotice, zone: ZoneInfo) -> str:
    return desk.texts.say("notice.published", LANGUAGE, told(new, zone))


def _asked(desk: Desk, new: NewNotice, seen: NoticeView, at: datetime, agent: Agent) -> tuple[str, str]:
    """A question that the notice answers, and the bot's own answer to it at that moment."""
    branch = _example(desk.config, new, agent)
    if new.kind is NoticeKind.CLOSURE:
        question = f"Apakah kantor {branch.name} buka?"
        return question, _answer(desk, "ask_closure", question, (), seen, at, branch)
    if new.kind in (NoticeKind.OUTAGE, NoticeKind.MAINTENANCE) and new.affects:
        system = desk.config.systems[new.affects[0]].name.id
        question = f"{system} gangguan ya?"
        entity = Entity(entity="system", value=system, start=0, end=len(system))
        return question, _answer(desk, "ask_outage", question, (entity,), seen, at, branch)
    return "", ""


def _example(config: Config, new: NewNotice, agent: Agent) -> Branch:
    """A branch that the notice reaches."""
    for code in new.scope.get("branches", ()):
        return config.branches[code]
    wanted = set(new.scope.get("provinces", ()))
    reached = [branch for branch in config.branches.values() if branch.province in wanted]
    own = config.branches.get(agent.branch or "")
    return next(iter(reached), own or next(iter(config.branches.values())))


def _answer(  # noqa: PLR0913, PLR0917 - a whole turn in little
    desk: Desk,
    intent: str,
    question: str,
    entities: tuple[Entity, ...],
    seen: NoticeView,
    at: datetime,
    branch: Branch,
) -> str:
    meaning = Interpretation(text=question, intent=intent, confidence=1.0, entities=entities)
    turn = Turn(
        Dialogue(language=LANGUAGE, branch=branch.code),
        FLOWS,
        World(config=desk.config, texts=desk.texts, now=at),
        Commands(desk.texts),
    )
    steps = turn.take(Said(interpretation=meaning, at=at, text=question))
    try:
        request = next(steps)
        while True:
            request = steps.send(_look_up(request, seen))
    except StopIteration:
        pass
    return "\n\n".join(desk.texts.say(reply.key, LANGUAGE, reply.values) for reply in turn.replies)


def _look_up(request: Any, seen: NoticeView) -> list[NoticeView]:
    assert isinstance(request, Closures | Outages), request
    return [seen]
