"""Opening a case: its number, its deadline, what was told with personal numbers masked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import PARTICIPANT, record
from bot.config import Config, Priority
from bot.hours import Closed, due_at
from bot.messages import Media, channel_of
from bot.reading.numbers import mask, personal_numbers
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Attachment,
    Case,
    CaseCounter,
    CaseKind,
    CasePriority,
    CaseStatus,
    Conversation,
    PersonalNumber,
)


@dataclass(frozen=True, kw_only=True)
class NewCase:
    """What is to be opened."""

    kind: CaseKind
    summary: str
    branch: str | None = None
    category: str | None = None
    priority: CasePriority = CasePriority.NORMAL
    fields: dict[str, Any] = field(default_factory=dict)
    evidence: Sequence[Media] = ()
    documents: Mapping[str, Sequence[Media]] = field(default_factory=dict)
    closures: Sequence[Closed] = ()
    """Times in which its branch answers nobody: they push the deadline back."""


async def open_case(
    session: AsyncSession, sealer: Sealer, config: Config, talk: Conversation, new: NewCase, now: datetime
) -> Case:
    """Open a case for the participant of a conversation.

    Args:
        session: the turn's transaction.
        sealer: encrypts what must not be read in the database.
        config: deadlines, hours and prefixes.
        talk: the conversation that it came from.
        new: what it is about.
        now: the moment of opening.
    """
    masked = _masked(new.fields)
    case = Case(
        number=await next_number(session, config, new.branch, now),
        kind=new.kind,
        status=CaseStatus.NEW,
        priority=new.priority,
        branch=new.branch,
        category=new.category,
        summary=mask(new.summary),
        fields=masked,
        sealed_fields=sealer.seal(new.fields) if masked != new.fields else None,
        participant_id=talk.participant_id,
        conversation_id=talk.id,
        opened_at=now,
        due_at=due(config, new, now),
    )
    session.add(case)
    await session.flush()
    session.add_all(attachment(sealer, talk, media, case_id=case.id) for media in new.evidence)
    session.add_all(
        attachment(sealer, talk, media, case_id=case.id, document=code)
        for code, files in new.documents.items()
        for media in files
    )
    await keep_numbers(session, sealer, [(talk, text) for text in (new.summary, *_strings(new.fields))])
    record(session, ("case", case.id), "opened", PARTICIPANT, now, public=True, kind=case.kind)
    return case


async def next_number(session: AsyncSession, config: Config, branch: str | None, now: datetime) -> str:
    """The next number of a branch and month."""
    prefix = config.branches[branch].case_prefix if branch else config.fallback_prefix
    return await count_on(session, prefix, now.astimezone(ZoneInfo(config.office(branch).zone)))


async def count_on(session: AsyncSession, prefix: str, local_now: datetime) -> str:
    """The next number with a prefix in the month of `local_now`, ``PLB-2611-00042``; the row lock makes it unique."""
    month = f"{local_now:%y%m}"
    counted = insert(CaseCounter).values(prefix=prefix, month=month, last=1)
    counted = counted.on_conflict_do_update(
        index_elements=["prefix", "month"], set_={"last": CaseCounter.last + 1}
    )
    last = await session.scalar(counted.returning(CaseCounter.last))
    return f"{prefix}-{month}-{last:05d}"


def due(config: Config, new: NewCase, now: datetime) -> datetime | None:
    """When it must be answered, by the working hours of its branch; an emergency is due at once.

    None while the branch is closed until further notice: then nobody can say.
    """
    if new.priority is CasePriority.URGENT:
        return now
    office = config.office(new.branch)
    priority = Priority.HIGH if new.priority is CasePriority.HIGH else Priority.NORMAL
    deadline = getattr(config.cases.deadlines, new.kind.value).of(priority)
    return due_at(office, now, deadline, config.holidays, new.closures)


def _masked(value: Any) -> Any:
    """The same with every personal number masked, however deep it stands."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: _masked(part) for key, part in value.items()}
    return [_masked(part) for part in value] if isinstance(value, list) else value


def _strings(value: Any) -> list[str]:
    """Every text in a value."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return [text for part in parts for text in _strings(part)]
    return [value] if isinstance(value, str) else []


def attachment(
    sealer: Sealer,
    talk: Conversation,
    media: Media,
    *,
    case_id: int | None = None,
    message_id: int | None = None,
    document: str | None = None,
) -> Attachment:
    """A photo or file of a case or of a line of the talk; where the provider has it is sealed."""
    return Attachment(
        case_id=case_id,
        message_id=message_id,
        document=document,
        channel=channel_of(talk.address),
        kind=media.kind,
        content_type=media.content_type,
        file_name=media.file_name,
        size=media.size,
        sealed_reference=sealer.seal(media.reference),
    )


async def keep_numbers(
    session: AsyncSession, sealer: Sealer, written: Sequence[tuple[Conversation, str]]
) -> None:
    """Keep the personal numbers in what was written in talks, sealed, so that the desk can find a person by one."""
    rows = [
        {
            "participant_id": talk.participant_id,
            "address": talk.address,
            "kind": number.kind,
            "sealed": sealer.seal(number.value),
            "digest": sealer.digest(number.value),
        }
        for talk, text in written
        for number in personal_numbers(text)
    ]
    if rows:
        await session.execute(insert(PersonalNumber).values(rows).on_conflict_do_nothing())
