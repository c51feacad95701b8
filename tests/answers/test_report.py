"""The report of weak answers, from what participants said."""

import json
import subprocess
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from bot.answers.report import report
from bot.answers.written import as_json, as_text
from bot.nlu.normalising import Normaliser
from bot.storage.engine import Database
from bot.storage.tables import (
    AnswerGiven,
    AnswerRating,
    Conversation,
    Participant,
    ReviewState,
    Understanding,
)
from tests import running
from tests.running import SIAGA

NORMALISER = Normaliser({"ga": "tidak"})


class Given:
    """Answers that were given at one address."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.now = now
        self._talk: UUID | None = None

    async def talk(self) -> UUID:
        if self._talk is None:
            async with self.database.sessions.begin() as session:
                person = Participant()
                session.add(person)
                await session.flush()
                talk = Conversation(address=f"telegram:{uuid4().hex}", participant_id=person.id)
                session.add(talk)
                await session.flush()
                self._talk = talk.id
        return self._talk

    async def answer(
        self, code: str | None, text: str | None, rating: str | None = None, **more: object
    ) -> None:
        row = {"intent": "ask_payment", "likeness": 0.5, "at": self.now} | more
        rated = AnswerRating(rating) if rating else None
        async with self.database.sessions() as session:
            session.add(
                AnswerGiven(conversation_id=await self.talk(), code=code, text=text, rating=rated, **row)
            )
            await session.commit()

    async def lost(self, text: str, **more: object) -> None:
        row = {"outcome": "fell_through", "thought": {}, "at": self.now} | more
        async with self.database.sessions() as session:
            session.add(Understanding(text=text, **row))
            await session.commit()


@pytest.fixture
def given(database: Database, now: datetime) -> Given:
    return Given(database, now)


async def test_the_weakest_answer_comes_first(given: Given, now: datetime) -> None:
    for rating in ("yes", "yes", "yes", "no"):
        await given.answer("rehab", "bisa dicicil", rating)
    for rating, text in (("no", "denda apa"), ("agent", "kok didenda"), ("yes", "denda")):
        await given.answer("late_fine", text, rating)
    await given.answer("due_date", "kapan bayar")
    async with given.database.sessions() as session:
        found = await report(session, NORMALISER, now - timedelta(days=1))
    assert [(one.code, one.given, one.yes, one.no, one.agent) for one in found.answers] == [
        ("late_fine", 3, 1, 1, 1),
        ("rehab", 4, 3, 1, 0),
        ("due_date", 1, 0, 0, 0),
    ]
    assert found.answers[0].weak == pytest.approx(2 / 3)
    assert found.answers[0].examples == ("kok didenda", "denda apa")
    assert found.answers[2].weak is None


async def test_general_answers_are_told_apart(given: Given, now: datetime) -> None:
    await given.answer(None, "kacamata ditanggung", "no", intent="ask_benefit")
    async with given.database.sessions() as session:
        found = await report(session, NORMALISER, now - timedelta(days=1))
    (score,) = found.answers
    assert (score.code, score.general) == ("ask_benefit", True)


async def test_unanswered_questions_are_grouped(given: Given, now: datetime) -> None:
    await given.answer(None, "kacamata ditanggung ga", intent="ask_benefit")
    await given.answer(None, "Kacamata ditanggung tidak", intent="ask_benefit")
    await given.answer(None, None, intent="ask_benefit")  # tapped
    await given.lost("kacamata di tanggung tidak")
    await given.lost("resep rendang apa")
    await given.lost("asdf", state=ReviewState.USELESS)
    await given.lost("siapa presiden", outcome="asked_back")
    async with given.database.sessions() as session:
        found = await report(session, NORMALISER, now - timedelta(days=1))
    assert [(one.count, one.text) for one in found.unanswered] == [
        (3, "Kacamata ditanggung tidak"),
        (1, "resep rendang apa"),
    ]
    assert found.unanswered[0].others == ("kacamata di tanggung tidak",)


async def test_answers_that_have_run_out_are_counted(given: Given, now: datetime) -> None:
    await given.answer(None, "iuran naik ga", expired="contribution_rise")
    await given.answer(None, "iuran naik?", expired="contribution_rise")
    async with given.database.sessions() as session:
        found = await report(session, NORMALISER, now - timedelta(days=1))
    assert found.expired == (("contribution_rise", 2),)


async def test_a_branch_sees_its_own_and_what_belongs_to_none(given: Given, now: datetime) -> None:
    await given.answer("rehab", "sini", branch="palembang")
    await given.answer("rehab", "situ", branch="samarinda")
    await given.answer("rehab", "entah")
    await given.lost("sini aja", branch="palembang")
    await given.lost("situ aja", branch="samarinda")
    async with given.database.sessions() as session:
        found = await report(session, NORMALISER, now - timedelta(days=1), "palembang")
    assert found.answers[0].given == 2
    assert [one.text for one in found.unanswered] == ["sini aja"]


async def test_what_is_older_does_not_count(given: Given, now: datetime) -> None:
    await given.answer("rehab", "dulu", at=now - timedelta(days=40))
    await given.lost("dulu", at=now - timedelta(days=40))
    async with given.database.sessions() as session:
        found = await report(session, NORMALISER, now - timedelta(days=30))
    assert (found.answers, found.unanswered, found.expired) == ((), (), ())
    assert "none" in as_text(found)


async def test_the_command(given: Given, database_url: str) -> None:
    await given.answer("late_fine", "kena denda ga", "no")
    await given.answer(None, "iuran naik ga", expired="contribution_rise")
    environment = running.environment(database_url)
    told = _run(["--since", "2026-11-01"], environment)
    assert "late_fine" in told
    assert "kena denda ga" in told
    assert "100%" in told
    assert "contribution_rise" in told
    read = json.loads(_run(["--since", "2026-11-01", "--json"], environment))
    assert read["answers"][0]["code"] == "late_fine"
    assert read["answers"][0]["weak"] == 1.0
    assert read["expired"] == [{"code": "contribution_rise", "count": 1}]
    wrong = subprocess.run(
        [SIAGA, "faq", "report", "--since", "kemarin"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode == 2
    assert "expected a day such as 2026-11-01" in " ".join(wrong.stderr.split()).replace("│ ", "")


def _run(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [SIAGA, "faq", "report", *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


async def test_json_is_plain(given: Given, now: datetime) -> None:
    await given.answer("rehab", "dicicil", "yes")
    async with given.database.sessions() as session:
        found = await report(session, NORMALISER, now - timedelta(days=1))
    assert json.loads(json.dumps(as_json(found)))["answers"][0]["examples"] == []
