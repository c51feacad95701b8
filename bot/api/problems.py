"""Errors as problem details (RFC 9457) for everything under /api, and for nothing else.

They carry no `type`, so it is ``about:blank``: the status says what kind of error it is, and the members `errors`,
`assignee` and `state` say the rest.
"""

import http
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import fastapi
import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException

from bot.errors import SiagaError
from bot.notices.publishing import BadNotice
from bot.storage.engine import UNAVAILABLE

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
OURS = "/api/"
"""Paths below this answer with problem details."""

AGAIN_AFTER = "5"
"""Seconds after which a client may come again when PostgreSQL is away."""

_MISTAKES = ("22", "23", "42")
"""Classes of SQLSTATE by which PostgreSQL refuses what we wrote; after any other it may work the next time."""

Handler = Callable[[Request, Any], Awaitable[Response]]
Error = dict[str, Any]
"""``{"field", "problem"}``, and ``"known"`` where only certain values are known."""


class ProblemDetails(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(description="For the person who writes the client.")
    instance: str = Field(description="The path of the request.", examples=["/api/v1/notices"])
    errors: list[dict[str, str | list[str]]] | None = Field(
        default=None,
        description="With 422: `field`, `problem`, and `known` where only certain values are known.",
        examples=[[{"field": "scope.branches", "problem": "unknown: palembnag", "known": ["palembang"]}]],
    )
    assignee: dict[str, str] | None = Field(
        default=None, description="With 409: who holds the case (`id`, `name`); null: nobody does yet."
    )
    state: str | None = Field(default=None, description="With 409: the status that the case is in.")


_REFUSALS = {
    400: "The body is not JSON.",
    401: "There is no token, or it is unknown or revoked.",
    403: "The token's role does not allow this.",
    404: "There is nothing of this id or number, or the token's agent may not see it.",
    409: "Somebody else holds the case (`assignee`), or it is in another state (`state`).",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    422: "The request does not make sense: `errors` says which field, and why.",
    500: "Something went wrong on our side.",
    503: "The database, or the store of files, is away: try again after Retry-After seconds.",
}

BODY = (400, 413, 415)
"""What a request with a body can be refused with, besides."""


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route's refusals are described in the OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {status: {"description": _REFUSALS[status], "content": content} for status in statuses}


class Problem(SiagaError):
    """What the API answers instead of what was asked for.

    Args:
        status: the HTTP status.
        detail: what is wrong, for the person who writes the client.
        errors: for 422, what is wrong with which field.
        headers: of the response.
        more: further members of the problem details.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Error] = (),
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        self.status = status
        self.detail = detail
        self.headers = headers
        self.more = more | ({"errors": list(errors)} if errors else {})
        super().__init__(detail)


def unfit(*errors: Error) -> Problem:
    """A request that is well-formed and does not make sense."""
    return Problem(422, "The request is not valid: see errors.", errors=errors)


def problem_handlers(app: FastAPI) -> None:
    """Answer every error under /api with problem details; other paths keep the handlers that `app` has by now."""
    _install(app, HTTPException, _http, http_exception_handler)
    # FastAPI's own is a subclass: a handler for it would be nearer to what its routes raise than ours.
    _install(app, fastapi.HTTPException, _http, app.exception_handlers[HTTPException])
    _install(app, RequestValidationError, _invalid, request_validation_exception_handler)
    _install(app, BadNotice, _bad_notice)
    _install(app, Problem, _told)
    _install(app, Exception, _failed, _plain_failure)
    for kind in UNAVAILABLE:
        _install(app, kind, _away)


def _install(app: FastAPI, kind: type[Exception], answer: Handler, usual: Any = None) -> None:
    before: Any = app.exception_handlers.get(kind, usual)

    async def handle(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(OURS):
            return await answer(request, error)
        if before is None:
            raise error
        response: Response = await before(request, error)
        return response

    app.add_exception_handler(kind, handle)


async def _plain_failure(request: Request, error: Exception) -> Response:
    return PlainTextResponse("Internal Server Error", 500)


async def _told(request: Request, problem: Problem) -> Response:
    title = http.HTTPStatus(problem.status).phrase
    said = {"type": "about:blank", "title": title, "status": problem.status, "detail": problem.detail}
    body = orjson.dumps(said | {"instance": request.url.path} | problem.more)
    return Response(body, problem.status, problem.headers, MEDIA_TYPE)


async def _http(request: Request, error: HTTPException) -> Response:
    said = {
        404: "There is nothing at this address.",
        405: "This address does not take that method: see the header Allow.",
        400: "The body is not JSON.",
    }
    detail = said.get(error.status_code, str(error.detail))
    return await _told(request, Problem(error.status_code, detail, headers=error.headers))


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return await _told(request, Problem(400, "The body is not JSON."))
    if any(item["loc"][0] == "path" for item in found):  # no such number or id can exist
        return await _told(request, Problem(404, "There is nothing at this address."))
    return await _told(request, unfit(*(_field(item) for item in found)))


def _field(item: Any) -> Error:
    """Where and what; never the value, which may be personal. A field's name is the client's own word: made safe."""
    name = ".".join(str(step) for step in item["loc"][1:]).encode(errors="replace").decode()
    return {"field": name, "problem": item["msg"].removeprefix("Value error, ")}


async def _bad_notice(request: Request, error: BadNotice) -> Response:
    found = ({"field": field, "problem": what} for field, what in error.problems.items())
    return await _told(request, unfit(*found))


async def _away(request: Request, error: Exception) -> Response:
    if _is_mistake(error):
        raise error
    log.error("api.unavailable", error=type(error).__name__)
    headers = {"Retry-After": AGAIN_AFTER}
    return await _told(request, Problem(503, "Not possible right now: try again shortly.", headers=headers))


def _is_mistake(error: Exception) -> bool:
    """Whether the error is ours, although it came through the database's library."""
    if isinstance(error, SQLAlchemyError) and not isinstance(error, DBAPIError | PoolExhausted):
        return True
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    return state[:2] in _MISTAKES


async def _failed(request: Request, error: Exception) -> Response:
    route = getattr(request.scope.get("route"), "path", "")
    log.error("api.failed", route=route, error=type(error).__name__)
    return await _told(request, Problem(500, "Something went wrong on our side."))
