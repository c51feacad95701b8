"""Logs are events: a name and ids. Never a participant's words, name or address.

Every line has ``event``, ``level``, ``time`` (UTC), ``role`` (the part of the service) and, on the way of a message,
``trace`` (`bot.tracing`). What libraries log is told by place alone, since their words may be a participant's.
"""

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import orjson
import structlog
from structlog.types import EventDict, Processor

Form = Literal["auto", "json", "text"]

_OURS = Path(__file__).parent
_TEMPLATES_ARE_SAFE = frozenset({"uvicorn.error", "alembic.runtime.migration"})
"""Loggers whose messages are fixed texts with ``%s`` in them: the text is told, what goes in is not."""


def configure(level: str, role: str, form: Form = "auto") -> None:
    """Send every event of this process to standard error.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``; libraries are heard from ``warning`` on.
        role: which part of the service this is; a task may bind another for itself.
        form: ``json`` for one object a line, ``text`` for people; ``auto`` is ``text`` on a terminal.
    """
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    render = structlog.dev.ConsoleRenderer(timestamp_key="time") if as_text else _json
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _role_of(role),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _without_words,
        render,
    ]
    least = getattr(logging, level.upper())
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Library(processors))
    logging.basicConfig(handlers=[handler], level=max(least, logging.WARNING), force=True)
    logging.getLogger("uvicorn.error").setLevel(least)
    logging.captureWarnings(True)
    sys.excepthook = _crashed


def place(error: BaseException) -> str:
    """File and line in our own code where `error` came through last."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_OURS)]
    return f"{Path(ours[-1].filename).relative_to(_OURS.parent)}:{ours[-1].lineno}" if ours else "?"


class _Library(logging.Formatter):
    """A line of a library as an event of ours: who, where, and the kind of the exception."""

    def __init__(self, processors: list[Processor]) -> None:
        super().__init__()
        self._processors = processors

    def format(self, record: logging.LogRecord) -> str:
        """The whole line."""
        event: Any = {
            "event": "library.logged",
            "logger": record.name,
            "at": f"{record.module}:{record.lineno}",
        }
        if record.name in _TEMPLATES_ARE_SAFE and isinstance(record.msg, str):
            event["said"] = record.msg.partition("\n")[0]
        if record.exc_info and record.exc_info[1]:
            event |= {"error": type(record.exc_info[1]).__name__, "raised_at": place(record.exc_info[1])}
        for processor in self._processors:
            event = processor(None, record.levelname.lower(), event)
        return str(event)


def _role_of(process: str) -> Processor:
    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.setdefault("role", process)
        return event

    return add


def _without_words(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The net below all else: no traceback, and of an exception its kind alone."""
    for name in ("exc_info", "stack_info", "exception", "stack"):
        event.pop(name, None)
    for name, value in event.items():
        if isinstance(value, BaseException):
            event[name] = type(value).__name__
    return event


def _json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    first = {name: event.pop(name) for name in ("time", "level", "event") if name in event}
    return orjson.dumps(first | dict(event), default=_kind, option=orjson.OPT_NON_STR_KEYS).decode()


def _kind(value: object) -> str:
    """What stands for a value that JSON does not know: never its own words."""
    return type(value).__name__


def _crashed(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        structlog.get_logger().critical("service.crashed", errors=list(_kinds(error)))


def _kinds(error: BaseException) -> Iterator[str]:
    """The kinds and places of an exception, or of all that a group holds."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _kinds(one)
    else:
        yield f"{type(error).__name__} at {place(error)}"
