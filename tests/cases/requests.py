"""An administrative request on a real database, and what is done to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversation import paperwork
from bot.conversation.handling import Handling, Target
from bot.storage.tables import (
    Agent,
    Attachment,
    Case,
    CaseKind,
    ChannelAddress,
    Outbox,
    OutboxState,
)
from tests.desk.scene import Scene

SERVICE = "reactivate"
KTP, KK = "ktp", "kk"
ADDRESS = "simwhatsapp:+6281270000000"
"""Of the first participant of a scene."""


async def request(scene: Scene, **new: Any) -> Case:
    """A participant's request, as its form opens it."""
    fields = {"service": SERVICE, "state": "new", "name": "Budi"}
    usual = {"kind": CaseKind.ADMIN, "category": SERVICE, "fields": fields, "branch": "palembang"}
    return await scene.case("aktifkan kembali kartu", **(usual | new))


@dataclass
class Office:
    """The agents who work on one request."""

    scene: Scene
    case: Case

    async def does(self, agent: Agent, verb: str, *more: Any) -> None:
        """Do something in a transaction of its own, as the desk and the API do."""
        async with self.scene.database.sessions.begin() as session:
            case, agent = await session.get_one(Case, self.case.id), await session.get_one(Agent, agent.id)
            await self._verb(session, case, agent, verb, *more)

    async def _verb(self, session: AsyncSession, case: Case, agent: Agent, verb: str, *more: Any) -> None:
        handling: Handling = self.scene.desk.handling
        match verb:
            case "ask" | "reject" | "put":
                await getattr(paperwork, verb)(handling, session, case, agent, *more)
            case "give to":
                await handling.transfer(session, case, agent, Target(agent=str(more[0].id)))
            case "give to team":
                await handling.transfer(session, case, agent, Target(team="klaim"))
            case _:
                await getattr(handling, verb)(session, case, agent, *more)

    async def stands(self) -> tuple[str, str]:
        """Its state and its status."""
        case = await self.scene.again(self.case)
        return case.fields["state"], case.status.value

    async def told(self) -> list[str]:
        """What its participant was sent, in order."""
        rows = await self.scene.rows(select(Outbox).order_by(Outbox.id))
        return [self.scene.desk.sealer.open(row.sealed)["body"] for row in rows]

    async def files(self) -> list[tuple[str, str]]:
        """Its documents: which, and as what file."""
        wanted = select(Attachment).where(Attachment.case_id == self.case.id).order_by(Attachment.id)
        return [(file.document, file.file_name) for file in await self.scene.rows(wanted)]

    async def time_passes(self, now: datetime) -> int:
        """Do what is due by the clock; gives to how many requests something was done."""
        keep_time = paperwork.keep_time
        return len(await keep_time(self.scene.desk.handling, self.scene.database, now))

    async def hears(self) -> None:
        """The participant wrote just now, about something else: WhatsApp's window is open."""
        await self._change(
            update(ChannelAddress)
            .where(ChannelAddress.address == ADDRESS)
            .values(last_inbound_at=self.scene.desk.clock())
        )

    async def leaves(self, state: OutboxState, at: datetime | None = None) -> None:
        """What was written to the participant is now in that state, sent `at`."""
        await self._change(update(Outbox).values(state=state, sent_at=at))

    async def _change(self, change: Update) -> None:
        async with self.scene.database.sessions.begin() as session:
            await session.execute(change)


def days(number: float) -> timedelta:
    """That many days."""
    return timedelta(days=number)
