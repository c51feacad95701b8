"""Calling our own people out when somebody reports an emergency: at once, and again until an agent has taken the case.

They hear the case's number, its branch and where it lies at the desk: nothing of the participant or what was written.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import SYSTEM, record
from bot.config import Config
from bot.delivery import outbox
from bot.delivery.outbox import Letter
from bot.messages import Address, Occasion, Text
from bot.storage.apart import apart
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Case, CaseKind, CasePriority, CaseStatus, Conversation, History
from bot.texts import Texts
from bot.texts.speaking import FIRST

CALLED = "on_call_told"
MOST = 6
"""Times that somebody is called for one case: whoever has not come by then does not read it."""


@dataclass(frozen=True, kw_only=True)
class OnCall:
    """Tells those of cases.yml who are on duty.

    Args:
        public_url: where the desk is reached.
    """

    sealer: Sealer
    config: Config
    texts: Texts
    public_url: str

    async def call(self, session: AsyncSession, case: Case, now: datetime) -> int:
        """Queue a message to everyone who is on duty for the case; gives how many that are."""
        own = await session.scalar(
            select(Conversation.address).where(Conversation.id == case.conversation_id)
        )
        addresses = self._on_duty(case.branch, now, own)
        await self._queue(session, case, dict.fromkeys(addresses, 0), now)
        if addresses:
            record(session, ("case", case.id), CALLED, SYSTEM, now, people=len(addresses))
        return len(addresses)

    async def was_called(self, session: AsyncSession, case: Case) -> bool:
        """Whether anybody was called for the case."""
        return await self._times(session, case) > 0

    async def call_again(self, database: Database, now: datetime, after: timedelta) -> int:
        """Call once more for emergencies that nobody has taken `after` the last call; gives for how many cases.

        Whoever is on duty for several is told of the oldest, and how many more there are. Each case is a transaction of
        its own: one that fails holds no other up.
        """
        unclaimed = _unclaimed(now - after)
        on_duty = await self._who(database, unclaimed, now)
        to_tell = Counter(address for addresses in on_duty.values() for address in addresses)
        called_for = 0
        for case_id, addresses in on_duty.items():
            more = {address: to_tell[address] - 1 for address in addresses if address in to_tell}
            with apart("on_call", case=case_id):
                async with database.sessions.begin() as session:
                    locked = select(Case).where(Case.id == case_id, *unclaimed)
                    case = await session.scalar(locked.with_for_update(skip_locked=True))
                    if case is None or not addresses:
                        continue
                    await self._queue(session, case, more, now)
                    record(session, ("case", case.id), CALLED, SYSTEM, now, people=len(addresses))
                called_for += 1
                for address in more:
                    del to_tell[address]
        return called_for

    async def _who(
        self, database: Database, unclaimed: Sequence[ColumnElement[bool]], now: datetime
    ) -> dict[int, Sequence[str]]:
        """Who is on duty for each of these cases, the oldest first."""
        query = select(Case.id, Case.branch, Conversation.address).join(
            Conversation, Conversation.id == Case.conversation_id
        )
        async with database.sessions() as session:
            due = (await session.execute(query.where(*unclaimed).order_by(Case.id))).tuples().all()
        return {case: self._on_duty(branch, now, own) for case, branch, own in due}

    async def _queue(
        self, session: AsyncSession, case: Case, addresses: Mapping[str, int], now: datetime
    ) -> None:
        """Queue a message to each of `addresses`, which says of how many more cases it is."""
        times = await self._times(session, case)
        letters = [
            Letter(
                address=Address(address),
                text=self._words(case, "on_call.again" if times else "on_call.first", more),
                once=f"{CALLED}:{case.id}:{times}:{address}",
            )
            for address, more in addresses.items()
        ]
        await outbox.queue(session, self.sealer, letters, now)

    def _on_duty(self, branch: str | None, now: datetime, own: str | None) -> Sequence[str]:
        """The addresses of those who are, each once, but not the participant's own."""
        local = now.astimezone(ZoneInfo(self.config.office(branch).zone))
        listed = (one for one in self.config.cases.on_call if one.address != own)
        return list(dict.fromkeys(one.address for one in listed if one.is_on_duty(branch, local)))

    @staticmethod
    async def _times(session: AsyncSession, case: Case) -> int:
        """How often somebody was called for the case."""
        query = select(func.count()).select_from(History)
        called = (History.subject == "case", History.what == CALLED, History.subject_id == str(case.id))
        return await session.scalar(query.where(*called)) or 0

    def _words(self, case: Case, key: str, more: int) -> Text:
        known = self.config.branches.get(case.branch or "")
        branch = known.name if known else case.branch or "-"
        link = f"{self.public_url.rstrip('/')}/desk/cases/{case.number}"
        number = self.texts.say("on_call.more", FIRST, {"number": case.number, "more": more})
        values = {"number": number if more else case.number, "branch": branch, "link": link}
        body = self.texts.say(key, FIRST, values)
        return Text(body=body, occasion=Occasion("on_call", FIRST, values | {"text": body}))


def _unclaimed(before: datetime) -> Sequence[ColumnElement[bool]]:
    """Emergencies that nobody has taken, and for which nobody was called since `before`."""
    called = (History.subject == "case", History.what == CALLED, History.subject_id == cast(Case.id, String))
    last = select(func.coalesce(func.max(History.at), Case.opened_at)).where(*called).scalar_subquery()
    times = select(func.count()).select_from(History).where(*called).scalar_subquery()
    return (
        Case.kind == CaseKind.HANDOVER,
        Case.priority == CasePriority.URGENT,
        Case.status == CaseStatus.NEW,
        last <= before,
        times < MOST,
    )
