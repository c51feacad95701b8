"""Too many messages of one participant: one word about it, then silence until they slow down.

Nothing is lost by it: every message becomes a line of the talk, and an agent who holds it reads them all. It is decided
by what PostgreSQL holds, so any number of workers agree about it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Integer, Interval, ScalarSelect, bindparam, func, select, type_coerce

from bot.delivery.claiming import Claimed
from bot.dialogue.asking import asks
from bot.dialogue.commands import Commands
from bot.dialogue.routing import cries_for_help
from bot.dialogue.state import Dialogue, Said
from bot.storage.tables import Author, Inbox, Message

WITHIN = timedelta(minutes=1)


@cache
def span() -> ColumnElement[timedelta | None]:
    """In which time the newest messages of a turn and before it arrived; made once, for `counting` to be given to."""
    nth_before = (
        select(Message.inbox_id)
        .where(
            Message.conversation_id == bindparam("whose"),
            Message.author == Author.PARTICIPANT,
            Message.inbox_id.is_not(None),
        )
        .order_by(Message.id.desc())
        .offset(bindparam("before", type_=Integer))
        .limit(1)
        .scalar_subquery()
    )
    first = func.coalesce(bindparam("first", type_=Inbox.id.type), nth_before)
    newest = bindparam("newest", type_=Inbox.id.type)
    return type_coerce(_arrived(newest) - _arrived(first), Interval)


def counting(claimed: Claimed, most: int) -> dict[str, object]:
    """The values of `span` for the newest messages, one more than `most` of them: null where there are fewer.

    What is due by the clock is no message. With `most` 0 it is always null: there is no limit.
    """
    ids = [inbox_id for inbox_id, message in claimed.messages if not message.due]
    return {
        "whose": claimed.conversation_id,
        "newest": ids[-1] if ids and most else None,
        "first": ids[-1 - most] if len(ids) > most else None,
        "before": max(0, most - len(ids)),
    }


def _arrived(inbox_id: ColumnElement[int]) -> ScalarSelect[datetime]:
    return select(Inbox.received_at).where(Inbox.id == inbox_id).scalar_subquery()


def urgent(said: Sequence[Said], dialogue: Dialogue, commands: Commands) -> list[Said]:
    """What is answered even so: a cry for help."""
    return [item for item in said if _cries(item, dialogue, commands)]


def _cries(said: Said, dialogue: Dialogue, commands: Commands) -> bool:
    if commands.read(said.text) == "emergency":
        return dialogue.emergency_at is None
    return cries_for_help(commands.alarms.heard(said, question=asks(said.text)), dialogue)
