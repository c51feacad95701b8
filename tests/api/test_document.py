"""The OpenAPI document: complete, and true."""

import json
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.storage.tables import CaseKind
from tests.api.world import World

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
TEXTS = st.text() | st.sampled_from(["\x00", "a\x00b", "\ud800", "x" * 5000, "\u202eabc", " ", "Halo"])
MOMENTS = st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(
    lambda moment: moment.isoformat()
)
VALUES = JSON | TEXTS | MOMENTS | st.lists(TEXTS, max_size=3)
SCOPES = st.fixed_dictionaries({}, optional={"national": VALUES, "provinces": VALUES, "branches": VALUES})
LIKELY = {
    "kind": st.sampled_from(["outage", "closure"]),
    "title": TEXTS,
    "body": TEXTS,
    "scope": st.just({"national": True}) | st.just({"branches": ["palembang"]}) | SCOPES,
    "affects": st.just(["sep"]),
    "starts_at": st.just("2026-11-23T00:00:00Z") | MOMENTS,
    "ends_at": st.none() | MOMENTS,
    "cause": TEXTS,
    "broadcast": st.booleans(),
}
"""Values of a notice that may well be taken."""


def mostly(likely: dict[str, st.SearchStrategy[Any]], *needed: str) -> st.SearchStrategy[Any]:
    """Bodies with `needed` and perhaps others that may be taken; with one wrong value; or anything at all."""
    good = st.fixed_dictionaries(
        {name: likely[name] for name in needed},
        optional={name: value for name, value in likely.items() if name not in needed},
    )
    spoilt = st.builds(
        lambda body, name, value: body | {name: value}, good, st.sampled_from(list(likely)), VALUES
    )
    return good | spoilt | JSON


SAID = mostly({"body": TEXTS}, "body")
TARGET = mostly({"agent": TEXTS, "team": TEXTS, "branch": TEXTS, "body": TEXTS})
REQUESTS = st.one_of(
    st.tuples(st.just("POST /notices"), mostly(LIKELY, "kind", "title", "scope", "starts_at")),
    st.tuples(st.just("PATCH /notices/1"), mostly(LIKELY)),
    st.tuples(
        st.just("POST /notices/1/updates"),
        mostly({"status": st.sampled_from(["monitoring", "resolved"]), "body": TEXTS}, "status", "body"),
    ),
    st.tuples(st.just("POST /cases/{number}/transfer"), TARGET),
    *(
        st.tuples(st.just(f"POST /cases/{{number}}/{verb}"), SAID)
        for verb in ("reply", "note", "resolve", "reopen", "close")
    ),
)
NAMES = ["status", "state", "kind", "branch", "assignee", "q", "after", "limit", "active", "x"]


async def document(world: World) -> dict[str, Any]:
    async with world.client(None) as client:
        answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


async def test_every_operation_is_described(world: World) -> None:
    described = await document(world)
    assert described["openapi"].startswith("3.1")
    operations = [(path, *item) for path, verbs in described["paths"].items() for item in verbs.items()]
    assert len(operations) == 23
    for path, method, operation in operations:
        assert path.startswith("/api/v1/")
        assert operation["security"] == [{"HTTPBearer": []}]
        assert operation["summary"]
        assert operation["description"]
        good = [code for code in operation["responses"] if code.startswith("2")]
        makes = method == "post" and path.endswith(("/notices", "/updates"))
        assert good == (["201"] if makes else ["200"])
        for code, response in operation["responses"].items():
            kind = "application/json" if code in good else "application/problem+json"
            assert list(response["content"]) == [kind], (path, code)
        assert {"401", "422", "500", "503"} <= operation["responses"].keys()
    schemes = described["components"]["securitySchemes"]
    assert (schemes["HTTPBearer"]["type"], schemes["HTTPBearer"]["scheme"]) == ("http", "bearer")


async def test_every_reference_leads_somewhere(world: World) -> None:
    described = await document(world)

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if "$ref" in part else []
            return own + [found for inner in part.values() for found in references(inner)]
        return [found for inner in part for found in references(inner)] if isinstance(part, list) else []

    named = {reference.rpartition("/")[2] for reference in references(described)}
    assert named == described["components"]["schemas"].keys() - {"CaseFilter", "NoticeFilter"}


async def test_answers_fit_their_schemas(
    world: World, supervisor: httpx.AsyncClient, closure: dict[str, object]
) -> None:
    described = await document(world)
    number = await world.case(kind=CaseKind.HANDOVER, fields={"facility": "RS SMC"})
    notice = (await supervisor.post("/notices", json=closure | {"broadcast": True})).json()
    at = f"/notices/{notice['id']}/broadcasts"
    [broadcast] = (await supervisor.get(at)).json()["items"]
    for name, path, method, body in (
        ("BroadcastList", at, "GET", None),
        ("BroadcastPage", f"{at}/{broadcast['id']}/pause", "POST", None),
        ("ProblemDetails", f"{at}/{broadcast['id']}/pause", "POST", None),
        ("WholeNotice", f"/notices/{notice['id']}", "PATCH", {"title": "x"}),
        ("UpdatePage", f"/notices/{notice['id']}/updates", "POST", {"status": "monitoring", "body": "x"}),
        ("NoticeList", "/notices", "GET", None),
        ("CaseList", "/cases", "GET", None),
        ("WholeCase", f"/cases/{number}/claim", "POST", None),
        ("WholeCase", f"/cases/{number}/reply", "POST", {"body": "Halo"}),
        ("BranchList", "/branches", "GET", None),
        ("SystemList", "/systems", "GET", None),
        ("ProblemDetails", "/notices", "POST", {}),
        ("ProblemDetails", f"/cases/{number}/reopen", "POST", None),
    ):
        answer = await supervisor.request(method, path, json=body)
        schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
        jsonschema.Draft202012Validator(schema).validate(answer.json())


async def test_examples_are_accepted(world: World, supervisor: httpx.AsyncClient) -> None:
    described = await document(world)
    doni, number = await world.token(name="Doni"), await world.case()
    assert doni
    notice: dict[str, Any] = {}
    tried = 0
    order = ["claim", "transfer", "claim", "reply", "note", "release", "claim", "resolve", "reopen", "close"]
    paths = ["/notices", "/notices/{id}", "/notices/{id}/updates"]
    for path in [*paths, *(f"/cases/{{number}}/{verb}" for verb in order)]:
        for method, operation in described["paths"][f"/api/v1{path}"].items():
            for body in examples(described, operation):
                answer = await supervisor.request(
                    method, path.format(id=notice.get("id"), number=number), json=body
                )
                assert answer.status_code < 300, (path, answer.text)
                notice, tried = (answer.json() if path == "/notices" else notice), tried + 1
    assert tried >= len(paths) + len(order)


def examples(described: dict[str, Any], operation: dict[str, Any]) -> list[Any]:
    """The examples of an operation's body; one without a body where it takes none."""
    if "requestBody" not in operation:
        return [] if "get" in operation.get("operationId", "") else [None]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    names = [part["$ref"] for part in (schema, *schema.get("anyOf", ())) if "$ref" in part]
    return described["components"]["schemas"][names[0].rpartition("/")[2]]["examples"]


@pytest.fixture
async def target(world: World, supervisor: httpx.AsyncClient, closure: dict[str, object]) -> str:
    """A case that the supervisor may answer; notice 1 is there too."""
    assert (await supervisor.post("/notices", json=closure)).json()["id"] == 1
    return await world.case()


many = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@many
@given(request_=REQUESTS)
async def test_any_json_gets_an_answer(
    supervisor: httpx.AsyncClient, target: str, request_: tuple[str, Any]
) -> None:
    method, _, path = request_[0].partition(" ")
    content = json.dumps(request_[1])
    headers = {"content-type": "application/json"}
    answer = await supervisor.request(method, path.format(number=target), content=content, headers=headers)
    assert answer.status_code < 500, answer.text
    assert answer.status_code < 400 or answer.json()["status"] == answer.status_code


@many
@given(path=st.sampled_from(["/cases", "/notices"]), query=st.dictionaries(st.sampled_from(NAMES), st.text()))
async def test_any_query_gets_an_answer(
    supervisor: httpx.AsyncClient, path: str, query: dict[str, str]
) -> None:
    answer = await supervisor.get(path, params=query)
    assert answer.status_code in (200, 422), answer.text
