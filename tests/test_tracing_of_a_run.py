"""Spans of a real service, received by a collector's stand-in that reads OTLP."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tests.running import free_port, running_part
from tests.standins import TelegramStandIn, running_telegram, running_twilio
from tests.standins.server import StandIn, listening
from tests.test_logs_of_a_run import CHAT, FIRST_NAME, STORY, Run, spoken_of, stopped, told

STEPS = {"webhook", "turn", "interpret", "flow", "commit", "send"}


class Collector(StandIn):
    """Takes spans over HTTP."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[ExportTraceServiceRequest] = []
        self.raw = b""

    def routes(self) -> list[BaseRoute]:
        return [Route("/v1/traces", self.faulty(self._take), methods=["POST"])]

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        self.raw += body
        self.requests.append(ExportTraceServiceRequest.FromString(body))
        answer = ExportTraceServiceResponse().SerializeToString()
        return Response(answer, media_type="application/x-protobuf")

    def spans(self) -> list[Span]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramStandIn]:
    async with running_telegram() as standin:
        yield standin


async def test_the_way_of_a_message_is_one_trace(
    database_url: str, redis_url: str, telegram: TelegramStandIn, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "service.log"
    base = f"http://127.0.0.1:{port}"
    async with running_twilio() as twilio, listening(Collector()) as collector:
        assert isinstance(collector, Collector)
        env = told(database_url, redis_url, base, twilio, telegram)
        env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with running_part("all", env, log, port=port) as service:
            run = Run(base, twilio, telegram, log)
            await run.telegrams(STORY)
            await run.until(lambda: telegram.sent)
            await run.until(lambda: {span.name for span in collector.spans()} >= STEPS)
            collector.fail_next(503, times=1000)  # a collector that is down holds nobody up
            await run.telegrams("halo")
            await run.until(lambda: len(run.events("turn.committed")) == 2)
            await asyncio.to_thread(stopped, service)
    first = {span.name: span for span in collector.spans()}
    assert len({span.trace_id for span in first.values()}) == 1
    assert first["webhook"].trace_id.hex() == run.events("webhook.stored")[0]["trace"]
    above = {"turn": "webhook", "interpret": "turn", "flow": "turn", "commit": "turn", "send": "flow"}
    for name, parent in above.items():
        assert first[name].parent_span_id == first[parent].span_id, name
    assert not first["webhook"].parent_span_id
    attributes = {pair.key for span in collector.spans() for pair in span.attributes}
    assert attributes == {"channel", "messages"}
    text = collector.raw.decode("utf-8", "replace")
    assert not spoken_of(text, "no token", twilio, telegram)
    assert str(CHAT) not in text
    assert FIRST_NAME not in text


async def test_a_collector_that_never_was_holds_nobody_up(
    database_url: str, redis_url: str, telegram: TelegramStandIn, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "service.log"
    base = f"http://127.0.0.1:{port}"
    async with running_twilio() as twilio:
        env = told(database_url, redis_url, base, twilio, telegram)
        env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
        with running_part("all", env, log, port=port) as service:
            run = Run(base, twilio, telegram, log)
            await run.telegrams(STORY)
            await run.until(lambda: telegram.sent)
            service.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(service.wait, 12) == 0
    assert not spoken_of(log.read_text(), "no token", twilio, telegram)
