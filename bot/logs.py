"""Logs are events: a name and ids, as JSON. Never a participant's words, name or address."""

import logging
import sys

import structlog

_TELL_TALES = ("httpx", "httpcore", "twilio.http_client", "telegram", "uvicorn.access", "sqlalchemy.engine")
"""Loggers that write addresses, tokens or numbers at INFO."""


def configure(level: str) -> None:
    """Send every event to standard error, one JSON object a line."""
    logging.basicConfig(format="%(message)s", level=level.upper(), force=True)
    for name in _TELL_TALES:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
