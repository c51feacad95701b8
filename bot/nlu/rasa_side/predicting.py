"""What a model makes of texts: a file with a JSON list of texts in, one with a JSON list of Rasa's answers out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bot.nlu.rasa_side.model import Model


def main() -> None:
    """Read, predict, write; ``--one-by-one`` as Rasa itself predicts, to compare with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--one-by-one", action="store_true")
    options = parser.parse_args()
    texts = json.loads(options.texts.read_text("utf-8"))
    model = Model(options.model, together=not options.one_by_one)
    size = 1 if options.one_by_one else 64
    answers = [answer for at in range(0, len(texts), size) for answer in model.parse(texts[at : at + size])]
    options.answers.write_text(json.dumps(answers, default=float, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
