"""Calling our own people out when somebody reports an emergency: at once, and again until an agent has taken the case.

They hear the case's number, its branch and where it lies at the desk: nothing of the participant or what was written.
"""

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
from bot.storage.sealing import Sealer
from bot.storage.tables import Case, CaseKind, CasePriority, CaseStatus, Conversation, History
from bot.texts import Texts
from bot.texts.speaking import FIRST

CALLED = "on_call_told"
MOST = 6
"""Times that somebody is called for one case: whoever has not come by then does not read it."""
AT_ONCE = 100


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
        addresses = [address for address in self._on_duty(case.branch, now) if address != own]
        times = await self._times(session, case)
        letters = [
            Letter(
                channel=address.partition(":")[0],
                address=Address(address),
                text=self._words(case, "on_call.again" if times else "on_call.first"),
                once=f"{CALLED}:{case.id}:{times}:{address}",
            )
            for address in addresses
        ]
        await outbox.queue(session, self.sealer, letters, now)
        if addresses:
            record(session, ("case", case.id), CALLED, SYSTEM, now, people=len(addresses))
        return len(addresses)

    async def was_called(self, session: AsyncSession, case: Case) -> bool:
        """Whether anybody was called for the case."""
        return await self._times(session, case) > 0

    async def call_again(self, session: AsyncSession, now: datetime, after: timedelta) -> int:
        """Call once more for emergencies that nobody has taken `after` the last call; gives for how many cases."""
        called = (History.subject == "case", History.what == CALLED, History.subject_id == _id_as_written())
        last = select(func.coalesce(func.max(History.at), Case.opened_at)).where(*called).scalar_subquery()
        times = select(func.count()).select_from(History).where(*called).scalar_subquery()
        unclaimed = (
            select(Case)
            .where(
                Case.kind == CaseKind.HANDOVER,
                Case.priority == CasePriority.URGENT,
                Case.status == CaseStatus.NEW,
                last <= now - after,
                times < MOST,
            )
            .order_by(Case.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        cases = (await session.scalars(unclaimed)).all()
        called_for = 0
        for case_id, case in [(case.id, case) for case in cases]:
            with apart("on_call", case=case_id):
                async with session.begin_nested():
                    called_for += await self.call(session, case, now) > 0
        return called_for

    def _on_duty(self, branch: str | None, now: datetime) -> list[str]:
        """The addresses of those who are, each once."""
        local = now.astimezone(ZoneInfo(self.config.office(branch).zone))
        listed = self.config.cases.on_call
        return list(dict.fromkeys(one.address for one in listed if one.is_on_duty(branch, local)))

    @staticmethod
    async def _times(session: AsyncSession, case: Case) -> int:
        """How often somebody was called for the case."""
        query = select(func.count()).select_from(History)
        called = (History.subject == "case", History.what == CALLED, History.subject_id == str(case.id))
        return await session.scalar(query.where(*called)) or 0

    def _words(self, case: Case, key: str) -> Text:
        known = self.config.branches.get(case.branch or "")
        branch = known.name if known else case.branch or "-"
        link = f"{self.public_url.rstrip('/')}/desk/cases/{case.number}"
        values = {"number": case.number, "branch": branch, "link": link}
        body = self.texts.say(key, FIRST, values)
        return Text(body=body, occasion=Occasion("on_call", FIRST, values | {"text": body}))


def _id_as_written() -> ColumnElement[str]:
    """The id of the case that a query looks at, as histories have it."""
    return cast(Case.id, String)
