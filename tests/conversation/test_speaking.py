"""The replies of a turn, put into as few messages as read well."""

from bot.conversation.speaking import LONGEST, merge
from bot.dialogue.engine import Reply
from bot.messages import Option
from tests.dialogue.scene import sample

TEXTS = sample()[1]
BUTTONS = (Option(id="1:a:b", title="Ya"),)


def test_replies_become_one_message() -> None:
    said = merge([Reply("form.corrected"), Reply("thank.welcome")], TEXTS, "id")
    assert [text.body for text in said] == [
        f"{TEXTS.say('form.corrected', 'id', {})}\n\n{TEXTS.say('thank.welcome', 'id', {})}"
    ]


def test_buttons_end_a_message() -> None:
    said = merge(
        [Reply("form.go_on"), Reply("outage.tell_me", options=BUTTONS), Reply("thank.welcome")], TEXTS, "en"
    )
    assert [text.options for text in said] == [BUTTONS, ()]


def test_no_wall_of_text() -> None:
    long = Reply("information.is", {"answer": "kata " * 180})
    said = merge([long] * 4, TEXTS, "id")
    assert len(said) == 4
    assert all(len(text.body) <= LONGEST for text in said)


def test_nothing_to_say_is_no_message() -> None:
    assert merge([], TEXTS, "id") == []
