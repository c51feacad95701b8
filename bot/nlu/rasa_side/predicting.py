"""What a model makes of texts: a file with a JSON list of texts in, one with a JSON list of Rasa's answers out."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent  # type: ignore[import-not-found]

from bot.nlu.rasa_side.model import Model

BATCH = 64


def main() -> None:
    """Read, predict, write; ``--stock`` by Rasa's own agent, message by message, to compare with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--stock", action="store_true")
    options = parser.parse_args()
    texts = json.loads(options.texts.read_text("utf-8"))
    answers = asyncio.run(_stock(options.model, texts)) if options.stock else _ours(options.model, texts)
    options.answers.write_text(json.dumps(answers, default=float, ensure_ascii=False), "utf-8")


def _ours(path: Path, texts: list[str]) -> list[dict[str, Any]]:
    model = Model(path)
    return [answer for at in range(0, len(texts), BATCH) for answer in model.parse(texts[at : at + BATCH])]


async def _stock(path: Path, texts: list[str]) -> list[dict[str, Any]]:
    """As ``rasa run`` answers ``POST /model/parse``."""
    agent = Agent.load(path)
    return [await agent.parse_message(text) for text in texts]


if __name__ == "__main__":
    main()
