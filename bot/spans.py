"""Spans for a collector that speaks OTLP, where OTEL_EXPORTER_OTLP_ENDPOINT names one: OpenTelemetry's SDK.

All other ``OTEL_`` variables mean what OpenTelemetry says they mean (headers, sampling, limits of the batches). A
collector that is away costs spans, never a message. Needs the packages of ``siaga[otel]``.
"""

import os
import threading
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from bot import tracing
from bot.tracing import Step

_PATIENCE = 2.0  # seconds for one batch, and for what is still to be told when the process ends


class Spans:
    """Tells a collector of every step, in batches and from a thread of its own.

    Args:
        role: which part of the service this process is.
        exporter: where to; by default what the ``OTEL_EXPORTER_OTLP_`` variables say.
    """

    def __init__(self, role: str, exporter: SpanExporter | None = None) -> None:
        about = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "siaga"), "siaga.role": role}
        self._provider = TracerProvider(
            resource=Resource.create(about), id_generator=_Ids(), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter(timeout=_PATIENCE)))
        self._tracer = self._provider.get_tracer("siaga")

    @contextmanager
    def span(
        self, name: str, joined: Sequence[Step], attributes: MutableMapping[str, str | int]
    ) -> Iterator[None]:
        """A step below the present one. Of an exception only the kind is told: its words may be a participant's."""
        opened = self._tracer.start_span(
            name,
            context=_below(tracing.present()),
            attributes=dict(attributes),
            links=[Link(_context(step)) for step in joined],
        )
        about = opened.get_span_context()
        step = Step(f"{about.trace_id:032x}", f"{about.span_id:016x}", about.trace_flags.sampled)
        try:
            with tracing.standing_at(step):
                yield
        except BaseException as error:
            opened.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            opened.end()

    def close(self) -> None:
        """Tell what is left; a collector that does not take it in time does not hold the process up."""
        telling = threading.Thread(target=self._provider.shutdown, daemon=True)
        telling.start()
        telling.join(_PATIENCE)


class _Ids(RandomIdGenerator):
    """A way that began without a recorded step keeps the id that its log lines have."""

    def generate_trace_id(self) -> int:
        """The present way's id."""
        step = tracing.present()
        return int(step.trace, 16) if step else super().generate_trace_id()


def _below(step: Step | None) -> Context:
    """Where a new span belongs: below a step that was recorded, else at the top."""
    above = NonRecordingSpan(_context(step)) if step and step.recorded else INVALID_SPAN
    return set_span_in_context(above, Context())


def _context(step: Step) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if step.recorded else TraceFlags.DEFAULT)
    return SpanContext(int(step.trace, 16), int(step.span, 16), is_remote=True, trace_flags=flags)
