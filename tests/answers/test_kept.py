"""What is kept of an answer that was given: masked, rated by whoever got it, deleted with the talk."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot.retention import Kept, clear
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import AnswerGiven, AnswerRating
from tests.conftest import Clock
from tests.walks.street import Street, foretell, options, shown

BUDI = "telegram:4711"


@pytest.fixture
def street(database: Database, sealer: Sealer, clock: Clock) -> Street:
    return Street(database, sealer, clock)


async def rows(street: Street) -> list[AnswerGiven]:
    async with street.database.sessions() as session:
        return list(await session.scalars(select(AnswerGiven).order_by(AnswerGiven.id)))


async def test_what_was_asked_is_kept_masked_and_on_one_line(street: Street) -> None:
    street.interpreter.next = foretell("ask_payment", 0.9)
    await street.write(BUDI, "telat bayar kena denda ga?\nkartu 0001234567890")
    (row,) = await rows(street)
    assert row.code == "late_fine"
    assert row.text == "telat bayar kena denda ga? kartu *********7890"
    assert 0.3 < row.likeness <= 1
    assert row.rating is None


async def test_a_tap_rates_it_and_a_second_one_does_not_rate_another(street: Street) -> None:
    street.interpreter.next = foretell("ask_payment", 0.9)
    replies = await street.write(BUDI, "telat bayar kena denda ga?")
    yes, no, _ = options(replies)
    await street.write(BUDI, no.title, tapped=no.id)
    await street.write(BUDI, yes.title, tapped=yes.id)
    (row,) = await rows(street)
    assert row.rating is AnswerRating.NO
    assert row.rated_at == street.clock()


async def test_an_answer_that_has_run_out_is_not_given(street: Street) -> None:
    config = street.conversations.config
    over = config.questions["late_fine"].model_copy(update={"valid_to": date(2026, 11, 22)})
    changed = replace(config, questions=config.questions | {"late_fine": over})
    street.conversations = replace(street.conversations, config=changed)
    street.interpreter.next = foretell("ask_payment", 0.9)
    replies = await street.write(BUDI, "telat bayar kena denda ga?")
    assert over.answer.id not in shown(replies)[0]
    (row,) = await rows(street)
    assert (row.code, row.expired) == (None, "late_fine")


async def test_it_is_deleted_with_the_talk(street: Street) -> None:
    street.interpreter.next = foretell("ask_payment", 0.9)
    await street.write(BUDI, "telat bayar kena denda ga?")
    kept = Kept(queue=30, media=90, sealed=90, talks=90)
    await clear(street.database, kept, street.clock() + timedelta(days=89))
    assert len(await rows(street)) == 1
    await clear(street.database, kept, street.clock() + timedelta(days=91))
    assert await rows(street) == []
