"""To come, under way, over: the moments at which a notice passes from one to the other."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.notices.standing import State, standing
from bot.storage.tables import Notice, NoticeKind

BEGINS = datetime(2026, 11, 23, 1, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=5)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (BEGINS - MOMENT, State.PLANNED),
        (BEGINS, State.ACTIVE),
        (ENDS - MOMENT, State.ACTIVE),
        (ENDS, State.OVER),
    ],
)
def test_where_a_notice_stands(now: datetime, state: State) -> None:
    assert standing(Notice(kind=NoticeKind.CLOSURE, starts_at=BEGINS, ends_at=ENDS), now) is state


def test_without_an_end_it_is_not_over() -> None:
    notice = Notice(kind=NoticeKind.OUTAGE, starts_at=BEGINS, ends_at=None)
    assert standing(notice, BEGINS + timedelta(days=400)) is State.ACTIVE
