"""What a provider received for us and could not deliver is taken in from its list: in order, once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import select

from bot.channels import whatsapp_api
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_api import TwilioAccount
from bot.delivery import inbox, reconciling
from bot.delivery.forms import incoming_from_json
from bot.delivery.reconciling import OVERLAP, reconcile
from bot.errors import ChannelError
from bot.messages import Address, Incoming
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Inbox, Listing
from tests.channels.conftest import KeptContents
from tests.claims import claim_one
from tests.conftest import Clock
from tests.standins import TwilioStandIn

LONGEST = timedelta(days=30)
SARI = "whatsapp:+6281399000601"
BUDI = "whatsapp:+6281399000602"


@pytest.fixture
async def whatsapp(twilio: TwilioStandIn, clock: Clock) -> AsyncIterator[WhatsApp]:
    twilio.clock = clock
    account = TwilioAccount(
        sid=twilio.sid,
        token=twilio.token,
        number=twilio.number,
        public_url="https://siaga.example",
        api_base=twilio.url,
    )
    channel = WhatsApp(account, KeptContents())
    yield channel
    await channel.close()


class Branch:
    """Participants write to a branch; some of it reaches the inbox by webhook."""

    def __init__(
        self, database: Database, sealer: Sealer, clock: Clock, twilio: TwilioStandIn, whatsapp: WhatsApp
    ) -> None:
        self.database, self.sealer, self.clock = database, sealer, clock
        self.twilio, self.whatsapp = twilio, whatsapp

    async def write(self, body: str, sender: str = SARI, *, arrives: bool, **fields: str) -> str:
        """A message; `arrives`: whether its webhook does."""
        form = self.twilio.inbound(sender, body, **fields)
        self.twilio.receive(form)
        if arrives:
            await self.arrive(form["MessageSid"], body, sender)
        return form["MessageSid"]

    async def arrive(self, sid: str, body: str, sender: str = SARI) -> None:
        now = self.clock()
        said = Incoming(channel="whatsapp", address=Address(sender), provider_id=sid, sent_at=now, text=body)
        await inbox.store(self.database, self.sealer, [said], now)

    async def reconcile(self, longest: timedelta = LONGEST) -> int:
        return await reconcile(self.database, self.sealer, self.whatsapp, self.clock(), longest=longest)

    async def said(self) -> list[Incoming]:
        """What is in the inbox, in the order in which it will be taken."""
        async with self.database.sessions() as session:
            rows = await session.scalars(select(Inbox).order_by(Inbox.id))
            return [incoming_from_json(self.sealer.open(row.sealed)) for row in rows]

    async def texts(self) -> list[str]:
        return [message.text for message in await self.said()]

    async def until(self) -> datetime | None:
        async with self.database.sessions() as session:
            return await session.scalar(select(Listing.until))


@pytest.fixture
def branch(
    database: Database, sealer: Sealer, clock: Clock, twilio: TwilioStandIn, whatsapp: WhatsApp
) -> Branch:
    return Branch(database, sealer, clock, twilio, whatsapp)


async def test_what_is_missing_is_taken_in_in_the_order_of_sending_once(branch: Branch) -> None:
    sent = {}
    for number, arrives in enumerate([True, False, False, True, False]):
        sent[str(number)] = branch.clock()
        await branch.write(str(number), arrives=arrives)
        branch.clock.advance(20)
    branch.clock.advance(60)
    assert await branch.reconcile() == 3
    assert await branch.texts() == ["0", "3", "1", "2", "4"]
    assert {one.text: one.sent_at for one in await branch.said()} == sent | {"0": sent["0"], "3": sent["3"]}
    assert await branch.reconcile() == 0
    assert len(await branch.texts()) == 5


async def test_messages_of_one_second_keep_their_order(branch: Branch) -> None:
    for number in range(5):
        await branch.write(str(number), arrives=False)
    branch.clock.advance(60)
    await branch.reconcile()
    assert await branch.texts() == list("01234")


async def test_what_may_still_come_by_its_webhook_is_left_to_it(branch: Branch) -> None:
    branch.clock.advance(100)
    sid = await branch.write("Ya", arrives=False, ButtonPayload="12:q:yes")
    branch.clock.advance(59)
    assert await branch.reconcile() == 0
    await branch.arrive(sid, "Ya")
    branch.clock.advance(60)
    assert await branch.reconcile() == 0
    assert await branch.texts() == ["Ya"]


async def test_a_webhook_that_comes_after_all_changes_nothing(branch: Branch) -> None:
    sid = await branch.write("halo", arrives=False)
    branch.clock.advance(60)
    assert await branch.reconcile() == 1
    await branch.arrive(sid, "halo")
    assert await branch.texts() == ["halo"]
    claimed = await claim_one(branch.database, branch.sealer, branch.clock())
    assert claimed is not None
    assert [message.text for _, message in claimed.messages] == ["halo"]


async def test_a_long_outage_is_gone_back_to_however_late(branch: Branch) -> None:
    await branch.write("before", arrives=True)
    branch.clock.advance(120)
    await branch.reconcile()
    for minutes in range(0, 3 * 24 * 60, 60):  # nobody reconciles for three days
        await branch.write(str(minutes), arrives=False)
        branch.clock.advance(3600)
    assert await branch.reconcile() == 72
    assert (await branch.texts())[:3] == ["before", "0", "60"]


async def test_the_first_time_goes_back_a_little_and_never_further_than_the_inbox_remembers(
    branch: Branch,
) -> None:
    await branch.write("long before there was a SIAGA", arrives=False)
    branch.clock.advance(OVERLAP.total_seconds() + 1)
    await branch.write("just before", arrives=False)
    branch.clock.advance(61)
    assert await branch.reconcile() == 1
    branch.clock.advance(86400)
    await branch.write("told and forgotten", arrives=False)
    branch.clock.advance(7200)
    assert await branch.reconcile(longest=timedelta(hours=1)) == 0


async def test_the_provider_shows_a_message_late(branch: Branch) -> None:
    at = branch.clock()
    branch.clock.advance(600)
    await branch.write("newer", arrives=True)
    branch.clock.advance(60)
    await branch.reconcile()
    late = await branch.write("late", arrives=False)
    branch.twilio.messages[late]["date_sent"] = format_datetime(at)
    assert await branch.reconcile() == 1


async def test_our_clock_does_not_decide_what_was_compared(branch: Branch) -> None:
    """It runs a day ahead for a while: nothing that is sent meanwhile is passed over."""
    true = branch.clock.now
    await branch.write("one", arrives=True)
    await branch.reconcile()
    branch.clock.now = true + timedelta(days=1)
    await branch.reconcile()
    branch.clock.now = true + timedelta(hours=2)
    await branch.write("two", arrives=False)
    branch.clock.advance(61)
    assert await branch.reconcile() == 1


async def test_the_end_in_the_middle_is_made_good_by_the_next(
    branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "AT_ONCE", 2)
    for number in range(6):
        await branch.write(str(number), arrives=False)
        branch.clock.advance(1)
    branch.clock.advance(60)
    store, calls = inbox.store, 0

    async def dying(*args: object) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise asyncio.CancelledError
        return await store(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(inbox, "store", dying)
        with pytest.raises(asyncio.CancelledError):
            await branch.reconcile()
    assert await branch.texts() == ["0", "1"]
    assert await branch.reconcile() == 4
    assert await branch.texts() == list("012345")


async def test_one_whose_files_are_not_to_be_had_holds_up_no_other_and_is_not_forgotten(
    branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatsapp_api, "LIST_WAITS", ())
    await branch.reconcile()
    photo = await branch.write("foto", arrives=False, NumMedia="1")
    branch.twilio.put_media("image/jpeg", b"\xff\xd8\xff", photo)
    branch.clock.advance(1)
    await branch.write("halo", BUDI, arrives=False)
    branch.clock.advance(60)
    branch.twilio.let_next_pass()
    branch.twilio.fail_next(500, {})
    before = await branch.until()
    with pytest.raises(ChannelError):
        await branch.reconcile()
    assert await branch.texts() == ["halo"]
    assert await branch.until() == before
    branch.clock.advance(7200)
    assert await branch.reconcile() == 1
    assert [len(one.media) for one in await branch.said()] == [0, 1]


async def test_a_provider_that_is_down_moves_nothing(branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatsapp_api, "LIST_WAITS", ())
    await branch.write("halo", arrives=False)
    branch.clock.advance(61)
    branch.twilio.fail_next(503, {})
    with pytest.raises(ChannelError):
        await branch.reconcile()
    assert await branch.until() is None
    assert await branch.reconcile() == 1


async def test_what_nobody_can_read_does_not_stop_the_rest(branch: Branch) -> None:
    form = branch.twilio.inbound("+6281399000601", "an SMS")
    branch.twilio.receive(form)
    await branch.write("halo", arrives=False)
    branch.clock.advance(60)
    assert await branch.reconcile() == 1
    assert await branch.texts() == ["halo"]
