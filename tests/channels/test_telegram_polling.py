"""Polling: nothing is confirmed before it is stored."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.channels import telegram_polling
from bot.channels.telegram import Telegram, TelegramAccount
from bot.channels.telegram_polling import poll
from bot.errors import ChannelError

WAIT = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(telegram_polling, "LONGEST_PAUSE", 0.01)


@asynccontextmanager
async def polling(channel, store):
    task = asyncio.create_task(poll(channel, store, WAIT))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_updates_are_stored_in_order_and_then_confirmed(telegram, telegram_api):
    stored = []

    async def store(events):
        stored.extend(event.text for event in events)

    telegram_api.push(telegram_api.message(1, "satu"))
    telegram_api.push(telegram_api.message(2, "dua"))
    async with polling(telegram, store):
        await until(lambda: len(stored) == 2)
        telegram_api.push(telegram_api.message(1, "tiga"))
        await until(lambda: len(stored) == 3 and not telegram_api.pending)
    assert stored == ["satu", "dua", "tiga"]


async def test_what_could_not_be_stored_comes_again(telegram, telegram_api):
    seen = []

    async def store(events):
        seen.append([event.text for event in events])
        if len(seen) < 3:
            raise OSError("the database is down")

    telegram_api.push(telegram_api.message(1, "penting"))
    with capture_logs() as logs:
        async with polling(telegram, store):
            await until(lambda: len(seen) == 3 and not telegram_api.pending)
    assert seen == [["penting"]] * 3
    assert [line["code"] for line in logs] == ["OSError", "OSError"]


async def test_nothing_is_confirmed_while_storing(telegram, telegram_api):
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def store(events):
        begun.set()
        await may_end.wait()

    telegram_api.push(telegram_api.message(1, "halo"))
    async with polling(telegram, store):
        await asyncio.wait_for(begun.wait(), 5)
        assert len(telegram_api.pending) == 1
        may_end.set()
        await until(lambda: not telegram_api.pending)


async def test_an_update_that_cannot_be_read_does_not_hold_up_the_rest(telegram, telegram_api):
    stored = []

    async def store(events):
        stored.extend(event.text for event in events)

    broken = telegram_api.message(1, "x", location={"latitude": 200.0, "longitude": 1.0})
    telegram_api.push(broken)
    telegram_api.push(telegram_api.message(1, "baik"))
    with capture_logs() as logs:
        async with polling(telegram, store):
            await until(lambda: not telegram_api.pending)
    assert stored == ["baik"]
    assert logs[0] == {
        "event": "telegram.update_unreadable",
        "update": broken["update_id"],
        "log_level": "warning",
    }


async def test_failures_are_waited_out(telegram, telegram_api):
    stored = []

    async def store(events):
        stored.extend(events)

    telegram_api.fail_next(502, "<html>Bad Gateway</html>", times=2)
    telegram_api.push(telegram_api.message(1, "halo"))
    with capture_logs() as logs:
        async with polling(telegram, store):
            await until(lambda: stored)
    assert {line["code"] for line in logs} == {"broken_answer"}


async def test_a_conflict_is_explained(telegram, telegram_api):
    async def store(events):
        raise AssertionError(events)

    telegram_api.webhook = {"url": "https://siaga.example/webhooks/telegram"}
    with capture_logs() as logs:
        async with polling(telegram, store):
            await until(lambda: logs)
    assert logs[0]["hint"] == "a webhook is set, or another process polls"
    assert logs[0]["pause"] == 30.0


async def test_the_newer_of_two_pollers_wins(telegram, telegram_api):
    older = asyncio.create_task(telegram.updates(None, timedelta(seconds=5)))
    await until(lambda: any(fields.get("timeout") == "5" for _, fields in telegram_api.calls))
    second = Telegram(TelegramAccount(token=telegram_api.token, api_base=telegram_api.url))
    newer = asyncio.create_task(second.updates(None, timedelta(seconds=1)))
    with pytest.raises(ChannelError) as raised:
        await older
    assert raised.value.code == "http_409"
    telegram_api.push(telegram_api.message(1, "halo"))
    assert len(await newer) == 1
    await second.close()
