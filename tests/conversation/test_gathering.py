"""Several messages as one turn."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.conversation.gathering import gather
from bot.conversation.referring import Arrived
from bot.dialogue.state import Dialogue
from bot.messages import Address, Incoming, Media, MediaKind
from tests.dialogue.scene import MONDAY
from tests.dialogue.test_routing import complaint


def message(text: str = "", *, at: datetime = MONDAY, photos: int = 0, **rest: Any) -> Arrived:
    """Something that a participant sent."""
    media = tuple(Media(kind=MediaKind.IMAGE, reference=f"{text}{number}") for number in range(photos))
    said = Incoming(
        channel="telegram",
        address=Address("telegram:1"),
        provider_id="1",
        sent_at=at,
        text=text,
        media=media,
        **rest,
    )
    return Arrived(inbox_id=1, message=said)


def texts(messages: list[Arrived]) -> list[str]:
    return [item.message.text for item in messages]


ASKED = complaint(until="category").dialogue


def test_words_that_follow_one_another_are_one_message() -> None:
    gathered = gather([message("min"), message("mau tanya"), message("kantor buka?")], Dialogue())
    assert texts(gathered) == ["min\nmau tanya\nkantor buka?"]


def test_with_a_question_open_each_may_be_an_answer_of_its_own() -> None:
    gathered = gather([message("antrean"), message("RS SMC"), message("nunggu lama sekali")], ASKED)
    assert texts(gathered) == ["antrean", "RS SMC", "nunggu lama sekali"]


@pytest.mark.parametrize("opening", ["min", "halo kak", "mau tanya", "assalamualaikum, pak"])
def test_an_opening_is_joined_with_what_follows_it_even_then(opening: str) -> None:
    assert texts(gather([message(opening), message("RS SMC")], ASKED)) == [f"{opening}\nRS SMC"]


def test_an_album_is_one_message() -> None:
    gathered = gather([message(photos=1), message(photos=1), message("bukti", photos=1)], ASKED)
    assert len(gathered) == 1
    assert len(gathered[0].message.media) == 3


def test_a_photo_and_words_are_two() -> None:
    assert len(gather([message("ini ya"), message(photos=1), message("sudah")], Dialogue())) == 3


def test_taps_and_what_cannot_be_read_and_times_stay_alone() -> None:
    alone = [
        message("a", tapped="1:x:y"),
        message("b"),
        message(unsupported="poll"),
        message(due="idle_form"),
    ]
    assert gather(alone, Dialogue()) == alone


@pytest.mark.parametrize("apart", [{"before": message("sa").message}, {"asked": "1:complaint.category"}])
def test_a_correction_and_an_answer_to_a_quoted_question_stay_alone(apart: dict[str, Any]) -> None:
    assert len(gather([message("a"), replace(message("b"), **apart), message("c")], Dialogue())) == 3


def test_nothing_is_nothing() -> None:
    assert gather([], Dialogue()) == []
