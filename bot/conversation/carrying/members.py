"""Members: looked up for a participant outside the turn's transaction, with an eye on who guesses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from bot import metrics
from bot.flows.effects import DirectoryThere, FindMember, Looked
from bot.members.directory import Away, Identity, MembershipDirectory
from bot.members.tries import Tries
from bot.messages import Address

log = structlog.get_logger()


@dataclass(frozen=True)
class LookingUp:
    """Asks the directory, once a try was counted."""

    directory: MembershipDirectory
    tries: Tries
    clock: Callable[[], datetime]

    async def there(self, _wanted: DirectoryThere, _address: Address) -> bool:
        """Whether it makes sense to ask for a number."""
        return await self.directory.there()

    async def find(self, wanted: FindMember, address: Address) -> Looked:
        """The member, or why not."""
        now = self.clock()
        try_ = await self.tries.take(address, wanted.number, now)
        looked = await self._ask(wanted, now) if try_ else Looked(outcome="too_many", at=now)
        if try_ and looked.outcome != "no_match":
            await self.tries.take_back(try_)
        metrics.MEMBER_LOOKUPS.labels(self.directory.name, looked.outcome).inc()
        return looked

    async def _ask(self, wanted: FindMember, now: datetime) -> Looked:
        try:
            member = await self.directory.find(Identity(wanted.number, wanted.birth), now)
        except Away as away:
            log.warning("members.away", directory=self.directory.name, reason=away.reason)
            return Looked(outcome="away", at=now)
        return Looked(outcome="found" if member else "no_match", at=now, member=member)


def consulting(
    directory: MembershipDirectory, tries: Tries, clock: Callable[[], datetime]
) -> dict[type, Callable[[Any, Address], Awaitable[Any]]]:
    """Who answers what flows ask the directory (`bot.conversation.turn.Conversations.consulting`)."""
    looking_up = LookingUp(directory, tries, clock)
    return {DirectoryThere: looking_up.there, FindMember: looking_up.find}
