"""Codes that join two addresses: made, typed, guessed, raced for; and the way back."""

import asyncio
import re
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from bot.people import joining
from bot.people.joining import ALPHABET, GOOD_FOR, TRIES, WITHIN, Found, Tried
from bot.retention import Kept, clear
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Case,
    CaseKind,
    ChannelAddress,
    ConsentGiven,
    Conversation,
    History,
    JoinCode,
    JoinTry,
    Participant,
    PersonalNumber,
)
from tests.conftest import Clock

WHATSAPP, TELEGRAM, OTHER = "whatsapp:+628127000001", "telegram:4711", "telegram:4712"


class Town:
    """People, each at an address of their own to begin with."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self.database, self.sealer, self.clock = database, sealer, clock

    async def settle(self, address: str) -> None:
        """Somebody with a case, a consent, and a number that they have in common with all others."""
        channel = address.partition(":")[0]
        whose, talk = uuid4(), uuid4()
        rows = (
            Participant(id=whose),
            ChannelAddress(address=address, channel=channel, participant_id=whose),
            Conversation(id=talk, address=address, participant_id=whose),
            self.case(whose, talk),
            self.number(whose, address),
            ConsentGiven(
                participant_id=whose,
                purpose="administration",
                version="1",
                channel=channel,
                address=address,
                given_at=self.clock(),
            ),
        )
        async with self.database.sessions.begin() as session:
            for row in rows:
                session.add(row)
                await session.flush()

    @staticmethod
    def case(whose: UUID, talk: UUID) -> Case:
        return Case(
            number=uuid4().hex,
            kind=CaseKind.COMPLAINT,
            summary="obat",
            participant_id=whose,
            conversation_id=talk,
        )

    def number(self, whose: UUID, address: str) -> PersonalNumber:
        return PersonalNumber(
            participant_id=whose,
            address=address,
            kind="nik",
            sealed=self.sealer.seal("1671014107900001"),
            digest=self.sealer.digest("1671014107900001"),
        )

    async def talk(self, address: str) -> Conversation:
        async with self.database.sessions() as session:
            return (await session.scalars(select(Conversation).where(Conversation.address == address))).one()

    async def code(self, address: str) -> str:
        async with self.database.sessions.begin() as session:
            return await joining.make_code(session, self.sealer, address, self.clock())

    async def tries(self, address: str, code: str) -> Tried:
        async with self.database.sessions.begin() as session:
            return (await joining.try_code(session, self.sealer, address, code, self.clock())).tried

    async def joins(self, address: str, code: str) -> Found:
        async with self.database.sessions.begin() as session:
            locked = select(Conversation).where(Conversation.address == address).with_for_update()
            talk = (await session.scalars(locked)).one()
            return await joining.join(session, self.sealer, talk, code, self.clock())

    async def parts(self, address: str) -> list[str]:
        async with self.database.sessions.begin() as session:
            talk = (await session.scalars(select(Conversation).where(Conversation.address == address))).one()
            return list(await joining.part(session, talk, self.clock()))

    async def belongs(self, table: Any, address: str) -> set[UUID]:
        """Whose the rows are that came by an address."""
        talk = await self.talk(address)
        which = {
            Case: Case.conversation_id == talk.id,
            Conversation: Conversation.address == address,
            ChannelAddress: ChannelAddress.address == address,
            PersonalNumber: PersonalNumber.address == address,
            ConsentGiven: ConsentGiven.address == address,
        }
        async with self.database.sessions() as session:
            return set(await session.scalars(select(table.participant_id).where(which[table])))

    async def left(self) -> tuple[int, int]:
        """How many codes there are, and how many tries that failed."""
        async with self.database.sessions() as session:
            codes, tries = (
                select(func.count()).select_from(JoinCode),
                select(func.count()).select_from(JoinTry),
            )
            return await session.scalar(codes) or 0, await session.scalar(tries) or 0

    async def whose(self, address: str) -> UUID:
        """Whose everything at an address is: of one participant, always."""
        tables = (Case, Conversation, ChannelAddress, PersonalNumber, ConsentGiven)
        (whose,) = set.union(*[await self.belongs(table, address) for table in tables])
        return whose


@pytest.fixture
async def town(database: Database, sealer: Sealer, clock: Clock) -> Town:
    town = Town(database, sealer, clock)
    for address in (WHATSAPP, TELEGRAM, OTHER):
        await town.settle(address)
    return town


async def test_a_code_makes_one_participant_of_two_and_parting_two_of_one(town: Town) -> None:
    first, second = await town.whose(WHATSAPP), await town.whose(TELEGRAM)
    found = await town.joins(TELEGRAM, (await town.code(WHATSAPP)).lower().replace("-", " "))
    assert found == Found(tried=Tried.FITS, address=WHATSAPP)
    assert await town.whose(WHATSAPP) == await town.whose(TELEGRAM) == first != second
    talk = await town.talk(TELEGRAM)
    async with town.database.sessions.begin() as session:
        session.add(town.case(first, talk.id))  # what comes while they are one goes with its address
    assert await town.parts(TELEGRAM) == [WHATSAPP]
    assert await town.whose(WHATSAPP) == first
    assert await town.whose(TELEGRAM) not in (first, second)
    assert await town.parts(TELEGRAM) == []


async def test_it_may_be_undone_on_either(town: Town) -> None:
    await town.joins(TELEGRAM, await town.code(WHATSAPP))
    assert await town.parts(WHATSAPP) == [TELEGRAM]
    assert await town.whose(WHATSAPP) != await town.whose(TELEGRAM)


async def test_a_third_address_joins_the_two(town: Town) -> None:
    await town.joins(TELEGRAM, await town.code(WHATSAPP))
    await town.joins(TELEGRAM, await town.code(OTHER))
    assert await town.whose(WHATSAPP) == await town.whose(TELEGRAM) == await town.whose(OTHER)
    assert await town.parts(TELEGRAM) == [OTHER, WHATSAPP]
    assert await town.whose(WHATSAPP) == await town.whose(OTHER) != await town.whose(TELEGRAM)


async def test_every_joining_and_parting_is_in_the_history_of_both_without_addresses(town: Town) -> None:
    await town.joins(TELEGRAM, await town.code(WHATSAPP))
    await town.parts(WHATSAPP)
    async with town.database.sessions() as session:
        entries = (await session.scalars(select(History).order_by(History.id))).all()
    assert [entry.what for entry in entries] == ["joined", "joined", "parted", "parted"]
    assert entries[0].detail["channels"] == ["telegram", "whatsapp"]
    assert not any("4711" in str(entry.detail) or "+62" in str(entry.detail) for entry in entries)


async def test_a_code_is_good_once_for_a_quarter_of_an_hour_and_only_the_newest(town: Town) -> None:
    old, new = await town.code(WHATSAPP), await town.code(WHATSAPP)
    assert await town.tries(TELEGRAM, old) is Tried.WRONG
    assert await town.tries(WHATSAPP, new) is Tried.OWN
    assert await town.tries(TELEGRAM, new) is Tried.FITS
    assert (await town.joins(TELEGRAM, new)).tried is Tried.FITS
    assert (await town.joins(OTHER, new)).tried is Tried.WRONG
    late = await town.code(WHATSAPP)
    assert await town.tries(TELEGRAM, late) is Tried.SAME
    town.clock.advance(GOOD_FOR.total_seconds())
    assert await town.tries(OTHER, late) is Tried.WRONG


async def test_codes_cannot_be_guessed(town: Town) -> None:
    code = await town.code(WHATSAPP)
    for _ in range(TRIES):
        assert await town.tries(TELEGRAM, "AAAA-2222") is Tried.WRONG
    assert await town.tries(TELEGRAM, code) is Tried.TOO_MANY
    assert await town.tries(OTHER, code) is Tried.FITS, "others are not held up"
    town.clock.advance(WITHIN.total_seconds() + 1)
    assert await town.tries(TELEGRAM, await town.code(WHATSAPP)) is Tried.FITS


async def test_a_code_is_kept_as_a_digest_alone(town: Town) -> None:
    code = await town.code(WHATSAPP)
    assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", code)
    assert any(sign.isdigit() for sign in code)
    async with town.database.sessions() as session:
        (row,) = await session.scalars(select(JoinCode))
    assert row.digest == town.sealer.digest(f"join {code.replace('-', '')}")


async def test_two_who_join_each_other_at_once_are_one(town: Town) -> None:
    mine, theirs = await town.code(WHATSAPP), await town.code(TELEGRAM)
    found = await asyncio.gather(town.joins(TELEGRAM, mine), town.joins(WHATSAPP, theirs))
    assert sorted(one.tried for one in found) == [Tried.FITS, Tried.SAME]
    assert await town.whose(WHATSAPP) == await town.whose(TELEGRAM)


async def test_of_two_who_type_one_code_at_once_one_is_joined(town: Town) -> None:
    code = await town.code(WHATSAPP)
    found = await asyncio.gather(town.joins(TELEGRAM, code), town.joins(OTHER, code))
    assert sorted(one.tried for one in found) == [Tried.FITS, Tried.WRONG]


async def test_what_ran_out_does_not_stay(town: Town) -> None:
    await town.code(WHATSAPP)
    await town.tries(TELEGRAM, "AAAA-2222")
    kept = Kept(queue=30, media=None, sealed=None, talks=None)
    await clear(town.database, kept, town.clock())
    assert await town.left() == (1, 1)
    await clear(town.database, kept, town.clock.advance(WITHIN.total_seconds() + 1))
    assert await town.left() == (0, 0)


async def test_for_a_day_after_a_joining_nothing_may_be_sent_or_erased(town: Town) -> None:
    async def settles(address: str) -> datetime | None:
        whose = (await town.talk(address)).participant_id
        async with town.database.sessions() as session:
            return await joining.settles_at(session, whose, town.clock())

    assert await settles(WHATSAPP) is None
    await town.joins(TELEGRAM, await town.code(WHATSAPP))
    assert await settles(WHATSAPP) == await settles(TELEGRAM) == town.clock() + joining.SETTLING
    town.clock.advance(joining.SETTLING.total_seconds())
    assert await settles(TELEGRAM) is None
    await town.joins(TELEGRAM, await town.code(OTHER))
    assert await settles(OTHER)
    await town.parts(OTHER)
    assert await settles(OTHER) is None
