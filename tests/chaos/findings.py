"""What may be wrong after a storm."""

from dataclasses import dataclass
from enum import StrEnum


class Wrong(StrEnum):
    """Everything that must not happen; each is a figure of the report."""

    LOST = "messages lost"
    TWICE = "messages run twice"
    MIXED_UP = "messages read as another"
    READ_OUT_OF_ORDER = "messages read out of order"
    REPLY_LOST = "replies lost"
    REPLY_TWICE = "replies made twice"
    REPLY_OTHER = "replies that differ"
    REPLIES_OUT_OF_ORDER = "replies out of order"
    SENT_TWICE = "sent twice"
    CASE_LOST = "cases lost"
    CASE_TWICE = "cases doubled"
    CASE_OTHER = "cases that differ"
    RECEIPT = "receipts lost"
    STATE = "conversations left in another state"
    STUCK = "conversations stuck"
    REFUSED = "webhooks refused"
    FELL = "processes that ended by themselves"
    LEFT = "replies left to a person"
    PHOTO_LOST = "photos lost"
    PHOTO_TWICE = "photos kept twice"
    PHOTO_LEFT = "photos left at the provider"
    ALBUM = "albums read as several turns"
    EDIT = "edits run as messages"
    QUOTE = "quotes lost"
    NEWS_MISSED = "news that missed somebody"
    NEWS_TWICE = "news told twice"
    NEWS_UNASKED = "news to who did not ask for it"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    wrong: Wrong
    whose: str
    what: str = ""
