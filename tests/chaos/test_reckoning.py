"""The reckoning sees each thing that can go wrong: a good record is spoilt in one way at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.reckoning import Line, Queued, Reckoning, Shown, Talk, Written, Wrong, reckon

GOOD = Talk(
    name="complaint whatsapp 7",
    kind="complaint whatsapp",
    wrote=tuple(Written(f"m{at}", f"pesan {at}", at, at + 0.5) for at in range(3)),
    inbox=tuple((f"m{at}", "done") for at in range(3)),
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
    (lambda talk: replace(talk, inbox=(*talk.inbox[:2], ("m2", "dead"))), Wrong.LOST),
    (lambda talk: replace(talk, inbox=(*talk.inbox[:2], ("m2", "pending"))), Wrong.STUCK),
    (lambda talk: replace(talk, inbox=(*talk.inbox, ("m1", "done"))), Wrong.TWICE),
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
    assert not judged(without(loose, 1)).findings
    assert judged(without(loose, 2)).findings
    strange = replace(loose, shown=(*GOOD.shown[:1], Shown("s1", "lain"), GOOD.shown[2]))
    assert [finding.wrong for finding in judged(strange).findings] == [Wrong.REPLY_OTHER]


def test_what_was_posted_together_may_be_read_in_any_order() -> None:
    together = tuple(Written(f"m{at}", f"pesan {at}", 0.0, 1.0) for at in range(3))
    assert not judged(replace(GOOD, wrote=together, lines=swap(GOOD.lines))).findings
