"""A server that speaks Rasa's contract and understands exactly what the embedded interpreter does.

    python -m tests.chaos.rasa PORT

So an answer is the same whether Rasa gave it or was away, and what is compared is not accuracy.
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.app import embedded_interpreter
from bot.config import load_config
from bot.messages import Interpretation
from bot.settings import HOME


def main(port: int) -> None:
    """Serve until killed."""
    config = HOME / "config"
    interpreter = embedded_interpreter(config, HOME / ".siaga", load_config(config))

    async def parse(request: Request) -> JSONResponse:
        [read] = await interpreter.interpret([(await request.json())["text"]])
        told = {
            "Siaga-Model": "chaos.tar.gz",
            "Siaga-Act": str(read.thresholds.act),
            "Siaga-Ask": str(read.thresholds.ask),
        }
        return JSONResponse(_as_rasa(read), headers=told)

    async def status(_: Request) -> JSONResponse:
        return JSONResponse({"model_file": "chaos.tar.gz"})

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({})

    routes = [
        Route("/model/parse", parse, methods=["POST"]),
        Route("/status", status),
        Route("/healthz", healthz),
    ]
    uvicorn.run(Starlette(routes=routes), port=port, log_level="critical")


def _as_rasa(read: Interpretation) -> dict[str, object]:
    return {
        "text": read.text,
        "intent": {"name": read.intent, "confidence": read.confidence},
        "intent_ranking": [{"name": name, "confidence": share} for name, share in read.ranking],
        "entities": [
            {
                "entity": found.entity,
                "start": found.start,
                "end": found.end,
                "value": found.value,
                "confidence_entity": found.confidence,
            }
            for found in read.entities
        ],
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
