"""What breaks, and when: everything drawn from the seed, so that a bad day can be had again."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Blow(StrEnum):
    """One thing that breaks. What it says is what is printed."""

    WORKER_KILLED = "worker killed"
    WORKER_PAUSED = "worker paused past its hold"
    SENDER_KILLED = "sender killed"
    WEB_KILLED = "web killed"
    SCHEDULER_KILLED = "scheduler killed"
    REDIS_KILLED = "redis killed"
    POSTGRES_RESTARTED = "postgres restarted"
    POSTGRES_KILLED = "postgres killed"
    RASA_PAUSED = "rasa paused"
    RASA_KILLED = "rasa killed"
    GALE_TWILIO = "twilio fails"
    GALE_TELEGRAM = "telegram fails"


WEIGHTS = {
    Blow.WORKER_KILLED: 5,
    Blow.WORKER_PAUSED: 2,
    Blow.SENDER_KILLED: 4,
    Blow.WEB_KILLED: 4,
    Blow.SCHEDULER_KILLED: 1,
    Blow.REDIS_KILLED: 2,
    Blow.POSTGRES_RESTARTED: 1,
    Blow.POSTGRES_KILLED: 1,
    Blow.RASA_PAUSED: 1,
    Blow.RASA_KILLED: 1,
    Blow.GALE_TWILIO: 3,
    Blow.GALE_TELEGRAM: 3,
}
"""How often each happens, against the others. PostgreSQL is rarer: while it is away nothing else can go wrong."""

GALE = (1.5, 5.0)
"""Seconds that a provider fails for. Longer ones add nothing but waiting: after three failed tries the next is half a
minute away, and after four two minutes."""


@dataclass(frozen=True)
class Event:
    """A blow at some second of the run.

    Args:
        which: which of several processes, counted from 0.
        seconds: how long it lasts.
    """

    at: float
    blow: Blow
    which: int
    seconds: float


def forecast(seed: int, seconds: float, every: float) -> list[Event]:
    """The blows of a run, in order: one in so many seconds on average, and each kind once before any comes twice."""
    chance = random.Random(f"{seed} weather")
    kinds = _drawn(chance)
    at, events = 0.0, []
    while (at := at + chance.uniform(0.3, 1.7) * every) < seconds:
        blow = next(kinds)
        events.append(Event(round(at, 2), blow, chance.randrange(2), round(_lasts(chance, blow), 2)))
    return events


def _drawn(chance: random.Random) -> Iterator[Blow]:
    first = list(Blow)
    chance.shuffle(first)
    yield from first
    while True:
        yield chance.choices(list(WEIGHTS), weights=list(WEIGHTS.values()))[0]


def _lasts(chance: random.Random, blow: Blow) -> float:
    match blow:
        case Blow.WORKER_PAUSED:
            return chance.uniform(6, 9)  # longer than the hold of a turn in `house`
        case Blow.GALE_TWILIO | Blow.GALE_TELEGRAM:
            return chance.uniform(*GALE)
        case Blow.POSTGRES_RESTARTED | Blow.POSTGRES_KILLED:
            return chance.uniform(0, 2)
        case _:
            return chance.uniform(0, 3)
