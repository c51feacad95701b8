"""Signing in, signing out, and one's own password."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot import staff
from bot.cases.history import Actor
from bot.desk import sessions
from bot.desk.context import BASE, Desk
from bot.desk.forms import field
from bot.desk.guard import COOKIE, Guard, for_everybody, inside
from bot.desk.pages import Pages
from bot.desk.sessions import Door, TooManyTries, WrongPassword
from bot.storage.tables import Agent


def add(routes: APIRouter, desk: Desk, pages: Pages, guard: Guard) -> None:
    """Add the pages."""
    door = Door(desk.database, desk.sealer)

    @routes.get("/sign-in")
    @for_everybody
    async def sign_in_form(request: Request) -> Response:
        if request.state.visit:
            return RedirectResponse(BASE, 303)
        return pages.render(
            request, "sign_in.html", _sign_in_values(next=inside(request.query_params.get("next", "")))
        )

    @routes.post("/sign-in")
    @for_everybody
    async def sign_in(request: Request) -> Response:
        form = await request.form()
        email, target = field(form, "email"), inside(field(form, "next"))
        try:
            password = field(form, "password", strip=False)
            agent = await door.check(email, password, _address(request), desk.clock())
        except (TooManyTries, WrongPassword) as error:
            values = {"minutes": error.minutes} if isinstance(error, TooManyTries) else {}
            wrong = pages.say(request, error.said, **values)
            shown = _sign_in_values(email=email, next=target, wrong=wrong)
            return pages.render(request, "sign_in.html", shown, 429 if values else 422)
        await sessions.end(desk.database, request.cookies.get(COOKIE, ""))
        return await _begun(desk, guard, agent, target or BASE)

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        await sessions.end(desk.database, request.cookies[COOKIE])
        response = RedirectResponse(f"{BASE}/sign-in?done=signed_out", 303)
        response.delete_cookie(COOKIE, path=BASE)
        return response

    @routes.get("/password")
    async def password_form(request: Request) -> Response:
        return pages.render(request, "password.html", {"wrong": {}})

    @routes.post("/password")
    async def change_password(request: Request) -> Response:
        agent = request.state.visit.agent
        wrong = await _change(desk, door, request, agent)
        if wrong:
            said = {name: pages.say(request, key) for name, key in wrong.items()}
            return pages.render(request, "password.html", {"wrong": said}, 422)
        return await _begun(desk, guard, agent, f"{BASE}?done=password_changed")


def _sign_in_values(**values: str) -> dict[str, str]:
    return {"email": "", "next": "", "wrong": ""} | values


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


async def _begun(desk: Desk, guard: Guard, agent: Agent, target: str) -> Response:
    """A new session, and on to a page."""
    async with desk.database.sessions.begin() as session:
        cookie = await sessions.begin(session, agent, desk.clock())
    response = RedirectResponse(target, 303)
    guard.signed_in(response, cookie)
    return response


async def _change(desk: Desk, door: Door, request: Request, agent: Agent) -> dict[str, str]:
    """Change a password, after which every other browser of theirs is signed out; or say what is wrong, by field."""
    form = await request.form()
    new = field(form, "new", strip=False)
    if new != field(form, "repeated", strip=False):
        return {"repeated": "password.differ"}
    try:
        await door.check(agent.email or "", field(form, "old", strip=False), _address(request), desk.clock())
        async with desk.database.sessions.begin() as session:
            mine = await session.get_one(Agent, agent.id)
            await staff.set_password(session, mine, new, desk.clock(), Actor("agent", agent.id))
    except TooManyTries:
        return {"old": "password.too_many"}
    except WrongPassword:
        return {"old": "password.wrong"}
    except staff.WeakPassword:
        return {"new": "password.weak"}
    return {}
