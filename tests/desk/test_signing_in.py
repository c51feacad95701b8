"""Signing in and out: sessions, form secrets, guessing, passwords, headers; and that no page forgets any of it."""

import asyncio
import re

import pytest
from sqlalchemy import func, select

from bot import staff
from bot.desk import router, sessions
from bot.desk.guard import COOKIE
from bot.storage.tables import Agent, History, Role, Session, SignInFailure
from tests.desk.scene import PASSWORD, Browser, Scene, make_scene


async def test_signs_in_and_out(scene: Scene, browser) -> None:
    agent = await scene.agent("Ani")
    ani = await browser()
    page = await ani.get("/desk")
    assert page.url.path == "/desk/sign-in"
    page = await ani.post("/desk/sign-in", email="  ANI@siaga.example ", password=PASSWORD)
    assert page.url.path == "/desk"
    assert agent.name in page.text
    page = await ani.post("/desk/sign-out")
    assert "Anda sudah keluar" in page.text
    page = await ani.get("/desk")
    assert page.url.path == "/desk/sign-in"
    assert await scene.rows(select(Session)) == []


async def test_goes_on_to_the_page_that_was_wanted_but_never_elsewhere(scene: Scene, browser) -> None:
    agent = await scene.agent("Ani")
    case = await scene.case()
    ani = await browser()
    page = await ani.get(f"/desk/cases/{case.number}")
    assert page.url.path == "/desk/sign-in"
    wanted = re.search(r'name="next" value="([^"]*)"', page.text)
    assert wanted
    page = await ani.post("/desk/sign-in", email=agent.email, password=PASSWORD, next=wanted[1])
    assert page.url.path == f"/desk/cases/{case.number}"
    for elsewhere in (
        "https://evil.example/",
        "//evil.example",
        "/desk//evil.example",
        "/deskevil",
        "/desk/\\evil",
    ):
        other = await browser()
        await other.get("/desk/sign-in")
        page = await other.post("/desk/sign-in", email=agent.email, password=PASSWORD, next=elsewhere)
        assert page.url == "http://desk.test/desk"


async def test_the_cookie_is_out_of_reach_and_new_at_every_sign_in(
    scene: Scene, database, sealer, clock
) -> None:
    secure = make_scene(database, sealer, scene.desk.live, clock, secure_cookies=True)
    agent = await secure.agent("Ani")
    ani = Browser(secure.app)
    ani.http.base_url = "https://desk.test"  # type: ignore[assignment]
    ani.http.cookies.set(COOKIE, "planted", domain="desk.test", path="/desk")
    await ani.get("/desk/sign-in")
    answer = await ani.http.post(
        "/desk/sign-in",
        data={"csrf": ani.csrf, "email": agent.email, "password": PASSWORD},
        follow_redirects=False,
    )
    cookie = next(item for item in answer.headers.get_list("set-cookie") if item.startswith(f"{COOKIE}="))
    assert {"HttpOnly", "SameSite=lax", "Secure", "Path=/desk"} <= set(cookie.split("; "))
    assert "planted" not in cookie
    (kept,) = await secure.rows(select(Session))
    value = cookie.partition("=")[2].partition(";")[0]
    assert kept.digest == staff.digest(value)
    assert value.encode() not in kept.digest
    await ani.http.aclose()


async def test_a_session_ends_after_twelve_hours_and_with_the_account(scene: Scene, browser, clock) -> None:
    ani, budi = await browser("Ani"), await browser("Budi")
    clock.advance(11.9 * 3600)
    assert (await ani.get("/desk")).url.path == "/desk"
    async with scene.database.sessions.begin() as session:
        fired = (await session.scalars(select(Agent).where(Agent.name == "Budi"))).one()
        fired.active = False
    assert (await budi.get("/desk")).url.path == "/desk/sign-in"
    clock.advance(0.2 * 3600)
    assert (await ani.get("/desk")).url.path == "/desk/sign-in"


async def test_wrong_passwords_are_answered_alike_whoever_it_is(scene: Scene, browser) -> None:
    agent = await scene.agent("Ani")
    ani = await browser()
    await ani.get("/desk/sign-in")
    known = await ani.post("/desk/sign-in", email=agent.email, password="salah sekali lagi")
    unknown = await ani.post("/desk/sign-in", email="siapa@siaga.example", password="salah sekali lagi")
    assert known.status_code == unknown.status_code == 422
    assert "E-mail atau kata sandi salah" in known.text
    strip = re.compile(r'value="[^"]*"')
    assert strip.sub("", known.text) == strip.sub("", unknown.text)
    assert "salah sekali lagi" not in known.text


async def test_guessing_is_slowed_down_by_email(scene: Scene, browser, clock) -> None:
    agent = await scene.agent("Ani")
    ani = await browser()
    await ani.get("/desk/sign-in")
    for _ in range(sessions.MOST_PER_EMAIL):
        assert (await ani.post("/desk/sign-in", email=agent.email, password="salah")).status_code == 422
    elsewhere = await browser(address="198.51.100.9")
    await elsewhere.get("/desk/sign-in")
    page = await elsewhere.post("/desk/sign-in", email=agent.email, password=PASSWORD)
    assert page.status_code == 429
    assert "Tunggu 15 menit" in page.text
    clock.advance(sessions.WINDOW.total_seconds() + 1)
    assert (await elsewhere.post("/desk/sign-in", email=agent.email, password=PASSWORD)).url.path == "/desk"
    left = await scene.rows(select(SignInFailure))
    assert left == []


async def test_guessing_is_slowed_down_by_address(
    scene: Scene, browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_PER_ADDRESS", 3)
    agent = await scene.agent("Ani")
    guesser = await browser()
    await guesser.get("/desk/sign-in")
    for name in "abc":
        await guesser.post("/desk/sign-in", email=f"{name}@siaga.example", password="salah")
    assert (await guesser.post("/desk/sign-in", email=agent.email, password=PASSWORD)).status_code == 429
    other = await browser(address="198.51.100.9")
    await other.sign_in(agent)


async def test_many_guesses_at_the_same_moment_do_not_slip_through(scene: Scene) -> None:
    agent = await scene.agent("Ani")
    door = sessions.Door(scene.database, scene.desk.sealer)
    now = scene.desk.clock()

    async def guess(number: int) -> str:
        try:
            await door.check(agent.email or "", f"guess {number}", f"198.51.100.{number}", now)
        except (sessions.TooManyTries, sessions.WrongPassword) as error:
            return type(error).__name__
        return "in"

    outcomes = await asyncio.gather(*(guess(number) for number in range(12)))
    assert "in" not in outcomes
    assert outcomes.count("WrongPassword") <= sessions.MOST_PER_EMAIL


async def test_a_password_is_changed_by_who_knows_the_old_one(scene: Scene, browser) -> None:
    ani, elsewhere = await browser("Ani"), await browser()
    agent = (await scene.rows(select(Agent)))[0]
    await elsewhere.sign_in(agent)
    await ani.get("/desk/password")
    page = await ani.post("/desk/password", old="salah", new="kata sandi baru", repeated="kata sandi baru")
    assert page.status_code == 422
    assert "tidak cocok" in page.text
    page = await ani.post("/desk/password", old=PASSWORD, new="pendek", repeated="pendek")
    assert "12 sampai 200" in page.text
    page = await ani.post("/desk/password", old=PASSWORD, new="kata sandi baru", repeated="lain lagi dong")
    assert "tidak sama" in page.text
    page = await ani.post("/desk/password", old=PASSWORD, new="kata sandi baru", repeated="kata sandi baru")
    assert "Kata sandi sudah diganti" in page.text
    assert (await elsewhere.get("/desk")).url.path == "/desk/sign-in"
    await elsewhere.sign_in(agent, "kata sandi baru")
    what = await scene.rows(select(History.what).where(History.subject == "agent"))
    assert what == ["added", "password_changed"]


async def test_every_page_but_the_door_needs_a_session(scene: Scene, browser) -> None:
    stranger = await browser()
    case = await scene.case()
    pages = [(method, path) for path, methods in routes(scene) for method in methods]
    assert len(pages) > 20
    for method, path in pages:
        filled = _filled(path, case.number)
        answer = await stranger.http.request(method, filled, follow_redirects=False)
        if path.startswith("/desk/static/"):
            assert answer.status_code == 200
        elif path == "/desk/sign-in":
            assert answer.status_code == (
                200 if method == "GET" else 403 if answer.status_code != 413 else 413
            )
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/desk/sign-in"), (method, path)


async def test_every_form_needs_the_secret_of_its_session(scene: Scene, browser) -> None:
    ani, budi = await browser("Ani", Role.ADMIN), await browser("Budi")
    case = await scene.case()
    posts = [path for path, methods in routes(scene) if "POST" in methods]
    assert len(posts) >= 10
    await budi.get("/desk")
    for path in posts:
        filled = _filled(path, case.number)
        for secret in ({}, {"csrf": ""}, {"csrf": "x" * 43}, {"csrf": budi.csrf}):
            answer = await ani.http.post(filled, data={"x": "y"} | secret, follow_redirects=False)
            assert answer.status_code == 403, (path, secret)
            assert "Formulir sudah tidak berlaku" in answer.text
    assert (await scene.again(case)).assignee_id is None
    assert await scene.rows(select(func.count()).select_from(Session)) == [2]


async def test_headers_keep_strangers_code_out(scene: Scene, browser) -> None:
    ani = await browser("Ani")
    for path in ("/desk", "/desk/sign-in", "/desk/nowhere", "/desk/static/desk.js"):
        answer = await ani.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        if "static" not in path:
            assert answer.headers["cache-control"] == "no-store"
            assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|https?://", answer.text)


async def test_static_files_are_kept_as_long_as_their_version_holds(browser) -> None:
    ani = await browser("Ani")
    page = await ani.get("/desk")
    address = re.search(r'href="(/desk/static/desk\.css\?v=[0-9a-f]+)"', page.text)
    assert address
    sheet = await ani.get(address[1])
    assert sheet.headers["content-type"].startswith("text/css")
    assert "immutable" in sheet.headers["cache-control"]
    plain = await ani.get("/desk/static/desk.css")
    assert plain.headers["cache-control"] == "no-cache"
    again = await ani.get("/desk/static/desk.css", headers={"If-None-Match": plain.headers["etag"]})
    assert again.status_code == 304
    for outside in ("/desk/static/../site.py", "/desk/static/%2e%2e/site.py", "/desk/static/nothing.js"):
        assert (await ani.get(outside)).status_code == 404


async def test_the_language_is_switched_and_stays(browser) -> None:
    ani = await browser("Ani")
    assert "Kotak masuk" in (await ani.get("/desk")).text
    page = await ani.get("/desk?view=mine&lang=en")
    assert "Inbox" in page.text
    assert "You hold no case" in page.text
    assert "Inbox" in (await ani.get("/desk")).text
    assert "Kotak masuk" in (await ani.get("/desk?lang=id")).text
    assert "Kotak masuk" in (await ani.get("/desk?lang=xx")).text


async def test_errors_say_what_to_do_and_show_nothing(
    scene: Scene, browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ani = await browser("Ani")
    page = await ani.get("/desk/nowhere")
    assert page.status_code == 404
    assert "Tidak ditemukan" in page.text
    for odd in (
        "/desk/cases/%00",
        "/desk/cases/PLB-0000-00000",
        "/desk/notices/99999999999999999999",
        "/desk/notices/x",
    ):
        assert (await ani.get(odd)).status_code == 404, odd
    assert (await ani.get("/desk/notices/new")).status_code == 403
    assert (await ani.get("/desk/dead-letters")).status_code == 403
    assert (await ani.post("/desk/search", words="x" * 300_000)).status_code == 413

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("6471010101900001")

    monkeypatch.setattr("bot.desk.inbox.listed", broken)
    page = await ani.get("/desk")
    assert page.status_code == 500
    assert "Ada kesalahan di pihak kami" in page.text
    assert "6471010101900001" not in page.text


async def test_a_page_that_renews_itself_is_sent_to_the_door_when_the_session_is_over(browser) -> None:
    stranger = await browser()
    answer = await stranger.http.get("/desk", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/desk/sign-in"
    answer = await stranger.http.get("/desk/events", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 204


def routes(scene: Scene) -> list[tuple[str, set[str]]]:
    """Every route of the desk, by its full path."""
    return [(f"/desk{route.path}", set(route.methods)) for route in router(scene.desk).routes]  # type: ignore[attr-defined]


def _filled(path: str, number: str) -> str:
    """A route's path with something in each place."""
    values = {"number": number, "verb": "claim", "name:path": "desk.css"}
    return re.sub(r"\{([^}]+)\}", lambda found: values.get(found[1], "1"), path)
