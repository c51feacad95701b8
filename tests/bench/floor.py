"""The least that a webhook can do and keep its promise: the signature checked by Twilio's SDK, one row committed.

It understands and answers nothing; no service that does can be faster. Run by `tests.bench.through`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

TABLE = "create table if not exists floor (sid text primary key, sender text, body text, raw text)"
KEEP = "insert into floor values ($1, $2, $3, $4) on conflict do nothing"
CONNECTIONS = 8


async def health(_: Request) -> Response:
    """Whether it is up."""
    return Response()


async def webhook(request: Request) -> Response:
    """Check and keep one message."""
    raw = (await request.body()).decode()
    form = dict(parse_qsl(raw, keep_blank_values=True))
    url = os.environ["FLOOR_URL"]
    if not request.app.state.check.validate(url, form, request.headers.get("x-twilio-signature", "")):
        return Response(status_code=403)
    async with request.app.state.pool.acquire() as connection:
        await connection.execute(KEEP, form["MessageSid"], form["From"], form["Body"], raw)
    return Response(status_code=204)


@asynccontextmanager
async def connected(app: Starlette) -> AsyncIterator[None]:
    """The table, and connections to it."""
    async with asyncpg.create_pool(
        os.environ["FLOOR_DATABASE"], min_size=CONNECTIONS, max_size=CONNECTIONS
    ) as pool:
        await pool.execute(TABLE)
        app.state.pool, app.state.check = pool, RequestValidator(os.environ["FLOOR_TOKEN"])
        yield


app = Starlette(
    routes=[Route("/healthz", health), Route("/webhooks/whatsapp", webhook, methods=["POST"])],
    lifespan=connected,
)
