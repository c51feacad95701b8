"""One id for a message's whole way; spans for a collector that carry nothing of a person."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from bot import tracing
from bot.spans import Spans

WAY = "0af7651916cd43dd8448eb211c80319c"
KEPT = f"00-{WAY}-b7ad6b7169203331-01"
SECRET = "nama saya Siti"


def test_what_is_kept_is_read_again() -> None:
    assert str(tracing.read(KEPT)) == KEPT
    with tracing.followed(KEPT):
        assert tracing.traceparent() == KEPT
        assert structlog.contextvars.get_contextvars() == {"trace": WAY}
    assert tracing.present() is None
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.parametrize(
    "told", [None, "", "x", KEPT.upper(), KEPT + "0", f"00-{'0' * 32}-b7ad6b7169203331-01", f"01{KEPT[2:]}"]
)
def test_what_names_no_way_begins_one(told: str | None) -> None:
    with tracing.followed(told):
        first = tracing.traceparent()
        assert first == tracing.traceparent()
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", first)
    assert WAY not in first
    assert tracing.traceparent() != tracing.traceparent()


async def test_tasks_side_by_side_do_not_mix() -> None:
    async def work() -> str:
        await asyncio.sleep(0.01)
        return tracing.traceparent()

    other = KEPT.replace("0af", "1af")
    assert await asyncio.gather(tracing.along(KEPT, work()), tracing.along(other, work())) == [KEPT, other]


def test_a_callback_comes_back_on_the_way_of_its_message() -> None:
    assert tracing.on_its_way("https://siaga.example/status") == "https://siaga.example/status"
    with tracing.followed(KEPT):
        address = tracing.on_its_way("https://siaga.example/status")

    async def page(_: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{tracing.traceparent()} {structlog.contextvars.get_contextvars()['role']}")

    app = Starlette(routes=[Route("/status", page)])
    app.add_middleware(tracing.Traced)
    with TestClient(app) as client:
        assert client.get(address.removeprefix("https://siaga.example")).text == f"{KEPT} web"
        assert client.get("/status", headers={"traceparent": KEPT}).text == f"{KEPT} web"
        assert (
            client.get("/status?traceparent=nonsense").text.split()[0]
            != client.get("/status").text.split()[0]
        )


@pytest.fixture
def told() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    spans = Spans("worker", exporter)
    with tracing.recorded_by(spans):
        yield exporter
    spans.close()


def finished(exporter: InMemorySpanExporter, spans: int) -> dict[str, ReadableSpan]:
    tracing._recorders[0]._provider.force_flush()  # type: ignore[attr-defined]
    found = {span.name: span for span in exporter.get_finished_spans()}
    assert len(found) == spans
    return found


def test_spans_hang_together_by_what_is_kept(told: InMemorySpanExporter) -> None:
    with tracing.followed(None), tracing.span("webhook", channel="telegram"):
        kept = tracing.traceparent()
    with tracing.followed(kept), tracing.span("turn", [KEPT, "nonsense"], messages=2), tracing.span("flow"):
        inner = tracing.traceparent()
    found = finished(told, 3)
    webhook, turn, flow = found["webhook"], found["turn"], found["flow"]
    assert webhook.parent is None
    for above, below in ((webhook, turn), (turn, flow)):
        assert above.context
        assert below.parent
        assert below.parent.span_id == above.context.span_id
    assert [f"{link.context.trace_id:032x}" for link in turn.links] == [WAY]
    assert {span.context.trace_id for span in found.values() if span.context} == {int(kept[3:35], 16)}
    assert inner[3:35] == kept[3:35]
    assert dict(turn.attributes or {}) == {"messages": 2}
    assert turn.resource.attributes["service.name"] == "siaga"
    assert turn.resource.attributes["siaga.role"] == "worker"


def test_a_way_keeps_the_id_that_its_log_lines_have(told: InMemorySpanExporter) -> None:
    with tracing.followed(None):
        before = structlog.contextvars.get_contextvars()["trace"]
        with tracing.span("webhook"):
            assert tracing.traceparent()[3:35] == before
            assert tracing.traceparent().endswith("-01")


def test_a_span_does_not_quote_an_exception(told: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="Siti"), tracing.followed(None), tracing.span("turn"):
        raise ValueError(SECRET)
    turn = finished(told, 1)["turn"]
    assert (turn.status.is_ok, turn.status.description) == (False, "ValueError")
    assert turn.events == ()
    assert "Siti" not in turn.to_json()


def test_nothing_that_tells_a_collector_is_imported_unasked() -> None:
    these = "{'bot.spans', 'opentelemetry.sdk.trace', 'opentelemetry.exporter.otlp'}"
    asked = f"import sys, bot.cli; print({these} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
