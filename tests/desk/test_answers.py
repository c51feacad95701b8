"""The page about weak answers: for supervisors, masked, each branch its own."""

from sqlalchemy import select

from bot.storage.tables import AnswerGiven, AnswerRating, Conversation, Role
from tests.desk.scene import NIK, Scene


async def given(scene: Scene, code: str | None, text: str, **more: object) -> None:
    """An answer that did not help."""
    row = {
        "intent": "ask_payment",
        "likeness": 0.5,
        "at": scene.desk.clock(),
        "rating": AnswerRating.NO,
    } | more
    async with scene.database.sessions.begin() as session:
        talk = await session.scalar(select(Conversation.id).limit(1))
        session.add(AnswerGiven(conversation_id=talk, code=code, text=text, **row))


async def test_weak_answers_are_listed(scene: Scene, browser) -> None:
    await scene.case("halo")
    await given(scene, "late_fine", "kok masih didenda")
    await given(scene, None, "kacamata ditanggung", intent="ask_benefit", expired="contribution_rise")
    citra = await browser("Citra", Role.SUPERVISOR)
    page = await citra.get("/desk/answers")
    for shown in ("Denda telat bayar", "kok masih didenda", "100%", "kacamata ditanggung", "Iuran naik?"):
        assert shown in page.text
    assert "Did not" in (await citra.get("/desk/answers?lang=en&days=7")).text


async def test_without_answers_it_says_so(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    assert "Belum ada jawaban" in (await citra.get("/desk/answers?days=nonsense")).text


async def test_personal_numbers_are_not_shown(scene: Scene, browser) -> None:
    await scene.case("halo")
    await given(scene, "late_fine", f"nik saya {NIK}")
    citra = await browser("Citra", Role.SUPERVISOR)
    assert NIK not in (await citra.get("/desk/answers")).text


async def test_a_branch_sees_its_own(scene: Scene, browser) -> None:
    await scene.case("halo")
    await given(scene, "late_fine", "di palembang kok didenda", branch="palembang")
    elsewhere = await browser("Citra", Role.SUPERVISOR, "samarinda")
    assert "kok didenda" not in (await elsewhere.get("/desk/answers")).text


async def test_agents_do_not_see_it(scene: Scene, browser) -> None:
    ani = await browser("Ani")
    assert (await ani.get("/desk/answers")).status_code == 403
    assert "/desk/answers" not in (await ani.get("/desk")).text
