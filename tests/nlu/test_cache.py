"""What is kept of earlier answers: for whom, how long, how much, and what never."""

from collections.abc import Sequence

import pytest

from bot.messages import Interpretation
from bot.nlu.cache import Cached


class Counting:
    """Says which texts it was asked about."""

    name = "rasa"

    def __init__(self) -> None:
        self.model = "one"
        self.asked: list[str] = []

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        self.asked += texts
        return [
            Interpretation(text=text, intent="greet", confidence=0.9, interpreter=self.name, model=self.model)
            for text in texts
        ]


@pytest.fixture
def behind() -> Counting:
    return Counting()


async def test_a_text_is_asked_about_once_and_answers_keep_their_order(behind: Counting) -> None:
    cached = Cached(behind)
    await cached.interpret(["sep eror", "halo"])
    read = await cached.interpret(["halo", "baru", "sep eror", "baru"])
    assert [one.text for one in read] == ["halo", "baru", "sep eror", "baru"]
    assert behind.asked == ["sep eror", "halo", "baru"]
    assert (cached.hits, dict(cached.answered)) == (3, {"rasa": 3})
    assert await cached.interpret([]) == []


async def test_another_model_is_asked_again(behind: Counting) -> None:
    cached = Cached(behind)
    await cached.interpret(["halo"])
    behind.model = "two"
    assert [one.model for one in await cached.interpret(["halo"])] == ["two"]
    behind.model = "one"
    assert [one.model for one in await cached.interpret(["halo"])] == ["one"]
    assert len(behind.asked) == 2


@pytest.mark.parametrize(
    "text",
    [
        "nik saya 3271010101900001",
        "hp 0812 7000 1234",
        "kartu 0001-2345-67890",
        "9 9 9 9 9 9",
        "panjang " * 60,
    ],
)
async def test_personal_numbers_and_stories_are_not_kept(behind: Counting, text: str) -> None:
    cached = Cached(behind)
    await cached.interpret([text])
    assert (await cached.interpret([text]))[0].text == text
    assert len(behind.asked) == 2
    assert len(cached) == 0


async def test_what_a_nameless_model_says_is_not_kept(behind: Counting) -> None:
    cached = Cached(behind)
    behind.model = ""
    await cached.interpret(["halo"])
    assert len(cached) == 0


async def test_as_many_are_kept_as_there_is_room_for(behind: Counting) -> None:
    cached = Cached(behind, most=2)
    for text in ("satu", "dua", "satu", "tiga", "satu"):
        await cached.interpret([text])
    assert (behind.asked, len(cached)) == (["satu", "dua", "tiga"], 2)


async def test_nothing_is_kept_for_long(behind: Counting) -> None:
    now = 0.0
    cached = Cached(behind, holds=10, clock=lambda: now)
    await cached.interpret(["satu", "dua"])
    now = 9.0
    await cached.interpret(["satu"])
    now = 10.5
    await cached.interpret(["satu"])
    assert behind.asked == ["satu", "dua", "satu"]
    assert len(cached) == 1  # the other one's time was over too
