"""Who gets in, and what is refused before anything is read of it."""

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import text, update

from bot.api import problem_handlers
from bot.storage.engine import Database
from bot.storage.tables import Agent, ChannelAddress, Role, Token
from tests.api.world import World, build, sample

OPEN = {("/api/v1/openapi.json", "GET")}
"""What anybody may read."""


def addresses(app: FastAPI) -> set[tuple[str, str]]:
    """Every path and method of the API."""
    found = iter_route_contexts(app.routes)
    return {
        (route.path_format.format(id=1, broadcast_id=1, number="PLB-2611-00001"), method)
        for route in found
        if isinstance(getattr(route, "original_route", route), APIRoute)
        for method in route.methods
    }


async def test_every_address_needs_a_token(world: World) -> None:
    guarded = addresses(world.app) - OPEN
    assert len(guarded) == 23
    for token in (None, "siaga_wrong", "é", " "):
        async with world.client(None) as client:
            for path, method in guarded:
                headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
                answer = await client.request(
                    method, f"http://siaga.test{path}", content="{", headers=headers
                )
                assert answer.status_code == 401, (method, path)
                assert answer.headers["www-authenticate"].startswith("Bearer")
                assert answer.json()["status"] == 401


async def test_a_token_is_no_use_in_another_form(world: World) -> None:
    token = await world.token()
    async with world.client(None) as client:
        for value in (token, f"Basic {token}", f"Bearer{token}", "Bearer"):
            answer = await client.get("/cases", headers={"Authorization": value})
            assert answer.status_code == 401, value
        assert (await client.get("/cases", headers={"Authorization": f"bearer  {token}"})).status_code == 200
        assert (await client.get("/cases", params={"access_token": token})).status_code == 401


async def test_a_revoked_token_and_a_dismissed_agent_are_out(world: World) -> None:
    first, second = await world.token(name="Satu"), await world.token(name="Dua")
    async with world.api.database.sessions.begin() as session:
        gone = (await world.agent("Satu")).id
        await session.execute(
            update(Token).where(Token.agent_id == gone).values(revoked_at=world.api.clock())
        )
        await session.execute(update(Agent).where(Agent.name == "Dua").values(active=False))
    for token in (first, second):
        async with world.client(token) as client:
            assert (await client.get("/cases")).status_code == 401


async def test_bodies_that_cannot_be_read(world: World, supervisor: httpx.AsyncClient) -> None:
    json, form = {"content-type": "application/json"}, {"content-type": "application/x-www-form-urlencoded"}
    for content, headers, status in (
        ("{", json, 400),
        ("{}x", json, 400),
        (b"\xff\xfe", json, 400),
        ("[" * 100_000, json, 400),
        ('{"title": ' + "1" * 5000 + "}", json, 400),
        ("kind=closure", form, 415),
        ("{}", {}, 415),
        ("{}", {"content-type": "text/plain; charset=utf-8"}, 415),
        (b'"' + b"x" * 300_000 + b'"', json, 413),
        ("{}", json, 422),
        ("", {}, 422),
        ("null", json, 422),
        ('"\\ud800"', json, 422),
        ('{"\\ud800": "\\ud800"}', json, 422),
        ("{}", {"content-type": "application/vnd.siaga+json; charset=utf-8"}, 422),
        ("{}", json | {"idempotency-key": "two words"}, 422),
    ):
        answer = await supervisor.post("/notices", content=content, headers=headers)
        assert answer.status_code == status, (content[:20], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        said = answer.json()
        assert (said["status"], said["type"], said["instance"]) == (status, "about:blank", "/api/v1/notices")
        assert said["title"]
        assert said["detail"]


async def test_a_body_without_a_length_is_limited_too(supervisor: httpx.AsyncClient) -> None:
    async def endless():
        for _ in range(400):
            yield b" " * 1024

    headers = {"content-type": "application/json"}
    answer = await supervisor.post("/notices", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


async def test_addresses_and_methods_that_are_not_there(agent: httpx.AsyncClient) -> None:
    for path in ("/nothing", "/cases/PLB-2611-00001/burn", "http://siaga.test/api/v2/cases"):
        answer = await agent.get(path)
        assert (answer.status_code, answer.json()["status"]) == (404, 404)
    answer = await agent.delete("/cases")
    assert (answer.status_code, answer.json()["title"]) == (405, "Method Not Allowed")
    assert answer.headers["allow"] == "GET"


async def test_other_paths_keep_their_own_errors(world: World) -> None:
    app = FastAPI()

    @app.exception_handler(HTTPException)
    async def page(request: object, error: HTTPException) -> HTMLResponse:
        return HTMLResponse("a page", error.status_code)

    @app.get("/desk/{case}")
    @app.get("/api/{case}")
    async def case(case: int) -> None:
        raise HTTPException(409)

    @app.get("/failing/{kind}")
    @app.get("/api/failing/{kind}")
    async def failing(kind: str) -> None:
        raise OSError("secret") if kind == "away" else KeyError("secret")

    problem_handlers(app)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test") as client:
        assert (await client.get("/desk/1")).text == "a page"
        assert (await client.get("/desk/x")).json().keys() == {"detail"}
        assert (await client.get("/api/1")).json()["status"] == 409
        assert (await client.get("/api/x")).json()["status"] == 404
        for kind, status in (("away", 503), ("wrong", 500)):
            assert (await client.get(f"/api/failing/{kind}")).json()["status"] == status
            other = await client.get(f"/failing/{kind}")
            assert (other.status_code, other.text) == (500, "Internal Server Error")


async def test_without_a_database_it_says_try_again(world: World, tmp_path: object) -> None:
    away = Database(f"postgresql:///none?host={tmp_path}")
    app = build(away, world.api.sealer, *sample(), world.api.clock)
    async with app.client("siaga_any") as client:
        answer = await client.get("/cases")
    await away.close()
    assert (answer.status_code, answer.json()["status"]) == (503, 503)
    assert answer.headers["retry-after"] == "5"


async def test_a_failure_of_ours_tells_nothing_of_the_inside(world: World) -> None:
    await world.case(address="telegram:100000001")
    async with world.api.database.sessions.begin() as session:
        await session.execute(update(ChannelAddress).values(sealed_profile_name=b"not sealed by us"))
    async with world.client(await world.token(), raise_app_exceptions=False) as client:
        answer = await client.get("/cases")
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something went wrong on our side.",
        "instance": "/api/v1/cases",
    }


async def test_what_the_database_refuses_is_our_failure_not_its_absence(world: World) -> None:
    async with world.api.database.engine.begin() as connection:
        await connection.execute(text("alter table notices rename column title to heading"))
    async with world.client(await world.token(), raise_app_exceptions=False) as client:
        assert (await client.get("/notices")).status_code == 500


@pytest.mark.parametrize("role", list(Role))
async def test_a_supervisor_and_an_admin_write_notices(
    world: World, closure: dict[str, object], role: Role
) -> None:
    async with world.client(await world.token(role)) as client:
        answer = await client.post("/notices", json=closure)
    assert answer.status_code == (403 if role is Role.AGENT else 201)
