"""A provider may have taken a message of which we had no answer: nobody gets it twice, and nobody misses it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from bot.app import Contents as KeptContents
from bot.app import clock as real_clock
from bot.channels.failures import TRIES
from bot.channels.telegram import Telegram, TelegramAccount
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_api import TwilioAccount
from bot.delivery import outbox
from bot.delivery.outbox import Room
from bot.errors import ChannelError
from bot.messages import Text
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import OutboxState
from tests.delivery.contents import Contents
from tests.delivery.post import Post
from tests.standins import TelegramStandIn, TwilioStandIn
from tests.standins.telegram import error_body

PHONE = "whatsapp:+6281234567890"


@pytest.fixture
async def post(
    database: Database, sealer: Sealer, twilio: TwilioStandIn, telegram: TelegramStandIn
) -> AsyncIterator[Post]:
    """Real channels and a real clock: the stand-ins have their own."""
    account = TwilioAccount(
        sid=twilio.sid,
        token=twilio.token,
        number=twilio.number,
        public_url="https://siaga.example",
        api_base=twilio.url,
    )
    bot = TelegramAccount(token=telegram.token, secret=telegram.secret, api_base=telegram.url)
    channels = WhatsApp(account, Contents()), Telegram(bot)
    yield Post(database, sealer, real_clock, *channels)  # type: ignore[arg-type]
    for channel in channels:
        await channel.close()


async def sent(post: Post, seconds: float = 20) -> OutboxState:
    """Send until the one row is no longer queued."""
    async with asyncio.timeout(seconds), post.sending():
        while (row := await post.row()).state is OutboxState.QUEUED:
            await asyncio.sleep(0.05)
    return row.state


async def test_a_message_that_was_taken_before_the_line_broke_is_adopted(
    post: Post, twilio: TwilioStandIn
) -> None:
    await post.queue("halo", to=PHONE)
    twilio.cut_next(after_taking=True)
    assert await sent(post) is OutboxState.SENT
    assert len(twilio.sent) == 1
    assert (await post.row()).provider_id == twilio.sent[0]["MessageSid"]


async def test_a_message_that_was_not_taken_is_sent_once_more(post: Post, twilio: TwilioStandIn) -> None:
    await post.queue("halo", to=PHONE)
    twilio.cut_next(after_taking=False)
    assert await sent(post) is OutboxState.SENT
    assert len(twilio.sent) == 1
    row = await post.row()
    assert (row.provider_id, row.doubt_since) == (twilio.sent[0]["MessageSid"], None)


@pytest.mark.parametrize("taken", [True, False])
async def test_nothing_goes_out_again_while_twilio_cannot_be_asked(
    post: Post, twilio: TwilioStandIn, taken: bool
) -> None:
    await post.queue("halo", to=PHONE)
    twilio.fail_next(503, "down", after_taking=taken)
    twilio.fail_next(503, "down", times=2)  # asked at once, and again before the second try
    assert await sent(post, 30) is OutboxState.SENT
    assert len(twilio.sent) == 1
    assert not twilio.faults


async def test_the_same_words_sent_before_are_another_message(post: Post, twilio: TwilioStandIn) -> None:
    for _ in range(2):
        await post.queue("baik", to=PHONE)
    async with asyncio.timeout(20), post.sending():
        while (await post.rows())[0].state is OutboxState.QUEUED:
            await asyncio.sleep(0.005)
        twilio.cut_next(after_taking=False)
        await post.settled()
        while (await post.rows())[1].state is OutboxState.QUEUED:
            await asyncio.sleep(0.05)
    assert len({row.provider_id for row in await post.rows()}) == 2
    assert len(twilio.sent) == 2


async def in_doubt(post: Post, twilio: TwilioStandIn, *, again: bool = False) -> None:
    """One try of which Twilio knows nothing afterwards; before another one it is asked."""
    if again:
        twilio.let_next_pass()
    twilio.cut_next(after_taking=False)
    attempts = (await post.row()).attempts
    async with asyncio.timeout(20), post.sending():
        while (await post.row()).attempts == attempts:
            await asyncio.sleep(0.02)


async def test_a_message_that_twilio_does_not_know_is_tried_until_twilio_is_back(
    post: Post, twilio: TwilioStandIn
) -> None:
    """Twilio away for longer than between two tries: nobody has to look at what it did not take."""
    await post.queue("halo", to=PHONE)
    await in_doubt(post, twilio)
    await in_doubt(post, twilio, again=True)
    row = await post.row()
    assert (row.state, row.attempts) == (OutboxState.QUEUED, 2)
    async with post.database.engine.begin() as connection:
        await connection.exec_driver_sql("update outbox set next_try_at = now()")
    assert await sent(post) is OutboxState.SENT
    assert len(twilio.sent) == 1


async def test_in_doubt_at_the_last_try_it_waits_for_a_person(post: Post, twilio: TwilioStandIn) -> None:
    await post.queue("halo", to=PHONE)
    async with post.database.engine.begin() as connection:
        await connection.exec_driver_sql(f"update outbox set attempts = {TRIES - 1}")
    await in_doubt(post, twilio)
    row = await post.row()
    assert (row.state, twilio.sent) == (OutboxState.UNKNOWN, [])
    assert await post.resend(row.id)
    assert await sent(post) is OutboxState.SENT
    assert len(twilio.sent) == 1


async def test_sent_again_by_a_person_it_is_looked_for_first(post: Post, twilio: TwilioStandIn) -> None:
    """Taken, but Twilio could not be asked in time."""
    await post.queue("halo", to=PHONE)
    twilio.cut_next(after_taking=True)
    twilio.fail_next(503, "down", times=1)
    async with asyncio.timeout(20), post.sending():
        while not (await post.row()).doubt_since:
            await asyncio.sleep(0.02)
    row = await post.row()
    async with post.database.engine.begin() as connection:
        await connection.exec_driver_sql("update outbox set state = 'unknown'")
    assert await post.resend(row.id)
    assert await sent(post) is OutboxState.SENT
    assert len(twilio.sent) == 1


@pytest.mark.parametrize("taken", [True, False])
async def test_a_sender_that_died_may_have_sent_it(post: Post, twilio: TwilioStandIn, taken: bool) -> None:
    """As after kill -9 between the request and its note."""
    await post.queue("halo", to=PHONE)
    begun = datetime.now(UTC)
    [due] = await outbox.claim_due(post.database, uuid4(), begun, 1, {"whatsapp": Room(8, 8)})
    if taken:
        channel = post.channels["whatsapp"]
        await channel.send(due.address, channel.render(due.address, Text(body="halo"))[0])
    assert await sent(post) is OutboxState.SENT
    assert len(twilio.sent) == 1


async def test_telegram_cannot_be_asked_and_is_tried_once_more(post: Post, telegram: TelegramStandIn) -> None:
    await post.queue("halo", to="telegram:4711")
    telegram.cut_next(after_taking=True)
    assert await sent(post) is OutboxState.SENT
    assert len(telegram.sent) == 2
    telegram.reset()
    async with post.database.engine.begin() as connection:
        await connection.exec_driver_sql("delete from outbox")
    await post.queue("halo", to="telegram:4711")
    for _ in range(2):
        telegram.cut_next(after_taking=True)
    assert await sent(post) is OutboxState.UNKNOWN
    assert len(telegram.sent) == 2


async def in_doubt_at_telegram(post: Post, telegram: TelegramStandIn) -> None:
    """One try that Telegram took, of which we had no answer."""
    await post.queue("halo", to="telegram:4711")
    telegram.cut_next(after_taking=True)
    async with asyncio.timeout(20), post.sending():
        while not (await post.row()).doubt_since:
            await asyncio.sleep(0.02)
    async with post.database.engine.begin() as connection:
        await connection.exec_driver_sql("update outbox set next_try_at = now()")


async def test_a_sender_that_died_in_the_one_more_try_is_not_followed_by_another(
    post: Post, telegram: TelegramStandIn
) -> None:
    await in_doubt_at_telegram(post, telegram)
    telegram.hang_next(3, after_taking=True)
    async with asyncio.timeout(20), post.sending():
        while len(telegram.sent) < 2:
            await asyncio.sleep(0.02)
        async with post.database.engine.begin() as connection:
            await connection.exec_driver_sql("update outbox set held_until = now()")  # as if it had died now
        assert await sent(post) is OutboxState.UNKNOWN
    row = await post.row()
    assert (row.state, row.error_code, len(telegram.sent)) == (OutboxState.UNKNOWN, "interrupted", 2)
    assert await post.resend(row.id)
    assert await sent(post) is OutboxState.SENT


async def test_a_sender_that_died_before_the_one_more_try_is_followed_by_another(
    post: Post, telegram: TelegramStandIn
) -> None:
    await in_doubt_at_telegram(post, telegram)
    for _ in range(2):
        [_] = await outbox.claim_due(post.database, uuid4(), datetime.now(UTC), 0.1, {"telegram": Room(8, 8)})
        await asyncio.sleep(0.2)
    assert await sent(post) is OutboxState.SENT
    assert len(telegram.sent) == 2


async def test_a_clear_refusal_leaves_the_one_more_try_to_be_made(
    post: Post, telegram: TelegramStandIn
) -> None:
    await in_doubt_at_telegram(post, telegram)
    telegram.fail_next(429, error_body(429, "Too Many Requests: retry after 1", retry_after=1))
    assert await sent(post) is OutboxState.SENT
    assert len(telegram.sent) == 2


async def test_while_the_database_is_away_no_button_can_be_looked_up_and_nothing_is_in_doubt() -> None:
    """Else the message would count as one that the provider may have, and be left to a person the second time."""
    away = Database("postgresql://siaga@/siaga?host=/nonexistent")
    contents = KeptContents(away, "AC")
    for looking in (contents.get("siaga_buttons_2_v1"), contents.put("siaga_buttons_2_v1", "HX")):
        with pytest.raises(ChannelError) as failed:
            await looking
        assert (failed.value.retry, failed.value.unknown) == (True, False)
    await away.close()
