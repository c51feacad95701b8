"""Administrative requests at the desk: the checklist, asking again, rejecting, filing what came in the talk."""

import re
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.messages import Media, MediaKind
from bot.storage.tables import Attachment, Case, CaseKind, Outbox
from tests.cases.requests import KK, KTP, SERVICE
from tests.cases.requests import request as new_request
from tests.desk.scene import NIK, Browser, Scene
from tests.desk.test_files import PNG


def photo(reference: str, kind: MediaKind = MediaKind.IMAGE) -> Media:
    return Media(kind=kind, reference=reference, content_type="image/png", file_name=f"{reference}.png")


async def act(browser: Browser, case: Case, verb: str, **fields: Any) -> httpx.Response:
    await browser.get(f"/desk/cases/{case.number}")
    return await browser.post(f"/desk/cases/{case.number}/{verb}", **fields)


async def told(scene: Scene) -> list[str]:
    rows = await scene.rows(select(Outbox).order_by(Outbox.id))
    return [scene.desk.sealer.open(row.sealed)["body"] for row in rows]


def paper(page: str, code: str) -> str:
    """One line of the checklist, without its tags."""
    found = re.search(rf'<li id="paper-{code}".*?</li>', page, re.DOTALL)
    assert found, f"no {code} in the checklist"
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


async def with_ktp(scene: Scene) -> Case:
    scene.files["ktp"] = ("image/png", PNG)
    case = await new_request(scene, documents={KTP: [photo("ktp")]})
    await scene.keeper.round()
    return case


async def test_the_checklist_says_what_is_there(scene: Scene, browser: Any) -> None:
    case = await with_ktp(scene)
    ani = await browser("Ani")
    page = (await ani.get(f"/desk/cases/{case.number}")).text
    assert paper(page, KTP).startswith("KTP ada Unduh: ktp.png")
    assert paper(page, KK).startswith("Kartu Keluarga belum ada")
    assert page.count("/picture") == 1
    assert "Pengaktifan kembali kartu" in page
    assert "ask_document" not in page  # it has to be claimed first


async def test_a_document_is_asked_for_again(scene: Scene, browser: Any) -> None:
    case = await with_ktp(scene)
    ani = await browser("Ani")
    page = await act(ani, case, "claim")
    assert "Dikerjakan" in page.text
    page = await act(ani, case, "ask_document", documents=[KTP, KK], body="fotonya buram")
    assert "Dokumen diminta. Peserta sedang dikabari." in page.text
    assert "Menunggu dokumen" in page.text
    assert paper(page.text, KTP).startswith("KTP diminta Alasan: fotonya buram")
    assert "meminta dokumen" in page.text
    assert "KTP, Kartu Keluarga" in page.text
    assert "kami masih perlu: *KTP dan Kartu Keluarga*" in (await told(scene))[-1]
    said = len(await told(scene))
    await act(ani, case, "ask_document", documents=[KTP, KK], body="fotonya buram")  # a double click
    assert len(await told(scene)) == said
    await act(ani, case, "ask_document", documents=[KTP], body="masih buram")
    assert len(await told(scene)) == said + 1


@pytest.mark.parametrize(
    ("verb", "entered", "says"),
    [
        ("ask_document", {"body": "buram"}, "Pilih sedikitnya satu dokumen"),
        ("ask_document", {"documents": ["paspor"], "body": "buram"}, "Pilih sedikitnya satu dokumen"),
        ("ask_document", {"documents": [KTP], "body": " "}, "Tolong diisi"),
        ("reject", {"body": "", "sure": "yes"}, "Tolong diisi"),
        ("reject", {"body": "NIK tidak cocok"}, "Centang dulu"),
        ("put", {"file": "1", "document": "paspor"}, "Pilih sedikitnya satu dokumen"),
    ],
)
async def test_what_is_missing_in_a_form_is_said_there(
    scene: Scene, browser: Any, verb: str, entered: dict[str, Any], says: str
) -> None:
    case = await with_ktp(scene)
    ani = await browser("Ani")
    await act(ani, case, "claim")
    page = await act(ani, case, verb, **entered)
    assert page.status_code == 422
    assert says in page.text
    if entered.get("body", "").strip():
        assert f">{entered['body']}</textarea>" in page.text  # nothing has to be written twice
    assert (await scene.again(case)).fields["state"] == "in_work"


async def test_rejecting_wants_a_reason_and_a_tick(scene: Scene, browser: Any) -> None:
    case = await with_ktp(scene)
    ani = await browser("Ani")
    await act(ani, case, "claim")
    page = await act(ani, case, "reject", body="NIK tidak cocok", sure="yes")
    assert "Permintaan ditolak." in page.text
    assert re.search(r'class="mark status rejected">Ditolak<', page.text)
    assert "Alasannya: NIK tidak cocok" in (await told(scene))[-1]
    assert "Buka lagi" in page.text


async def test_done_has_a_word(scene: Scene, browser: Any) -> None:
    case = await with_ktp(scene)
    ani = await browser("Ani")
    page = await act(ani, case, "claim")
    assert "Permintaan selesai" in page.text
    assert "/close" not in page.text  # a request never ends without a word
    page = await act(ani, case, "resolve", body="Kartu sudah aktif.")
    assert re.search(r'class="mark status done">Selesai<', page.text)
    assert "Pesan petugas: Kartu sudah aktif." in (await told(scene))[-1]


async def test_a_photo_of_the_talk_becomes_a_document_by_one_click(scene: Scene, browser: Any) -> None:
    case = await with_ktp(scene)
    ani = await browser("Ani")
    await act(ani, case, "claim")
    await act(ani, case, "ask_document", documents=[KK], body="belum ada")
    scene.files |= {"kk": ("image/png", PNG + b"2"), "voice": ("audio/ogg", b"OggS" + b"\0" * 60)}
    await scene.participant_says(case, "ini KK nya", photo("kk"), photo("voice", MediaKind.VOICE))
    await scene.keeper.round()
    page = (await ani.get(f"/desk/cases/{case.number}")).text
    (form,) = re.findall(r'<form class="put".*?</form>', page, re.DOTALL)  # not of the voice note
    assert "Masukkan sebagai Kartu Keluarga" in form
    file = re.findall(r'name="file" value="(\d+)"', form)[0]
    page = (await act(ani, case, "put", file=file, document=KK)).text
    assert "Berkas dimasukkan ke daftar dokumen." in page
    assert paper(page, KK).startswith("Kartu Keluarga ada Unduh: kk.png")
    assert 'class="put"' not in page
    assert (await scene.again(case)).fields["state"] == "in_work"
    assert "sudah kami terima: *Kartu Keluarga*" in (await told(scene))[-1]
    said = len(await told(scene))
    await act(ani, case, "put", file=file, document=KK)  # twice is once
    of_case = select(Attachment).where(Attachment.case_id == case.id, Attachment.document == KK)
    assert len(await scene.rows(of_case)) == 1
    assert len(await told(scene)) == said


async def test_files_of_other_talks_and_of_nobody_are_not_found(scene: Scene, browser: Any) -> None:
    case, ani = await with_ktp(scene), await browser("Ani")
    await act(ani, case, "claim")
    for wrong in ("99999", "x", "", "-1"):
        page = await act(ani, case, "put", file=wrong, document=KTP)
        assert page.status_code == 404, wrong


async def test_what_came_after_the_agent_looked_is_marked_new(scene: Scene, browser: Any, clock: Any) -> None:
    case, ani = await with_ktp(scene), await browser("Ani")
    page = await act(ani, case, "claim")
    assert ">baru<" not in page.text
    clock.advance(60)
    scene.files["again"] = ("image/png", PNG + b"3")
    async with scene.database.sessions.begin() as session:
        session.add(
            Attachment(
                case_id=case.id,
                document=KTP,
                channel="simwhatsapp",
                kind="image",
                content_type="image/png",
                file_name="lagi.png",
                sealed_reference=scene.desk.sealer.seal("again"),
                created_at=clock.now,
            )
        )
    page = await ani.get(f"/desk/cases/{case.number}")
    assert paper(page.text, KTP).startswith("KTP ada baru ")
    assert paper(page.text, KTP).index("lagi.png") < paper(page.text, KTP).index("ktp.png")


async def test_the_inbox_says_and_filters_the_states(scene: Scene, browser: Any) -> None:
    ani = await browser("Ani")
    first, second = await with_ktp(scene), await new_request(scene, name="Sari")
    await scene.case("ditolak", name="Tono", kind=CaseKind.COMPLAINT)
    for case in (first, second):
        await act(ani, case, "claim")
    await act(ani, first, "ask_document", documents=[KTP], body="buram")
    await act(ani, second, "resolve")

    async def shown(query: str) -> list[str]:
        page = await ani.get(f"/desk?{query}")
        return re.findall(r'<li id="case-([A-Z0-9-]+)"', page.text)

    assert await shown("view=all&status=request:documents_missing") == [first.number]
    assert "Menunggu dokumen" in (await ani.get("/desk?view=mine")).text
    assert await shown("view=mine&status=request:done") == [second.number]
    assert await shown("view=all&status=request:new") == []
    assert len(await shown("view=all&status=request:nonsense")) == 2  # what makes no sense is passed over
    page = await ani.get("/desk?view=all&status=request:documents_missing")
    assert '<option value="request:documents_missing" selected>' in page.text


async def test_other_cases_have_none_of_it(scene: Scene, browser: Any) -> None:
    case = await scene.case("ditolak", kind=CaseKind.COMPLAINT)
    ani = await browser("Ani")
    page = await act(ani, case, "claim")
    assert "case-papers" not in page.text
    assert "ask_document" not in page.text
    page = await act(ani, case, "reject", body="x", sure="yes")
    assert page.status_code == 409
    assert "bukan permintaan administrasi" in page.text


async def test_entries_have_the_names_of_the_form_and_stay_masked(scene: Scene, browser: Any) -> None:
    fields = {"service": SERVICE, "state": "new", "name": "Budi Santoso", "nik": NIK}
    case = await new_request(scene, fields=fields)
    ani = await browser("Ani")
    page = (await act(ani, case, "claim")).text
    config = scene.desk.config.services[SERVICE]
    label = next(entry.label.id for entry in config.fields if entry.key == "nik")
    assert f"<dt>{label}</dt>" in page
    assert NIK not in page
    revealed = (await act(ani, case, "reveal")).text
    assert NIK in revealed
    assert ">in_work<" not in revealed


async def test_a_day_is_written_out_and_nothing_is_said_twice_in_the_list(scene: Scene, browser: Any) -> None:
    fields = {"service": "newborn", "state": "new", "baby_name": "Aisyah", "baby_born": "2026-11-01"}
    case = await scene.case(
        "Pendaftaran bayi baru lahir",
        kind=CaseKind.ADMIN,
        category="newborn",
        fields=fields,
        branch="palembang",
    )
    ani = await browser("Ani")
    page = (await ani.get(f"/desk/cases/{case.number}")).text
    assert "1 November 2026" in page
    assert "2026-11-01" not in page
    assert (await ani.get("/desk?view=all")).text.count("Pendaftaran bayi baru lahir") == 1
