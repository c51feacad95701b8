"""Copies of what is known of a participant, sent to themselves: as a PDF, or in parts where the channel takes none.

A job: the wish is a row (`CopyOrder`) that is kept with the turn in which it was uttered, and done with the message
that answers it. Whatever dies in between, the next run makes the copy anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.config import Config
from bot.conversation.own_data import Sheet
from bot.conversation.speaking import Saying, say
from bot.media.enclosing import Enclosing, NotTaken, Upload
from bot.media.stores import StoreAway
from bot.messages import Enclosure, Text
from bot.people.knowing import Known, known, lines_of
from bot.people.paper import pdf
from bot.retention import Kept
from bot.storage.apart import apart
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation, CopyOrder, Owner
from bot.texts import Texts

log = structlog.get_logger()

AT_ONCE = 20
TRIES = 5
"""Runs in which the store of files may be away; then the copy goes in parts."""
LONGEST = 1300
"""Characters of a part."""
MOST_PARTS = 8
"""More than that nobody reads in a chat: the rest can be had from an agent."""
PDF = "application/pdf"


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Makes copies and sends them.

    Args:
        enclosing: keeps files that go out.
        kept: for how long things are kept here.
    """

    database: Database
    sealer: Sealer
    config: Config
    texts: Texts
    enclosing: Enclosing
    kept: Kept

    async def send(self, now: datetime) -> int:
        """Send the copies that were asked for; gives how many."""
        waiting = (
            select(CopyOrder)
            .join(Conversation, Conversation.id == CopyOrder.conversation_id)
            # Where an agent speaks, the bot is silent: it comes when the agent has left.
            .where(CopyOrder.done_at.is_(None), Conversation.owner != Owner.AGENT)
            .order_by(CopyOrder.attempts, CopyOrder.id)
            .limit(AT_ONCE)
        )
        async with self.database.sessions() as session:
            orders = (await session.scalars(waiting)).all()
        sent = 0
        for order in orders:
            with apart("copies", order=order.id):
                sent += await self._send(order, now)
                continue
            await self._put_off(order)  # others come first the next time
        return sent

    async def _send(self, order: CopyOrder, now: datetime) -> bool:
        async with self.database.sessions() as session:
            talk = await session.get_one(Conversation, order.conversation_id)
            about = await known(session, self.sealer, talk.participant_id, order.asked_at)
            lines = await lines_of(session, talk.participant_id)
        copy = self._sheet(talk, about).lines(about, lines, now)
        try:
            enclosure = await self._file(talk, copy) if order.attempts < TRIES else None
        except StoreAway:
            await self._put_off(order)
            return False
        texts = self._texts(enclosure, copy, about.participant.language)
        async with self.database.sessions.begin() as session:
            return await self._say(session, order, about.participant.id, texts, now)

    async def _say(
        self, session: AsyncSession, order: CopyOrder, whose: UUID, texts: Sequence[Text], now: datetime
    ) -> bool:
        """Unless it was done or called off meanwhile, an agent came, or the addresses that it tells of were parted.

        The conversation is locked first, as in a turn.
        """
        locked = select(Conversation).where(Conversation.id == order.conversation_id).with_for_update()
        talk = await session.scalar(locked)
        wanted = select(CopyOrder).where(CopyOrder.id == order.id, CopyOrder.done_at.is_(None))
        row = await session.scalar(wanted.with_for_update())
        if talk is None or row is None or talk.owner is Owner.AGENT or talk.participant_id != whose:
            return False
        await say(session, self.sealer, [Saying(talk, text) for text in texts], now)
        row.done_at = now
        log.info("copy.sent", order=row.id, parts=len(texts))
        return True

    async def _file(self, talk: Conversation, copy: list[str]) -> Enclosure | None:
        """The copy as a file of its own, None where the channel takes no such.

        Raises:
            StoreAway: it cannot be kept just now.
        """
        if not any(one.content_type == PDF for one in self.enclosing.takes(talk.address)):
            return None
        upload = Upload(content=pdf(copy), file_name="data-saya.pdf")
        try:
            return await self.enclosing.keep(talk.id, talk.address, upload)
        except NotTaken:  # it is too large
            return None

    def _texts(self, enclosure: Enclosure | None, copy: list[str], language: str) -> list[Text]:
        if enclosure:
            return [Text(body=self.texts.say("my_data.enclosed", language, {}), enclosure=enclosure)]
        parts = _parts(copy)
        told = parts[:MOST_PARTS]
        texts = [
            Text(
                body=self.texts.say(
                    "my_data.part", language, {"part": number, "parts": len(told), "lines": part}
                )
            )
            for number, part in enumerate(told, start=1)
        ]
        if len(parts) > MOST_PARTS:
            texts.append(Text(body=self.texts.say("my_data.shortened", language, {})))
        return texts

    async def _put_off(self, order: CopyOrder) -> None:
        async with self.database.sessions.begin() as session:
            row = await session.get(CopyOrder, order.id, with_for_update=True)
            if row:
                row.attempts += 1

    def _sheet(self, talk: Conversation, about: Known) -> Sheet:
        zone = ZoneInfo(self.config.office(talk.branch).zone)
        return Sheet(self.sealer, self.texts, self.kept, about.participant.language, zone)


def _parts(lines: Sequence[str]) -> list[str]:
    """The lines in as many texts as they take."""
    parts, part = [], ""
    pieces = (long[at : at + LONGEST] for long in lines for at in range(0, len(long) or 1, LONGEST))
    for line in pieces:
        if part and len(part) + len(line) + 1 > LONGEST:
            parts.append(part)
            part = ""
        part = f"{part}\n{line}" if part else line
    return [*parts, part] if part else parts
