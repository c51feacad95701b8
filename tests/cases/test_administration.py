"""Administrative requests: state and status agree, whatever is done; the participant hears of each step."""

from typing import Any

import pytest
from sqlalchemy import select

from bot.cases.administration import TRANSITIONS, AdminState, NotAdministration, missing
from bot.cases.lifecycle import CaseTaken, WrongState
from bot.config import load_config
from bot.conversation.paperwork import UnknownDocument, UnknownFile
from bot.messages import Media, MediaKind
from bot.settings import HOME
from bot.storage.tables import Attachment, CaseKind, History
from tests.cases.requests import KK, KTP, SERVICE, Office, request
from tests.desk.scene import Scene

STEPS: dict[str, tuple[list[tuple[Any, ...]], str, str]] = {
    "nobody has it": ([], "new", "new"),
    "taken": ([("claim",)], "in_work", "assigned"),
    "given back": ([("claim",), ("release",)], "new", "new"),
    "given to a team": ([("claim",), ("give to team",)], "new", "new"),
    "given to a colleague": ([("claim",), ("give to", "colleague")], "in_work", "assigned"),
    "answered": ([("claim",), ("reply", "Sebentar")], "in_work", "waiting"),
    "asked": ([("claim",), ("ask", [KTP], "buram")], "documents_missing", "waiting"),
    "asked, given back": ([("claim",), ("ask", [KTP], "buram"), ("release",)], "documents_missing", "new"),
    "asked, given to a colleague": (
        [("claim",), ("ask", [KTP], "buram"), ("give to", "colleague")],
        "documents_missing",
        "waiting",
    ),
    "asked, answered": (
        [("claim",), ("ask", [KTP], "buram"), ("reply", "Sudah?")],
        "documents_missing",
        "waiting",
    ),
    "done": ([("claim",), ("resolve",)], "done", "resolved"),
    "done without the document": ([("claim",), ("ask", [KTP], "buram"), ("resolve",)], "done", "resolved"),
    "rejected": ([("claim",), ("reject", "Data ganda")], "rejected", "resolved"),
    "ended without a word": ([("claim",), ("close",)], "rejected", "closed"),
    "done, closed": ([("claim",), ("resolve",), ("close",)], "done", "closed"),
    "reopened": ([("claim",), ("reject", "Data ganda"), ("reopen",)], "in_work", "assigned"),
}


@pytest.mark.parametrize("name", STEPS)
async def test_the_state_says_what_the_status_says(scene: Scene, name: str) -> None:
    steps, state, status = STEPS[name]
    office = Office(scene, await request(scene))
    rina, dewi = [await scene.agent(one) for one in ("Rina", "Dewi")]
    for verb, *more in steps:
        await office.does(rina, verb, *[dewi if one == "colleague" else one for one in more])
    assert await office.stands() == (state, status)
    case = await scene.again(office.case)
    assert (missing(case) is not None) == (state == "documents_missing")


def test_every_state_is_left_and_reached_as_the_table_says() -> None:
    reached = {after for _, after in TRANSITIONS.values()}
    assert reached == set(AdminState)
    for what, (before, after) in TRANSITIONS.items():
        assert before, what
        assert after not in before or what == "document_asked", what


async def test_a_case_of_another_kind_has_no_state(scene: Scene) -> None:
    office = Office(scene, await scene.case("ditolak", kind=CaseKind.COMPLAINT))
    rina = await scene.agent("Rina")
    await office.does(rina, "claim")
    for verb, *more in (("ask", [KTP], "buram"), ("reject", "tidak bisa"), ("put", 1, KTP)):
        with pytest.raises(NotAdministration):
            await office.does(rina, verb, *more)
    await office.does(rina, "resolve")
    assert (await scene.again(office.case)).fields == {}


async def test_the_participant_hears_each_step(scene: Scene) -> None:
    office = Office(scene, await request(scene))
    rina = await scene.agent("Rina")
    number = office.case.number
    await office.does(rina, "claim")
    await office.does(rina, "claim")  # a second click says nothing new
    await office.does(rina, "ask", [KTP, KK], "fotonya buram")
    await office.does(rina, "resolve", "Kartu sudah aktif lagi.")
    await office.does(rina, "reopen", "salah orang")
    await office.does(rina, "reject", "NIK tidak terdaftar")
    claimed, asked, done, reopened, rejected = await office.told()
    assert claimed.startswith(f"Permintaan *{number}* (Pengaktifan kembali kartu) sudah mulai ditangani")
    assert "kami masih perlu: *KTP dan Kartu Keluarga*\nAlasannya: fotonya buram\n" in asked
    assert "Paling lambat: Senin, 7 Desember 2026" in asked
    assert "sudah *selesai*.\nPesan petugas: Kartu sudah aktif lagi." in done
    assert "kami buka kembali" in reopened
    assert "salah orang" not in reopened
    assert "Alasannya: NIK tidak terdaftar\n" in rejected
    for way in ("administrasi", "pengaduan", "petugas"):
        assert f"*{way}*" in rejected
    history = await scene.history(office.case)
    assert history == [
        "opened", "claimed", "document_asked", "resolved", "reopened", "noted", "rejected",
    ]  # fmt: skip


async def test_documents_are_asked_for_one_after_the_other(scene: Scene) -> None:
    office = Office(scene, await request(scene))
    rina = await scene.agent("Rina")
    await office.does(rina, "claim")
    await office.does(rina, "ask", [KTP], "buram, NIK 6471010101900001 tidak terbaca")
    await office.does(rina, "ask", [KK], "terpotong")
    awaited = missing(await scene.again(office.case))
    assert awaited is not None
    assert list(awaited.documents) == [KTP, KK]
    assert awaited.documents[KK] == "terpotong"
    assert "6471010101900001" not in awaited.documents[KTP]
    entries = await scene.rows(select(History).where(History.what == "document_asked"))
    assert all("6471010101900001" not in str(entry.detail) for entry in entries)
    assert all(entry.public for entry in entries)


async def test_what_is_not_to_be_done_is_refused_and_changes_nothing(scene: Scene) -> None:
    office = Office(scene, await request(scene))
    rina, dewi = [await scene.agent(one) for one in ("Rina", "Dewi")]
    with pytest.raises(CaseTaken):
        await office.does(rina, "ask", [KTP], "buram")  # nobody has it yet
    await office.does(rina, "claim")
    with pytest.raises(CaseTaken):
        await office.does(dewi, "reject", "tidak bisa")
    for wrong in ([], ["paspor"], [KTP, "paspor"]):
        with pytest.raises(UnknownDocument) as unknown:
            await office.does(rina, "ask", wrong, "buram")
        assert KTP in unknown.value.known
    assert await office.stands() == ("in_work", "assigned")
    await office.does(rina, "resolve")
    for verb, *more in (("ask", [KTP], "buram"), ("reject", "tidak bisa")):
        with pytest.raises(WrongState):
            await office.does(rina, verb, *more)
    assert await office.stands() == ("done", "resolved")


async def test_an_agent_takes_a_photo_of_the_talk_for_a_document(scene: Scene, clock: Any) -> None:
    office = Office(scene, await request(scene))
    rina = await scene.agent("Rina")
    await office.does(rina, "claim")
    await office.does(rina, "ask", [KTP, KK], "buram")
    photo = Media(kind=MediaKind.IMAGE, reference="file-1", file_name="ktp.jpg")
    line = await scene.participant_says(office.case, "ini ya bu", photo)
    (sent,) = await scene.rows(select(Attachment).where(Attachment.message_id == line.id))
    before = (await scene.again(office.case)).due_at
    clock.advance(5 * 86_400)
    await office.does(rina, "put", sent.id, KTP)
    assert await office.files() == [(KTP, "ktp.jpg")]
    assert await office.stands() == ("documents_missing", "waiting")
    assert "sudah kami terima: *KTP*\nMasih kurang: *Kartu Keluarga*" in (await office.told())[-1]
    await office.does(rina, "put", sent.id, KK)
    assert await office.stands() == ("in_work", "assigned")
    case = await scene.again(office.case)
    assert before
    assert case.due_at
    assert case.due_at > clock.now > before  # the days that they took are not ours


async def test_only_files_of_the_requests_own_talk_are_taken(scene: Scene) -> None:
    office = Office(scene, await request(scene))
    rina = await scene.agent("Rina")
    await office.does(rina, "claim")
    other = await scene.case("halo", name="Orang lain")
    line = await scene.participant_says(other, "", Media(kind=MediaKind.IMAGE, reference="file-2"))
    (foreign,) = await scene.rows(select(Attachment).where(Attachment.message_id == line.id))
    for wrong in (foreign.id, 99_999):
        with pytest.raises(UnknownFile):
            await office.does(rina, "put", wrong, KTP)
    assert await office.files() == []


def test_the_sample_has_the_service_of_these_tests() -> None:
    service = load_config(HOME / "config").services[SERVICE]
    assert {KTP, KK} <= {document.code for document in service.documents}
