"""The verbs of a case's page: what was entered, to the verbs of `bot.conversation.handling`."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import history
from bot.cases.lifecycle import CaseTaken
from bot.conversation import paperwork
from bot.conversation.handling import Target
from bot.conversation.paperwork import UnknownDocument, UnknownFile
from bot.desk.context import Desk
from bot.desk.forms import LONGEST, row_id
from bot.desk.refusals import NotFound
from bot.errors import SiagaError
from bot.messages import Enclosure
from bot.reading.numbers import mask
from bot.storage.tables import Agent, Author, Case, Conversation, MediaFile, Message, Outbox, Role


class BadEntry(SiagaError):
    """Something is missing or too long; `said` is a key of the desk's words."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


@dataclass(frozen=True)
class Act:
    """One thing that an agent does: the transaction, the case, who, what they entered by field, and the file that goes
    along."""

    desk: Desk
    session: AsyncSession
    case: Case
    agent: Agent
    entered: Mapping[str, str]
    enclosure: Enclosure | None = None

    @property
    def body(self) -> str:
        """The text that was entered.

        Raises:
            BadEntry: it is too long.
        """
        body = self.entered.get("body", "")
        if len(body) > LONGEST:
            raise BadEntry("wrong.too_long")
        return body

    @property
    def needed_body(self) -> str:
        """The text that must be there.

        Raises:
            BadEntry: it is empty or too long.
        """
        if not self.body:
            raise BadEntry("wrong.empty")
        return self.body


async def carry_out(verb: str, act: Act) -> None:
    """Do it.

    Raises:
        KeyError: there is no such verb.
        BadEntry, CaseTaken, WrongState, NotAdministration, NotFound, Unknown, NotThere: it was not done.
    """
    do = VERBS[verb]
    try:
        await do(act)
    except CaseTaken as taken:
        if taken.assignee:
            act.session.expunge(taken.assignee)  # the rollback would take the name away that is to be shown
        raise


async def _claim(act: Act) -> None:
    await act.desk.handling.claim(act.session, act.case, act.agent)


async def _release(act: Act) -> None:
    await act.desk.handling.release(act.session, act.case, act.agent)


async def _reply(act: Act) -> None:
    """Answer, once: the same form with the same words and file (a double click, a reload) changes nothing."""
    lock = select(Conversation.id).where(Conversation.id == act.case.conversation_id).with_for_update()
    await act.session.execute(lock)  # of two equal ones the second waits here, and finds the first
    await act.session.refresh(act.case)
    if act.case.assignee_id != act.agent.id:
        raise CaseTaken(await _holder(act))
    body = act.body
    if not body and act.enclosure is None:
        raise BadEntry("wrong.no_reply")
    key = await _once(act, body)
    if await act.session.scalar(select(exists().where(Outbox.once == key))):
        return
    await act.desk.handling.reply(act.session, act.case, act.agent, body, act.enclosure)
    said = (
        select(Message.id)
        .where(
            Message.conversation_id == act.case.conversation_id,
            Message.agent_id == act.agent.id,
            Message.author == Author.AGENT,
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
    mine = update(Outbox).where(Outbox.message_id == said.scalar_subquery()).values(once=key)
    await act.session.execute(mine, execution_options={"synchronize_session": False})


async def _once(act: Act, body: str) -> str:
    """The key of one form with one text and file: after "back" the same form may well send others."""
    form, said = act.entered.get("once", "")[:64], body.encode()
    if act.enclosure:
        digest = select(MediaFile.content_digest).where(MediaFile.id == act.enclosure.media_id)
        said += b"\0" + (await act.session.scalar(digest) or b"")
    return f"desk:{act.case.id}:{act.agent.id}:{form}:{hashlib.sha256(said).hexdigest()[:16]}"


async def _note(act: Act) -> None:
    """Personal numbers are starred in notes: the history is kept for ever, and in the clear."""
    body = mask(act.needed_body)
    entries = await history.entries(act.session, "case", act.case.id)
    last = entries[-1] if entries else None
    if last and last.what == "noted" and last.by_id == str(act.agent.id) and last.detail.get("body") == body:
        return  # the same form once more
    await act.desk.handling.note(act.session, act.case, act.agent, body)


async def _transfer(act: Act) -> None:
    kind, _, to = act.entered.get("to", "").partition(":")
    if kind not in ("agent", "branch", "team") or not to:
        raise BadEntry("wrong.no_target")
    target = {kind: to[:100]}
    await act.desk.handling.transfer(
        act.session, act.case, act.agent, Target(**target, reason=mask(act.body))
    )


async def _take_over(act: Act) -> None:
    """A supervisor takes a case from whoever holds it."""
    if act.agent.role is Role.AGENT:
        raise CaseTaken(await _holder(act))
    target = Target(agent=str(act.agent.id), reason=mask(act.body))
    await act.desk.handling.transfer(act.session, act.case, act.agent, target)


async def _return(act: Act) -> None:
    await act.desk.handling.return_to_bot(act.session, act.case, act.agent)


async def _resolve(act: Act) -> None:
    await act.desk.handling.resolve(act.session, act.case, act.agent, act.body)


async def _ask_document(act: Act) -> None:
    """Ask for documents, once: the same form once more changes nothing."""
    documents = [code for code in act.entered.get("documents", "").split(",") if code]
    reason = act.needed_body
    if not documents:
        raise BadEntry("wrong.no_document")
    entries = await history.entries(act.session, "case", act.case.id)
    last = entries[-1] if entries else None
    same = {"documents": documents, "reason": mask(reason)}
    if last and last.what == "document_asked" and last.by_id == str(act.agent.id) and last.detail == same:
        return
    try:
        await paperwork.ask(act.desk.handling, act.session, act.case, act.agent, documents, reason)
    except UnknownDocument:
        raise BadEntry("wrong.no_document") from None


async def _reject(act: Act) -> None:
    reason = act.needed_body
    if act.entered.get("sure") != "yes":
        raise BadEntry("wrong.not_sure")
    await paperwork.reject(act.desk.handling, act.session, act.case, act.agent, reason)


async def _put(act: Act) -> None:
    """Take a file of the talk for a document."""
    file_id, document = row_id(act.entered.get("file", "")), act.entered.get("document", "")
    try:
        await paperwork.put(act.desk.handling, act.session, act.case, act.agent, file_id, document)
    except UnknownDocument:
        raise BadEntry("wrong.no_document") from None
    except UnknownFile as error:
        raise NotFound(str(error)) from None


async def _reopen(act: Act) -> None:
    await act.desk.handling.reopen(act.session, act.case, act.agent, mask(act.body))


async def _close(act: Act) -> None:
    await act.desk.handling.close(act.session, act.case, act.agent, mask(act.body))


async def _holder(act: Act) -> Agent | None:
    return await act.session.get(Agent, act.case.assignee_id) if act.case.assignee_id else None


VERBS: Mapping[str, Callable[[Act], Awaitable[None]]] = {
    "claim": _claim,
    "release": _release,
    "reply": _reply,
    "note": _note,
    "transfer": _transfer,
    "take_over": _take_over,
    "return": _return,
    "resolve": _resolve,
    "ask_document": _ask_document,
    "reject": _reject,
    "put": _put,
    "reopen": _reopen,
    "close": _close,
}
"""By the last part of the address that a form is sent to."""
