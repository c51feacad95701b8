"""What a turn keeps for review."""

import json

import pytest
from sqlalchemy import select

from bot.messages import Interpretation, Thresholds
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Message, Understanding
from tests.conftest import Clock
from tests.conversation.test_turn import NIK, Desk

KNOWN = {
    "kantor": ("ask_closure", 0.45, "ask_office"),
    "kartu": ("ask_card", 0.45, ""),
    "alamat": ("ask_office", 0.95, ""),
    "bukan": ("deny", 0.95, ""),
    "makasih": ("thank", 0.95, ""),
}


class Unsure:
    """Knows a few texts, some of them not surely."""

    name = "unsure"
    model = ""

    async def interpret(self, texts: list[str]) -> list[Interpretation]:
        return [self._read(text) for text in texts]

    def _read(self, text: str) -> Interpretation:
        known = [KNOWN[word] for word in text.lower().split() if word in KNOWN]
        intent, confidence, second = known[0] if known else ("greet", 0.05, "")
        ranking = [(intent, confidence)] + ([(second, confidence - 0.1)] if second else [])
        return Interpretation(
            text=text,
            intent=intent,
            confidence=confidence,
            ranking=tuple(ranking),
            interpreter=self.name,
            thresholds=Thresholds(act=0.6, ask=0.3),
        )


@pytest.fixture
def desk(database: Database, sealer: Sealer, clock: Clock) -> Desk:
    desk = Desk(database, sealer, clock)
    object.__setattr__(desk.conversations, "interpreter", Unsure())
    return desk


async def kept(desk: Desk) -> list[Understanding]:
    async with desk.database.sessions() as session:
        return list(await session.scalars(select(Understanding).order_by(Understanding.id)))


async def tap(desk: Desk, said: list[Message], title: str) -> list[Message]:
    option = next(option for line in said for option in line.options or [] if option["title"] == title)
    return await desk.say(option["title"], tapped=option["id"])


async def test_a_tap_on_the_first_guess_confirms_it(desk: Desk) -> None:
    said = await desk.say(f"kantor gmn\nNIK {NIK}")
    await tap(desk, said, "Kantor buka/tutup")
    (row,) = await kept(desk)
    assert (row.outcome, row.chosen) == ("asked_back", "ask_closure")
    assert row.text == "kantor gmn NIK ************0001"
    assert row.alike == "kantor gmn nik * * * * * * * * * * * * 0001"
    assert row.thought == {"interpreter": "unsure", "ranking": [["ask_closure", 0.45], ["ask_office", 0.35]]}
    line = (await lines(desk))[0]
    assert (row.message_id, line.intent) == (line.id, "ask_closure")


@pytest.mark.parametrize(
    ("answer", "outcome", "chosen"),
    [
        ("2", "corrected", "ask_office"),
        ("1", "asked_back", "ask_closure"),
        ("alamat & jam kantor", "corrected", "ask_office"),
        ("alamat kantornya", "corrected", "ask_office"),
        ("menu", "corrected", "help"),
        ("3", "corrected", "help"),
        ("bukan", "corrected", "help"),
        ("makasih", "asked_back", None),
        ("makasih ya", "asked_back", None),
    ],
)
async def test_the_answer_to_an_ask_back_is_kept(
    desk: Desk, answer: str, outcome: str, chosen: str | None
) -> None:
    await desk.say("kantor gmn")
    await desk.say(answer)
    row = (await kept(desk))[0]
    assert (row.outcome, row.chosen) == (outcome, chosen)


@pytest.mark.parametrize(
    ("answer", "outcome", "chosen"), [("iya", "asked_back", "ask_card"), ("bukan", "corrected", "help")]
)
async def test_yes_and_no_are_kept_too(desk: Desk, answer: str, outcome: str, chosen: str) -> None:
    await desk.say("kartu gmn")
    await desk.say(answer)
    row = (await kept(desk))[0]
    assert (row.outcome, row.chosen) == (outcome, chosen)


async def test_a_button_of_long_ago_still_tells(desk: Desk) -> None:
    asked = await desk.say("kantor gmn")
    await desk.say("makasih")
    await tap(desk, asked, "Alamat & jam kantor")
    await tap(desk, asked, "Kantor buka/tutup")
    row = (await kept(desk))[0]
    assert (row.outcome, row.chosen) == ("corrected", "ask_office")


@pytest.mark.parametrize("together", [False, True])
async def test_ask_back_and_answer_in_one_turn(desk: Desk, together: bool) -> None:
    await desk.say("xyz")  # a menu is open: each message is taken by itself
    claimed = await desk.write("kantor gmn", "2")
    if together:
        assert await desk.conversations.take_together([claimed]) == [claimed]
    else:
        await desk.conversations.take_turn(claimed)
    lost, asked = await kept(desk)
    assert (lost.outcome, lost.chosen) == ("fell_through", None)
    assert (asked.outcome, asked.chosen) == ("corrected", "ask_office")


async def test_lines_that_were_taken_together_have_one_meaning(desk: Desk) -> None:
    await desk.say("min", "kantor gmn", "ya?")
    (row,) = await kept(desk)
    assert row.text == "min kantor gmn ya?"
    assert [line.intent for line in await lines(desk)] == ["ask_closure"] * 3
    assert row.message_id == (await lines(desk))[-1].id


async def test_nothing_is_kept_of_what_was_understood(desk: Desk) -> None:
    await desk.say("alamat dong")
    assert await kept(desk) == []


async def test_no_log_holds_what_was_said(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    said = await desk.say("kantor rahasiaku gmn")
    await tap(desk, said, "Kantor buka/tutup")
    assert await kept(desk)
    assert "rahasiaku" not in json.dumps(capfd.readouterr())


async def lines(desk: Desk) -> list[Message]:
    async with desk.database.sessions() as session:
        query = select(Message).where(Message.author == "participant").order_by(Message.id)
        return list(await session.scalars(query))
