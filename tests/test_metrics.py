"""The numbers: told of in one page, read at a small price, and never about a person."""

import re
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from bot import metrics
from bot.delivery import queues
from bot.health import _waiting
from bot.settings import HOME
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.tables import OutboxState, Priority
from tests.conftest import NOON

UNITS = ("_seconds", "_total")
LABELS = {
    "channel",
    "job",
    "outcome",
    "heard",
    "code",
    "state",
    "limit",
    "priority",
    "interpreter",
    "role",
    "version",
    "python",
    "what",
    "directory",
}


def numbers() -> dict[str, tuple[tuple[str, ...], str]]:
    """Every number with its labels and its meaning."""
    counted: dict[str, tuple[tuple[str, ...], str]] = {}
    for one in metrics.COUNTED:
        [family] = one.describe()
        name = family.name + ("_total" if family.type == "counter" else "")
        counted[name] = one._labelnames, family.documentation
    return counted | {one.name: (one.labels, one.meaning) for one in metrics.READ}


def names() -> dict[str, tuple[str, ...]]:
    """Every number with its labels."""
    return {name: labels for name, (labels, _) in numbers().items()}


def test_the_page_for_operators_lists_every_number() -> None:
    page = (HOME / "docs/operating.md").read_text()
    section = page.partition("## Numbers for Prometheus")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(siaga_\w+)` \|([^|]*)\| (.*) \|$", section, re.MULTILINE)
    told = {name: (tuple(re.findall(r"`(\w+)`", labels)), meaning) for name, labels, meaning in rows}
    assert told == numbers()


def test_the_queries_and_alerts_of_that_page_use_numbers_that_there_are() -> None:
    page = (HOME / "docs/operating.md").read_text()
    used = set(re.findall(r"\bsiaga_\w+", page)) - {"siaga_inbox", "siaga_outbox"}
    histograms = {name for name in names() if name.endswith("_seconds")}
    parts = {f"{name}_{end}" for name in histograms for end in ("bucket", "count", "sum")}
    assert used <= names().keys() | parts


def test_nothing_is_told_apart_by_a_person() -> None:
    assert {label for labels in names().values() for label in labels} == LABELS


def test_units_are_those_of_prometheus() -> None:
    for name in names():
        assert not re.search(r"_(ms|milliseconds|minutes|hours|bytes_total)$", name)
        assert name.startswith("siaga_")
    counters = {name for name in names() if name.endswith("_total")}
    assert {"siaga_webhooks_total", "siaga_interpretations_total"} <= counters


def test_a_code_is_a_code_and_there_are_not_endlessly_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_codes", set())
    assert [metrics.code(told) for told in ("63016", "http_503", "timeout")] == [
        "63016",
        "http_503",
        "timeout",
    ]
    for told in (None, "", "+6281200000001 blocked", "x" * 41, "telegram:4711", "nomor salah"):
        assert metrics.code(told) == "other"
    assert len({metrics.code(str(number)) for number in range(10_000)}) <= metrics._MOST_CODES + 1
    assert metrics.code("63016") == "63016"


INBOX = """
    insert into inbox (channel, provider_id, address, sealed, state, received_at, ready_at)
    select 'telegram', :state || number, 'telegram:' || number, '\\x00', :state,
           cast(:at as timestamptz) + number * interval '1 second', :at
      from generate_series(1, :many) number
"""
OUTBOX = """
    insert into outbox (channel, address, sealed, priority, state, next_try_at)
    select 'telegram', 'telegram:' || number, '\\x00', :priority, :state,
           cast(:at as timestamptz) + number * interval '1 second'
      from generate_series(1, :many) number
"""


async def fill(database: Database, statement: str, **values: Any) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text(statement), values)


async def test_what_waits(database: Database) -> None:
    empty = await queues.look(database, NOON)
    assert (empty.inbox_pending, empty.inbox_oldest, empty.inbox_dead) == (0, 0.0, 0)
    assert set(empty.late.values()) | set(empty.queued.values()) | set(empty.stopped.values()) == {0}

    ago = NOON - timedelta(seconds=100)
    for state, many in (("pending", 3), ("done", 5), ("dead", 2)):
        await fill(database, INBOX, state=state, many=many, at=ago)
    for priority, state, many in (
        ("a_reply", "queued", 2),
        ("b_notice", "queued", 4),
        ("a_reply", "sent", 9),
        ("a_reply", "dead", 1),
        ("b_notice", "unknown", 3),
    ):
        await fill(database, OUTBOX, priority=priority, state=state, many=many, at=ago)
    await fill(database, OUTBOX, priority="a_reply", state="queued", many=1, at=NOON + timedelta(hours=1))
    found = await queues.look(database, NOON)
    assert (found.inbox_pending, found.inbox_oldest, found.inbox_dead) == (3, 99.0, 2)
    assert found.queued == {Priority.REPLY: 3, Priority.NOTICE: 4}
    assert found.late == {Priority.REPLY: 99.0, Priority.NOTICE: 99.0}
    assert found.stopped == {OutboxState.DEAD: 1, OutboxState.UNKNOWN: 3}
    told = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.page(_waiting(found)).decode())
        for sample in family.samples
    }
    assert told["siaga_outbox_queued", "reply"] == 3
    assert told["siaga_outbox_stopped", "unknown"] == 3
    assert told["siaga_inbox_oldest_seconds",] == 99


async def test_reading_takes_no_walk_through_what_is_done(database: Database) -> None:
    """With much done and little waiting, every part of the statement is served by a partial index."""
    await fill(database, INBOX, state="done", many=20_000, at=NOON)
    await fill(database, INBOX, state="pending", many=10, at=NOON)
    await fill(database, OUTBOX, priority="a_reply", state="sent", many=20_000, at=NOON)
    await fill(database, OUTBOX, priority="b_notice", state="queued", many=10, at=NOON)
    written = queues.statement().compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True, "render_postcompile": True}
    )
    async with database.engine.begin() as connection:
        await connection.execute(text("analyze inbox, outbox"))
        plan = "\n".join((await connection.execute(text(f"explain {written}"))).scalars())
    assert "Seq Scan" not in plan
    used = set(re.findall(r"using (ix_\w+)|on (ix_\w+)", plan))
    assert {"ix_inbox_next", "ix_inbox_dead", "ix_outbox_due", "ix_outbox_dead", "ix_outbox_unknown"} <= {
        name for pair in used for name in pair if name
    }


async def test_counting_stops_where_it_helps_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "MOST", 50)
    await fill(database, INBOX, state="pending", many=80, at=NOON)
    assert (await queues.look(database, NOON)).inbox_pending == 50


async def test_a_database_that_does_not_answer_is_given_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "PATIENCE", 0.3)
    async with database.engine.begin() as other:
        await other.execute(text("lock table outbox in access exclusive mode"))
        with pytest.raises(UNAVAILABLE):
            await queues.look(database, NOON)
    assert (await queues.look(database, NOON)).inbox_pending == 0
