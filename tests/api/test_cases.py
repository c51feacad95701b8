"""Cases through the API: what is seen, by whom, and what is done to them."""

import asyncio

import httpx
import pytest

from bot.messages import Media, MediaKind
from bot.storage.tables import CaseKind, Role
from tests.api.world import CARD, NIK, PHONE, World

CASE = {
    "number",
    "kind",
    "status",
    "priority",
    "branch",
    "category",
    "summary",
    "fields",
    "participant",
    "assignee",
    "opened_at",
    "due_at",
}


def numbers(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["number"] for item in answer.json()["items"]]


async def do(client: httpx.AsyncClient, number: str, verb: str, **body: str) -> dict[str, object]:
    answer = await client.post(f"/cases/{number}/{verb}", json=body or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(client: httpx.AsyncClient, number: str, verb: str, **body: object) -> dict[str, object]:
    answer = await client.post(f"/cases/{number}/{verb}", json=body or None)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


async def test_a_case_has_the_members_of_the_contract(world: World, agent: httpx.AsyncClient) -> None:
    number = await world.case(category="service_refused", fields={"facility": "RS SMC"})
    (listed,) = (await agent.get("/cases")).json()["items"]
    assert listed.keys() == CASE
    whole = (await agent.get(f"/cases/{number}")).json()
    assert whole.keys() == CASE | {"messages", "history", "attachments"}
    assert {name: whole[name] for name in CASE} == listed
    assert (whole["status"], whole["kind"], whole["branch"]) == ("new", "complaint", "palembang")
    assert (whole["fields"], whole["assignee"]) == ({"facility": "RS SMC"}, None)
    assert (await agent.get(f"/cases/{number.lower()}")).json() == whole


async def test_talk_history_and_attachments_are_there(world: World, agent: httpx.AsyncClient) -> None:
    photo = Media(kind=MediaKind.IMAGE, reference="secret-file-id", content_type="image/png", size=9)
    number = await world.case(evidence=[photo])
    await do(agent, number, "claim")
    whole = await do(agent, number, "reply", body="Baik, kami periksa.")
    line = whole["messages"][-1]
    assert (line["author"], line["agent"]["name"]) == ("agent", "Rina")
    assert line["body"].endswith("Baik, kami periksa.")
    steps = [(step["what"], step["by"]["kind"], step["by"]["name"]) for step in whole["history"]]
    assert steps == [
        ("opened", "participant", None),
        ("claimed", "agent", "Rina"),
        ("replied", "agent", "Rina"),
    ]
    (file,) = whole["attachments"]
    assert (file["kind"], file["content_type"], file["size"]) == ("image", "image/png", 9)
    assert "secret-file-id" not in str(whole)


async def test_filters_narrow_the_list(
    world: World, agent: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    complaint = await world.case(summary="Ditolak berobat di RS SMC")
    report = await world.case(kind=CaseKind.OUTAGE_REPORT, branch="samarinda", summary="SEP tidak terbit")
    nowhere = await world.case(kind=CaseKind.ADMIN, branch=None, summary="Ganti faskes")
    await do(agent, report, "claim")
    everything = [nowhere, report, complaint]
    rina, doni = await world.agent("Rina"), await world.agent("Doni")
    expected = {
        "": everything,
        "status=&state=&kind=&branch=&assignee=&q=": everything,
        "status=new": [nowhere, complaint],
        "status=new,assigned": everything,
        "status=new&status=assigned": everything,
        "kind=outage_report": [report],
        "branch=samarinda": [report],
        "assignee=me": [report],
        f"assignee={rina.id}": [report],
        "assignee=rina": [report],
        f"assignee={doni.id}": [],
        "assignee=none": [nowhere, complaint],
        f"q={report}": [report],
        f"q={report.lower()}": [report],
        "q=berobat": [complaint],
        "q=100%25": [],
        "q=berobat&kind=admin": [],
    }
    for query, found in expected.items():
        assert numbers(await agent.get(f"/cases?{query}")) == found, query
    assert numbers(await other.get("/cases?assignee=me")) == []


async def test_a_person_is_found_by_a_whole_number(world: World, agent: httpx.AsyncClient) -> None:
    number = await world.case(fields={"nik": NIK}, summary=f"Kartu {CARD} nonaktif")
    await world.case()
    assert numbers(await agent.get("/cases", params={"q": NIK})) == [number]
    assert numbers(await agent.get("/cases", params={"q": CARD})) == [number]
    assert numbers(await agent.get("/cases", params={"q": NIK[:-1]})) == []


async def test_wrong_filters_are_named(world: World, agent: httpx.AsyncClient) -> None:
    for query in (
        "status=lost",
        "state=resolved",
        "kind=party",
        "branch=narnia",
        "assignee=nobody",
        "q=a%00b",
        "limit=0",
        "stat=x",
    ):
        answer = await agent.get(f"/cases?{query}")
        assert answer.status_code == 422, query
        assert answer.json()["errors"][0]["field"].partition(".")[0] == query.partition("=")[0]
    await world.token(name="Rina")
    twice = (await agent.get("/cases?assignee=Rina")).json()
    assert "several" in twice["errors"][0]["problem"]


async def test_pages_join_into_the_whole_list(world: World, agent: httpx.AsyncClient) -> None:
    opened = [await world.case() for _ in range(5)]
    seen: list[str] = []
    after = ""
    while after is not None:
        answer = await agent.get("/cases", params={"limit": 2, "after": after})
        seen += numbers(answer)
        after = answer.json()["next"]
    assert seen == opened[::-1]


async def test_an_agent_of_a_branch_sees_its_cases_and_those_of_none(world: World) -> None:
    own, foreign = await world.case(branch="palembang"), await world.case(branch="samarinda")
    nowhere = await world.case(branch=None)
    for role in Role:
        async with world.client(await world.token(role, branch="palembang")) as client:
            assert numbers(await client.get("/cases")) == [nowhere, own]
            assert numbers(await client.get("/cases?branch=samarinda")) == []
            assert (await client.get(f"/cases/{foreign}")).status_code == 404
            for verb in ("claim", "release", "resolve", "reopen", "close"):
                assert (await refused(client, foreign, verb))["status"] == 404


async def test_unknown_numbers_are_not_found(agent: httpx.AsyncClient) -> None:
    for number in ("PLB-2611-99999", "x", "PLB-2611-00001%00", "%00", "PLB-2611-٠٠٠٠١", "'"):
        answer = await agent.get(f"/cases/{number}")
        assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


async def test_of_twenty_who_claim_at_once_one_gets_it(world: World) -> None:
    number = await world.case(kind=CaseKind.HANDOVER)
    tokens = [await world.token(name=f"Agen {index}") for index in range(20)]
    clients = [world.client(token) for token in tokens]
    answers = await asyncio.gather(*(client.post(f"/cases/{number}/claim") for client in clients))
    won = [answer for answer in answers if answer.status_code == 200]
    lost = [answer for answer in answers if answer.status_code == 409]
    assert (len(won), len(lost)) == (1, 19)
    holder = won[0].json()["assignee"]
    assert all(answer.json()["assignee"] == holder for answer in lost)
    assert len(await world.sent()) == 1
    whole = (await clients[0].get(f"/cases/{number}")).json()
    assert [step["what"] for step in whole["history"]] == ["opened", "claimed"]
    await asyncio.gather(*(client.aclose() for client in clients))


async def test_the_way_of_a_case(world: World, agent: httpx.AsyncClient) -> None:
    number = await world.case(kind=CaseKind.HANDOVER, address="whatsapp:+6281100000001")
    claimed = await do(agent, number, "claim")
    assert (claimed["status"], claimed["assignee"]["name"]) == ("assigned", "Rina")
    assert await do(agent, number, "claim") == claimed
    assert (await do(agent, number, "reply", body=" Halo \r\n Bu "))["status"] == "waiting"
    assert (await do(agent, number, "note", body="Sudah ditelepon"))["history"][-1]["what"] == "noted"
    resolved = await do(agent, number, "resolve", body="Terima kasih.")
    assert (resolved["status"], resolved["assignee"]["name"]) == ("resolved", "Rina")
    reopened = await do(agent, number, "reopen", body="Belum selesai")
    assert reopened["status"] == "assigned"
    assert reopened["history"][-1]["detail"] == {"body": "Belum selesai"}
    assert (await do(agent, number, "release"))["assignee"] is None
    await do(agent, number, "claim")
    assert (await do(agent, number, "close"))["status"] == "closed"
    said = "\n".join(await world.sent())
    assert "Halo \n Bu" in said
    assert "Terima kasih." in said
    assert "Sudah ditelepon" not in said
    assert "Belum selesai" not in said


async def test_a_transfer_goes_to_an_agent_a_team_or_a_branch(
    world: World, agent: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    number = await world.case()
    doni = await world.agent("Doni")
    await do(agent, number, "claim")
    moved = await do(agent, number, "transfer", agent="doni", body="Tolong dilanjutkan")
    assert moved["assignee"] == {"id": str(doni.id), "name": "Doni"}
    assert moved["history"][-1]["detail"]["reason"] == "Tolong dilanjutkan"
    moved = await do(other, number, "transfer", team="keuangan")
    assert (moved["assignee"], moved["status"]) == (None, "new")
    await do(other, number, "claim")
    moved = await do(other, number, "transfer", branch="samarinda")
    assert (moved["branch"], moved["assignee"]) == ("samarinda", None)
    await do(agent, number, "claim")
    for body in (
        {},
        {"agent": "doni", "team": "x"},
        {"body": "x"},
        {"agent": "nobody"},
        {"branch": "narnia"},
    ):
        assert (await refused(agent, number, "transfer", **body))["status"] in (422,), body


async def test_whose_case_it_is_decides(
    world: World, agent: httpx.AsyncClient, other: httpx.AsyncClient, supervisor: httpx.AsyncClient
) -> None:
    number = await world.case()
    words = {"reply": {"body": "x"}, "transfer": {"team": "x"}}
    for verb in ("release", "transfer", "reply", "resolve", "close"):
        nobody = await refused(other, number, verb, **words.get(verb, {}))
        assert (nobody["status"], nobody["assignee"]) == (409, None)
    await do(agent, number, "claim")
    rina = await world.agent("Rina")
    for verb in ("claim", "release", "transfer", "reply", "resolve", "close"):
        taken = await refused(other, number, verb, **words.get(verb, {}))
        assert (taken["status"], taken["assignee"]) == (409, {"id": str(rina.id), "name": "Rina"})
        assert "Rina" in taken["detail"]
    assert (await do(other, number, "note", body="Saya bantu"))["assignee"]["name"] == "Rina"
    assert (await do(supervisor, number, "resolve"))["status"] == "resolved"


async def test_a_case_in_another_state_is_a_conflict(world: World, agent: httpx.AsyncClient) -> None:
    number = await world.case()
    await do(agent, number, "claim")
    assert (await refused(agent, number, "reopen"))["state"] == "assigned"
    await do(agent, number, "resolve")
    for verb, body in (("claim", {}), ("release", {}), ("reply", {"body": "x"}), ("resolve", {})):
        conflict = await refused(agent, number, verb, **body)
        assert (conflict["status"], conflict["state"]) == (409, "resolved")
        assert "assignee" not in conflict
    await do(agent, number, "close")
    assert (await refused(agent, number, "close"))["state"] == "closed"


@pytest.mark.parametrize("verb", ["reply", "note"])
async def test_nothing_said_is_refused(world: World, agent: httpx.AsyncClient, verb: str) -> None:
    number = await world.case()
    await do(agent, number, "claim")
    for body in (
        None,
        {},
        [],
        {"body": None},
        {"body": ""},
        {"body": " \n "},
        {"body": "\u200bx\x07"},
        {"body": 1},
    ):
        answer = await agent.post(f"/cases/{number}/{verb}", json=body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"], body
    assert len((await agent.get(f"/cases/{number}")).json()["history"]) == 2


async def test_the_same_key_says_it_once(world: World, agent: httpx.AsyncClient) -> None:
    number = await world.case()
    await do(agent, number, "claim")
    for verb in ("reply", "note"):
        sent = {"json": {"body": "Baik."}, "headers": {"Idempotency-Key": f"{verb}-1"}}
        answers = await asyncio.gather(*(agent.post(f"/cases/{number}/{verb}", **sent) for _ in range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4
    other_text = {"json": {"body": "Lain."}, "headers": {"Idempotency-Key": "reply-1"}}
    assert (await agent.post(f"/cases/{number}/reply", **other_text)).status_code == 422
    whole = (await agent.get(f"/cases/{number}")).json()
    assert [step["what"] for step in whole["history"]] == ["opened", "claimed", "replied", "noted"]
    assert len([body for body in await world.sent() if "Baik." in body]) == 1
    await do(agent, number, "reply", body="Baik.")
    assert len([body for body in await world.sent() if "Baik." in body]) == 2


async def test_a_refused_request_leaves_its_key_free(world: World, agent: httpx.AsyncClient) -> None:
    number = await world.case()
    sent = {"json": {"body": "Baik."}, "headers": {"Idempotency-Key": "k"}}
    assert (await agent.post(f"/cases/{number}/reply", **sent)).status_code == 409
    await do(agent, number, "claim")
    assert (await agent.post(f"/cases/{number}/reply", **sent)).status_code == 200


async def test_no_personal_number_leaves(world: World, agent: httpx.AsyncClient) -> None:
    digits = PHONE.removeprefix("+62")
    number = await world.case(
        address=f"whatsapp:{PHONE}",
        summary=f"NIK {NIK} ditolak, kartu {CARD}, hp 0{digits}",
        fields={"nik": NIK, "more": {"cards": [f"kartu {CARD}", int(NIK)]}, "seen": True, "rooms": 3},
        evidence=[Media(kind=MediaKind.IMAGE, reference="r", file_name=f"ktp {NIK}.jpg")],
    )
    await do(agent, number, "claim")
    texts = []
    for verb in ("reply", "note"):
        texts.append(str(await do(agent, number, verb, body=f"NIK {NIK} kartu {CARD} hp 0{digits}")))
    await do(agent, number, "transfer", team="x", body=f"NIK {NIK}")
    texts.append((await agent.get(f"/cases/{number}")).text)
    texts.append((await agent.get("/cases", params={"q": NIK})).text)
    texts.append((await agent.get("/cases", params={"assignee": NIK})).text)
    texts.append((await agent.post(f"/cases/{number}/reply", json={"body": [NIK], NIK: 1})).text)
    for text in texts:
        assert digits not in text
        assert CARD not in text
    for text in texts[:-1]:
        assert NIK not in text
    whole = (await agent.get(f"/cases/{number}")).json()
    assert whole["participant"]["address"] == "whatsapp:***********890"
    assert whole["participant"]["name"] == "Budi **********890"
    assert (whole["fields"]["seen"], whole["fields"]["rooms"]) == (True, 3)
    assert str(whole["fields"]["more"]["cards"][1]).endswith("0001")
