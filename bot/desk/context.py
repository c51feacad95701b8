"""What the pages need, put together in one place."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.config import Config
from bot.conversation.handling import Handling
from bot.live import Live
from bot.media.enclosing import Enclosing
from bot.media.vault import Vault
from bot.nlu.normalising import Normaliser
from bot.nlu.training import Labels
from bot.notices.publishing import Publisher
from bot.review.reading import Readers
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Agent
from bot.texts import Texts

BASE = "/desk"
"""Where the desk is mounted; links and the cookies' path begin with it."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the pages need.

    Args:
        texts: what participants read; the desk's own words are in bot/desk/words.
        clock: the present time, aware.
        vault: where files are.
        enclosing: takes the files that agents send along.
        readers: who says what a text means, for the review of what was not understood.
        secure_cookies: whether browsers reach us by HTTPS only.
        stopping: set when this process is to end; open streams end then, so that nobody waits for them.
    """

    database: Database
    sealer: Sealer
    config: Config
    texts: Texts
    handling: Handling
    publisher: Publisher
    live: Live
    clock: Callable[[], datetime]
    vault: Vault
    enclosing: Enclosing
    readers: Readers = field(default_factory=lambda: Readers({}, Labels((), ()), Normaliser({})))
    secure_cookies: bool = True
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def zone(self, branch: str | None) -> ZoneInfo:
        """The clock of a branch; the home's where there is none."""
        return self.config.zone_of_branch(branch)

    def zone_of(self, agent: Agent) -> ZoneInfo:
        """The clock that an agent works by."""
        return self.zone(agent.branch)
