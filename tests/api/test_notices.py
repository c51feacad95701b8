"""Notices through the API: what is published, changed and ended, and what is refused."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select

from bot.cases.history import entries
from bot.notices.subscriptions import subscribe
from bot.storage.tables import Notice
from tests.api.world import World
from tests.conftest import Clock

Body = dict[str, object]


async def publish(client: httpx.AsyncClient, body: Body, **changed: object) -> dict[str, object]:
    answer = await client.post("/notices", json=body | changed)
    assert answer.status_code == 201, answer.text
    return answer.json()


def problems(answer: httpx.Response) -> dict[str, str]:
    """The refused fields; checks that the answer is problem details."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {item["field"]: item["problem"] for item in answer.json()["errors"]}


async def test_a_published_notice_is_answered_whole(supervisor: httpx.AsyncClient, closure: Body) -> None:
    answer = await supervisor.post("/notices", json=closure)
    assert answer.status_code == 201
    notice = answer.json()
    assert answer.headers["location"] == f"/api/v1/notices/{notice['id']}"
    sent = closure | {"starts_at": "2026-11-23T04:00:00Z", "ends_at": "2026-11-28T05:00:00Z"}
    assert {name: notice[name] for name in sent} == sent
    assert (notice["state"], notice["updates"], notice["latest_update"]) == ("active", [], None)
    assert (await supervisor.get(f"/notices/{notice['id']}")).json() == notice


async def test_only_kind_title_scope_and_start_are_needed(
    supervisor: httpx.AsyncClient, closure: Body
) -> None:
    least = {name: closure[name] for name in ("kind", "title", "scope", "starts_at")}
    notice = await publish(supervisor, least)
    assert (notice["ends_at"], notice["body"], notice["affects"], notice["broadcast"]) == (
        None,
        "",
        [],
        False,
    )


async def test_an_alias_becomes_the_component_it_stands_for(
    supervisor: httpx.AsyncClient, closure: Body
) -> None:
    notice = await publish(supervisor, closure, kind="outage", affects=["SEP", "vclaim", "pcare"])
    assert notice["affects"] == ["vclaim", "pcare"]


async def test_every_code_of_the_configuration_is_taken(
    world: World, supervisor: httpx.AsyncClient, closure: Body
) -> None:
    config = world.api.config
    codes = {"affects": list(config.systems), "alternatives": list(config.contacts)}
    notice = await publish(supervisor, closure, **codes, replacement_office="samarinda")
    assert (notice["affects"], notice["alternatives"]) == (codes["affects"], codes["alternatives"])


async def test_a_scope_is_one_of_three(supervisor: httpx.AsyncClient, closure: Body) -> None:
    for scope, kept in (
        ({"national": True}, {"national": True}),
        ({"provinces": ["kalimantan timur"]}, {"provinces": ["Kalimantan Timur"]}),
        ({"national": False, "branches": ["samarinda"]}, {"branches": ["samarinda"]}),
    ):
        assert (await publish(supervisor, closure, scope=scope))["scope"] == kept


REFUSED: list[tuple[Body, str, str]] = [
    ({"kind": "party"}, "kind", "closure"),
    ({"title": "  "}, "title", "at least 1"),
    ({"title": "a\nb"}, "title", "one line"),
    ({"title": "a\x00b"}, "title", "U+0000"),
    ({"title": 5}, "title", "string"),
    ({"body": "x" * 2001}, "body", "2000"),
    ({"scope": {}}, "scope", "say one of"),
    ({"scope": {"national": True, "branches": ["palembang"]}}, "scope", "say one of"),
    ({"scope": {"national": False}}, "scope", "say one of"),
    ({"scope": {"branches": ["palembnag"]}}, "scope.branches", "unknown: palembnag"),
    ({"scope": {"provinces": ["Atlantis"]}}, "scope.provinces", "unknown: Atlantis"),
    ({"affects": ["fingerprnt"]}, "affects", "unknown: fingerprnt"),
    ({"affects": "counter"}, "affects", "list"),
    ({"alternatives": ["pigeon"]}, "alternatives", "unknown: pigeon"),
    ({"replacement_office": "narnia"}, "replacement_office", "unknown: narnia"),
    ({"starts_at": "2026-11-23T08:00:00"}, "starts_at", "no time zone"),
    ({"starts_at": "2026-11-23"}, "starts_at", "no time zone"),
    ({"starts_at": "besok"}, "starts_at", "ISO 8601"),
    ({"starts_at": 1_800_000_000}, "starts_at", "ISO 8601"),
    ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at", "year"),
    ({"ends_at": "9999-12-31T23:59:59-12:00"}, "ends_at", "year"),
    ({"ends_at": "2026-11-01T00:00:00Z"}, "ends_at", "before"),
    ({"broadcast": "yes"}, "broadcast", "boolean"),
    ({"end_at": None}, "end_at", "not permitted"),
]
"""What is sent instead of the closure's own, the field that is named, a word of the reason."""


async def test_a_wrong_field_is_named_with_the_reason(supervisor: httpx.AsyncClient, closure: Body) -> None:
    for changed, field, says in REFUSED:
        found = problems(await supervisor.post("/notices", json=closure | changed))
        assert list(found) == [field], changed
        assert says in found[field], changed


async def test_what_is_known_is_listed_beside_what_is_not(
    world: World, supervisor: httpx.AsyncClient, closure: Body
) -> None:
    answer = await supervisor.post(
        "/notices", json=closure | {"affects": ["?"], "scope": {"branches": ["?"]}}
    )
    known = {item["field"]: item["known"] for item in answer.json()["errors"]}
    config = world.api.config
    assert sorted(known["affects"]) == sorted(config.systems)
    assert known["scope.branches"] == list(config.branches)


async def test_active_tells_what_is_under_way(
    supervisor: httpx.AsyncClient, closure: Body, now: datetime
) -> None:
    active = await publish(supervisor, closure)
    later = (now + timedelta(days=1)).isoformat()
    planned = await publish(supervisor, closure, starts_at=later)
    past = {"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-11-02T00:00:00Z"}
    over = await publish(supervisor, closure, **past)
    listed = (await supervisor.get("/notices", params={"active": "true"})).json()
    assert [item["id"] for item in listed["items"]] == [active["id"]]
    rest = (await supervisor.get("/notices", params={"active": "false"})).json()["items"]
    assert [(item["id"], item["state"]) for item in rest] == [
        (over["id"], "over"),
        (planned["id"], "planned"),
    ]
    assert len((await supervisor.get("/notices?active=")).json()["items"]) == 3


async def test_pages_join_into_the_whole_list(supervisor: httpx.AsyncClient, closure: Body) -> None:
    made = [(await publish(supervisor, closure))["id"] for _ in range(5)]
    seen, after = [], ""
    while after is not None:
        answer = (await supervisor.get("/notices", params={"limit": 2, "after": after})).json()
        seen += [item["id"] for item in answer["items"]]
        after = answer["next"]
    assert seen == made[::-1]


async def test_a_wrong_filter_is_refused(supervisor: httpx.AsyncClient) -> None:
    for query in ("active=perhaps", "limit=0", "limit=201", "after=-1", "after=x", "activ=true"):
        assert list(problems(await supervisor.get(f"/notices?{query}"))) == [query.partition("=")[0]]


async def test_a_change_leaves_the_rest(supervisor: httpx.AsyncClient, closure: Body) -> None:
    notice = await publish(supervisor, closure)
    answer = await supervisor.patch(f"/notices/{notice['id']}", json={"title": "Baru", "cause": None})
    assert answer.status_code == 200
    assert answer.json() == notice | {"title": "Baru", "cause": None}


async def test_a_change_is_in_the_history_and_none_is_not(
    world: World, supervisor: httpx.AsyncClient, closure: Body
) -> None:
    notice = await publish(supervisor, closure)
    await supervisor.patch(f"/notices/{notice['id']}", json={})
    await supervisor.patch(f"/notices/{notice['id']}", json={"ends_at": None})
    async with world.api.database.sessions() as session:
        steps = await entries(session, "notice", notice["id"])
    assert [step.what for step in steps] == ["published", "changed"]
    assert steps[1].by_id == str((await world.agent("Sari")).id)


async def test_what_must_be_there_cannot_be_taken_away(supervisor: httpx.AsyncClient, closure: Body) -> None:
    notice = await publish(supervisor, closure)
    for name in ("kind", "title", "body", "scope", "affects", "starts_at", "broadcast"):
        answer = await supervisor.patch(f"/notices/{notice['id']}", json={name: None})
        assert list(problems(answer)) == [name]


async def test_an_end_in_the_past_ends_it(
    supervisor: httpx.AsyncClient, closure: Body, now: datetime
) -> None:
    notice = await publish(supervisor, closure)
    ended = await supervisor.patch(
        f"/notices/{notice['id']}", json={"ends_at": (now - timedelta(minutes=1)).isoformat()}
    )
    assert ended.json()["state"] == "over"
    assert (await supervisor.get("/notices?active=true")).json()["items"] == []


@pytest.mark.parametrize("begins", [timedelta(hours=-1), timedelta(hours=+1)])
async def test_an_end_before_the_start_ends_it_too(
    supervisor: httpx.AsyncClient, closure: Body, now: datetime, begins: timedelta
) -> None:
    notice = await publish(supervisor, closure, starts_at=(now + begins).isoformat())
    end = (now - timedelta(hours=2)).isoformat()
    ended = await supervisor.patch(f"/notices/{notice['id']}", json={"ends_at": end})
    assert ended.status_code == 200, ended.text
    assert ended.json()["state"] == "over"


async def test_a_start_after_the_end_is_refused(supervisor: httpx.AsyncClient, closure: Body) -> None:
    notice = await publish(supervisor, closure)
    late = {"starts_at": "2027-01-01T00:00:00Z"}
    assert list(problems(await supervisor.patch(f"/notices/{notice['id']}", json=late))) == ["ends_at"]


async def test_updates_tell_the_story_and_resolved_ends_it(
    supervisor: httpx.AsyncClient, closure: Body, clock: Clock
) -> None:
    path = f"/notices/{(await publish(supervisor, closure))['id']}"
    for status in ("investigating", "identified", "resolved"):
        clock.advance(60)
        answer = await supervisor.post(f"{path}/updates", json={"status": status, "body": f"now {status}"})
        assert answer.status_code == 201
        assert answer.json()["body"] == f"now {status}"
    notice = (await supervisor.get(path)).json()
    assert [update["status"] for update in notice["updates"]] == ["investigating", "identified", "resolved"]
    assert notice["latest_update"] == notice["updates"][-1]
    assert notice["state"] == "over"
    listed = (await supervisor.get("/notices")).json()["items"][0]
    assert listed["latest_update"] == notice["latest_update"]


async def test_a_broadcast_reaches_the_subscribers_in_its_scope(
    world: World, supervisor: httpx.AsyncClient, closure: Body, now: datetime
) -> None:
    for branch, address in (("palembang", "telegram:100000001"), ("samarinda", "telegram:100000002")):
        await world.case(branch=branch, address=address)
        async with world.api.database.sessions.begin() as session:
            await subscribe(session, address, branch, None, now)
    notice = await publish(supervisor, closure, broadcast=True)
    await world.tell()
    await supervisor.post(
        f"/notices/{notice['id']}/updates", json={"status": "monitoring", "body": "Sedang dibersihkan."}
    )
    await world.tell()
    await supervisor.patch(f"/notices/{notice['id']}", json={"ends_at": now.isoformat()})
    await world.tell()
    told = await world.sent()
    assert len(told) == 3
    assert "Kantor Palembang tutup" in told[0]
    assert "Sedang dibersihkan." in told[1]


async def test_an_unknown_notice_is_not_found(supervisor: httpx.AsyncClient) -> None:
    for id in ("999", "0", "-1", "x", "99999999999999999999", "1%00"):
        for method in ("GET", "PATCH"):
            answer = await supervisor.request(method, f"/notices/{id}", json={})
            assert (answer.status_code, answer.json()["status"]) == (404, 404)


async def test_an_agent_reads_and_does_not_write(
    agent: httpx.AsyncClient, supervisor: httpx.AsyncClient, closure: Body
) -> None:
    notice = await publish(supervisor, closure)
    path = f"/notices/{notice['id']}"
    assert (await agent.get(path)).json() == notice
    assert (await agent.post("/notices", json=closure)).status_code == 403
    assert (await agent.post("/notices", json={})).status_code == 403
    assert (await agent.patch(path, json={"title": "x"})).status_code == 403
    update = {"status": "resolved", "body": "x"}
    assert (await agent.post(f"{path}/updates", json=update)).status_code == 403
    assert (await agent.get(path)).json() == notice


async def test_the_same_key_publishes_once(
    world: World, supervisor: httpx.AsyncClient, closure: Body
) -> None:
    key = {"Idempotency-Key": "release-42"}
    answers = await asyncio.gather(
        *(supervisor.post("/notices", json=closure, headers=key) for _ in range(5))
    )
    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.text for answer in answers}) == 1
    async with world.api.database.sessions() as session:
        assert len(list(await session.scalars(select(Notice)))) == 1


async def test_the_same_key_adds_an_update_once(supervisor: httpx.AsyncClient, closure: Body) -> None:
    path = f"/notices/{(await publish(supervisor, closure))['id']}"
    sent = {"json": {"status": "monitoring", "body": "x"}, "headers": {"Idempotency-Key": "a"}}
    first, second = [await supervisor.post(f"{path}/updates", **sent) for _ in range(2)]
    assert first.json() == second.json()
    assert len((await supervisor.get(path)).json()["updates"]) == 1


async def test_a_key_is_for_one_request_of_one_agent(
    world: World, supervisor: httpx.AsyncClient, closure: Body
) -> None:
    key = {"Idempotency-Key": "k"}
    first = (await supervisor.post("/notices", json=closure, headers=key)).json()
    again = await supervisor.post("/notices", json=closure | {"title": "Lain"}, headers=key)
    assert again.status_code == 422
    assert "another request" in again.json()["detail"]
    async with world.client(await world.token(role="admin", name="Tono")) as colleague:
        own = await colleague.post("/notices", json=closure, headers=key)
    assert own.status_code == 201
    assert own.json()["id"] != first["id"]


async def test_times_are_answered_in_utc(supervisor: httpx.AsyncClient, closure: Body) -> None:
    notice = await publish(supervisor, closure, starts_at="2026-11-23T09:30:00+09:00")
    assert notice["starts_at"] == "2026-11-23T00:30:00Z"
    assert datetime.fromisoformat(notice["created_at"]).tzinfo == UTC
