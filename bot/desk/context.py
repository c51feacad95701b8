"""What the pages need, put together in one place."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.channels.channel import Channel
from bot.config import Config
from bot.conversation.handling import Handling
from bot.live import Live
from bot.notices.publishing import Publisher
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
        channels: by name; attachments are fetched through them.
        clock: the present time, aware.
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
    channels: Mapping[str, Channel]
    clock: Callable[[], datetime]
    secure_cookies: bool = True
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def zone(self, branch: str | None) -> ZoneInfo:
        """The clock of a branch; Jakarta's where there is none (or it is no longer configured)."""
        known = self.config.branches.get(branch or "")
        return ZoneInfo(known.zone if known else "Asia/Jakarta")

    def zone_of(self, agent: Agent) -> ZoneInfo:
        """The clock that an agent works by."""
        return self.zone(agent.branch)
