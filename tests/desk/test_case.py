"""A case: what is seen of it, and everything that is done to it."""

import asyncio
import re

from sqlalchemy import func, select, update

from bot.storage.tables import (
    Agent,
    Case,
    CaseKind,
    CaseStatus,
    Conversation,
    History,
    Message,
    Outbox,
    OutboxState,
    Owner,
    Role,
)
from tests.desk.scene import NIK, Browser, Scene


async def act(browser: Browser, case: Case, verb: str, **fields: str):
    """Open the case's page and send one of its forms."""
    await browser.get(f"/desk/cases/{case.number}")
    return await browser.post(f"/desk/cases/{case.number}/{verb}", **fields)


async def sent(scene: Scene) -> list[str]:
    """What will be sent to participants, in order."""
    rows = await scene.rows(select(Outbox).order_by(Outbox.id))
    return [scene.desk.sealer.open(row.sealed)["body"] for row in rows]


async def test_claim_reply_resolve(scene: Scene, browser) -> None:
    case = await scene.case("mau bicara petugas", branch="samarinda")
    ani = await browser("Ani")
    page = await act(ani, case, "claim")
    assert "Kasus ini sekarang milik Anda" in page.text
    assert "Anda yang menangani kasus ini" in page.text
    talk = (await scene.rows(select(Conversation)))[0]
    assert talk.owner is Owner.AGENT
    page = await act(ani, case, "reply", body="Selamat siang, ada yang bisa dibantu?", once="a")
    assert "Balasan disimpan" in page.text
    assert "ada yang bisa dibantu?" in page.text
    assert (await scene.again(case)).status is CaseStatus.WAITING
    page = await act(ani, case, "resolve", body="Terima kasih.")
    assert "Kasus selesai" in page.text
    assert (await scene.again(case)).status is CaseStatus.RESOLVED
    talk = (await scene.rows(select(Conversation)))[0]
    assert talk.owner is Owner.BOT
    bodies = await sent(scene)
    assert "Ani" in bodies[0]
    assert bodies[1].endswith("Selamat siang, ada yang bisa dibantu?")
    assert bodies[2].endswith("Terima kasih.")
    assert case.number in bodies[3]
    assert await scene.history(case) == ["opened", "claimed", "replied", "replied", "resolved"]


async def test_of_two_who_claim_at_the_same_moment_one_gets_it(scene: Scene, browser) -> None:
    case = await scene.case()
    ani, budi = await browser("Ani"), await browser("Budi")
    await asyncio.gather(*(one.get(f"/desk/cases/{case.number}") for one in (ani, budi)))
    await asyncio.gather(*(one.post(f"/desk/cases/{case.number}/claim") for one in (ani, budi)))
    assert ani.page
    assert budi.page
    won, lost = sorted((ani, budi), key=lambda one: one.page.status_code)
    assert (won.page.status_code, lost.page.status_code) == (200, 409)
    winner = "Ani" if won is ani else "Budi"
    assert f"{winner} sudah menangani kasus ini" in lost.page.text
    assert (await scene.history(case)).count("claimed") == 1
    assert len(await sent(scene)) == 1  # the participant hears of one agent


async def test_only_the_holder_replies_and_the_words_stay(scene: Scene, browser) -> None:
    case = await scene.case()
    ani, budi = await browser("Ani"), await browser("Budi", Role.SUPERVISOR)
    page = await act(ani, case, "reply", body="belum diambil", once="a")
    assert page.status_code == 409
    assert "Tekan Ambil dulu" in page.text
    assert "belum diambil</textarea>" in page.text
    await act(ani, case, "claim")
    page = await act(budi, case, "reply", body="saya saja", once="b")
    assert page.status_code == 409
    assert "Ani sudah menangani kasus ini" in page.text
    assert "saya saja</textarea>" in page.text
    assert "saya saja" not in " ".join(await sent(scene))


async def test_the_same_form_twice_is_sent_once(scene: Scene, browser) -> None:
    case = await scene.case()
    ani = await browser("Ani")
    await act(ani, case, "claim")
    await ani.get(f"/desk/cases/{case.number}")
    once = re.search(r'name="once" value="(\w{32})"', ani.page.text)
    assert once
    data = {"csrf": ani.csrf, "once": once[1], "body": "Halo"}
    address = f"/desk/cases/{case.number}/reply"
    answers = await asyncio.gather(*(ani.http.post(address, data=data) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert [body for body in await sent(scene) if body.endswith("Halo")] == ["*Ani:*\nHalo"]
    assert (await scene.history(case)).count("replied") == 1
    await ani.http.post(address, data=data | {"body": "Yang lain"})  # after "back" in the browser
    assert (await sent(scene))[-1].endswith("Yang lain")
    for _ in range(2):
        await act(ani, case, "note", body="sama")
    assert (await scene.history(case)).count("noted") == 1


async def test_empty_and_endless_texts_are_refused_where_they_were_written(scene: Scene, browser) -> None:
    case = await scene.case()
    ani = await browser("Ani")
    await act(ani, case, "claim")
    for verb, body, why in (
        ("reply", "   ", "Tulis balasan, atau lampirkan berkas"),
        ("reply", "x" * 4001, "Terlalu panjang"),
        ("note", "", "Tolong diisi"),
        ("transfer", "tanpa tujuan", "Pilih petugas"),
        ("resolve", "x" * 4001, "Terlalu panjang"),
    ):
        page = await act(ani, case, verb, body=body, to="")
        assert page.status_code == 422, verb
        assert why in page.text
        assert 'aria-invalid="true"' in page.text
    page = await act(ani, case, "transfer", to="agent:nobody")
    assert page.status_code == 422
    assert await scene.history(case) == ["opened", "claimed"]


async def test_notes_are_for_colleagues_and_without_numbers(scene: Scene, browser) -> None:
    case = await scene.case()
    ani, budi = await browser("Ani"), await browser("Budi")
    await act(ani, case, "note", body=f"Sudah dicek, NIK {NIK} benar.")
    page = await budi.get(f"/desk/cases/{case.number}")
    assert "Sudah dicek, NIK ************0001 benar." in page.text
    assert await sent(scene) == []
    (entry,) = await scene.rows(select(History).where(History.what == "noted"))
    assert NIK not in entry.detail["body"]
    assert entry.public is False


async def test_release_transfer_take_over_return(scene: Scene, browser) -> None:
    case = await scene.case("halo", branch="samarinda")
    ani, budi = await browser("Ani", branch="samarinda"), await browser("Budi", branch="samarinda")
    chief = await browser("Citra", Role.SUPERVISOR)
    people = {agent.name: agent for agent in await scene.rows(select(Agent))}
    await act(ani, case, "claim")
    assert "kembali ke antrean" in (await act(ani, case, "release")).text
    assert (await scene.again(case)).status is CaseStatus.NEW
    await act(ani, case, "claim")
    page = await act(ani, case, "transfer", to=f"agent:{people['Budi'].id}", body="tolong lanjutkan")
    assert "Kasus sudah dialihkan" in page.text
    assert "tolong lanjutkan" in page.text
    assert (await scene.again(case)).assignee_id == people["Budi"].id
    page = await act(chief, case, "take_over")
    assert (await scene.again(case)).assignee_id == people["Citra"].id
    assert (await act(budi, case, "release")).status_code == 409
    page = await act(chief, case, "return")
    assert "Bot menjawab peserta lagi" in page.text
    assert (await scene.rows(select(Conversation)))[0].owner is Owner.BOT
    page = await act(chief, case, "transfer", to="branch:palembang")
    assert (await scene.again(case)).branch == "palembang"
    page = await budi.get(f"/desk/cases/{case.number}")
    assert page.status_code == 404


async def test_who_gives_a_case_out_of_sight_is_back_in_the_inbox(scene: Scene, browser) -> None:
    case = await scene.case("halo", branch="samarinda")
    ani = await browser("Ani", branch="samarinda")
    await act(ani, case, "claim")
    page = await act(ani, case, "transfer", to="branch:palembang")
    assert page.url.path == "/desk"
    assert "Kasus sudah dialihkan" in page.text


async def test_an_agent_does_not_take_over(scene: Scene, browser) -> None:
    case = await scene.case()
    ani, budi = await browser("Ani"), await browser("Budi")
    await act(ani, case, "claim")
    page = await act(budi, case, "take_over")
    assert page.status_code == 409
    assert "take_over" not in (await budi.get(f"/desk/cases/{case.number}")).text


async def test_close_and_reopen(scene: Scene, browser) -> None:
    case = await scene.case("antrean", kind=CaseKind.COMPLAINT)
    ani = await browser("Ani")
    await act(ani, case, "claim")
    page = await act(ani, case, "close", body="ganda")
    assert "Kasus ditutup" in page.text
    page = await act(ani, case, "reply", body="masih sempat?", once="a")
    assert page.status_code == 409
    assert "sudah ditutup" in page.text
    assert "masih sempat?</textarea>" in page.text
    assert (await act(ani, case, "close")).status_code == 409
    assert (await act(ani, case, "claim")).status_code == 409
    page = await act(ani, case, "reopen")
    assert "Kasus dibuka lagi" in page.text
    assert await scene.history(case) == ["opened", "claimed", "closed", "noted", "reopened"]


async def test_numbers_are_hidden_until_somebody_looks_and_that_is_kept(scene: Scene, browser) -> None:
    words = f"NIK saya {NIK}, tolong diaktifkan"
    case = await scene.case(
        words, kind=CaseKind.ADMIN, fields={"story": f"Cerita: {words}", "facility": None}
    )
    ani = await browser("Ani")
    phone = (await scene.rows(select(Conversation.address)))[0].partition(":")[2]
    await ani.get("/desk?view=all")
    assert NIK not in ani.page.text
    await act(ani, case, "claim")
    for address in (f"/desk/cases/{case.number}", "/desk?view=all", "/desk?view=mine"):
        page = await ani.get(address)
        assert NIK not in page.text
        assert phone not in page.text
    page = await act(ani, case, "reveal")
    assert page.text.count(NIK) == 2  # in the talk and in the story
    assert phone in page.text
    assert await scene.history(case) == ["opened", "claimed", "revealed"]
    page = await ani.get(f"/desk/cases/{case.number}")
    assert NIK not in page.text
    assert "menampilkan nomor pribadi" in page.text
    part = await ani.get(f"/desk/cases/{case.number}", headers={"HX-Request": "true"})
    assert NIK not in part.text
    assert (await ani.get(f"/desk/cases/{case.number}/reveal")).url.path == f"/desk/cases/{case.number}"
    assert await scene.history(case) == ["opened", "claimed", "revealed"]


async def test_answers_of_an_unfinished_form_are_masked_however_deep(scene: Scene, browser) -> None:
    so_far = {
        "file_complaint": {"complaint.story": f"NIK {NIK}", "complaint.category": "antrean", "x": [NIK]}
    }
    case = await scene.case(fields={"so_far": so_far, "since": "2026-11-23T01:00:00+00:00"})
    ani = await browser("Ani")
    page = await ani.get(f"/desk/cases/{case.number}")
    assert NIK not in page.text
    assert "Cerita" in page.text
    assert "Antrean" in page.text
    assert "Senin, 23 November 2026 pukul 08.00 WIB" in page.text


async def test_what_looks_like_code_stays_words(scene: Scene, browser) -> None:
    words = '<img src=x onerror=alert(1)> "*tebal*" {{ 7*7 }}'
    case = await scene.case(words, name="<b>Budi</b>", fields={"story": "<script>x</script>"})
    ani = await browser("Ani")
    await act(ani, case, "note", body="<u>catatan</u>")
    for address in (f"/desk/cases/{case.number}", "/desk"):
        page = await ani.get(address)
        assert not re.search(r"<img src=x|<b>|<u>|<script>x", page.text)
    page = await ani.get(f"/desk/cases/{case.number}")
    assert "<strong>tebal</strong>" in page.text
    assert "{{ 7*7 }}" in page.text


async def test_says_what_becomes_of_a_reply_when_whatsapp_takes_no_free_text(
    scene: Scene, browser, clock
) -> None:
    case = await scene.case()
    ani = await browser("Ani")
    await ani.get(f"/desk/cases/{case.number}")
    page = await ani.post(f"/desk/cases/{case.number}/claim")
    assert "Jendela 24 jam WhatsApp tutup 24 Nov 11.55 WIB." in page.text
    clock.advance(24 * 3600)
    await ani.sign_in((await scene.rows(select(Agent)))[0])
    page = await ani.get(f"/desk/cases/{case.number}")
    closed = "Jendela 24 jam WhatsApp sudah tutup."
    assert page.text.count(f"{closed} Balasan akan menunggu dan terkirim begitu peserta menulis.") == 2
    (row,) = await scene.rows(select(Outbox))
    async with scene.database.sessions.begin() as session:
        await session.execute(update(Outbox).values(state=OutboxState.WAITING))
    page = await ani.get(f"/desk/cases/{case.number}")
    assert re.search(r'<p class="tick waiting">menunggu peserta menulis', page.text), row


async def test_a_reply_and_a_turn_do_not_wait_for_each_other_in_a_circle(scene: Scene, browser) -> None:
    """A worker locks the conversation, then the case; so does the desk. The other order would be a deadlock."""
    case = await scene.case()
    ani = await browser("Ani")
    await act(ani, case, "claim")
    await act(ani, case, "reply", body="satu", once="a")
    await ani.get(f"/desk/cases/{case.number}")
    locked, go_on = asyncio.Event(), asyncio.Event()

    async def turn() -> None:
        async with scene.database.sessions.begin() as session:
            await session.execute(select(Conversation).with_for_update())
            locked.set()
            await go_on.wait()
            await session.execute(update(Case).values(status=CaseStatus.ASSIGNED))

    worker = asyncio.create_task(turn())
    await locked.wait()
    reply = asyncio.create_task(ani.post(f"/desk/cases/{case.number}/reply", body="dua", once="b"))
    await asyncio.sleep(0.3)
    go_on.set()
    await worker
    assert (await reply).status_code == 200
    assert (await sent(scene))[-1].endswith("dua")


async def test_long_talks_are_shown_from_their_end(scene: Scene, browser) -> None:
    case = await scene.case()
    async with scene.database.sessions.begin() as session:
        session.add_all(
            Message(
                conversation_id=case.conversation_id,
                author="participant",
                body=f"baris {n}",
                at=scene.desk.clock(),
            )
            for n in range(520)
        )
    ani = await browser("Ani")
    page = await ani.get(f"/desk/cases/{case.number}")
    assert page.text.count('<li id="line-') == 500
    assert "baris 519<" in page.text
    assert "baris 10<" not in page.text
    assert await scene.rows(select(func.count()).select_from(Message)) == [521]
