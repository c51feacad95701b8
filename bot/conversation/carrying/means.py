"""What a turn has at hand to carry out what a flow asks for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.answers.index import Index
from bot.config import Config
from bot.conversation.on_call import OnCall
from bot.dialogue.requests import LookUp
from bot.retention import Kept
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation


@dataclass(frozen=True)
class Means:
    """One turn's means: its transaction, its conversation, its clock."""

    session: AsyncSession
    sealer: Sealer
    config: Config
    talk: Conversation
    now: datetime
    on_call: OnCall
    answers: Index
    """Which question of config/faq.yml a text asks."""
    kept: Kept
    """For how long things are kept: participants may ask."""
    looked_up: dict[LookUp[Any], Any]
    """What was looked up in this transaction already, of what is the same for everybody."""


CarriedOut = dict[type, Callable[[Means, Any], Awaitable[Any]]]
"""What carries out a request of a flow, by the type of the request."""
