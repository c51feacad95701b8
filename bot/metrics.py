"""Every number that Prometheus is told, in one place: name, unit, what it means, by what it is told apart.

Each process counts for itself; queues are read from the database when they are asked for (`bot.health`). A label has
few values, all of them names of ours or codes of a provider: never an address, a name, a case, a conversation.
"""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.errors import ChannelError

# A second series for each, of which nothing here makes use.
disable_created_metrics()  # type: ignore[no-untyped-call]

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_MOST_CODES = 200

WEBHOOKS = Counter(
    "siaga_webhooks_total",
    "Requests of providers (outcome: stored, not_stored, busy, forged, bad_payload, too_large, cut_off)",
    ("channel", "outcome"),
)
WEBHOOK_SECONDS = Histogram(
    "siaga_webhook_seconds",
    "Seconds from a provider's request to its commit in the inbox",
    ("channel",),
    buckets=_FAST,
)
TURN_SECONDS = Histogram(
    "siaga_turn_seconds",
    "Seconds of a turn (outcome: committed, failed, hold_lost, let_go)",
    ("outcome",),
    buckets=_FAST,
)
ARRIVAL_SECONDS = Histogram(
    "siaga_arrival_to_commit_seconds",
    "Seconds from a message's webhook to the commit of its turn; of several messages the first",
    ("channel",),
    buckets=_SLOW,
)
SEND_SECONDS = Histogram(
    "siaga_send_seconds",
    "Seconds of one request to a provider, by what came of it (outcome: taken, refused, unknown)",
    ("channel", "outcome"),
    buckets=_FAST,
)
FAILURES = Counter(
    "siaga_failures_total",
    "Messages that a provider did not take, or reported as failed later (heard: send, receipt)",
    ("channel", "heard", "code"),
)
RECEIPTS = Counter("siaga_receipts_total", "Delivery states that providers reported", ("channel", "state"))
LIMITER_SECONDS = Histogram(
    "siaga_limiter_wait_seconds",
    "Seconds to wait for a limit, each time one was asked (limit: account, recipient, provider)",
    ("channel", "limit"),
    buckets=_SLOW,
)
RECOVERED = Counter(
    "siaga_recovered_total",
    "Messages that came by no webhook and were taken in from the provider's own list",
    ("channel",),
)
JOBS = Counter(
    "siaga_jobs_total",
    "Runs of the schedule's jobs, and single rows that failed in them (outcome: done, failed)",
    ("job", "outcome"),
)
FLOODS = Counter(
    "siaga_floods_total",
    "Turns of participants who write too much (outcome: told, silent)",
    ("outcome",),
)
MEMBER_LOOKUPS = Counter(
    "siaga_member_lookups_total",
    "Questions about a member, by what came of them (outcome: found, no_match, too_many, away)",
    ("directory", "outcome"),
)
MEMBERS_LEFT_ALONE = Gauge(
    "siaga_members_left_alone",
    "1 while the directory of members is not asked because it was silent",
    ("directory",),
)
SHEDDING = Gauge(
    "siaga_shedding",
    "1 while these are left out because messages wait for too long (what: notices, typing)",
    ("what",),
)

COUNTED = (
    WEBHOOKS,
    WEBHOOK_SECONDS,
    TURN_SECONDS,
    ARRIVAL_SECONDS,
    SEND_SECONDS,
    FAILURES,
    RECEIPTS,
    LIMITER_SECONDS,
    RECOVERED,
    JOBS,
    FLOODS,
    MEMBER_LOOKUPS,
    MEMBERS_LEFT_ALONE,
    SHEDDING,
)
"""What this process counts as it goes."""


@dataclass(frozen=True, slots=True)
class Read:
    """A number that is looked up whenever Prometheus asks.

    Args:
        name: with its unit.
        meaning: one sentence.
        labels: what its values are told apart by.
        counter: whether it only grows while the process lives; its name ends in ``_total``.
    """

    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    counter: bool = False

    def of(self, values: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
        """The number, one value for each combination of labels."""
        kind = CounterMetricFamily if self.counter else GaugeMetricFamily
        family = kind(self.name, self.meaning, labels=self.labels)
        for labels, value in sorted(values):
            family.add_metric(labels, value)
        return family

    def being(self, value: float) -> Metric:
        """The number, where there is one alone."""
        return self.of([((), value)])


BUILD = Read(
    "siaga_build_info", "Always 1: release, Python and part of the service", ("version", "python", "role")
)
DATABASE_UP = Read("siaga_database_up", "1 if the queues could be read just now, else 0 and they are missing")
INBOX_PENDING = Read("siaga_inbox_pending", "Messages that no turn has dealt with yet")
INBOX_OLDEST = Read(
    "siaga_inbox_oldest_seconds", "Seconds since the oldest of them arrived; 0 if there is none"
)
INBOX_DEAD = Read("siaga_inbox_dead", "Messages whose turns failed for good")
OUTBOX_QUEUED = Read("siaga_outbox_queued", "Messages to be sent (priority: reply, notice)", ("priority",))
OUTBOX_LATE = Read(
    "siaga_outbox_late_seconds",
    "Seconds for which the most overdue of them could have gone out",
    ("priority",),
)
OUTBOX_STOPPED = Read(
    "siaga_outbox_stopped", "Messages that wait for a person (state: dead, unknown)", ("state",)
)
INTERPRETATIONS = Read(
    "siaga_interpretations_total", "Texts that each interpreter read", ("interpreter",), counter=True
)
CACHE_HITS = Read(
    "siaga_interpreter_cache_hits_total", "Texts that had been read shortly before", counter=True
)
RASA_LEFT_ALONE = Read(
    "siaga_rasa_left_alone", "1 while Rasa is not asked because it was silent; missing where there is no Rasa"
)

READ = (
    BUILD,
    DATABASE_UP,
    INBOX_PENDING,
    INBOX_OLDEST,
    INBOX_DEAD,
    OUTBOX_QUEUED,
    OUTBOX_LATE,
    OUTBOX_STOPPED,
    INTERPRETATIONS,
    CACHE_HITS,
    RASA_LEFT_ALONE,
)
"""What is looked up."""

_codes: set[str] = set()


def code(told: str | None) -> str:
    """A provider's error code as a label: what does not look like one, or comes after very many, is ``other``."""
    if not told or not re.fullmatch(r"\w{1,40}", told, re.ASCII):
        return "other"
    if told not in _codes and len(_codes) >= _MOST_CODES:
        return "other"
    _codes.add(told)
    return told


@contextmanager
def sending(channel: str) -> Iterator[None]:
    """Count and time the request to a provider that the block makes."""
    began, outcome = time.perf_counter(), "taken"
    try:
        yield
    except BaseException as error:
        outcome = "unknown" if isinstance(error, ChannelError) and error.unknown else "refused"
        raise
    finally:
        SEND_SECONDS.labels(channel, outcome).observe(time.perf_counter() - began)


class _Looked(Collector):
    """What was looked up for one answer."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = list(found)

    def collect(self) -> Iterator[Metric]:
        """All of it."""
        yield from self._found


def page(found: Iterable[Metric]) -> bytes:
    """Prometheus' text format: what this process counted, then what was `found` just now."""
    return generate_latest(REGISTRY) + generate_latest(_Looked(found))
