"""`siaga nlu serve`: Rasa's HTTP contract (``POST /model/parse``, ``GET /status``), many requests a call of the model.

Each answer has the name of its model and, where training noted them, the model's thresholds in its headers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from bot.nlu.rasa_side.served import NoModel, Served, current

LONGEST_BODY = 1_000_000
"""Bytes; a message has a few thousand at most."""
TURN = 0.001
"""Seconds for which the model's thread keeps the interpreter while the network waits; Python's own 5 ms are long beside
an answer's 2 ms."""

log = structlog.get_logger(__name__)


class Refused(Exception):
    """A request that cannot be answered, in Rasa's terms (``rasa.server.ErrorResponse``)."""

    def __init__(self, status: HTTPStatus, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


def application(served: Served) -> web.Application:
    """The routes, Rasa's errors, and the look for newer models."""
    app = web.Application(client_max_size=LONGEST_BODY, middlewares=[_rasa_errors(served.version)])

    async def parse(request: web.Request) -> web.Response:
        answer, headers = await served.gathering.answer(read_text(await request.read()))
        return web.json_response(answer, dumps=_dumps, headers=headers)

    async def status(_: web.Request) -> web.Response:
        now = served.now
        rasas = {"model_file": now.path.name, "model_id": now.id, "num_active_training_jobs": 0}
        return web.json_response({**rasas, **now.thresholds, "refused": served.refused})

    async def version(_: web.Request) -> web.Response:
        return web.json_response({"version": served.version, "minimum_compatible_version": served.version})

    async def looking(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(served.keep_current())
        yield
        task.cancel()
        served.gathering.close()

    app.add_routes(
        [web.post("/model/parse", parse), web.get("/status", status), web.get("/version", version)]
    )
    app.cleanup_ctx.append(looking)
    return app


def read_text(body: bytes) -> str:
    """The text of a request for ``/model/parse``.

    Raises:
        Refused: there is no body, it is no JSON, or it holds no text.
    """
    if not body:
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "BadRequest",
            "No text message defined in request_body. Add text message to request body "
            "in order to obtain the intent and extracted entities.",
        )
    try:
        text = json.loads(body)["text"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Refused(HTTPStatus.BAD_REQUEST, "BadRequest", 'Expected JSON: {"text": "..."}') from None
    if not isinstance(text, str):
        raise Refused(HTTPStatus.BAD_REQUEST, "BadRequest", "`text` has to be a string")
    return text


def _rasa_errors(version: str) -> Any:
    """Answers what goes wrong in Rasa's form; no text of a participant gets into an answer or a log line."""

    @web.middleware
    async def middleware(request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            return await handler(request)  # type: ignore[no-any-return]
        except Refused as error:
            return _failure(version, error.status, error.reason, str(error))
        except web.HTTPException as error:
            return _failure(version, HTTPStatus(error.status), error.reason.replace(" ", ""), error.reason)
        except Exception as error:
            log.error("nlu.parse_failed", error=type(error).__name__)
            return _failure(
                version,
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "ParsingError",
                f"An unexpected error occurred. Error: {type(error).__name__}",
            )

    return middleware


def _failure(version: str, status: HTTPStatus, reason: str, message: str) -> web.Response:
    told = {"version": version, "status": "failure", "message": message, "reason": reason, "details": {}}
    return web.json_response({**told, "help": None, "code": int(status)}, status=status)


def _dumps(answer: Any) -> str:
    """JSON of an answer, whose numbers may be numpy's."""
    return json.dumps(answer, default=float, ensure_ascii=False)


def configure_logs() -> None:
    """One JSON line an event. Rasa tells messages' words at debug level, which therefore is not to be had."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)  # what TensorFlow's libraries say of each other


def main() -> None:
    """Serve until told to stop; requests under way are answered first."""
    configure_logs()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--share-port", action="store_true", help="other processes listen on it too")
    options = parser.parse_args()
    try:
        current(options.models)  # before Rasa, which takes seconds to import
        from bot.nlu.rasa_side.model import RASA_VERSION, Model  # noqa: PLC0415 - only in Rasa's environment

        served = Served(options.models, Model, RASA_VERSION)
    except NoModel as error:
        sys.exit(str(error))
    log.info("nlu.serving", model=served.now.path.name, host=options.host, port=options.port)
    run(served, options.host, options.port, shared=options.share_port)


def run(served: Served, host: str, port: int, *, shared: bool = False) -> None:
    """Answer on a port until told to stop; whoever hangs up is not worked for."""
    sys.setswitchinterval(TURN)
    web.run_app(
        application(served),
        host=host,
        port=port,
        reuse_port=shared or None,
        print=None,
        access_log=None,
        handler_cancellation=True,
    )


if __name__ == "__main__":
    main()
