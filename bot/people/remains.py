"""What an erasure finds in the tables: what goes, what has to wait, and what of it stays without a name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    and_,
    any_,
    cast,
    delete,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy import Text as AsText
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.lifecycle import OPEN
from bot.delivery.forms import incoming_to_json, text_to_json
from bot.dialogue.state import Dialogue, dump, load
from bot.media.removing import remove_those
from bot.messages import Incoming, Text
from bot.people.scope import Scope
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    AnswerGiven,
    Attachment,
    Broadcast,
    BroadcastState,
    Case,
    ChannelAddress,
    ConsentGiven,
    Conversation,
    CopyOrder,
    History,
    Inbox,
    InboxState,
    JoinCode,
    JoinTry,
    MediaFile,
    MediaState,
    Message,
    OutageReport,
    Outbox,
    OutboxState,
    Owner,
    Participant,
    PersonalNumber,
    Subscription,
    Understanding,
)

KEPT_DETAIL = ("kind", "team", "branch", "to", "document", "state", "purpose", "version", "channel", "number")
"""What of the history of a case is no word of anybody: codes, and names of those who work here."""
KEPT_FIELDS = ("service", "state")
"""Of what a case took down, what is counted: codes."""


class Remains(Scope):
    """What is there of it, and how it goes."""

    async def open_cases(self, session: AsyncSession) -> Sequence[Case]:
        """What somebody is still working on, oldest first: it is needed until it is settled."""
        wanted = select(Case).where(Case.conversation_id.in_(self.talks), Case.status.in_(OPEN))
        return (await session.scalars(wanted.where(Case.opened_at <= self.asked_at).order_by(Case.id))).all()

    async def settled_last(self, session: AsyncSession) -> datetime | None:
        """When the last case was settled that was still open when they asked."""
        over = func.coalesce(Case.closed_at, Case.resolved_at)
        which = (self.case_asked_of(), Case.status.not_in(OPEN), over > self.asked_at)
        return await session.scalar(select(func.max(over)).where(*which))

    async def erase(self, session: AsyncSession, sealer: Sealer) -> None:
        """Erase what can go by now."""
        await session.execute(text("set local siaga.erasing = on"))  # see the trigger of migration 0013
        await self._cases(session)
        await self._files(session)
        await self._sent(session, sealer)
        await self._lines(session)
        await self._received(session, sealer)
        await self._traces(session)
        await self._talks(session, sealer)

    async def left(self, session: AsyncSession) -> bool:
        """Whether something waits: an open case, a receipt to be sent, a file to be deleted elsewhere."""
        waits = (
            select(Case.id).where(self.case_asked_of()),
            select(Message.id).where(Message.conversation_id.in_(self.talks), Message.at <= self.until),
            select(Outbox.id).where(Outbox.address.in_(self.addresses), Outbox.created_at <= self.until),
            select(MediaFile.id).where(self.file_goes()),
        )
        for one in waits:
            if await session.scalar(one.limit(1)) is not None:
                return True
        return False

    async def forget(self, session: AsyncSession, talk: Conversation) -> None:
        """At the end, the conversation and its address: unless the participant has begun anew meanwhile."""
        pending = exists().where(Inbox.address == talk.address, Inbox.state == InboxState.PENDING)
        anew = exists().where(Message.conversation_id == talk.id)
        case = exists().where(Case.conversation_id == talk.id)
        agreed = exists().where(ConsentGiven.conversation_id == talk.id)
        copy = exists().where(CopyOrder.conversation_id == talk.id)
        needed = or_(pending, anew, case, agreed, copy)
        if talk.owner is not Owner.BOT or await session.scalar(select(needed)):
            return
        whose = talk.participant_id
        # What a turn noted down that was under way when they asked: its line is gone with all others.
        for table in (PersonalNumber, Subscription, JoinCode, JoinTry):
            await session.execute(delete(table).where(table.address == talk.address))
        await session.execute(delete(ChannelAddress).where(ChannelAddress.address == talk.address))
        await session.delete(talk)
        await session.flush()
        other = exists().where(Conversation.participant_id == whose)
        known = exists().where(ChannelAddress.participant_id == whose)
        if not await session.scalar(select(or_(other, known))):
            await session.execute(delete(Participant).where(Participant.id == whose))

    # -- what goes ---------------------------------------------------------------------------------------------

    async def _cases(self, session: AsyncSession) -> None:
        """Of settled cases what is counted stays."""
        settled = select(Case.id).where(self.case_asked_of(), Case.status.not_in(OPEN)).order_by(Case.id)
        ids = list(await session.scalars(settled.with_for_update()))
        for case in await session.scalars(select(Case).where(Case.id.in_(ids))):
            case.summary, case.sealed_fields = "-", None
            case.fields = {name: value for name, value in case.fields.items() if name in KEPT_FIELDS}
        told = History.subject_id.in_([str(one) for one in ids])
        for entry in await session.scalars(select(History).where(History.subject == "case", told)):
            kept = {name: value for name, value in entry.detail.items() if name in KEPT_DETAIL}
            if kept != entry.detail:
                entry.detail = kept
        await session.flush()

    async def _files(self, session: AsyncSession) -> None:
        """Files are deleted by whoever keeps files (`bot.media.keeping`); then their rows go."""
        await remove_those(session, self.file_goes(), self.now)
        removed = select(MediaFile.id).where(self.file_goes(), MediaFile.state == MediaState.REMOVED)
        ids = list(await session.scalars(removed))
        await _run(session, delete(Attachment).where(Attachment.media_id.in_(ids)))
        await _run(session, delete(MediaFile).where(MediaFile.id.in_(ids)))

    async def _sent(self, session: AsyncSession, sealer: Sealer) -> None:
        """What was sent, or will not be: what stood in it, and to whom it went."""
        free = or_(Outbox.hold.is_(None), Outbox.held_until <= self.now)
        older = and_(Outbox.state == OutboxState.QUEUED, Outbox.created_at < self.until, free)
        stuck = Outbox.state.in_((OutboxState.WAITING, OutboxState.UNKNOWN, OutboxState.DEAD))
        off = update(Outbox).where(self.row_goes(), or_(older, stuck))
        await _run(session, off.values(state=OutboxState.CANCELLED))
        over = Outbox.state.in_((OutboxState.SENT, OutboxState.CANCELLED))
        empty = {
            "address": self.nowhere,
            "sealed": sealer.seal(text_to_json(Text(body=""))),
            "message_id": None,
            "once": None,
            "traceparent": None,
        }
        await _run(session, update(Outbox).where(self.row_goes(), over).values(empty))

    async def _lines(self, session: AsyncSession) -> None:
        """Lines; of those on which something still hangs, the words."""
        ids = list(await session.scalars(select(Message.id).where(self.line_goes())))
        goes = any_(literal(ids, ARRAY(BigInteger)))  # one value: PostgreSQL takes no more than 32767 of them
        await _run(session, delete(Understanding).where(Understanding.message_id == goes))
        unsent = exists().where(Outbox.message_id == Message.id)
        with_file = exists().where(Attachment.message_id == Message.id)
        nothing: dict[str, Any] = {
            "body": "",
            "sealed_body": None,
            "sealed_shared": None,
            "options": null(),
            "inbox_id": None,
        }
        await _run(session, delete(Message).where(Message.id == goes, ~unsent, ~with_file))
        await _run(
            session,
            update(Message)
            .where(Message.id == goes, ~unsent)
            .values(nothing | {"body": "", "options": null()}),
        )

    async def _received(self, session: AsyncSession, sealer: Sealer) -> None:
        """What was received; its name stays, else the same message would be taken for a new one if it came again."""
        gone = Inbox.state.in_((InboxState.DONE, InboxState.DEAD))
        came = func.coalesce(Inbox.done_at, Inbox.received_at) <= self.until
        needed = exists().where(Message.inbox_id == Inbox.id, Message.conversation_id.in_(self.talks))
        said = Incoming(channel="", address=self.nowhere, provider_id="", sent_at=self.until)
        empty = {
            "address": self.nowhere,
            "sealed": sealer.seal(incoming_to_json(said)),
            "state": InboxState.DONE,
            "traceparent": None,
        }
        which = (Inbox.address.in_(self.addresses), gone, came, ~needed)
        await _run(session, update(Inbox).where(*which).values(empty))

    async def _traces(self, session: AsyncSession) -> None:
        """Reports of failures and answers are counted on under nobody's name; so is how far a broadcast has come."""
        needed = exists().where(Case.id == OutageReport.case_id, Case.status.in_(OPEN))
        reports = (OutageReport.address.in_(self.addresses), OutageReport.created_at <= self.until, ~needed)
        nameless = {"address": self.nowhere, "place": None, "facility": None}
        await _run(session, update(OutageReport).where(*reports).values(nameless))
        asked = (AnswerGiven.conversation_id.in_(self.talks), AnswerGiven.at <= self.until)
        counted = {"text": None, "conversation_id": self.grave}
        await _run(session, update(AnswerGiven).where(*asked).values(counted))
        ended = Broadcast.state.in_((BroadcastState.DONE, BroadcastState.CANCELLED))
        for broadcast in await session.scalars(select(Broadcast).where(ended, self._cursor_here())):
            broadcast.cursors = {
                channel: None if at in self.addresses else at for channel, at in broadcast.cursors.items()
            }
        await session.flush()

    def _cursor_here(self) -> ColumnElement[bool]:
        return or_(false(), *(cast(Broadcast.cursors, AsText).contains(one) for one in self.addresses))

    async def _talks(self, session: AsyncSession, sealer: Sealer) -> None:
        """Of the conversations what was in them; the cases that nothing waits for come to rest with nobody."""
        with_file = exists().where(Attachment.case_id == Case.id)
        nobody = select(Conversation.participant_id).where(Conversation.id == self.grave).scalar_subquery()
        moved = {"conversation_id": self.grave, "participant_id": nobody}
        rests = (self.case_asked_of(), Case.status.not_in(OPEN), ~with_file)
        await _run(session, update(Case).where(*rests).values(moved))
        silent = (Conversation.id.in_(self.talks), Conversation.last_message_at <= self.until)
        for talk in await session.scalars(select(Conversation).where(*silent)):
            await self._empty(session, sealer, talk)

    @staticmethod
    async def _empty(session: AsyncSession, sealer: Sealer, talk: Conversation) -> None:
        """A conversation in which nothing was said since."""
        empty(talk, sealer)
        needed = exists().where(Case.conversation_id == talk.id, Case.status.in_(OPEN))
        nameless = {"sealed_profile_name": None, "sealed_phone": None, "external_user_id": None}
        known = update(ChannelAddress).where(ChannelAddress.address == talk.address, ~needed)
        await _run(session, known.values(nameless))


def empty(talk: Conversation, sealer: Sealer) -> None:
    """Forget what was told in the forms of a talk: it goes on counting them, and in the same language."""
    if talk.sealed_dialogue:
        old = load(sealer.open(talk.sealed_dialogue))
        talk.sealed_dialogue = sealer.seal(dump(Dialogue(serial=old.serial, language=old.language)))
    talk.nudge_at = None


async def _run(session: AsyncSession, statement: Any) -> None:
    await session.execute(statement, execution_options={"synchronize_session": False})
