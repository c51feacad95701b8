"""The whole API under one prefix, and its OpenAPI document."""

from functools import cache
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from bot.api import broadcasts, cases, notices, places
from bot.api.access import Api, guard
from bot.api.problems import ProblemDetails, refusals

PREFIX = "/api/v1"


def router(api: Api) -> APIRouter:
    """Everything under /api/v1, prefix included; the app that has it needs `problem_handlers` too."""
    guarded = guard(api)
    routes = APIRouter(prefix=PREFIX, responses=refusals(401, 422, 500, 503))
    for part in (notices, broadcasts, cases, places):
        routes.include_router(part.routes(guarded))

    @cache
    def document() -> dict[str, Any]:
        return _document(routes)

    @routes.get("/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(document())

    return routes


def _document(routes: APIRouter) -> dict[str, Any]:
    described = get_openapi(
        title="SIAGA API",
        version="1.0.0",
        summary="Notices and cases of a branch's chatbot service.",
        description="Times are ISO 8601 in UTC. Errors are problem details (RFC 9457).",
        routes=routes.routes,
    )
    described["components"]["schemas"]["ProblemDetails"] = ProblemDetails.model_json_schema()
    return described
