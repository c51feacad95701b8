"""Who is asking, and what every request must keep to before anything of it is read."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, HTTPException, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.types import Message, Receive

from bot.api.problems import Problem
from bot.config import Config
from bot.conversation.handling import Handling
from bot.live import Live
from bot.media import enclosing
from bot.media.enclosing import Enclosing
from bot.notices.publishing import Publisher
from bot.staff import agent_by_token
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Agent, Role

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

LARGEST = 256 * 1024
"""Bytes of a body; the longest notice has a few thousand characters."""
LARGEST_WITH_FILE = LARGEST + enclosing.LARGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What the API is made of.

    Args:
        clock: the present time, aware.
    """

    database: Database
    sealer: Sealer
    config: Config
    handling: Handling
    publisher: Publisher
    live: Live
    clock: Callable[[], datetime]
    enclosing: Enclosing


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: who makes it, when, and by which key its repetition is known (see `bot.api.repeats`).

    `content` stands for a body whose bytes differ from one repetition to the next: a form with a file.
    """

    api: Api
    agent: Agent
    now: datetime
    key: str | None
    request: Request
    content: bytes | None = None


def with_file(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint as one that takes a form with a file as well as JSON."""
    endpoint.takes_file = True  # type: ignore[attr-defined]
    return endpoint


def guard(api: Api) -> type[APIRoute]:
    """Routes that want a token first, then a body that is JSON (or a form with a file) and not too large."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()
            takes_file = getattr(self.endpoint, "takes_file", False)

            async def guarded(request: Request) -> Response:
                request.state.api, request.state.agent = api, await _acting(api, request)
                form = takes_file and is_form(request)
                if not form:
                    _json_only(request)
                most = LARGEST_WITH_FILE if form else LARGEST
                return await handle(Request(request.scope, _limited(request.receive, most)))

            return guarded

    return Guarded


async def asked(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            pattern=r"^[!-~]{1,200}$",
            description="Makes repeating a POST harmless: a request with the key of an earlier one changes nothing.",
        ),
    ] = None,
    _: object = Security(HTTPBearer(auto_error=False, description="A token of `siaga token create`.")),
) -> Asked:
    """What an endpoint needs to know of the request."""
    api: Api = request.state.api
    now = api.clock()
    return Asked(api=api, agent=request.state.agent, now=now, key=idempotency_key, request=request)


Asking = Annotated[Asked, Depends(asked)]
"""A request by anybody with a token."""


async def supervising(asked: Asking) -> Asked:
    """The request, when it is a supervisor's or an admin's.

    Raises:
        Problem: 403.
    """
    if asked.agent.role is Role.AGENT:
        raise Problem(403, "This needs the role supervisor or admin.")
    return asked


Supervising = Annotated[Asked, Depends(supervising)]
"""A request by a supervisor or an admin."""


async def _acting(api: Api, request: Request) -> Agent:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        headers = {"WWW-Authenticate": 'Bearer realm="siaga"'}
        raise Problem(401, "Send a token: Authorization: Bearer <token>.", headers=headers)
    async with api.database.sessions() as session:
        # Looked up by its digest: how long that takes says nothing about the token.
        agent = await agent_by_token(session, token.strip())
    if agent is None:
        headers = {"WWW-Authenticate": 'Bearer realm="siaga", error="invalid_token"'}
        raise Problem(401, "The token is unknown or no longer valid.", headers=headers)
    return agent


def is_form(request: Request) -> bool:
    """Whether the body is declared as a form with files."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "multipart/form-data"


def _json_only(request: Request) -> None:
    sent = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if (
        sent
        and kind != "application/json"
        and not (kind.startswith("application/") and kind.endswith("+json"))
    ):
        raise Problem(415, "Send JSON: Content-Type: application/json.")


def _limited(receive: Receive, most: int) -> Receive:
    """`receive` that refuses a body over the limit, whatever length its headers claim."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            # Not a Problem: whatever else reading a body raises, FastAPI takes for a body that is not JSON.
            raise HTTPException(413, f"The body is over {most // 1024} KiB.")
        return message

    return limited
