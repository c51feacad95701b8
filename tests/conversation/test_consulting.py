"""A flow asks another server: outside the turn's transaction, once, and what it said is kept with the answers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select, text
from structlog.testing import capture_logs

from bot.conversation.carrying import members
from bot.delivery.inbox import HoldLost
from bot.dialogue.state import load
from bot.flows.effects import DirectoryThere, FindMember
from bot.members.breaker import Breaker
from bot.members.directory import Away, Identity, Membership, Status
from bot.members.tries import PER_ADDRESS, Tries
from bot.members.vclaim import Keys, VClaim
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation, MemberTry, Message, Outbox
from tests.claims import claim_one
from tests.conftest import Clock
from tests.conversation.test_turn import ADDRESS, ByWord, Desk
from tests.standins.vclaim import VClaimStandIn, running_vclaim

CARD, BORN = "0001234567890", date(1990, 7, 1)
MEMBER = Membership(card="*********7890", status=Status.ACTIVE, source="table", as_of=Clock().now)
IDLE_IN_TRANSACTION = text(
    "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    " and state like 'idle in transaction%'"
)


@dataclass
class Watching:
    """A directory that notes what is asked, and whether a transaction was open meanwhile."""

    database: Database
    name: str = "table"
    asked: list[Identity] = field(default_factory=list)
    transactions: list[int] = field(default_factory=list)
    away: bool = False
    meanwhile: Any = None

    async def there(self) -> bool:
        return True

    async def find(self, identity: Identity, now: Any) -> Membership | None:
        self.asked.append(identity)
        async with self.database.autocommit.connect() as connection:
            self.transactions.append(await connection.scalar(IDLE_IN_TRANSACTION) or 0)
        if self.meanwhile:
            await self.meanwhile()
        if self.away:
            raise Away("timeout")
        return MEMBER if identity == Identity(CARD, BORN) else None


class Members(Desk):
    """A participant who asks for their membership."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, directory: Any) -> None:
        super().__init__(database, sealer, clock)
        interpreter = ByWord(cek="check_membership", tagihan="check_bill", buka="ask_closure")
        self.conversations.__dict__.update(
            interpreter=interpreter,
            consulting=members.consulting(directory, Tries(database, sealer), clock),
        )

    async def texts(self, *said: str) -> str:
        return "\n".join(line.body for line in await self.say(*said))

    async def count(self, table: Any) -> int:
        async with self.database.sessions() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def watching(database: Database) -> Watching:
    return Watching(database)


@pytest.fixture
def desk(database: Database, sealer: Sealer, clock: Clock, watching: Watching) -> Members:
    return Members(database, sealer, clock, watching)


async def test_no_transaction_waits_for_the_other_server(desk: Members, watching: Watching) -> None:
    assert "Status: *AKTIF*" in await desk.texts(f"cek {CARD} lahir 1 juli 1990")
    assert watching.asked == [Identity(CARD, BORN)]
    assert watching.transactions == [0]
    assert await desk.count(Outbox) == 1


async def test_what_was_said_is_kept_and_not_asked_again(desk: Members, watching: Watching) -> None:
    await desk.say(f"cek {CARD} lahir 1 juli 1990")
    await desk.say("cukup")
    assert "Tagihan untuk kartu berakhiran *7890*" in await desk.texts("tagihan")
    assert len(watching.asked) == 1


async def test_several_questions_in_one_turn(desk: Members, watching: Watching) -> None:
    said = await desk.texts("cek", CARD, "1 juli 1990")
    assert watching.asked == [Identity(CARD, BORN)]
    assert "Status: *AKTIF*" in said
    assert await desk.count(Outbox) == 1


async def test_lines_are_written_once_however_often_the_turn_begins_anew(desk: Members) -> None:
    await desk.say(f"cek {CARD} lahir 1 juli 1990")
    async with desk.database.sessions() as session:
        bodies = list(await session.scalars(select(Message.body).where(Message.author == "participant")))
    assert bodies == ["cek *********7890 lahir 1 juli 1990"]


async def test_who_lost_the_hold_meanwhile_changes_nothing(desk: Members, watching: Watching) -> None:
    claimed = await desk.write(f"cek {CARD} lahir 1 juli 1990")

    async def taken_over() -> None:
        desk.clock.advance(61)
        watching.meanwhile = None
        assert await claim_one(desk.database, desk.sealer, desk.clock())

    watching.meanwhile = taken_over
    with pytest.raises(HoldLost):
        await desk.conversations.take_turn(claimed)
    assert await desk.count(Outbox) == 0
    assert await desk.count(Message) == 0


async def test_only_what_did_not_fit_counts_as_a_try(desk: Members, watching: Watching) -> None:
    await desk.say(f"cek {CARD} lahir 1 juli 1990")
    assert await desk.count(MemberTry) == 0
    await desk.say("cek 0001234567891 lahir 1 juli 1990")
    assert await desk.count(MemberTry) == 1
    watching.away = True
    await desk.say("batal")
    await desk.say("cek 0001234567892 lahir 1 juli 1990")
    assert await desk.count(MemberTry) == 1


async def test_after_too_many_tries_the_directory_is_not_even_asked(
    desk: Members, watching: Watching
) -> None:
    tries = Tries(desk.database, desk.sealer)
    for count in range(PER_ADDRESS):
        assert await tries.take(ADDRESS, f"000123456{count:04}", desk.clock())
    assert "terlalu banyak" in await desk.texts(f"cek {CARD} lahir 1 juli 1990")
    assert watching.asked == []


async def test_a_turn_that_is_taken_twice_still_counts_what_failed(desk: Members, watching: Watching) -> None:
    """A try is committed before the directory is asked: killing the worker then is no way to guess for free."""
    claimed = await desk.write("cek 0001234567891 lahir 1 juli 1990")

    async def die() -> None:
        raise RuntimeError

    watching.meanwhile = die
    with pytest.raises(RuntimeError):
        await desk.conversations.take_turn(claimed)
    assert await desk.count(MemberTry) == 1


async def test_answers_are_counted_and_nothing_personal_is_logged(desk: Members, watching: Watching) -> None:
    def counted(outcome: str) -> float:
        labels = {"directory": "table", "outcome": outcome}
        return REGISTRY.get_sample_value("siaga_member_lookups_total", labels) or 0.0

    before = {outcome: counted(outcome) for outcome in ("found", "no_match", "away")}
    with capture_logs() as logs:
        await desk.say(f"cek {CARD} lahir 1 juli 1990")
        await desk.say("cek 0001234567891 lahir 1 juli 1990")
        watching.away = True
        await desk.say("batal")
        await desk.say("cek 0001234567892 lahir 1 juli 1990")
    assert {outcome: counted(outcome) - count for outcome, count in before.items()} == dict.fromkeys(
        before, 1
    )
    away = {"event": "members.away", "log_level": "warning", "directory": "table", "reason": "timeout"}
    assert away in logs
    assert not any(digits in str(logs) for digits in ("000123", "1990"))


@pytest.fixture
async def vclaim(clock: Clock) -> AsyncIterator[VClaimStandIn]:
    async with running_vclaim() as server:
        server.clock = clock
        yield server


async def test_vclaim_behind_a_talk(
    database: Database, sealer: Sealer, clock: Clock, vclaim: VClaimStandIn
) -> None:
    vclaim.add(CARD, None, BORN, statusPeserta={"kode": "6", "keterangan": "NON AKTIF PREMI"})
    keys = Keys(cons_id=vclaim.cons_id, secret=vclaim.secret, user_key=vclaim.user_key)
    async with httpx.AsyncClient(base_url=f"{vclaim.url}/vclaim-rest/", timeout=2) as http:
        desk = Members(database, sealer, clock, VClaim(http, keys, Breaker()))
        said = await desk.texts(f"cek {CARD} lahir 1 juli 1990")
        assert "Status: *TIDAK AKTIF (NON AKTIF PREMI)*" in said
        assert "Menurut VClaim BPJS Kesehatan, per 23 November 2026" in said
        assert "bisa melihatnya lewat" in await desk.texts("tagihan")
        vclaim.fail_next(500)
        assert "sedang tidak bisa kami buka" in await desk.texts("cek 0009999999999 lahir 1 juli 1990")


async def test_what_is_kept_of_a_talk_is_sealed(desk: Members, sealer: Sealer) -> None:
    await desk.say(f"cek {CARD} lahir 1 juli 1990")
    talk = await desk.one(Conversation)
    assert load(sealer.open(talk.sealed_dialogue)).proved
    assert b"7890" not in talk.sealed_dialogue


def test_requests_can_be_told_apart_and_recognised() -> None:
    first = FindMember(number=CARD, birth=BORN)
    assert hash(first) == hash(FindMember(number=CARD, birth=BORN))
    assert first != FindMember(number=CARD, birth=date(1990, 7, 2))
    assert DirectoryThere() == DirectoryThere()
