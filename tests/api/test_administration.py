"""Administrative requests through the API: their states, documents asked for, rejections."""

from typing import Any

import httpx
import pytest

from bot.cases.administration import AdminState
from bot.messages import Media, MediaKind
from bot.storage.tables import CaseKind
from tests.api.world import World

SERVICE = "reactivate"
KTP = Media(kind=MediaKind.IMAGE, reference="secret-file-id", content_type="image/jpeg")


async def request(world: World, **new: Any) -> str:
    fields = {"service": SERVICE, "state": "new", "name": "Budi"}
    return await world.case(kind=CaseKind.ADMIN, category=SERVICE, fields=fields, **new)


async def do(client: httpx.AsyncClient, number: str, verb: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/cases/{number}/{verb}", json=body or None)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(client: httpx.AsyncClient, number: str, verb: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/cases/{number}/{verb}", json=body)
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    return found


async def test_the_whole_way_of_a_request(world: World, agent: httpx.AsyncClient) -> None:
    number = await request(world, documents={"ktp": [KTP]})
    listed = (await agent.get("/cases?kind=admin")).json()["items"]
    assert [case["fields"]["state"] for case in listed] == ["new"]
    case = await do(agent, number, "claim")
    assert (case["fields"]["state"], case["status"]) == ("in_work", "assigned")
    assert [file["document"] for file in case["attachments"]] == ["ktp"]
    case = await do(agent, number, "ask_document", documents=["ktp", "kk"], body="fotonya buram")
    assert (case["fields"]["state"], case["status"]) == ("documents_missing", "waiting")
    missing = case["fields"]["missing"]
    assert missing["documents"] == [
        {"document": "ktp", "reason": "fotonya buram"},
        {"document": "kk", "reason": "fotonya buram"},
    ]
    assert missing["since"].startswith("2026-11-23T05:00")
    assert case["history"][-1]["what"] == "document_asked"
    assert case["history"][-1]["detail"] == {"documents": ["ktp", "kk"], "reason": "fotonya buram"}
    case = await do(agent, number, "resolve", body="Sudah aktif.")
    assert (case["fields"]["state"], case["status"]) == ("done", "resolved")
    assert "missing" not in case["fields"]
    case = await do(agent, number, "reopen")
    assert case["fields"]["state"] == "in_work"
    case = await do(agent, number, "reject", body="NIK tidak terdaftar")
    assert (case["fields"]["state"], case["status"]) == ("rejected", "resolved")
    said = await world.sent()
    assert ["mulai ditangani" in said[0], "fotonya buram" in said[1], "Sudah aktif." in said[2]] == [True] * 3
    assert "NIK tidak terdaftar" in said[-1]


async def test_a_repeated_request_asks_once(world: World, agent: httpx.AsyncClient) -> None:
    number = await request(world)
    await do(agent, number, "claim")
    key = {"Idempotency-Key": "minta-1"}
    for _ in range(2):
        body = {"documents": ["ktp"], "body": "buram"}
        answer = await agent.post(f"/cases/{number}/ask_document", json=body, headers=key)
        assert answer.status_code == 200
    assert sum("buram" in text for text in await world.sent()) == 1


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("ask_document", {"documents": ["paspor"], "body": "buram"}, "documents"),
        ("ask_document", {"documents": [], "body": "buram"}, "documents"),
        ("ask_document", {"documents": ["ktp"], "body": "  "}, "body"),
        ("ask_document", {"documents": ["ktp"]}, "body"),
        ("ask_document", {"documents": "ktp", "body": "buram"}, "documents"),
        ("ask_document", {"document": "ktp", "documents": ["ktp"], "body": "buram"}, "document"),
        ("reject", {"body": ""}, "body"),
        ("reject", {}, "body"),
    ],
)
async def test_what_is_wrong_is_named(
    world: World, agent: httpx.AsyncClient, verb: str, body: dict[str, Any], field: str
) -> None:
    number = await request(world)
    await do(agent, number, "claim")
    problem = await refused(agent, number, verb, **body)
    assert problem["status"] == 422
    assert [error["field"].partition(".")[0] for error in problem["errors"]] == [field]
    assert (await agent.get(f"/cases/{number}")).json()["fields"]["state"] == "in_work"


async def test_unknown_documents_come_with_the_known_ones(world: World, agent: httpx.AsyncClient) -> None:
    number = await request(world)
    await do(agent, number, "claim")
    problem = await refused(agent, number, "ask_document", documents=["ktp", "paspor"], body="buram")
    (error,) = problem["errors"]
    assert error["problem"] == "unknown: paspor"
    assert {"ktp", "kk"} <= set(error["known"])


async def test_only_of_requests_and_only_by_who_has_them(
    world: World, agent: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    complaint = await world.case()
    await do(agent, complaint, "claim")
    for verb, body in (("ask_document", {"documents": ["ktp"], "body": "x"}), ("reject", {"body": "x"})):
        problem = await refused(agent, complaint, verb, **body)
        assert problem["status"] == 409
        assert problem["detail"] == f"{complaint} is no administrative request."
    number = await request(world)
    await do(other, number, "claim")
    problem = await refused(agent, number, "reject", body="x")
    assert (problem["status"], problem["assignee"]["name"]) == (409, "Doni")
    await do(other, number, "reject", body="x")
    problem = await refused(other, number, "reject", body="x")
    assert (problem["status"], problem["state"]) == (409, "resolved")


async def test_the_document_describes_it(agent: httpx.AsyncClient) -> None:
    described = (await agent.get("/openapi.json")).json()
    for verb in ("ask_document", "reject"):
        post = described["paths"][f"/api/v1/cases/{{number}}/{verb}"]["post"]
        assert {"200", "404", "409", "422"} <= set(post["responses"])
    assert "document" in described["components"]["schemas"]["AttachmentPage"]["properties"]


async def test_requests_are_listed_by_their_state(world: World, agent: httpx.AsyncClient) -> None:
    new, missing, done = [await request(world) for _ in range(3)]
    await world.case(fields={"state": "new"})  # of another kind, whatever its fields say
    await do(agent, missing, "claim")
    await do(agent, missing, "ask_document", documents=["ktp"], body="fotonya buram")
    await do(agent, done, "claim")
    await do(agent, done, "resolve")
    expected = {
        "state=new": [new],
        "state=documents_missing": [missing],
        "state=new,documents_missing": [missing, new],
        "state=new&state=done": [done, new],
        "state=done&status=new": [],
        "state=new&kind=complaint": [],
        "state=expired": [],
    }
    for query, numbers in expected.items():
        items = (await agent.get(f"/cases?{query}")).json()["items"]
        assert [item["number"] for item in items] == numbers, query


async def test_an_unknown_state_is_refused_with_the_known_ones(
    world: World, agent: httpx.AsyncClient
) -> None:
    answer = await agent.get("/cases?state=new,resolved")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["field"] == "state.1"
    for state in AdminState:
        assert f"'{state}'" in error["problem"]


async def test_the_document_tells_of_the_states(agent: httpx.AsyncClient) -> None:
    paths = (await agent.get("/openapi.json")).json()
    (state,) = [one for one in paths["paths"]["/api/v1/cases"]["get"]["parameters"] if one["name"] == "state"]
    assert "administrative requests" in state["description"]
    assert state["schema"]["items"] == {"$ref": "#/components/schemas/AdminState"}
    assert paths["components"]["schemas"]["AdminState"]["enum"] == [one.value for one in AdminState]
