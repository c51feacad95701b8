"""Nothing of a person is found in any column once they have asked for it; what has to wait goes later."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from bot import staff
from bot.cases.lifecycle import WrongState
from bot.config import load_config
from bot.conversation.handling import Handling
from bot.delivery import outbox
from bot.delivery.outbox import Letter
from bot.live import Live
from bot.messages import Address, Text
from bot.people import consents
from bot.people.erasing import Receipt, carry_out, order
from bot.people.remains import Remains
from bot.settings import HOME
from bot.storage.base import Base
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Case,
    CaseStatus,
    ChannelAddress,
    ConsentGiven,
    Conversation,
    Erasure,
    History,
    Inbox,
    MediaFile,
    MediaState,
    Message,
    Outbox,
    OutboxState,
    Participant,
    PersonalNumber,
    Role,
)
from bot.texts import load_texts
from tests.conftest import Clock
from tests.people.planting import ADDRESS, HOUR, MARK, NIK, NOT_OF_PEOPLE, Person, found, of_people


@pytest.fixture
async def person(database: Database, sealer: Sealer, now: datetime) -> Person:
    person = Person(sealer, now - HOUR)
    await person.plant(database)
    return person


async def ask(database: Database, person: Person, now: datetime) -> Receipt:
    async with database.sessions.begin() as session:
        return await order(session, person.sealer, person.id, now)


async def files_go(database: Database) -> None:
    """What whoever keeps files does with those that are to be removed."""
    gone = {"state": MediaState.REMOVED, "content_digest": None, "sealed_card": None, "sealed_reference": b""}
    async with database.sessions.begin() as session:
        await session.execute(update(MediaFile).where(MediaFile.state == MediaState.REMOVING).values(gone))


async def count(database: Database, table: Any, *which: Any) -> int:
    async with database.sessions() as session:
        return await session.scalar(select(func.count()).select_from(table).where(*which)) or 0


async def test_a_mark_stands_wherever_something_of_a_person_may(
    database: Database, sealer: Sealer, person: Person
) -> None:
    """The search below is worth something only if there was something to be found."""
    places = await found(database, sealer)
    tables = {place.partition(".")[0] for place in places}
    wanted = {table.name for table in Base.metadata.sorted_tables if of_people(table)} - {"participants"}
    assert tables >= wanted
    assert {"messages.sealed_body", "inbox.sealed", "outbox.sealed", "cases.sealed_fields"} <= places
    assert {"personal_numbers.sealed", "addresses.sealed_phone", "history.detail"} <= places


async def test_nothing_is_found_any_more(
    database: Database, sealer: Sealer, person: Person, clock: Clock
) -> None:
    await ask(database, person, clock())
    assert await carry_out(database, sealer, clock()) == 0, "a file has to be deleted first"
    await files_go(database)
    assert await carry_out(database, sealer, clock.advance(60)) == 1
    assert await found(database, sealer) == set()
    assert await count(database, Participant, Participant.id == person.id) == 0


async def test_what_stays_has_no_name(
    database: Database, sealer: Sealer, person: Person, clock: Clock
) -> None:
    receipt = await ask(database, person, clock())
    await files_go(database)
    for _ in range(2):
        await carry_out(database, sealer, clock.advance(60))
        await files_go(database)
    async with database.sessions() as session:
        case = (await session.scalars(select(Case))).one()
        consent = (await session.scalars(select(ConsentGiven))).one()
        erasure = (await session.scalars(select(Erasure))).one()
        told = (await session.scalars(select(History).where(History.subject == "erasure"))).one()
        inbox = (await session.scalars(select(Inbox))).one()
    assert (case.number, case.kind, case.status) == ("cases-number", "complaint", CaseStatus.CLOSED)
    assert (consent.purpose, consent.version) == ("consents-purpose", "consents-version")
    assert consent.withdrawn_at == erasure.asked_at
    assert case.participant_id == consent.participant_id != person.id
    assert (receipt.number, receipt.open_cases) == ("HAPUS-2611-00001", ())
    assert told.subject_id == receipt.number
    assert erasure.done_at
    assert inbox.provider_id == "inbox-provider_id", "a repeat would be taken for a new message"


async def test_the_receipt_is_sent_before_its_line_goes(
    database: Database, sealer: Sealer, person: Person, clock: Clock
) -> None:
    await ask(database, person, clock())
    async with database.sessions.begin() as session:
        letter = Letter(address=Address(ADDRESS), text=Text(body="bukti"))
        [row] = await outbox.queue(session, sealer, [letter], clock())
    for _ in range(2):
        await carry_out(database, sealer, clock.advance(60))
        await files_go(database)
    assert await count(database, Outbox, Outbox.id == row, Outbox.state == OutboxState.QUEUED) == 1
    assert await count(database, ChannelAddress) == 1, "the sender has to know when they wrote last"
    async with database.sessions.begin() as session:
        await session.execute(update(Outbox).values(state=OutboxState.SENT))
    assert await carry_out(database, sealer, clock.advance(60)) == 1
    assert await found(database, sealer) == set()


async def test_an_open_case_is_needed_until_it_is_settled(
    database: Database, sealer: Sealer, person: Person, clock: Clock
) -> None:
    async with database.sessions.begin() as session:
        await session.execute(update(Case).values(status="new", closed_at=None, resolved_at=None))
        earlier = Message(
            conversation_id=person.ids["conversations"], author="bot", body="lama", at=person.at - HOUR
        )
        session.add(earlier)
    receipt = await ask(database, person, clock())
    assert receipt.open_cases == ("cases-number",)
    await carry_out(database, sealer, clock.advance(60))
    await files_go(database)
    assert await carry_out(database, sealer, clock.advance(60)) == 0
    assert await count(database, Message, Message.body == "lama") == 0, (
        "it was said before the case was opened"
    )
    left = await found(database, sealer)
    assert {"cases.summary", "cases.sealed_fields", "addresses.address", "messages.body"} <= left
    assert not {"personal_numbers.sealed", "subscriptions.address", "consents.address"} & left
    async with database.sessions.begin() as session:
        session.add(
            Message(conversation_id=person.ids["conversations"], author="agent", body=MARK, at=clock())
        )
        settled = update(Case).values(status="resolved", resolved_at=clock())
        await session.execute(settled)
    for _ in range(2):
        await carry_out(database, sealer, clock.advance(60))
        await files_go(database)
    assert await count(database, Erasure, Erasure.done_at.is_not(None)) == 1
    assert await found(database, sealer) == set()


async def test_a_case_of_nobody_is_not_opened_again(
    database: Database, sealer: Sealer, person: Person, clock: Clock
) -> None:
    """There would be nobody to talk to."""
    await ask(database, person, clock())
    for _ in range(2):
        await carry_out(database, sealer, clock.advance(60))
        await files_go(database)
    config, texts = load_config(HOME / "config"), load_texts(HOME / "config" / "texts")
    handling = Handling(sealer=sealer, config=config, texts=texts, live=Live(None), clock=clock)
    async with database.sessions.begin() as session:
        agent = await staff.create_agent(
            session, "rina@contoh.id", "Rina", Role.SUPERVISOR, None, None, clock()
        )
        case = (await session.scalars(select(Case))).one()
        with pytest.raises(WrongState):
            await handling.reopen(session, case, agent)


async def test_who_writes_again_begins_anew_and_keeps_that(
    database: Database, sealer: Sealer, person: Person, clock: Clock
) -> None:
    await ask(database, person, clock())
    talk = person.ids["conversations"]
    async with database.sessions.begin() as session:
        session.add(
            Message(conversation_id=talk, author="participant", body="halo lagi", at=clock.advance(5))
        )
        await session.execute(
            update(Conversation).where(Conversation.id == talk).values(last_message_at=clock())
        )
    for _ in range(2):
        await carry_out(database, sealer, clock.advance(60))
        await files_go(database)
    async with database.sessions() as session:
        assert list(await session.scalars(select(Message.body))) == ["halo lagi"]
        assert await session.get(ChannelAddress, ADDRESS) is not None
    assert await count(database, Erasure, Erasure.done_at.is_(None)) == 0


async def test_a_turn_that_is_under_way_is_waited_for(
    database: Database, sealer: Sealer, person: Person, clock: Clock
) -> None:
    await ask(database, person, clock())
    held = {"hold": person.id, "held_until": clock() + HOUR}
    async with database.sessions.begin() as session:
        await session.execute(update(Conversation).where(Conversation.address == ADDRESS).values(held))
    await carry_out(database, sealer, clock())
    assert "messages.body" in await found(database, sealer)
    await carry_out(database, sealer, clock.advance(2 * 3600))
    assert "messages.body" not in await found(database, sealer)


async def test_an_erasure_that_was_cut_off_goes_on(
    database: Database, sealer: Sealer, person: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(database, person, clock())

    async def dies(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr("bot.people.remains.Remains._received", dies)
        with pytest.raises(ConnectionError):
            await carry_out(database, sealer, clock())
    assert "messages.body" in await found(database, sealer), "half an erasure was committed"
    for _ in range(2):
        await carry_out(database, sealer, clock.advance(60))
        await files_go(database)
    assert await found(database, sealer) == set()


async def test_one_that_fails_holds_no_other_up(
    database: Database, person: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await ask(database, person, clock())
    good = await ask(database, person, clock.advance(60))
    whole = Remains.erase

    async def fails(self: Remains, session: AsyncSession, sealer: Sealer) -> None:
        if self.number == bad.number:
            raise KeyError(MARK)
        await whole(self, session, sealer)

    monkeypatch.setattr(Remains, "erase", fails)
    with capture_logs() as logs:
        for _ in range(2):
            await carry_out(database, person.sealer, clock.advance(60))
            await files_go(database)
    assert await count(database, Erasure, Erasure.number == good.number, Erasure.done_at.is_not(None)) == 1
    assert await count(database, Erasure, Erasure.number == bad.number, Erasure.done_at.is_(None)) == 1
    assert {entry["event"] for entry in logs if entry["log_level"] == "error"} == {"job.failed"}
    assert MARK not in str(logs)


async def test_forms_at_other_addresses_are_forgotten_with_the_wish(
    database: Database, sealer: Sealer, person: Person, clock: Clock
) -> None:
    """Whoever writes there a moment later would keep them: what is said since is not erased."""
    other = "telegram:4711"
    form = sealer.seal({"branch": MARK, "serial": 7, "language": "en"})
    async with database.sessions.begin() as session:
        session.add(ChannelAddress(address=other, channel="telegram", participant_id=person.id))
        session.add(
            Conversation(
                address=other,
                participant_id=person.id,
                sealed_dialogue=form,
                last_message_at=clock() + HOUR,
            )
        )
    await ask(database, person, clock())
    async with database.sessions() as session:
        talk = (await session.scalars(select(Conversation).where(Conversation.address == other))).one()
    kept = sealer.open(talk.sealed_dialogue or b"")
    assert MARK not in str(kept)
    assert (kept["serial"], kept["language"]) == (7, "en")


async def test_what_a_turn_under_way_brings_goes_with_its_line(
    database: Database, sealer: Sealer, person: Person, clock: Clock
) -> None:
    """It began before they asked and was committed after it, at another of their addresses."""
    await ask(database, person, clock())
    async with database.sessions.begin() as session:
        number = {"kind": "nik", "sealed": sealer.seal(NIK), "digest": sealer.digest(NIK)}
        session.add(PersonalNumber(participant_id=person.id, address=ADDRESS, **number))
    for _ in range(2):
        await carry_out(database, sealer, clock.advance(60))
        await files_go(database)
    assert await count(database, Erasure, Erasure.done_at.is_(None)) == 0
    assert await found(database, sealer) == set()


async def test_a_consent_since_then_keeps_the_talk(
    database: Database, sealer: Sealer, person: Person, clock: Clock
) -> None:
    await ask(database, person, clock())
    async with database.sessions.begin() as session:
        talk = await session.get_one(Conversation, person.ids["conversations"])
        await consents.give(session, talk, "administration", "1", clock.advance(5))
    for _ in range(2):
        await carry_out(database, sealer, clock.advance(60))
        await files_go(database)
    assert await count(database, Erasure, Erasure.done_at.is_(None)) == 0
    assert await count(database, ConsentGiven, ConsentGiven.withdrawn_at.is_(None)) == 1


async def test_however_much_was_said(
    database: Database, sealer: Sealer, person: Person, clock: Clock
) -> None:
    """A statement takes 32767 values."""
    many = (
        "insert into messages (conversation_id, author, body, at)"
        " select conversation_id, author, body, at from messages, generate_series(1, 33000)"
    )
    async with database.engine.begin() as connection:
        await connection.execute(text(many))
    await ask(database, person, clock())
    for _ in range(2):
        await carry_out(database, sealer, clock.advance(60))
        await files_go(database)
    assert await count(database, Message) == 0


async def test_history_loses_words_only_to_an_erasure(database: Database, person: Person) -> None:
    async def change(*statements: str) -> None:
        async with database.engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))

    erasing = "set local siaga.erasing = on"
    for refused in (
        ("update history set detail = '{}'",),
        (erasing, "update history set what = 'opened'"),
        (erasing, "update history set detail = '{\"more\": 1}'"),
        (erasing, "delete from history"),
    ):
        with pytest.raises(DBAPIError, match="only ever added"):
            await change(*refused)
    await change(erasing, "update history set detail = '{}'")


def test_every_table_is_known_to_be_of_people_or_not() -> None:
    tables = {table.name for table in Base.metadata.sorted_tables}
    assert tables >= NOT_OF_PEOPLE
