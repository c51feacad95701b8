"""A reply with a file, by program: the same limits and refusals as at the desk, and once however often it is sent."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.api.access import LARGEST_WITH_FILE
from bot.media.stores import StoreAway
from bot.storage.tables import Attachment, MediaFile, MediaState, Outbox
from tests.api.world import World
from tests.media.files import HOSTILE, PDF, REASONS, padded, picture

WHY = {"page": "web page", "program": "program", "bomb": "pixels", "empty": "is empty", "kind": "of a kind"}


async def held(world: World, agent: httpx.AsyncClient, **new: Any) -> str:
    """A case that the agent has claimed."""
    number = await world.case(**new)
    assert (await agent.post(f"/cases/{number}/claim")).status_code == 200
    return number


async def reply(
    agent: httpx.AsyncClient,
    number: str,
    content: bytes,
    name: str = "surat.pdf",
    text: str | None = None,
    **headers: str,
) -> httpx.Response:
    data = {} if text is None else {"text": text}
    return await agent.post(
        f"/cases/{number}/reply", data=data, files={"file": (name, content, "image/png")}, headers=headers
    )


async def enclosed(world: World) -> list[dict[str, Any]]:
    """What was queued with a file."""
    async with world.api.database.sessions() as session:
        rows = await session.scalars(select(Outbox).order_by(Outbox.id))
        forms = [world.api.sealer.open(row.sealed) for row in rows]
    return [form for form in forms if "enclosure" in form]


async def rows(world: World, kind: Any) -> list[Any]:
    async with world.api.database.sessions() as session:
        return list(await session.scalars(select(kind).order_by(kind.id)))


async def test_a_file_with_and_without_words(world: World, agent: httpx.AsyncClient) -> None:
    number = await held(world, agent)
    answer = await reply(agent, number, picture(), "foto.jpg", "Ini fotonya.")
    assert answer.status_code == 200
    assert answer.json()["status"] == "waiting"
    assert (await reply(agent, number, PDF)).status_code == 200
    first, second = await enclosed(world)
    assert (first["body"], first["enclosure"]["kind"]) == ("*Rina:*\nIni fotonya.", "image")
    assert (second["body"], second["enclosure"]["file_name"]) == ("*Rina* mengirimkan berkas.", "surat.pdf")
    assert [file.state for file in await rows(world, MediaFile)] == [MediaState.STORED] * 2
    said = (await agent.get(f"/cases/{number}")).json()["messages"]
    assert [one["body"] for one in said] == ["*Rina:*\nIni fotonya.", "*Rina* mengirimkan berkas."]
    assert [[file["file_name"] for file in one["attachments"]] for one in said] == [
        ["foto.jpg"],
        ["surat.pdf"],
    ]


@pytest.mark.parametrize("what", HOSTILE)
async def test_what_is_hostile_is_refused_with_the_field_and_the_reason(
    what: str, world: World, agent: httpx.AsyncClient
) -> None:
    number = await held(world, agent)
    name, content = HOSTILE[what]
    answer = await reply(agent, number, content, name, "halo")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    [error] = answer.json()["errors"]
    assert error["field"] == "file"
    assert WHY[REASONS.get(what, "kind")] in error["problem"]
    assert await rows(world, MediaFile) == []


async def test_the_limits_are_those_of_the_channel(world: World, agent: httpx.AsyncClient) -> None:
    large = padded(PDF, 16_000_001)
    number = await held(world, agent, address="whatsapp:+6281234567890")
    answer = await reply(agent, number, large)
    assert answer.status_code == 422
    assert (
        answer.json()["errors"][0]["problem"]
        == "has 16000001 bytes; this channel takes 16000000 of its kind at most"
    )
    number = await held(world, agent)
    assert (await reply(agent, number, large)).status_code == 200


async def test_a_body_over_all_limits_is_not_read_to_its_end(world: World, agent: httpx.AsyncClient) -> None:
    number = await held(world, agent)
    read = 0

    async def endless():
        nonlocal read
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        while True:
            read += 2**20
            yield b"x" * 2**20

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await agent.post(f"/cases/{number}/reply", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)
    assert read <= LARGEST_WITH_FILE + 2 * 2**20
    answer = await agent.post(f"/cases/{number}/note", files={"file": ("a.pdf", PDF)})  # takes JSON alone
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"data": {"text": "halo"}, "files": {"other": ("a.pdf", PDF)}}, "other"),
        ({"data": {"body": "halo"}, "files": {"file": ("a.pdf", PDF)}}, "body"),
        ({"files": {"text": (None, "halo")}}, "file"),
        ({"files": {"file": (None, "no file")}}, "file"),
        ({"data": {"text": "x" * 4001}, "files": {"file": ("a.pdf", PDF)}}, "text"),
        ({"data": {"text": "a\x00b"}, "files": {"file": ("a.pdf", PDF)}}, "text"),
    ],
)
async def test_a_form_that_makes_no_sense(
    form: dict[str, Any], field: str, world: World, agent: httpx.AsyncClient
) -> None:
    number = await held(world, agent)
    answer = await agent.post(f"/cases/{number}/reply", **form)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert await enclosed(world) == []


@pytest.mark.parametrize("body", [b"", b"--x", b"no form at all", b"--x\r\n\r\n--x--"])
async def test_a_form_that_is_none(body: bytes, world: World, agent: httpx.AsyncClient) -> None:
    number = await held(world, agent)
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data"):
        answer = await agent.post(f"/cases/{number}/reply", content=body, headers={"content-type": kind})
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_sent_again_with_its_key_it_is_said_once(world: World, agent: httpx.AsyncClient) -> None:
    """Each form has a boundary of its own: the same request is none byte by byte."""
    number = await held(world, agent)
    key = {"Idempotency-Key": "k-1"}
    first, second = [await reply(agent, number, PDF, text="Ini.", **key) for _ in range(2)]
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.request.headers["content-type"] != second.request.headers["content-type"]
    assert len(await enclosed(world)) == 1
    assert len(await rows(world, Attachment)) == 1
    for content, name, text in (
        (PDF + b"2", "surat.pdf", "Ini."),
        (PDF, "lain.pdf", "Ini."),
        (PDF, "surat.pdf", "Itu."),
    ):
        answer = await reply(agent, number, content, name, text, **key)
        assert answer.status_code == 422
        assert "Idempotency-Key" in answer.json()["detail"]
    assert len(await enclosed(world)) == 1


async def test_somebody_elses_case(world: World, agent: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
    number = await held(world, agent)
    assert (await reply(other, number, PDF)).status_code == 409
    assert (await reply(other, "PLB-2611-99999", PDF)).status_code == 404
    assert await enclosed(world) == []
    async with world.client(None) as nobody:
        assert (await reply(nobody, number, PDF)).status_code == 401


async def test_a_store_that_is_away(
    world: World, agent: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreAway

    number = await held(world, agent)
    monkeypatch.setattr(world.api.enclosing._vault, "put", away)
    answer = await reply(agent, number, PDF, text="halo")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert await enclosed(world) == []


async def test_the_document_describes_both_bodies(world: World) -> None:
    async with world.client(None) as client:
        described = (await client.get("/openapi.json")).json()
    operation = described["paths"]["/api/v1/cases/{number}/reply"]["post"]
    content = operation["requestBody"]["content"]
    assert content.keys() == {"application/json", "multipart/form-data"}
    assert content["multipart/form-data"]["schema"]["properties"].keys() == {"file", "text"}
    assert {"400", "404", "409", "413", "415", "422"} <= operation["responses"].keys()
