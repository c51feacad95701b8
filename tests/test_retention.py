"""What has been kept long enough goes, in small batches; what an open case needs stays."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from bot import retention
from bot.retention import REOPENABLE, Kept, clear, kept
from bot.settings import Settings
from bot.storage.engine import Database
from bot.storage.tables import (
    Attachment,
    Broadcast,
    BroadcastState,
    Case,
    CaseKind,
    CaseStatus,
    Conversation,
    DeliveryReceipt,
    Inbox,
    InboxState,
    MediaFile,
    MediaState,
    Message,
    Notice,
    NoticeKind,
    Outbox,
    OutboxState,
    Participant,
    PersonalNumber,
    Understanding,
)
from tests.conftest import SECRET_KEY

KEPT = Kept(queue=30, media=100, sealed=200, talks=300)


class Archive:
    """Rows of some age."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database, self.now = database, now

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    async def add(self, *rows: Any) -> None:
        async with self.database.sessions.begin() as session:
            for row in rows:
                session.add(row)
                await session.flush()

    async def talk(self, *, days: float, **more: Any) -> Conversation:
        """A conversation that fell silent so long ago."""
        person = Participant(id=uuid4())
        talk = Conversation(
            id=uuid4(),
            address=f"telegram:{uuid4().int}",
            participant_id=person.id,
            last_message_at=self.ago(days),
            sealed_dialogue=b"state",
            **more,
        )
        number = PersonalNumber(
            participant_id=person.id,
            kind="nik",
            sealed=b"nik",
            digest=uuid4().bytes,
            created_at=self.ago(days),
        )
        await self.add(person, talk, number)
        return talk

    async def line(self, talk: Conversation, *, days: float, file: MediaState | None = None) -> Message:
        """A line of a talk with all that hangs on it."""
        at = self.ago(days)
        line = Message(conversation_id=talk.id, author="participant", body="halo", sealed_body=b"halo", at=at)
        await self.add(line)
        await self.add(
            self.sent(days=days, message_id=line.id),
            Understanding(text="halo", outcome="fell_through", thought={}, at=at, message_id=line.id),
        )
        if file:
            media = MediaFile(
                conversation_id=talk.id,
                channel="telegram",
                kind="image",
                declared_type="",
                sealed_reference=b"x",
                reference_digest=uuid4().bytes,
                state=file,
                name=uuid4().hex,
                created_at=at,
            )
            await self.add(media)
            await self.add(
                Attachment(
                    message_id=line.id,
                    channel="telegram",
                    kind="image",
                    content_type="",
                    file_name="KTP.jpg",
                    sealed_reference=b"x",
                    media_id=media.id,
                )
            )
        return line

    async def case(self, talk: Conversation, status: CaseStatus, *, over: float | None = None) -> Case:
        at = None if over is None else self.ago(over)
        case = Case(
            number=uuid4().hex,
            kind=CaseKind.COMPLAINT,
            status=status,
            summary="",
            sealed_fields=b"x",
            participant_id=talk.participant_id,
            conversation_id=talk.id,
            resolved_at=at,
        )
        await self.add(case)
        return case

    def received(self, *, days: float, state: InboxState = InboxState.DONE) -> Inbox:
        return Inbox(
            channel="telegram",
            provider_id=uuid4().hex,
            address="telegram:1",
            sealed=b"x",
            state=state,
            received_at=self.ago(days),
        )

    def sent(self, *, days: float, state: OutboxState = OutboxState.SENT, **more: Any) -> Outbox:
        return Outbox(
            channel="telegram",
            address="telegram:1",
            sealed=b"x",
            state=state,
            provider_id=uuid4().hex,
            created_at=self.ago(days),
            **more,
        )

    async def count(self, table: Any, *which: Any) -> int:
        async with self.database.sessions() as session:
            return await session.scalar(select(func.count()).select_from(table).where(*which)) or 0

    async def clear(self, **other: Any) -> dict[str, int]:
        return await clear(self.database, Kept(**(vars(KEPT) | other)), self.now)


@pytest.fixture
def archive(database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setattr(retention, "BATCH", 3)
    return Archive(database, now)


async def test_what_was_dealt_with_leaves_the_queues(archive: Archive) -> None:
    await archive.add(archive.received(days=100, state=InboxState.PENDING))
    await archive.add(archive.received(days=99, state=InboxState.DEAD))
    await archive.add(*(archive.received(days=days) for days in (90, 60, 31, 31, 30.1, 29, 1)))
    for days in (60, 1):
        await archive.add(*(archive.sent(days=days, state=state) for state in OutboxState))
    done = await archive.clear()
    assert (done["inbox"], done["outbox"]) == (5, 2)
    assert await archive.count(Inbox) == 4
    assert await archive.count(Outbox, Outbox.state.in_(["sent", "cancelled"])) == 2
    assert await archive.count(Outbox, Outbox.state.in_(["queued", "waiting", "unknown", "dead"])) == 8
    assert set((await archive.clear()).values()) == {0}


async def test_receipts_go_with_what_they_are_of(archive: Archive) -> None:
    old, new = archive.sent(days=60), archive.sent(days=1)
    await archive.add(old, new)
    for row, days in ((old, 2), (new, 1)):
        await archive.add(
            DeliveryReceipt(
                channel="telegram", provider_id=row.provider_id, state="read", at=archive.ago(days)
            )
        )
    await archive.add(
        DeliveryReceipt(channel="telegram", provider_id="part", state="read", at=archive.ago(31))
    )
    await archive.clear()
    async with archive.database.sessions() as session:
        assert (await session.scalars(select(DeliveryReceipt.provider_id))).all() == [new.provider_id]


async def test_who_was_told_of_a_notice_is_known_until_it_is_over(archive: Archive) -> None:
    def notice(ends_at: datetime | None) -> Notice:
        return Notice(kind=NoticeKind.OUTAGE, title="", scope={}, starts_at=archive.ago(400), ends_at=ends_at)

    over, ended, lasting = notice(archive.ago(60)), notice(archive.ago(1)), notice(None)
    await archive.add(over, ended, lasting)
    stopped = Broadcast(notice_id=over.id, event="published", state=BroadcastState.PAUSED, at=archive.ago(60))
    await archive.add(stopped)
    rows = [archive.sent(days=60, notice_id=one.id) for one in (over, ended, lasting)]
    await archive.add(*rows, archive.sent(days=60, notice_id=over.id, broadcast_id=stopped.id))
    await archive.clear()
    async with archive.database.sessions() as session:
        left = (await session.scalars(select(Outbox.notice_id).order_by(Outbox.id))).all()
    assert left == [ended.id, lasting.id, over.id]


async def test_lines_go_with_all_that_hangs_on_them(archive: Archive) -> None:
    talk = await archive.talk(days=1)
    for days in (400, 350, 301, 301, 299, 1):
        await archive.line(talk, days=days)
    assert (await archive.clear())["talks"] == 4
    assert await archive.count(Message) == 2
    assert await archive.count(Understanding) == 2


async def test_numbers_and_places_are_masked_for_good_before_that(archive: Archive) -> None:
    talk = await archive.talk(days=250)
    for days in (250, 199):
        await archive.line(talk, days=days)
    await archive.case(talk, CaseStatus.RESOLVED, over=250)
    await archive.case(await archive.talk(days=250), CaseStatus.RESOLVED, over=199)
    await archive.clear()
    assert await archive.count(Message, Message.body == "halo") == 2
    assert await archive.count(Message, Message.sealed_body.is_(None)) == 1
    assert await archive.count(Case, Case.sealed_fields.is_(None)) == 1
    assert await archive.count(Conversation, Conversation.sealed_dialogue.is_(None)) == 2


@pytest.mark.parametrize(
    ("status", "over", "spared"),
    [
        (CaseStatus.NEW, None, True),
        (CaseStatus.RESOLVED, REOPENABLE.days - 1, True),
        (CaseStatus.RESOLVED, REOPENABLE.days + 1, False),
    ],
)
async def test_what_an_open_case_needs_stays(
    archive: Archive, status: CaseStatus, over: float | None, spared: bool
) -> None:
    talk = await archive.talk(days=400)
    await archive.line(talk, days=400, file=MediaState.STORED)
    await archive.line(talk, days=400)
    await archive.case(talk, status, over=over)
    await archive.clear()
    assert (await archive.count(Message) == 2) is spared  # else the one without a file is gone
    assert (await archive.count(Message, Message.sealed_body.is_not(None)) == 2) is spared
    assert (await archive.count(MediaFile, MediaFile.state == MediaState.STORED) == 1) is spared
    assert (await archive.count(PersonalNumber) == 1) is spared
    assert (await archive.count(Conversation, Conversation.sealed_dialogue.is_not(None)) == 1) is spared


async def test_a_file_goes_before_its_line(archive: Archive) -> None:
    talk = await archive.talk(days=400)
    await archive.line(talk, days=400, file=MediaState.STORED)
    for _ in range(5):
        young = await archive.talk(days=1)
        await archive.line(young, days=99, file=MediaState.STORED)
    assert (await archive.clear())["media"] == 1
    assert await archive.count(Message) == 6
    async with archive.database.sessions.begin() as session:  # whoever keeps files has deleted the bytes
        file = (await session.scalars(select(MediaFile).where(MediaFile.state == "removing"))).one()
        file.state = MediaState.REMOVED
    assert (await archive.clear())["talks"] == 1
    assert await archive.count(Attachment) == 5


async def test_many_files_go_in_batches(archive: Archive) -> None:
    talk = await archive.talk(days=150)
    for _ in range(7):
        await archive.line(talk, days=150, file=MediaState.STORED)
    assert (await archive.clear())["media"] == 7


async def test_people_of_whom_something_was_heard_are_still_found(archive: Archive) -> None:
    talk = await archive.talk(days=400)
    await archive.add(
        Conversation(
            address="whatsapp:+1", participant_id=talk.participant_id, last_message_at=archive.ago(1)
        )
    )
    await archive.clear()
    assert await archive.count(PersonalNumber) == 1


async def test_what_is_kept_for_ever_stays(archive: Archive) -> None:
    talk = await archive.talk(days=4000)
    await archive.line(talk, days=4000, file=MediaState.STORED)
    done = await archive.clear(media=None, sealed=None, talks=None)
    assert done == {"inbox": 0, "outbox": 1}
    assert await archive.count(Message, Message.sealed_body.is_not(None)) == 1


def test_nought_days_in_the_settings_are_for_ever() -> None:
    def of(**days: Any) -> Kept:
        settings = Settings(_env_file=None, database_url="postgresql://x", secret_key=SECRET_KEY, **days)
        return kept(settings)

    assert of() == Kept(queue=30, media=365, sealed=365, talks=730)
    assert of(keep_media_days=0, keep_sealed_days=0, keep_talk_days=0) == Kept(
        queue=30, media=None, sealed=None, talks=None
    )
