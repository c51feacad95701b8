"""Requests gathered into batches: order, sizes, failures, a model changed in between."""

import asyncio
import threading

import pytest

from bot.nlu.rasa_side.gathering import Gathering


class Echo:
    """Answers with the text and its own name; fails on batches with "bad" in them."""

    def __init__(self, name: str = "one") -> None:
        self.name = name
        self.batches: list[list[str]] = []
        self.go = threading.Event()
        self.go.set()

    def parse(self, texts: list[str]) -> list[dict[str, str]]:
        self.go.wait(10)
        self.batches.append(texts)
        if "bad" in texts:
            raise ValueError("bad")
        return [{"text": text, "model": self.name} for text in texts]


async def test_what_comes_together_is_answered_together() -> None:
    model = Echo()
    gathering = Gathering(model, most=4)
    texts = [f"text {number}" for number in range(10)]
    answers = await asyncio.gather(*(gathering.answer(text) for text in texts))
    assert [answer["text"] for answer in answers] == texts
    assert [len(batch) for batch in model.batches] == [4, 4, 2]
    assert (await gathering.answer("alone"))["text"] == "alone"
    gathering.close()


async def test_a_text_that_fails_spoils_no_other_one() -> None:
    gathering = Gathering(Echo())
    good, bad, last = await asyncio.gather(
        *(gathering.answer(text) for text in ("good", "bad", "last")), return_exceptions=True
    )
    assert isinstance(bad, ValueError)
    assert isinstance(good, dict)
    assert isinstance(last, dict)
    assert (await gathering.answer("after"))["text"] == "after"
    gathering.close()


async def test_a_batch_begun_is_finished_by_its_model() -> None:
    old, new = Echo("old"), Echo("new")
    old.go.clear()
    gathering = Gathering(old, moment=0)
    first = asyncio.create_task(gathering.answer("first"))
    await asyncio.sleep(0.05)
    gathering.model = new
    second = asyncio.create_task(gathering.answer("second"))
    old.go.set()
    assert [(await first)["model"], (await second)["model"]] == ["old", "new"]
    gathering.close()


async def test_who_gave_up_is_not_worked_for() -> None:
    model = Echo()
    model.go.clear()
    gathering = Gathering(model, moment=0)
    first = asyncio.create_task(gathering.answer("first"))
    await asyncio.sleep(0.05)
    gone = asyncio.create_task(gathering.answer("gone"))
    stays = asyncio.create_task(gathering.answer("stays"))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    model.go.set()
    await asyncio.gather(first, stays)
    assert model.batches == [["first"], ["stays"]]
    gathering.close()
