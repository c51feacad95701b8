"""Broadcasts through the API: how far each has come; paused, resumed, cancelled by supervisors."""

from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, update

from bot.notices.subscriptions import subscribe
from bot.storage.tables import Broadcast, History, Outbox, OutboxState
from tests.api.world import World


@pytest.fixture
async def at(world: World, supervisor: httpx.AsyncClient, closure: dict[str, object], now: datetime) -> str:
    """The address of a broadcast to three people, of whom one has heard."""
    for number in (1, 2, 3):
        address = f"telegram:{number}"
        await world.case(branch="palembang", address=address)
        async with world.api.database.sessions.begin() as session:
            await subscribe(session, address, "palembang", None, now)
    notice = (await supervisor.post("/notices", json=closure | {"broadcast": True})).json()
    await world.tell()
    async with world.api.database.sessions.begin() as session:
        back = update(Outbox).where(Outbox.address != "telegram:1")
        await session.execute(back.values(state=OutboxState.QUEUED, sent_at=None))
    return f"/notices/{notice['id']}/broadcasts"


async def test_progress(at: str, agent: httpx.AsyncClient, world: World) -> None:
    [one] = (await agent.get(at)).json()["items"]
    assert (one["event"], one["state"], one["overtaken_by"]) == ("published", "running", None)
    counts = {name: one[name] for name in ("audience", "sent", "delivered", "failed", "waiting", "left")}
    assert counts == {
        "audience": 3,
        "sent": 1,
        "delivered": 1,
        "failed": 0,
        "waiting": 0,
        "left": 2,
    }


async def test_pause_resume_cancel(at: str, supervisor: httpx.AsyncClient, world: World) -> None:
    answer = await supervisor.post(f"{at}/1/pause")
    assert (answer.status_code, answer.json()["state"], answer.json()["left"]) == (200, "paused", 2)
    assert (await supervisor.post(f"{at}/1/resume")).json()["state"] == "running"
    cancelled = (await supervisor.post(f"{at}/1/cancel")).json()
    assert (cancelled["state"], cancelled["cancelled"], cancelled["left"]) == ("cancelled", 2, 0)
    again = await supervisor.post(f"{at}/1/cancel")
    assert (again.status_code, again.json()["state"]) == (409, "cancelled")
    async with world.api.database.sessions() as session:
        query = select(History.what).where(History.subject == "notice").order_by(History.id)
        steps = list(await session.scalars(query))
    assert steps[-3:] == ["broadcast_paused", "broadcast_resumed", "broadcast_cancelled"]


async def test_a_repeated_request_is_not_done_again(at: str, supervisor: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k1"}
    first = await supervisor.post(f"{at}/1/pause", headers=key)
    assert (await supervisor.post(f"{at}/1/pause", headers=key)).json() == first.json()


async def test_an_agent_only_reads(at: str, agent: httpx.AsyncClient) -> None:
    for verb in ("pause", "resume", "cancel"):
        assert (await agent.post(f"{at}/1/{verb}")).status_code == 403


async def test_what_is_not_there(at: str, supervisor: httpx.AsyncClient) -> None:
    assert (await supervisor.get("/notices/99/broadcasts")).status_code == 404
    assert (await supervisor.post(f"{at}/99/pause")).status_code == 404
    assert (await supervisor.post("/notices/99/broadcasts/1/pause")).status_code == 404


async def test_the_eta(at: str, agent: httpx.AsyncClient, world: World, now: datetime) -> None:
    """One in the last half a minute, and two to go."""
    async with world.api.database.sessions.begin() as session:
        begun = update(Broadcast).values(created_at=now - timedelta(seconds=30))
        await session.execute(begun)
    [one] = (await agent.get(at)).json()["items"]
    assert datetime.fromisoformat(one["eta"]) == now + timedelta(minutes=1)
