"""A server that does not answer is left alone, and asked again after a while."""

from dataclasses import dataclass, field

import pytest

from bot.members.breaker import Breaker


@dataclass
class Seconds:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Told:
    heard: list[bool] = field(default_factory=list)

    def __call__(self, open_: bool) -> None:
        self.heard.append(open_)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def test_it_opens_after_failures_in_a_row_only(seconds: Seconds) -> None:
    breaker = Breaker(failures=3, rest=30, clock=seconds)
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(2):
        breaker.failed()
        assert breaker.lets_through()
    breaker.failed()
    assert not breaker.lets_through()


def test_after_a_rest_one_question_is_let_through(seconds: Seconds) -> None:
    told = Told()
    breaker = Breaker(failures=1, rest=30, clock=seconds, changed=told)
    breaker.failed()
    seconds.now += 29.9
    assert not breaker.lets_through()
    seconds.now += 0.1
    assert breaker.lets_through()
    assert not breaker.lets_through()  # one probe at a time
    breaker.succeeded()
    assert breaker.lets_through()
    assert breaker.lets_through()
    assert told.heard == [True, False]


def test_a_probe_that_fails_begins_the_rest_anew(seconds: Seconds) -> None:
    told = Told()
    breaker = Breaker(failures=1, rest=30, clock=seconds, changed=told)
    breaker.failed()
    seconds.now += 30
    assert breaker.lets_through()
    seconds.now += 5
    breaker.failed()
    seconds.now += 29
    assert not breaker.lets_through()
    seconds.now += 1
    assert breaker.lets_through()
    assert told.heard == [True]


def test_a_probe_that_never_came_back_is_not_waited_for_for_ever(seconds: Seconds) -> None:
    breaker = Breaker(failures=1, rest=30, clock=seconds)
    breaker.failed()
    seconds.now += 30
    assert breaker.lets_through()
    seconds.now += 30
    assert breaker.lets_through()
