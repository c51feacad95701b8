"""What holds for every page, so that no page can forget it: session, form secret, headers, error pages.

A page is for those who are signed in unless its endpoint is marked with `for_everybody`.
"""

import hmac
import secrets
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import structlog
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.cases.lifecycle import CaseTaken, WrongState
from bot.desk import sessions
from bot.desk.context import BASE, Desk
from bot.desk.pages import LANGUAGE_COOKIE, Pages
from bot.desk.refusals import FileTooLarge, Refused, StaleForm, TooLarge
from bot.media import enclosing
from bot.review import listing
from bot.storage.tables import Role

log = structlog.get_logger()

COOKIE = "siaga_desk"
FORM_COOKIE = "siaga_form"
"""Stands in for the session in the sign-in form, which has none yet."""

LARGEST = 256 * 1024
"""Bytes of a form; the longest text anybody may write has 4,000 characters."""
LARGEST_WITH_FILE = LARGEST + enclosing.LARGEST

HEADERS = {
    # Nothing from elsewhere, nothing inline: a message that looks like HTML stays a message.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
YEAR = 365 * 24 * 3600

Handler = Callable[[Request], Awaitable[Response]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def for_everybody(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint as open to those who are not signed in."""
    endpoint.open_to_everybody = True  # type: ignore[attr-defined]
    return endpoint


def with_file(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint as one whose form may hold a file."""
    endpoint.takes_file = True  # type: ignore[attr-defined]
    return endpoint


class Guard:
    """Stands before every endpoint."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    def route_class(self) -> type[APIRoute]:
        """The class of guarded routes, for an APIRouter."""
        guard = self

        class Guarded(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Any]:
                inner = super().get_route_handler()
                is_open = getattr(self.endpoint, "open_to_everybody", False)

                async def guarded(request: Request) -> Response:
                    return await guard.answer(request, inner, is_open=is_open)

                return guarded

        return Guarded

    async def answer(self, request: Request, inner: Handler, *, is_open: bool) -> Response:
        """Let a request in, or say why not; the answer gets its headers either way."""
        request.state.visit = None
        request.state.form_secret = ""
        request.state.to_review = 0
        try:
            response = await self._admit(request, inner, is_open=is_open)
        except (Refused, CaseTaken, WrongState, HTTPException) as error:
            response = self._pages.error(request, *_answered(error))
        except Exception as error:
            # Only the kind and the place: the message may quote what somebody wrote.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            log.error("desk.failed", error=type(error).__name__, file=frame.filename, line=frame.lineno)
            response = self._pages.error(request, 500, "error.general")
        finally:
            await request.close()  # the file of a form
        return self._finished(request, response)

    async def _admit(self, request: Request, inner: Handler, *, is_open: bool) -> Response:
        cookie = request.cookies.get(COOKIE, "")
        if cookie:
            request.state.visit = await sessions.visit(self._desk.database, cookie, self._desk.clock())
        visit = request.state.visit
        if visit is None and not is_open:
            return _to_sign_in(request)
        request.state.form_secret = visit.csrf if visit else self._secret_without_session(request)
        if request.method == "POST":
            await self._check_form(request)
        if visit and visit.agent.role is not Role.AGENT and "hx-request" not in request.headers:
            async with self._desk.database.sessions() as session:
                request.state.to_review = await listing.waiting(session, visit.agent)
        return await inner(request)

    def _secret_without_session(self, request: Request) -> str:
        """The form secret of a browser that is not signed in: bound to a cookie that no other site can read."""
        request.state.form_cookie = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
        return self._desk.sealer.digest(f"sign-in form {request.state.form_cookie}").hex()

    async def _check_form(self, request: Request) -> None:
        with_file = getattr(request.scope.get("endpoint"), "takes_file", False)
        size = request.headers.get("content-length", "")
        if not size.isdecimal() or int(size) > (LARGEST_WITH_FILE if with_file else LARGEST):
            raise FileTooLarge if with_file else TooLarge
        form = await request.form(max_files=int(with_file), max_fields=2000)
        given = form.get("csrf")
        if not isinstance(given, str) or not hmac.compare_digest(
            given.encode(), request.state.form_secret.encode()
        ):
            raise StaleForm

    def _finished(self, request: Request, response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if self._desk.secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
        chosen = self._pages.chosen_language(request)
        if chosen:
            self._keep(response, LANGUAGE_COOKIE, chosen, YEAR)
        kept = getattr(request.state, "form_cookie", None)
        if kept and kept != request.cookies.get(FORM_COOKIE):
            self._keep(response, FORM_COOKIE, kept, None)
        return response

    def _keep(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=BASE,
            secure=self._desk.secure_cookies,
            httponly=True,
            samesite="lax",
        )

    def signed_in(self, response: Response, cookie: str) -> None:
        """Give a browser its session."""
        self._keep(response, COOKIE, cookie, int(sessions.LIFETIME.total_seconds()))


def _answered(error: Exception) -> tuple[int, str]:
    """Status and words for what was refused."""
    match error:
        case Refused():
            return error.status, error.said
        case HTTPException(status_code=404):
            return 404, "error.not_found"
        case HTTPException():
            return error.status_code, "error.bad_request"
    return 409, "error.conflict"


def _to_sign_in(request: Request) -> Response:
    """To the sign-in page, and from there back to where somebody wanted to go."""
    wanted = request.url.path if request.method == "GET" else _referring_page(request)
    target = f"{BASE}/sign-in" + (f"?next={quote(wanted)}" if wanted not in ("", BASE) else "")
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": target})
    if "text/event-stream" in request.headers.get("accept", ""):
        return Response(status_code=204)  # tells the browser not to try again
    return RedirectResponse(target, 303)


def _referring_page(request: Request) -> str:
    """The desk's own page that a form was on, "" where that is unknown."""
    return inside(urlsplit(request.headers.get("referer", "")).path)


def inside(path: str) -> str:
    """`path` if it is a page of the desk, else "": nobody is sent elsewhere."""
    known = path == BASE or path.startswith(f"{BASE}/")
    return path if known and "//" not in path and "\\" not in path and path.isprintable() else ""
