"""Who is on call hears of an emergency at once, again until somebody has taken it, and nothing of the participant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from bot.cases import lifecycle
from bot.config import CaseRules, Config
from bot.config.services import OnCall as OnCallRule
from bot.conversation.on_call import MOST, OnCall
from bot.delivery.forms import text_from_json
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Agent, Case, CasePriority, Conversation, Outbox, Role
from tests.conftest import Clock
from tests.conversation.test_turn import ADDRESS, Desk
from tests.dialogue.scene import sample

AFTER = timedelta(minutes=10)
ANYONE = "telegram:4711"
WORDS = "darurat"


def rules(*listed: dict[str, Any]) -> Config:
    """The sample with these people on call."""
    config = sample()[0]
    people = tuple(OnCallRule.model_validate(one) for one in listed)
    cases: CaseRules = config.cases.model_copy(update={"on_call": people})
    return replace(config, cases=cases)


class OnDuty(Desk):
    """A participant who writes, and our own people."""

    def staff(self, *listed: dict[str, Any]) -> "OnDuty":
        """These are on call."""
        self.config = rules(*listed)
        self.conversations = replace(
            self.conversations, config=self.config, public_url="https://siaga.example/"
        )
        return self

    async def calls(self) -> list[tuple[str, str]]:
        """What went to anybody but the participant: address and words, oldest first."""
        async with self.database.sessions() as session:
            rows = await session.scalars(select(Outbox).where(Outbox.address != ADDRESS).order_by(Outbox.id))
            return [(row.address, text_from_json(self.sealer.open(row.sealed)).body) for row in rows]

    async def later(self, minutes: float) -> int:
        """Time passes; those who are to be called again are."""
        self.clock.now += timedelta(minutes=minutes)
        who = OnCall(
            sealer=self.sealer, config=self.config, texts=sample()[1], public_url="https://siaga.example"
        )
        return await who.call_again(self.database, self.clock(), AFTER)

    async def others(self, count: int, **more: Any) -> list[str]:
        """So many more emergencies like the first, of other people, opened with it; their numbers."""
        first = await self.one(Case)
        names = ("kind", "priority", "status", "participant_id", "opened_at", "branch")
        values = {name: getattr(first, name) for name in names} | {"summary": "-", "fields": {}} | more
        numbers = []
        async with self.database.sessions.begin() as session:
            for at in range(count):
                talk = Conversation(address=f"telegram:99{at}", participant_id=first.participant_id)
                session.add(talk)
                await session.flush()
                numbers.append(f"BPJS-2611-{at + 100:05}")
                session.add(Case(number=numbers[-1], conversation_id=talk.id, **values))
        return numbers

    async def claim(self) -> None:
        """An agent takes the case."""
        async with self.database.sessions.begin() as session:
            agent = Agent(name="Rina", email="rina@example.org", role=Role.AGENT)
            session.add(agent)
            await session.flush()
            await lifecycle.claim(session, (await session.scalars(select(Case))).one(), agent, self.clock())


@pytest.fixture
async def duty(database: Database, sealer: Sealer, clock: Clock) -> OnDuty:
    return OnDuty(database, sealer, clock)


async def test_it_goes_out_with_the_turn_and_tells_nothing_of_the_participant(duty: OnDuty) -> None:
    duty.staff({"address": ANYONE}, {"address": "whatsapp:+6281100001234"})
    await duty.say("darurat", profile_name="Budi Santoso", phone="+6281200000001")
    case = await duty.one(Case)
    calls = await duty.calls()
    assert [address for address, _ in calls] == [ANYONE, "whatsapp:+6281100001234"]
    for _, words in calls:
        assert words == (
            f"*DARURAT {case.number}* (cabang: -)\n"
            "Peserta melaporkan keadaan darurat. Mohon segera diambil di meja kerja:\n"
            f"https://siaga.example/desk/cases/{case.number}"
        )
    assert case.priority is CasePriority.URGENT


async def test_the_participant_hears_whether_anybody_was_told(duty: OnDuty) -> None:
    duty.clock.now = duty.clock.now.replace(hour=20)  # 03.00 WIB
    duty.staff({"address": ANYONE})
    (line,) = await duty.say("darurat")
    assert "Petugas siaga sudah kami beri tahu" in line.body


async def test_nobody_on_call_is_said_to_be_told_where_there_is_nobody(duty: OnDuty) -> None:
    duty.clock.now = duty.clock.now.replace(hour=20)
    duty.staff()
    (line,) = await duty.say("darurat")
    assert "sedang tidak bertugas" in line.body
    assert "siaga" not in line.body
    assert await duty.calls() == []


async def test_once_a_case_whatever_is_written_next(duty: OnDuty) -> None:
    duty.staff({"address": ANYONE})
    await duty.say("darurat")
    duty.clock.now += timedelta(minutes=20)
    await duty.say("darurat")
    assert len(await duty.calls()) == 1


async def test_an_emergency_of_somebody_who_waits_already_calls_too(duty: OnDuty) -> None:
    duty.staff({"address": ANYONE})
    await duty.say("petugas")
    assert await duty.calls() == []
    await duty.say("darurat")
    assert len(await duty.calls()) == 1
    assert (await duty.one(Case)).priority is CasePriority.URGENT


async def test_again_until_somebody_has_taken_it(duty: OnDuty) -> None:
    duty.staff({"address": ANYONE})
    await duty.say("darurat")
    assert await duty.later(9) == 0
    assert await duty.later(2) == 1
    assert await duty.later(1) == 0
    assert await duty.later(10) == 1
    words = [words for _, words in await duty.calls()]
    assert [text.startswith("*MASIH MENUNGGU") for text in words] == [False, True, True]
    await duty.claim()
    assert await duty.later(30) == 0


async def test_a_branch_that_is_no_more_stops_nothing(duty: OnDuty) -> None:
    duty.staff({"address": ANYONE})
    await duty.say("darurat")
    async with duty.database.sessions.begin() as session:
        await session.execute(update(Case).values(branch="kantor_lama"))
    assert await duty.later(11) == 1
    assert "kantor_lama" in (await duty.calls())[-1][1]


async def test_one_that_fails_holds_no_other_up(duty: OnDuty, monkeypatch: pytest.MonkeyPatch) -> None:
    duty.staff({"address": ANYONE})
    await duty.say("darurat")
    first = await duty.one(Case)
    [number] = await duty.others(1)
    whole = OnCall._queue

    async def fails(self: OnCall, session: AsyncSession, case: Case, *more: Any) -> None:
        await whole(self, session, case, *more)
        if case.id == first.id:
            raise KeyError("Budi")

    before = len(await duty.calls())
    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(OnCall, "_queue", fails)
        assert await duty.later(11) == 1
    [(_, words)] = (await duty.calls())[before:]
    assert number in words, "half a call was committed, or none"
    assert "Budi" not in str(logs)
    assert await duty.later(1) == 1
    assert first.number in (await duty.calls())[-1][1]


async def test_many_at_once_are_one_message_that_says_how_many(duty: OnDuty) -> None:
    """However many there are, and to each only of how many they are on duty for."""
    duty.staff({"address": ANYONE}, {"address": "telegram:4712", "branches": ["samarinda"]})
    await duty.say("darurat")
    first = await duty.one(Case)
    await duty.others(150)
    async with duty.database.sessions.begin() as session:
        its = Case.number.in_(["BPJS-2611-00120", "BPJS-2611-00130", "BPJS-2611-00140"])
        await session.execute(update(Case).where(its).values(branch="samarinda"))
    before = len(await duty.calls())
    assert await duty.later(11) == 151
    assert [(address, words.splitlines()[0]) for address, words in (await duty.calls())[before:]] == [
        (ANYONE, f"*MASIH MENUNGGU: DARURAT {first.number} dan 150 lagi* (cabang: -)"),
        ("telegram:4712", "*DARURAT BPJS-2611-00120 dan 2 lagi* (cabang: Samarinda)"),
    ]
    assert await duty.later(1) == 0
    assert await duty.later(10) == 151


async def test_those_for_whom_nobody_is_on_duty_hide_no_later_one(duty: OnDuty) -> None:
    duty.staff({"address": ANYONE, "branches": ["samarinda"]})
    await duty.say("darurat")
    *_, last = await duty.others(120)
    async with duty.database.sessions.begin() as session:
        await session.execute(update(Case).where(Case.number == last).values(branch="samarinda"))
    assert await duty.later(11) == 1
    [(_, words)] = await duty.calls()
    assert last in words
    assert "lagi" not in words


async def test_one_that_is_called_off_meanwhile_hides_no_other(
    duty: OnDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    duty.staff({"address": ANYONE})
    await duty.say("darurat")
    first = await duty.one(Case)
    [number] = await duty.others(1)
    begin = duty.database.sessions.begin

    @asynccontextmanager
    async def after_the_first_is_over() -> AsyncIterator[AsyncSession]:
        async with begin() as session:
            await session.execute(update(Case).where(Case.id == first.id).values(status="closed"))
        async with begin() as session:
            yield session

    before = len(await duty.calls())
    monkeypatch.setattr(duty.database.sessions, "begin", after_the_first_is_over)
    assert await duty.later(11) == 1
    [(_, words)] = (await duty.calls())[before:]
    assert number in words


async def test_nobody_is_called_for_ever(duty: OnDuty) -> None:
    duty.staff({"address": ANYONE})
    await duty.say("darurat")
    assert sum([await duty.later(11) for _ in range(MOST + 3)]) == MOST - 1


async def test_not_again_for_one_that_was_called_off(duty: OnDuty) -> None:
    duty.staff({"address": ANYONE})
    await duty.say("darurat")
    await duty.say("batal")
    assert await duty.later(30) == 0
    assert len(await duty.calls()) == 1


async def test_who_comes_on_duty_later_is_called_then(duty: OnDuty) -> None:
    duty.staff()
    await duty.say("darurat")
    duty.staff({"address": ANYONE})
    assert await duty.later(11) == 1


async def test_never_the_participant(duty: OnDuty) -> None:
    duty.staff({"address": ANYONE})
    own = duty.config.cases.on_call[0].model_copy(update={"address": str(ADDRESS)})
    cases = duty.config.cases.model_copy(update={"on_call": (own,)})
    duty.conversations = replace(duty.conversations, config=replace(duty.config, cases=cases))
    lines = await duty.say("darurat")
    async with duty.database.sessions() as session:
        assert len((await session.scalars(select(Outbox))).all()) == len(lines)


async def test_the_night_is_somebodys_and_the_branch_decides(clock: Clock) -> None:
    night = {"mon": ["00:00-08:00", "16:00-23:59"]}
    one = OnCallRule.model_validate({"address": ANYONE, "branches": ["samarinda"], "hours": night})
    monday = clock.now.replace(year=2026, month=11, day=23, minute=0, second=0, microsecond=0)
    for hour, on in ((0, True), (7, True), (8, False), (15, False), (16, True), (23, True)):
        assert one.is_on_duty("samarinda", monday.replace(hour=hour)) is on, hour
        assert not one.is_on_duty("palembang", monday.replace(hour=hour))
    assert one.is_on_duty("samarinda", monday.replace(hour=23, minute=59, second=30))
    assert not one.is_on_duty(None, monday)
