"""Every failure of every channel ends as its table says, whether it comes as an answer or is reported later."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from sqlalchemy import select, update

from bot.channels import telegram_errors, whatsapp_errors
from bot.channels.failures import COMMON, Act
from bot.delivery import inbox
from bot.delivery.following import Follower
from bot.delivery.forms import text_to_json
from bot.delivery.meanings import MEANINGS, meaning
from bot.errors import ChannelError
from bot.live import Live
from bot.messages import Delivery, Option, Receipt, Text
from bot.storage.tables import (
    ChannelAddress,
    Conversation,
    DeliveryAlarm,
    DeliveryReceipt,
    Outbox,
    OutboxState,
    Participant,
)
from tests.conftest import Clock
from tests.delivery.post import Post
from tests.delivery.recording import Recording

# What the providers' documentation asks for, written down apart from the tables.
RETRY = "20429 20500 21611 30001 30008 63010 63012 63017 63018 63019 63029 63038 14107"
NO_RETRY = (
    "20404 21211 21408 21604 21610 21614 21617 21619 21602 21620 21623 21654 21655 21656 21910 30002 30007 30036"
    " 63001 63003 63005 63008 63013 63014 63033 63015 63016 63021 63024 63027 63028 63030 63031 63032 63034 11751"
    " 63036 63040 63041 63042 63049 63051 11200 11205 11210 11215 12300"
)
REPAIR = "20003 21212 21606 21603 21703 21704 21705 63007"
MARKED = "21211 21614 63003 21610 63014 63033 63015 63024"
ALARMED = REPAIR + " 21408 63001 63008 30002 63051 63040 63041 63042"
ONCE = "30008 63019 63029"


def test_the_table_says_what_the_documentation_says() -> None:
    assert {*RETRY.split(), *NO_RETRY.split(), *REPAIR.split()} == set(whatsapp_errors.TABLE)
    for code in RETRY.split():
        assert meaning(code).act is Act.RETRY, code
    for code in NO_RETRY.split():
        assert meaning(code).act not in (Act.RETRY, Act.REPAIR), code
    for code in REPAIR.split():
        assert meaning(code).act is Act.REPAIR, code
    for code in MARKED.split():
        assert meaning(code).act is Act.MARK, code
    for code in ALARMED.split():
        assert meaning(code).alerts, code
    for code in ONCE.split():
        assert meaning(code).tries == 1, code


def test_tables_do_not_contradict_each_other() -> None:
    tables = [COMMON, whatsapp_errors.TABLE, telegram_errors.TABLE]
    assert sum(len(table) for table in tables) == len(MEANINGS)


@pytest.mark.parametrize(
    ("code", "status", "act", "unknown"),
    [
        ("99999", 0, Act.DROP, False),
        ("50001", 0, Act.DROP, False),
        ("99999", 400, Act.DROP, False),
        ("99999", 401, Act.REPAIR, False),
        ("99999", 429, Act.RETRY, False),
        ("99999", 503, Act.RETRY, True),
        (504, 504, Act.RETRY, True),
        (418, 418, Act.DROP, False),
    ],
)
def test_an_unknown_code_is_judged_by_its_class(
    code: str | int, status: int, act: Act, unknown: bool
) -> None:
    error = whatsapp_errors.failure(code, status)
    assert error.retry == (act in (Act.RETRY, Act.REPAIR))
    assert error.unknown == unknown


@pytest.fixture
def whatsapp() -> Recording:
    return Recording("whatsapp")


@pytest.fixture
async def post(database, sealer, clock: Clock, whatsapp: Recording) -> Post:
    return Post(database, sealer, clock, whatsapp, Recording("telegram"))


async def known(post: Post, *addresses: str) -> None:
    """Somebody is behind each address, with a talk."""
    async with post.database.sessions.begin() as session:
        for address in addresses:
            session.add(person := Participant())
            await session.flush()
            channel = address.partition(":")[0]
            session.add(ChannelAddress(address=address, channel=channel, participant_id=person.id))
            session.add(Conversation(address=address, participant_id=person.id, owner="bot"))


async def everything(post: Post) -> tuple[dict[str, Outbox], dict[str, str | None], dict[str, int]]:
    """Rows by address; codes of the marked addresses; alarms by code."""
    async with post.database.sessions() as session:
        marked = select(ChannelAddress).where(ChannelAddress.unreachable_since.is_not(None))
        return (
            {row.address: row for row in await post.rows()},
            {one.address: one.unreachable_code for one in await session.scalars(marked)},
            {alarm.code: alarm.times for alarm in await session.scalars(select(DeliveryAlarm))},
        )


def of(code: str) -> str:
    return f"whatsapp:{code}"


def as_answer(code: str) -> ChannelError:
    return meaning(code).error(code)


async def test_every_answer(post: Post, whatsapp: Recording) -> None:
    """Those for which the whole channel rests are in the next test."""
    codes = [code for code, one in MEANINGS.items() if not one.everybody]
    await known(post, *map(of, codes))
    for code in codes:
        await post.queue("halo", to=of(code))
    whatsapp.refusing = {of(code): as_answer(code) for code in codes}
    await post.run_until_settled()
    rows, marked, alarms = await everything(post)
    ends = {
        code: (rows[of(code)].state, of(code) in marked, code in alarms, rows[of(code)].error_code)
        for code in codes
    }
    assert ends == {code: expected(code) for code in codes}
    assert all(marked[of(code)] == code for code in codes if of(code) in marked)
    for code in codes:
        if rows[of(code)].state is OutboxState.QUEUED:
            wait = (rows[of(code)].next_try_at - post.clock()).total_seconds()
            least = meaning(code).after or 2
            assert least <= wait <= least * 1.2, code


def expected(code: str) -> tuple[OutboxState, bool, bool, str | None]:
    act = meaning(code).act
    if act is Act.DONE:
        return OutboxState.SENT, False, False, None
    if act is Act.WINDOW:
        return OutboxState.WAITING, False, False, code
    again = act is Act.RETRY and (meaning(code).tries > 1 or meaning(code).unknown)
    state = OutboxState.QUEUED if again else OutboxState.DEAD
    return state, act is Act.MARK, act is Act.ALERT, code


@pytest.mark.parametrize("code", [code for code, one in MEANINGS.items() if one.everybody])
async def test_answers_for_which_everybody_waits(post: Post, whatsapp: Recording, code: str) -> None:
    whatsapp.refusing = {of("1"): as_answer(code)}
    await post.queue("halo", to=of("1"))
    async with asyncio.timeout(10), post.sending():
        await post.settled()
        row = await post.row()
        assert (row.state, row.attempts, row.error_code) == (OutboxState.QUEUED, 0, code)
        await post.queue("lain", to=of("2"))
        await asyncio.sleep(0.3)
        assert whatsapp.sent == []  # nothing at all leaves there meanwhile
        whatsapp.refusing = {}
        post.clock.advance(80)
        while len(whatsapp.sent) < 2:
            await asyncio.sleep(0.02)
    _, _, alarms = await everything(post)
    assert (code in alarms) == meaning(code).alerts


@pytest.fixture
async def live(redis_url: str) -> AsyncIterator[Live]:
    live = Live(redis_url)
    yield live
    await live.close()


@pytest.fixture
def follower(post: Post, live: Live) -> Follower:
    return Follower(post.database, post.sealer, live, post.clock)


async def reported(post: Post, *failed: tuple[str, str | None], state: Delivery = Delivery.FAILED) -> None:
    """Receipts with these provider ids and codes come in."""
    receipts = [
        Receipt(channel="whatsapp", provider_id=sid, state=state, error_code=code, at=post.clock())
        for sid, code in failed
    ]
    await inbox.store(post.database, post.sealer, receipts, post.clock())


async def test_every_status_callback(post: Post, whatsapp: Recording, follower: Follower) -> None:
    codes = list(whatsapp_errors.TABLE)
    await known(post, *map(of, codes))
    for code in codes:
        await post.queue("halo", to=of(code))
    await post.run_until_settled()
    sids = {row.address: row.provider_id or "" for row in await post.rows()}
    await reported(post, *((sids[of(code)], code) for code in codes))
    assert await follower.round() == len(codes)
    rows, marked, alarms = await everything(post)
    for code in codes:
        row, act = rows[of(code)], meaning(code).act
        again = act in (Act.RETRY, Act.WINDOW)
        assert row.state is (OutboxState.QUEUED if again else OutboxState.DEAD), code
        assert (row.error_code, row.parts_sent) == (code, 0 if again else 1)
        assert (of(code) in marked, code in alarms) == (act is Act.MARK, meaning(code).alerts), code
        if again:
            least = 0 if act is Act.WINDOW else meaning(code).after or 2
            assert (row.next_try_at - post.clock()).total_seconds() >= least, code
    assert await follower.round() == 0


async def test_a_report_is_tried_again_only_so_often_and_not_after_long(
    post: Post, whatsapp: Recording, follower: Follower
) -> None:
    await post.queue("halo", to=of("1"))
    for _ in range(3):
        await post.run_until_settled()
        await reported(post, ((await post.row()).provider_id or "", "63012"))
        await follower.round()
        post.clock.now = max(post.clock(), (await post.row()).next_try_at)
    await post.run_until_settled()
    assert len(whatsapp.sent) == 4
    await reported(post, ((await post.row()).provider_id or "", "63012"))
    await follower.round()
    assert (await post.row()).state is OutboxState.DEAD
    await post.resend((await post.row()).id)
    await post.run_until_settled()
    assert len(whatsapp.sent) == 5
    post.clock.advance(16 * 60)
    await reported(post, ((await post.row()).provider_id or "", "63012"))
    await follower.round()
    assert (await post.row()).state is OutboxState.DEAD


async def test_buttons_that_were_refused_later_go_as_words(
    post: Post, whatsapp: Recording, follower: Follower
) -> None:
    await post.queue("Benar?", to=of("1"))
    asked = Text(body="Benar?", options=(Option(id="1:ya", title="Ya"), Option(id="1:tidak", title="Tidak")))
    async with post.database.sessions.begin() as session:
        await session.execute(update(Outbox).values(sealed=post.sealer.seal(text_to_json(asked))))
    await post.run_until_settled()
    for _ in range(2):
        await reported(post, ((await post.row()).provider_id or "", "63005"))
        await follower.round()
        await post.run_until_settled()
    assert whatsapp.texts() == ["Benar?", "Benar?\n\n1. Ya\n2. Tidak"]
    assert (await post.row()).state is OutboxState.DEAD


async def test_a_report_that_came_before_our_own_commit_is_followed(
    post: Post, follower: Follower, whatsapp: Recording
) -> None:
    await known(post, of("1"))
    await reported(post, ("id-1", "63024"))
    assert await follower.round() == 0
    await post.queue("halo", to=of("1"))
    await post.run_until_settled()
    async with asyncio.timeout(10):
        while True:
            await follower.round()
            rows, marked, _ = await everything(post)
            if rows[of("1")].state is OutboxState.DEAD:
                break
    assert marked == {of("1"): "63024"}


async def test_what_arrived_after_all_is_no_dead_letter(
    post: Post, follower: Follower, whatsapp: Recording
) -> None:
    await post.queue("halo", to=of("1"))
    await post.run_until_settled()
    await reported(post, ("id-1", "30007"))
    await follower.round()
    assert (await post.row()).state is OutboxState.DEAD
    await reported(post, ("id-1", None), state=Delivery.DELIVERED)
    await follower.round()
    row = await post.row()
    assert (row.state, row.error_code) == (OutboxState.SENT, None)


async def test_who_wrote_meanwhile_can_be_reached(
    post: Post, follower: Follower, whatsapp: Recording
) -> None:
    await known(post, of("1"))
    await post.queue("halo", to=of("1"))
    await post.run_until_settled()
    async with post.database.sessions.begin() as session:
        await session.execute(update(ChannelAddress).values(last_inbound_at=post.clock.advance(5)))
    await reported(post, ("id-1", "63014"))
    await follower.round()
    rows, marked, _ = await everything(post)
    assert (rows[of("1")].state, marked) == (OutboxState.DEAD, {})


async def test_receipts_of_nobody_are_put_aside(post: Post, follower: Follower) -> None:
    await reported(post, ("elsewhere", "63024"))
    await follower.round()
    post.clock.advance(100)
    await follower.round()
    async with post.database.sessions() as session:
        assert (await session.scalars(select(DeliveryReceipt.followed))).one()


@pytest.mark.parametrize(("state", "code"), [(Delivery.READ, None), (Delivery.FAILED, "63016")])
async def test_open_pages_hear_of_a_receipt_within_five_seconds(
    post: Post, live: Live, state: Delivery, code: str | None
) -> None:
    await known(post, of("1"))
    async with post.database.sessions() as session:
        talk = (await session.scalars(select(Conversation.id))).one()
    async with asyncio.timeout(20), post.sending(live=live):
        await post.queue("halo", to=of("1"))
        await post.settled()
        await asyncio.sleep(1)  # the tick of sending has been told
        async with aclosing(live.subscribe(f"conversation:{talk}")) as events:
            await anext(events)
            await reported(post, ("id-1", code), state=state)
            event = await asyncio.wait_for(anext(events), 5)
    assert event.topic == f"conversation:{talk}"
