"""What a job does row by row: a row that fails holds none of the others up."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot import metrics
from bot.logs import place

log = structlog.get_logger()


@contextmanager
def apart(job: str, **row: int) -> Iterator[None]:
    """Whatever goes wrong inside is told and counted as a failure of the job, and left to its next run.

    Args:
        job: its name in `bot.jobs`.
        row: what the row is, and its id.

    Raises:
        OSError: PostgreSQL or the network is away, and so it is for the other rows; not `TimeoutError`.
    """
    try:
        yield
    except Exception as error:  # of its words none is told: they may quote somebody
        slow = isinstance(error, TimeoutError)  # that one row may be
        if isinstance(error, OSError) and not slow:
            raise
        log.error("job.failed", job=job, error=type(error).__name__, at=place(error), **row)
        metrics.JOBS.labels(job, "failed").inc()
