"""Which texts are listed together."""

import random

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from bot.review.grouping import COMPARED, LIKE, OTHERS, Counted, groups

WORDS = st.sampled_from(
    [
        "kantor",
        "buka",
        "tutup",
        "hari",
        "ini",
        "otp",
        "ga",
        "masuk",
        "masuk2",
        "kartu",
        "hilang",
        "error",
        "sep",
    ]
)


@st.composite
def counted(draw: st.DrawFn) -> tuple[Counted, ...]:
    texts = draw(st.lists(st.builds(" ".join, st.lists(WORDS, max_size=6)), unique=True, max_size=40))
    return tuple(Counted(text, draw(st.integers(1, 9)), at) for at, text in enumerate(texts))


TEXTS = counted()


@given(TEXTS, st.randoms())
def test_every_text_is_in_one_group_whatever_the_order(
    texts: tuple[Counted, ...], chance: random.Random
) -> None:
    made = groups(texts)
    assert sorted(text.alike for group in made for text in (group.text, *group.others)) == sorted(
        text.alike for text in texts
    )
    shuffled = list(texts)
    chance.shuffle(shuffled)
    assert groups(shuffled) == made


@given(TEXTS)
def test_a_group_is_led_by_its_most_frequent_text_and_holds_what_is_like_it(
    texts: tuple[Counted, ...],
) -> None:
    made = groups(texts)
    for group in made:
        assert len(group.others) <= OTHERS
        for other in group.others:
            assert (other.count, other.newest) < (group.text.count, group.text.newest)
            assert fuzz.ratio(group.text.alike[:COMPARED], other.alike[:COMPARED]) >= LIKE
    order = [(-group.count, -group.newest) for group in made]
    assert order == sorted(order)


def test_typing_mistakes_come_together_and_short_words_do_not() -> None:
    texts = ["otp tidak masuk masuk", "otp tdak masuk masuk", "sep", "sec", "kantor palembang buka"]
    made = groups(Counted(text, 1, at) for at, text in enumerate(texts))
    assert sorted(sorted(t.alike for t in (group.text, *group.others)) for group in made) == [
        ["kantor palembang buka"],
        ["otp tdak masuk masuk", "otp tidak masuk masuk"],
        ["sec"],
        ["sep"],
    ]


def test_many_similar_ones_weigh_more_than_a_few_equal_ones() -> None:
    similar = [Counted(f"login mobile jkn gagal terus {letter}", 1, at) for at, letter in enumerate("abcd")]
    made = groups([Counted("kacamata ditanggung tidak", 3, 99), *similar])
    assert [group.count for group in made] == [4, 3]
