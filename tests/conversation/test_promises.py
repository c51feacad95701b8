"""What is promised: never an hour at which nobody works, and none at all while nobody can say."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.conversation import promises
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Case, CaseKind, Notice, NoticeKind
from tests.conftest import Clock
from tests.conversation.test_turn import Desk
from tests.dialogue.scene import sample

WIB = ZoneInfo("Asia/Jakarta")
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=WIB)


@pytest.fixture
async def desk(database: Database, sealer: Sealer, clock: Clock) -> Desk:
    clock.now = MONDAY
    return Desk(database, sealer, clock)


async def close(desk: Desk, *, until: datetime | None, **changes: Any) -> None:
    """Palembang closes now."""
    usual: dict[str, Any] = {
        "kind": NoticeKind.CLOSURE,
        "title": "Kantor tutup",
        "body": "",
        "scope": {"branches": ["palembang"]},
        "affects": ["counter"],
        "starts_at": desk.clock() - timedelta(hours=1),
        "ends_at": until,
        "alternatives": ["care_center"],
    }
    async with desk.database.sessions.begin() as session:
        session.add(Notice(**usual | changes))


async def asks_for_an_agent(desk: Desk) -> str:
    """In Palembang; gives what is answered."""
    await desk.say("kantor palembang buka?")
    return (await desk.say("petugas"))[0].body


async def test_without_a_closure_somebody_is_there(desk: Desk) -> None:
    assert "sambungkan ke petugas" in await asks_for_an_agent(desk)


async def test_a_closure_pushes_the_hour_and_the_deadline_back(desk: Desk) -> None:
    await close(desk, until=MONDAY.replace(day=25, hour=12))
    assert "Dijawab mulai: Rabu, 25 November 2026 pukul 12.00 WIB" in await asks_for_an_agent(desk)
    due = (await desk.one(Case)).due_at
    assert due == MONDAY.replace(day=26, hour=9)  # four working hours: three on Wednesday, one on Thursday


async def test_until_further_notice_nothing_is_promised(desk: Desk) -> None:
    await close(desk, until=None)
    said = await asks_for_an_agent(desk)
    assert "belum bisa menjanjikan" in said
    assert "Dijawab mulai" not in said
    assert (await desk.one(Case)).due_at is None


async def test_a_branch_that_answers_in_chat_keeps_its_hours(desk: Desk) -> None:
    await close(desk, until=None, alternatives=["whatsapp", "care_center"])
    assert "sambungkan ke petugas" in await asks_for_an_agent(desk)


async def test_another_branchs_closure_changes_nothing(desk: Desk) -> None:
    await close(desk, until=None, scope={"branches": ["samarinda"]})
    assert "sambungkan ke petugas" in await asks_for_an_agent(desk)


async def test_the_deadline_comes_when_the_closure_has_an_end(desk: Desk) -> None:
    await close(desk, until=None)
    await asks_for_an_agent(desk)
    assert await give(desk) == 0
    async with desk.database.sessions.begin() as session:
        notice = (await session.scalars(select(Notice))).one()
        notice.ends_at = MONDAY.replace(day=24, hour=8)
    assert await give(desk) == 1
    assert (await desk.one(Case)).due_at == MONDAY.replace(day=24, hour=12)
    assert await give(desk) == 0


async def test_a_branch_that_stays_closed_hides_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "AT_ONCE", 1)
    await close(desk, until=None, scope={"branches": ["palembang", "samarinda"]})
    await asks_for_an_agent(desk)
    async with desk.database.sessions.begin() as session:
        first = (await session.scalars(select(Case))).one()
        other = {"participant_id": first.participant_id, "conversation_id": first.conversation_id}
        complaint = Case(
            number="SMD-2611-00001", kind=CaseKind.COMPLAINT, summary="-", branch="samarinda", **other
        )
        session.add(complaint)
        notice = (await session.scalars(select(Notice))).one()
        notice.scope = {"branches": ["palembang"]}
    assert await give(desk) == 1


async def give(desk: Desk) -> int:
    """The job that gives deadlines runs."""
    async with desk.database.sessions.begin() as session:
        return await promises.give_deadlines(session, sample()[0], desk.clock())
