"""A case that nobody answered in time: noted in its history, once, and raised to be seen."""

import asyncio
from typing import Any

import pytest

from bot.cases.deadlines import note_overdue
from bot.storage.tables import Case, CaseKind, CasePriority, CaseStatus
from tests.conftest import Clock
from tests.desk.scene import Scene


async def look(scene: Scene) -> int:
    async with scene.database.sessions.begin() as session:
        return await note_overdue(session, scene.desk.clock())


async def late(scene: Scene, clock: Clock, **new: Any) -> Case:
    """A complaint whose deadline is just reached."""
    case = await scene.case("ditolak", kind=CaseKind.COMPLAINT, branch="palembang", **new)
    assert case.due_at
    clock.now = case.due_at
    return case


async def test_it_is_noted_once_and_raised(scene: Scene, clock: Clock) -> None:
    case = await late(scene, clock)
    clock.advance(-1)
    assert await look(scene) == 0
    clock.advance(1)
    assert sum(await asyncio.gather(*(look(scene) for _ in range(4)))) == 1
    assert await look(scene) == 0
    assert await scene.history(case) == ["opened", "overdue"]
    assert (await scene.again(case)).priority is CasePriority.HIGH


async def test_a_clock_that_jumps_notes_nothing_twice(scene: Scene, clock: Clock) -> None:
    case = await late(scene, clock)
    for seconds in (86_400, -2 * 86_400, 365 * 86_400):
        clock.advance(seconds)
        await look(scene)
    assert await scene.history(case) == ["opened", "overdue"]


async def test_an_emergency_stays_one(scene: Scene, clock: Clock) -> None:
    case = await late(scene, clock, priority=CasePriority.URGENT)
    assert await look(scene) == 1
    assert (await scene.again(case)).priority is CasePriority.URGENT


@pytest.mark.parametrize("status", [CaseStatus.WAITING, CaseStatus.RESOLVED, CaseStatus.CLOSED])
async def test_what_is_not_ours_to_answer_is_not_late(scene: Scene, clock: Clock, status: CaseStatus) -> None:
    case = await late(scene, clock)
    rina = await scene.agent("Rina")
    async with scene.database.sessions.begin() as session:
        kept = await session.get_one(Case, case.id)
        kept.status, kept.assignee_id = status, rina.id
    assert await look(scene) == 0


async def test_agents_read_of_it_at_the_case(scene: Scene, clock: Clock, browser: Any) -> None:
    case = await late(scene, clock)
    await look(scene)
    rina = await browser("Rina", branch="palembang")
    page = (await rina.get(f"/desk/cases/{case.number}")).text
    assert "tenggatnya terlewati" in page
