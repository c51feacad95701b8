"""Too many messages of one participant: one word about it, then silence until they slow down.

Nothing is lost by it: every message becomes a line of the talk, and an agent who holds it reads them all. It is decided
by what PostgreSQL holds, so any number of workers agree about it.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, ScalarSelect, literal, select
from sqlalchemy.orm import aliased

from bot.delivery.inbox import Claimed
from bot.dialogue.routing import cries_for_help
from bot.dialogue.state import Dialogue, Said
from bot.storage.tables import Author, Inbox, Message

WITHIN = timedelta(minutes=1)


def span(claimed: Claimed, most: int) -> ScalarSelect[timedelta]:
    """In which time the newest messages arrived, one more than `most` of them; null where there are not as many."""
    ids = [inbox_id for inbox_id, message in claimed.messages if not message.due]
    before: ColumnElement[int | None]
    if len(ids) > most:
        before = literal(ids[-1 - most])
    else:
        before = (
            select(Message.inbox_id)
            .where(
                Message.conversation_id == claimed.conversation_id,
                Message.author == Author.PARTICIPANT,
                Message.inbox_id.is_not(None),
            )
            .order_by(Message.id.desc())
            .offset(most - len(ids))
            .limit(1)
            .scalar_subquery()
        )
    first, last = aliased(Inbox), aliased(Inbox)
    took = select(last.received_at - first.received_at)
    return took.where(last.id == claimed.ids[-1], first.id == before).scalar_subquery()


def urgent(said: Sequence[Said], dialogue: Dialogue) -> list[Said]:
    """What is answered even so: a cry for help."""
    return [item for item in said if cries_for_help(item, dialogue)]
