"""The documents of administrative requests: asked for again, put where they belong, waited for, and given up.

The verbs take what those of `bot.conversation.handling` take; none commits.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import administration
from bot.cases.administration import Missing, NotAdministration, missing
from bot.cases.deadlines import THEIR_TURN, documents_awaited_since
from bot.cases.history import SYSTEM, Actor, record
from bot.cases.opening import NewCase, due
from bot.channels import windows
from bot.config import Config
from bot.config.papers import document_codes, document_names
from bot.conversation.handling import Handling
from bot.conversation.promises import closures
from bot.errors import SiagaError
from bot.messages import channel_of
from bot.notices.subscriptions import opted_out
from bot.storage.apart import apart
from bot.storage.engine import Database
from bot.storage.tables import (
    Agent,
    Attachment,
    Author,
    Case,
    CaseKind,
    ChannelAddress,
    Conversation,
    Message,
)


class UnknownDocument(SiagaError):
    """The service asks for no such document; `known` are those that it asks for."""

    said = "error.unknown_target"

    def __init__(self, unknown: Sequence[str], known: Sequence[str]) -> None:
        self.unknown, self.known = unknown, known
        super().__init__(", ".join(unknown))


class UnknownFile(SiagaError):
    """The participant sent no such file in this conversation."""

    said = "error.unknown_target"


async def ask(
    handling: Handling, session: AsyncSession, case: Case, agent: Agent, documents: Sequence[str], reason: str
) -> None:
    """Ask the participant for documents, once more or for the first time, and say why.

    Raises:
        CaseTaken, WrongState: see `lifecycle.hold`.
        NotAdministration: it is no administrative request.
        UnknownDocument: the service asks for no such document.
    """
    talk = await handling.lock(session, case, agent)
    _must_know(handling.config, case, documents)
    now = handling.clock()
    wanted = Missing(documents=dict.fromkeys(documents, reason), since=now)
    administration.ask(session, case, agent, wanted)
    # What waits for them to write would arrive with a day that has passed.
    at_once = await _passes(handling.config, session, talk, now)
    until = last_day(handling.config, case, now) if at_once else ""
    await handling.tell_of_request(
        session, case, talk, "request.asked", documents=documents, reason=reason, until=until
    )


async def reject(handling: Handling, session: AsyncSession, case: Case, agent: Agent, reason: str) -> None:
    """End a request that cannot be fulfilled, and say why; the bot takes the talk over again.

    Raises:
        CaseTaken, WrongState: see `lifecycle.hold`.
        NotAdministration: it is no administrative request.
    """
    talk = await handling.lock(session, case, agent)
    held = handling.held(talk, case)
    administration.reject(session, case, agent, reason, handling.clock())
    if held:
        handling.to_bot(talk)
    await handling.tell_of_request(session, case, talk, "request.rejected", reason=reason)


async def put(
    handling: Handling, session: AsyncSession, case: Case, agent: Agent, file_id: int, document: str
) -> None:
    """Take a file of the talk for one of the request's documents; the same once more changes nothing.

    Args:
        file_id: the attachment of the participant's line.

    Raises:
        CaseTaken, WrongState: see `lifecycle.hold`.
        NotAdministration, UnknownDocument, UnknownFile: there is no such request, document or file.
    """
    talk = await handling.lock(session, case, agent)
    _must_know(handling.config, case, [document])
    file = await _sent(session, case, file_id)
    if await _is_there(session, case, file, document):
        return
    session.add(_copy(file, case, document))
    now = handling.clock()
    awaited = missing(case)
    due_at = await due_anew(session, handling.config, case, now)
    left = administration.received(session, case, document, Actor("agent", agent.id), now, due_at)
    if awaited and document in awaited.documents:
        language = await handling.language(session, talk)
        names = document_names(handling.config, case.category, left, language)
        await handling.tell_of_request(
            session, case, talk, "request.received", documents=[document], left=names
        )


async def keep_time(handling: Handling, database: Database, now: datetime) -> list[Case]:
    """Remind of what is missing for long, once, and end requests whose documents nobody sent; gives those changed."""
    rules = handling.config.cases.documents
    async with database.sessions() as session:
        late = now - timedelta(days=rules.expire_after_days)
        ids = await documents_awaited_since(session, late, reminded=True)
        quiet = now - timedelta(days=rules.remind_after_days)
        ids += [
            one for one in await documents_awaited_since(session, quiet, reminded=False) if one not in ids
        ]
    changed = []
    for case_id in ids:
        with apart("documents", case=case_id):
            async with database.sessions.begin() as session:
                case = await session.get_one(Case, case_id)
                its_time = await _remind_or_expire(handling, session, case, now)
            if its_time:
                changed.append(case)
    return changed


def last_day(config: Config, case: Case, since: datetime) -> datetime:
    """Until when a document that was asked for at `since` is awaited, on the clock of the case's branch."""
    zone = ZoneInfo(config.office(case.branch).zone)
    return (since + timedelta(days=config.cases.documents.expire_after_days)).astimezone(zone)


async def due_anew(session: AsyncSession, config: Config, case: Case, now: datetime) -> datetime | None:
    """When a request must be worked whose last document came now: as if it had come in only now."""
    shut = await closures(session, config, case.branch, now)
    new = NewCase(kind=case.kind, summary="", branch=case.branch, priority=case.priority, closures=shut)
    return due(config, new, now)


async def _remind_or_expire(handling: Handling, session: AsyncSession, case: Case, now: datetime) -> bool:
    """Do to a request what is due now; looked at again under its lock, since something may have come meanwhile."""
    talk = await handling.locked_talk(session, case)
    await session.refresh(case, with_for_update=True)
    awaited = missing(case)
    if awaited is None or case.status not in THEIR_TURN:
        return False
    if not awaited.reminded:
        return await _remind(handling, session, case, talk, now)
    documents, until = list(awaited.documents), last_day(handling.config, case, awaited.since)
    if until > now:
        return False
    administration.expire(session, case, now)
    await handling.tell_of_request(session, case, talk, "request.expired", documents=documents, until=until)
    return True


async def _remind(
    handling: Handling, session: AsyncSession, case: Case, talk: Conversation, now: datetime
) -> bool:
    """Remind of what is missing, if they would hear it now; later it would only be in the way of what they write.

    Who is reminded late, because we were away, has as long after it as everybody.
    """
    awaited, quiet = missing(case), timedelta(days=handling.config.cases.documents.remind_after_days)
    if awaited is None or awaited.since > now - quiet:
        return False
    awaited = administration.remind(case, now - quiet)
    if await opted_out(session, talk.address) or not await _passes(handling.config, session, talk, now):
        return False
    documents, until = list(awaited.documents), last_day(handling.config, case, awaited.since)
    record(session, ("case", case.id), "reminded", SYSTEM, now, documents=documents)
    await handling.tell_of_request(session, case, talk, "request.reminder", documents=documents, until=until)
    return True


async def _passes(config: Config, session: AsyncSession, talk: Conversation, now: datetime) -> bool:
    """Whether their channel takes a message now, rather than to keep it until they write."""
    if any(template.purpose == "case_update" for template in config.templates):
        return True
    known = await session.get(ChannelAddress, talk.address)
    heard = (known.last_inbound_at, known.window_closed_at) if known else (None, None)
    return windows.is_open(channel_of(talk.address), *heard, now)


def _must_know(config: Config, case: Case, documents: Sequence[str]) -> None:
    """Refuse what is no request, and documents that its service does not ask for."""
    if case.kind is not CaseKind.ADMIN:
        raise NotAdministration(case.number)
    known = document_codes(config, case.category)
    unknown = [code for code in documents if code not in known]
    if unknown or not documents:
        raise UnknownDocument(unknown, known)


async def _sent(session: AsyncSession, case: Case, file_id: int) -> Attachment:
    query = (
        select(Attachment)
        .join(Message, Message.id == Attachment.message_id)
        .where(
            Attachment.id == file_id,
            Message.conversation_id == case.conversation_id,
            Message.author == Author.PARTICIPANT,
        )
    )
    file = await session.scalar(query)
    if file is None:
        raise UnknownFile(f"file {file_id}")
    return file


async def _is_there(session: AsyncSession, case: Case, file: Attachment, document: str) -> bool:
    """Whether that file is taken for that document already."""
    same = exists().where(
        Attachment.case_id == case.id, Attachment.document == document, Attachment.media_id == file.media_id
    )
    return file.media_id is not None and bool(await session.scalar(select(same)))


def _copy(file: Attachment, case: Case, document: str) -> Attachment:
    """The same file once more, as a document of the request: its line of the talk keeps its own."""
    return Attachment(
        case_id=case.id,
        document=document,
        channel=file.channel,
        kind=file.kind,
        content_type=file.content_type,
        file_name=file.file_name,
        size=file.size,
        sealed_reference=file.sealed_reference,
        media_id=file.media_id,
        created_at=file.created_at,
    )
