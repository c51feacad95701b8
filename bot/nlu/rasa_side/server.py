"""`siaga nlu serve`: Rasa's HTTP contract (``POST /model/parse``, ``GET /status``), many requests a call of the model.

The model is the one that the file ``current`` in the folder of models names. When that changes, the new one is loaded
beside the old one, which answers until then; where it cannot be loaded the old one goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from bot.nlu.rasa_side.gathering import Gathering, Model

LONGEST_BODY = 1_000_000
"""Bytes; a message has a few thousand at most."""
LOOK_EVERY = 1.0
"""Seconds between looks at ``current``."""

log = structlog.get_logger(__name__)
Load = Callable[[Path], Model]


class NoModel(Exception):
    """There is no trained model to serve."""


class Refused(Exception):
    """A request that cannot be answered, in Rasa's terms (``rasa.server.ErrorResponse``)."""

    def __init__(self, status: HTTPStatus, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


@dataclass
class Served:
    """What the server answers with, and where it looks for newer models.

    Args:
        models: the folder with ``current`` and the models' files.
        load: makes a model of a file; raises when it is none.
        version: of Rasa, for its error messages and for ``GET /version``.
    """

    models: Path
    load: Load
    version: str
    look_every: float = LOOK_EVERY
    path: Path = field(init=False)
    gathering: Gathering = field(init=False)

    def __post_init__(self) -> None:
        self.path = current(self.models)
        self.gathering = Gathering(self.load(self.path))

    async def keep_current(self) -> None:
        """Load whatever ``current`` comes to name, for ever; a name that failed is not tried again."""
        tried = self.path
        while True:
            await asyncio.sleep(self.look_every)
            with suppress(NoModel):
                named = current(self.models)
                if named != tried:
                    tried = named
                    await self._change(named)

    async def _change(self, path: Path) -> None:
        try:
            model = await asyncio.to_thread(self.load, path)
        except Exception as error:  # whatever a broken file raises, the old model goes on
            log.error("nlu.model_refused", model=path.name, serving=self.path.name, reason=_first_line(error))
            return
        self.gathering.model, self.path = model, path
        log.info("nlu.model_changed", model=path.name)


def current(models: Path) -> Path:
    """The file of the model that is to be served.

    Raises:
        NoModel: none is named, or the named one is not there.
    """
    try:
        path = models / (models / "current").read_text("utf-8").strip()
    except OSError:
        raise NoModel(f"{models} has no trained model: run `siaga nlu train` first.") from None
    if not path.is_file():
        raise NoModel(f"{models / 'current'} names {path.name}, which is not there: run `siaga nlu train`.")
    return path


def application(served: Served) -> web.Application:
    """The routes, Rasa's errors, and the look for newer models."""
    app = web.Application(client_max_size=LONGEST_BODY, middlewares=[_rasa_errors(served.version)])

    async def parse(request: web.Request) -> web.Response:
        text = read_text(await request.read())
        return web.json_response(await served.gathering.answer(text), dumps=_dumps)

    async def status(_: web.Request) -> web.Response:
        model_id = getattr(served.gathering.model, "id", "")
        return web.json_response(
            {"model_file": served.path.name, "model_id": model_id, "num_active_training_jobs": 0}
        )

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


def _first_line(error: Exception) -> str:
    """What a model's file is refused for; no message has been near it."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def main() -> None:
    """Serve until told to stop; requests under way are answered first."""
    configure_logs()
    from bot.nlu.rasa_side.model import RASA_VERSION, Model  # noqa: PLC0415 - only in Rasa's environment

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5005)
    options = parser.parse_args()
    try:
        served = Served(options.models, Model, RASA_VERSION)
    except NoModel as error:
        sys.exit(str(error))
    log.info("nlu.serving", model=served.path.name, host=options.host, port=options.port)
    web.run_app(application(served), host=options.host, port=options.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
