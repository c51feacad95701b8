"""Signing in, signing out, and one's own password."""

from dataclasses import dataclass

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
    entrance = _Entrance(desk, pages, guard, Door(desk.database, desk.sealer))
    routes.get("/sign-in")(entrance.form)
    routes.post("/sign-in")(entrance.sign_in)
    routes.post("/sign-out")(entrance.sign_out)
    routes.get("/password")(entrance.password_form)
    routes.post("/password")(entrance.change_password)


@dataclass(frozen=True)
class _Entrance:
    desk: Desk
    pages: Pages
    guard: Guard
    door: Door

    @for_everybody
    async def form(self, request: Request) -> Response:
        if request.state.visit:
            return RedirectResponse(BASE, 303)
        values = _sign_in_values(next=inside(request.query_params.get("next", "")))
        return self.pages.render(request, "sign_in.html", values)

    @for_everybody
    async def sign_in(self, request: Request) -> Response:
        form = await request.form()
        email, target = field(form, "email"), inside(field(form, "next"))
        password = field(form, "password", strip=False)
        try:
            agent = await self.door.check(email, password, _address(request), self.desk.clock())
        except (TooManyTries, WrongPassword) as error:
            values = {"minutes": error.minutes} if isinstance(error, TooManyTries) else {}
            wrong = self.pages.say(request, error.said, **values)
            shown = _sign_in_values(email=email, next=target, wrong=wrong)
            return self.pages.render(request, "sign_in.html", shown, 429 if values else 422)
        await sessions.end(self.desk.database, request.cookies.get(COOKIE, ""))
        return await self._begun(agent, target or BASE)

    async def sign_out(self, request: Request) -> Response:
        await sessions.end(self.desk.database, request.cookies[COOKIE])
        response = RedirectResponse(f"{BASE}/sign-in?done=signed_out", 303)
        response.delete_cookie(COOKIE, path=BASE)
        return response

    async def password_form(self, request: Request) -> Response:
        return self.pages.render(request, "password.html", {"wrong": {}})

    async def change_password(self, request: Request) -> Response:
        agent = request.state.visit.agent
        wrong = await self._change(request, agent)
        if wrong:
            said = {name: self.pages.say(request, key) for name, key in wrong.items()}
            return self.pages.render(request, "password.html", {"wrong": said}, 422)
        return await self._begun(agent, f"{BASE}?done=password_changed")

    async def _begun(self, agent: Agent, target: str) -> Response:
        """A new session, and on to a page."""
        async with self.desk.database.sessions.begin() as session:
            cookie = await sessions.begin(session, agent, self.desk.clock())
        response = RedirectResponse(target, 303)
        self.guard.signed_in(response, cookie)
        return response

    async def _change(self, request: Request, agent: Agent) -> dict[str, str]:
        """Change a password, which signs every browser of theirs out; or say what is wrong, by field."""
        form, now = await request.form(), self.desk.clock()
        old, new, repeated = (field(form, name, strip=False) for name in ("old", "new", "repeated"))
        if new != repeated:
            return {"repeated": "password.differ"}
        try:
            await self.door.check(agent.email or "", old, _address(request), now)
            async with self.desk.database.sessions.begin() as session:
                mine = await session.get_one(Agent, agent.id)
                await staff.set_password(session, mine, new, now, Actor("agent", agent.id))
        except TooManyTries:
            return {"old": "password.too_many"}
        except WrongPassword:
            return {"old": "password.wrong"}
        except staff.WeakPassword:
            return {"new": "password.weak"}
        return {}


def _sign_in_values(**values: str) -> dict[str, str]:
    return {"email": "", "next": "", "wrong": ""} | values


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
