"""The reckoning sees each thing that can go wrong: a good record is spoilt in one way at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.findings import Finding, Wrong
from tests.chaos.hearing import Hearing, listen
from tests.chaos.reckoning import Line, Reckoning, Stored, Talk, Written, reckon
from tests.chaos.sending import Queued, Shown, sent_once

GOOD = Talk(
    name="complaint whatsapp 7",
    kind="complaint whatsapp",
    wrote=tuple(Written(f"m{at}", f"pesan {at}", at, at + 0.5) for at in range(3)),
    inbox=tuple(Stored(f"m{at}", "done") for at in range(3)),
    lines=tuple(Line(f"m{at}", f"pesan {at}") for at in range(3)),
    outbox=tuple(Queued("sent", f"s{at}") for at in range(3)),
    shown=tuple(Shown(f"s{at}", f"jawaban {at}") for at in range(3)),
    cases=('["complaint", "new", "samarinda"]',),
    state="bot free samarinda 0",
    receipts=(("read", "read"),),
)


def judged(talk: Talk) -> Reckoning:
    return reckon([talk], [GOOD])


def without(talk: Talk, at: int) -> Talk:
    """One reply was never made."""
    return replace(talk, outbox=drop(talk.outbox, at), shown=drop(talk.shown, at))


def drop(these: tuple[Any, ...], at: int) -> tuple[Any, ...]:
    return these[:at] + these[at + 1 :]


def swap(these: tuple[Any, ...]) -> tuple[Any, ...]:
    return (these[1], these[0], *these[2:])


def test_a_good_run_has_no_findings() -> None:
    found = judged(GOOD)
    assert not found.findings
    assert set(found.figures.values()) == {0}


SPOILT: list[tuple[Callable[[Talk], Talk], Wrong]] = [
    (lambda talk: replace(talk, inbox=drop(talk.inbox, 1)), Wrong.LOST),
    (lambda talk: replace(talk, lines=drop(talk.lines, 1)), Wrong.LOST),
    (lambda talk: replace(talk, inbox=(*talk.inbox[:2], Stored("m2", "dead"))), Wrong.LOST),
    (lambda talk: replace(talk, inbox=(*talk.inbox[:2], Stored("m2", "pending"))), Wrong.STUCK),
    (lambda talk: replace(talk, inbox=(*talk.inbox, Stored("m1", "done"))), Wrong.TWICE),
    (lambda talk: replace(talk, lines=(*talk.lines, talk.lines[2])), Wrong.TWICE),
    (lambda talk: replace(talk, lines=(*talk.lines[:2], Line("m2", "pesan 1"))), Wrong.MIXED_UP),
    (lambda talk: replace(talk, lines=(*talk.lines, Line("x9", "pesan 9"))), Wrong.MIXED_UP),
    (lambda talk: replace(talk, lines=swap(talk.lines)), Wrong.READ_OUT_OF_ORDER),
    (lambda talk: without(talk, 1), Wrong.REPLY_LOST),
    (lambda talk: replace(talk, shown=drop(talk.shown, 1)), Wrong.REPLY_LOST),
    (lambda talk: replace(talk, outbox=(*talk.outbox[:2], Queued("dead", None))), Wrong.LEFT),
    (lambda talk: replace(talk, outbox=(*talk.outbox[:2], Queued("unknown", "s2"))), Wrong.LEFT),
    (lambda talk: replace(talk, outbox=(*talk.outbox[:2], Queued("queued", None))), Wrong.STUCK),
    (lambda talk: replace(talk, shown=swap(talk.shown)), Wrong.REPLIES_OUT_OF_ORDER),
    (
        lambda talk: replace(talk, outbox=swap(talk.outbox), shown=swap(talk.shown)),
        Wrong.REPLIES_OUT_OF_ORDER,
    ),
    (lambda talk: replace(talk, shown=(*talk.shown, Shown("s9", "jawaban 2"))), Wrong.SENT_TWICE),
    (
        lambda talk: replace(
            talk, outbox=(*talk.outbox, Queued("sent", "s9")), shown=(*talk.shown, Shown("s9", "jawaban 2"))
        ),
        Wrong.REPLY_TWICE,
    ),
    (lambda talk: replace(talk, shown=(*talk.shown[:2], Shown("s2", "lain"))), Wrong.REPLY_OTHER),
    (lambda talk: replace(talk, cases=()), Wrong.CASE_LOST),
    (lambda talk: replace(talk, cases=talk.cases * 2), Wrong.CASE_TWICE),
    (lambda talk: replace(talk, cases=('["complaint", "new", "palembang"]',)), Wrong.CASE_OTHER),
    (lambda talk: replace(talk, numbers=False), Wrong.CASE_OTHER),
    (lambda talk: replace(talk, receipts=(("read", "sent"),)), Wrong.RECEIPT),
    (lambda talk: replace(talk, receipts=(("read", None),)), Wrong.RECEIPT),
    (lambda talk: replace(talk, state="bot held samarinda 0"), Wrong.STATE),
    (lambda talk: replace(talk, stuck="step 2"), Wrong.STUCK),
    (lambda talk: replace(talk, wrote=(*talk.wrote[:2], replace(talk.wrote[2], taken_at=None))), Wrong.STUCK),
]


@pytest.mark.parametrize(("spoil", "wrong"), SPOILT)
def test_it_names_what_is_wrong(spoil: Callable[[Talk], Talk], wrong: Wrong) -> None:
    assert wrong in {finding.wrong for finding in judged(spoil(GOOD)).findings}


def doubled(doubtful: bool, at: int = 1) -> Talk:
    """The reply `at` reached the participant twice; the outbox knows the second one."""
    extra = Shown("first copy", f"jawaban {at}", doubtful)
    return replace(GOOD, shown=(*GOOD.shown[:at], extra, *GOOD.shown[at:]))


def test_one_double_is_allowed_where_nobody_could_know() -> None:
    found = judged(doubled(doubtful=True))
    assert (found.findings, found.allowed) == ([], 1)
    assert [finding.wrong for finding in judged(doubled(doubtful=False)).findings] == [Wrong.SENT_TWICE]


def test_a_second_double_is_not_allowed() -> None:
    twice = doubled(doubtful=True)
    thrice = replace(
        twice, shown=(*twice.shown[:1], Shown("zeroth copy", "jawaban 1", True), *twice.shown[1:])
    )
    found = judged(thrice)
    assert [finding.wrong for finding in found.findings] == [Wrong.SENT_TWICE]


def test_a_double_does_not_excuse_the_order() -> None:
    late = replace(
        doubled(doubtful=True), outbox=(*GOOD.outbox[:1], Queued("sent", "s1"), Queued("sent", "s2"))
    )
    mixed = replace(late, shown=(late.shown[1], late.shown[0], *late.shown[2:]))
    assert Wrong.REPLIES_OUT_OF_ORDER in {finding.wrong for finding in judged(mixed).findings}


def test_of_messages_written_quickly_the_replies_may_be_fewer() -> None:
    loose = replace(GOOD, loose=True)
    for missing in (0, 1):
        assert not judged(without(loose, missing)).findings
    assert [finding.wrong for finding in judged(without(loose, 2)).findings] == [Wrong.REPLY_LOST]
    strange = replace(loose, shown=(*GOOD.shown[:1], Shown("s1", "lain"), GOOD.shown[2]))
    assert [finding.wrong for finding in judged(strange).findings] == [Wrong.REPLY_OTHER]


def test_of_messages_written_quickly_each_turn_is_answered() -> None:
    turns = tuple(replace(row, done_at=float(max(1, at))) for at, row in enumerate(GOOD.inbox))
    loose = replace(GOOD, loose=True, inbox=turns)
    assert not judged(without(loose, 0)).findings
    found = judged(without(without(loose, 0), 0)).findings
    assert [finding.wrong for finding in found] == [Wrong.REPLY_LOST]


def test_what_was_posted_together_may_be_read_in_any_order() -> None:
    together = tuple(Written(f"m{at}", f"pesan {at}", 0.0, 1.0) for at in range(3))
    assert not judged(replace(GOOD, wrote=together, lines=swap(GOOD.lines))).findings


ALBUM = replace(
    GOOD,
    wrote=tuple(Written(f"m{at}", "[image]", at / 10, at / 10 + 0.05, f"p{at}", "album") for at in range(3)),
    inbox=tuple(Stored(f"m{at}", "done", at / 10, done_at=1.0) for at in range(3)),
    lines=tuple(Line(f"m{at}", "[image]") for at in range(3)),
    photos=tuple((f"m{at}", f"p{at}") for at in range(3)),
    quiet=0.4,
)
"""Three photos, each of which was there before the first could be read."""


def later(talk: Talk, **more: Any) -> Talk:
    """The last message has a turn of its own."""
    return replace(talk, inbox=(*talk.inbox[:2], replace(talk.inbox[2], done_at=2.0, **more)))


ALBUM_SPOILT: list[tuple[Callable[[Talk], Talk], Wrong]] = [
    (lambda talk: replace(talk, photos=drop(talk.photos, 1)), Wrong.PHOTO_LOST),
    (lambda talk: replace(talk, photos=(*talk.photos[:2], ("m2", "failed"))), Wrong.PHOTO_LOST),
    (lambda talk: replace(talk, photos=(*talk.photos[:2], ("m2", "p0"))), Wrong.PHOTO_LOST),
    (lambda talk: replace(talk, photos=(*talk.photos, ("m1", "p1"))), Wrong.PHOTO_TWICE),
    (lambda talk: replace(talk, photos=(*talk.photos, ("m1", "p0"))), Wrong.PHOTO_TWICE),
    (later, Wrong.ALBUM),
]


@pytest.mark.parametrize(("spoil", "wrong"), ALBUM_SPOILT)
def test_it_names_what_is_wrong_with_photos(spoil: Callable[[Talk], Talk], wrong: Wrong) -> None:
    assert not judged(ALBUM).findings
    assert [finding.wrong for finding in judged(spoil(ALBUM)).findings] == [wrong]


ENCLOSED = replace(GOOD, enclosed=("a0", "a1"), beside=("a0", "a1"))
"""An agent sent two photos."""


@pytest.mark.parametrize(
    ("beside", "wrong"),
    [
        (("a0",), [Wrong.PHOTO_LOST]),
        (("a0", "failed"), [Wrong.PHOTO_LOST, Wrong.PHOTO_TWICE]),
        (("a0", "a1", "a1"), [Wrong.PHOTO_TWICE]),
        (("a0", "a1", "of another talk"), [Wrong.PHOTO_TWICE]),
    ],
)
def test_it_names_what_is_wrong_with_photos_of_agents(beside: tuple[str, ...], wrong: list[Wrong]) -> None:
    assert not judged(ENCLOSED).findings
    assert [finding.wrong for finding in judged(replace(ENCLOSED, beside=beside)).findings] == wrong


def test_what_came_late_or_was_tried_again_may_have_a_turn_of_its_own() -> None:
    late = replace(ALBUM, wrote=(*ALBUM.wrote[:2], replace(ALBUM.wrote[2], taken_at=0.5)))
    assert not judged(later(late)).findings
    assert not judged(later(ALBUM, tries=1)).findings


def changed(by: Line, *others: Line) -> Talk:
    """The second message is a newer version of the first, the third a reply to ours."""
    first, second, third = GOOD.wrote
    wrote = (first, replace(second, changes="m0"), replace(third, quotes="s0"))
    return replace(GOOD, wrote=wrote, lines=(*others, by, Line("m2", "pesan 2", "s0")))


def test_a_newer_version_stands_for_the_first_or_refers_to_it() -> None:
    first = GOOD.lines[0]
    assert not judged(changed(Line("m1", "pesan 1"))).findings
    assert not judged(changed(Line("m1", "pesan 1", "m0"), first)).findings
    found = judged(changed(Line("m1", "pesan 1"), first)).findings
    assert [finding.wrong for finding in found] == [Wrong.EDIT]
    found = judged(changed(first)).findings
    assert [finding.wrong for finding in found] == [Wrong.LOST]
    lost = changed(Line("m1", "pesan 1"))
    assert [finding.wrong for finding in judged(replace(lost, lines=lost.lines[1:])).findings] == [
        Wrong.LOST
    ] * 2


def test_a_reply_refers_to_what_it_quotes() -> None:
    talk = changed(Line("m1", "pesan 1", "m0"), GOOD.lines[0])
    for strange in (None, "s1"):
        lines = (*talk.lines[:2], Line("m2", "pesan 2", strange))
        assert [finding.wrong for finding in judged(replace(talk, lines=lines)).findings] == [Wrong.QUOTE]


HEARD = Hearing(
    "news to 7",
    due=frozenset({"kabar-0", "kabar-0-pulih"}),
    free=frozenset({"kabar-1"}),
    outbox=(Queued("sent", "s0"), Queued("sent", "s1")),
    shown=(Shown("s0", "sulit diakses (kabar-0)"), Shown("s1", "(kabar-0): normal (kabar-0-pulih)")),
)

MISHEARD: list[tuple[Callable[[Hearing], Hearing], Wrong]] = [
    (lambda one: replace(one, outbox=one.outbox[:1], shown=one.shown[:1]), Wrong.NEWS_MISSED),
    (lambda one: replace(one, shown=one.shown[1:]), Wrong.NEWS_MISSED),
    (lambda one: replace(one, due=one.due | {"kabar-2"}), Wrong.NEWS_MISSED),
    (
        lambda one: replace(
            one,
            outbox=(*one.outbox, Queued("sent", "s2")),
            shown=(*one.shown, replace(one.shown[1], provider_id="s2")),
        ),
        Wrong.NEWS_TWICE,
    ),
    (lambda one: replace(one, shown=(*one.shown, replace(one.shown[1], provider_id="s2"))), Wrong.SENT_TWICE),
    (lambda one: replace(one, due=frozenset({"kabar-0"})), Wrong.NEWS_UNASKED),
    (lambda one: replace(one, outbox=swap(one.outbox)), Wrong.REPLIES_OUT_OF_ORDER),
    (lambda one: replace(one, outbox=(*one.outbox, Queued("queued", None))), Wrong.STUCK),
    (lambda one: replace(one, outbox=(*one.outbox, Queued("dead", None))), Wrong.LEFT),
]


@pytest.mark.parametrize(("spoil", "wrong"), MISHEARD)
def test_it_names_what_is_wrong_with_news(spoil: Callable[[Hearing], Hearing], wrong: Wrong) -> None:
    assert not listen([HEARD]).findings
    assert wrong in {finding.wrong for finding in listen([spoil(HEARD)]).findings}


def test_news_that_was_called_off_brings_nothing() -> None:
    assert not listen([replace(HEARD, outbox=(*HEARD.outbox, Queued("cancelled", None)))]).findings


def test_one_double_of_news_is_allowed_where_nobody_could_know() -> None:
    double = Shown("first copy", HEARD.shown[0].text, doubtful=True)
    found = listen([replace(HEARD, shown=(double, *HEARD.shown))])
    assert (found.findings, found.allowed) == ([], 1)


def resent(*copies: Shown) -> Talk:
    """The first reply was left to a person, who sent it again: it came after the others, beside these copies."""
    first, *others = GOOD.shown
    assert GOOD.outbox[0].provider_id == first.provider_id
    outbox = (replace(GOOD.outbox[0], resent=1), *GOOD.outbox[1:])
    return replace(GOOD, outbox=outbox, shown=(*copies, *others, first))


def test_what_a_person_sent_again_may_come_late_and_once_more() -> None:
    copy = replace(GOOD.shown[0], doubtful=True)
    copies = [replace(copy, provider_id=f"copy {n}") for n in range(3)]
    for count in range(3):
        judgement = judged(resent(*copies[:count]))
        assert (judgement.findings, judgement.allowed) == ([], count)
    assert [finding.wrong for finding in judged(resent(*copies)).findings] == [Wrong.SENT_TWICE]


def test_a_double_may_come_before_and_after_what_a_person_sent_again() -> None:
    first, second, *others = GOOD.shown
    double = replace(second, provider_id="copy", doubtful=True)
    again = replace(resent(), shown=(double, first, second, *others))
    assert not judged(again).findings
    found = judged(replace(again, outbox=GOOD.outbox)).findings
    assert [finding.wrong for finding in found] == [Wrong.REPLIES_OUT_OF_ORDER]


def test_of_two_replies_that_say_the_same_each_may_have_come_twice() -> None:
    first, second, *others = GOOD.shown
    same = replace(second, text=first.text)
    copies = [replace(first, provider_id=f"copy {n}", doubtful=True) for n in range(3)]
    found: list[Finding] = []
    texts, allowed = sent_once("7", resent().outbox, (*copies, same, first, *others), found)
    assert (found, allowed, len(texts)) == ([], 3, len(GOOD.outbox))
    sent_once("7", GOOD.outbox, (*copies, first, same, *others), found)
    assert [finding.wrong for finding in found] == [Wrong.SENT_TWICE]
