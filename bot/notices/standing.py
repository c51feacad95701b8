"""Where a notice stands: to come, under way, over."""

from datetime import datetime
from enum import StrEnum

from bot.storage.tables import Notice


class State(StrEnum):
    """Where a notice stands at the moment of the answer."""

    ACTIVE = "active"
    PLANNED = "planned"
    OVER = "over"


def standing(notice: Notice, now: datetime) -> State:
    """Where a notice stands; one without an end is not over until it is given one."""
    if notice.ends_at is not None and notice.ends_at <= now:
        return State.OVER
    return State.ACTIVE if notice.starts_at <= now else State.PLANNED
