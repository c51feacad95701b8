"""Files in Rasa's YAML: training data and pipelines.

Rasa reads YAML 1.2, in which ``1e-3`` is a number; PyYAML reads and writes 1.1, in which it is a word.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.nlu.training import Example


class _Loader(yaml.SafeLoader):
    """Reads such numbers as numbers."""


class _Dumper(yaml.SafeDumper):
    """Quotes words that look like such numbers."""


for _kind, _pattern in (("float", r"^[-+]?\d[\d_]*(\.\d*)?[eE][-+]?\d+$"), ("int", r"^0o[0-7]+$")):
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), list("-+0123456789"))


def read_yaml(path: Path) -> Any:
    """What a file holds.

    Raises:
        OSError: it cannot be read.
        yaml.YAMLError: it is no YAML.
    """
    return yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a safe one


def write_yaml(path: Path, content: Any) -> None:
    """Write YAML in blocks: Rasa takes a file for training data when a line of it begins with ``nlu:``."""
    text = yaml.dump(
        content,
        Dumper=_Dumper,
        default_flow_style=False,
        allow_unicode=True,
        sort_keys=False,
        width=1_000_000,
    )
    path.write_text(text, "utf-8")


def write_examples(path: Path, examples: Sequence[Example]) -> None:
    """Examples as Rasa's YAML, entities marked inline."""
    lines: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        lines[example.intent].append(f"- {marked(example)}\n")
    sections = [{"intent": intent, "examples": "".join(group)} for intent, group in lines.items()]
    write_yaml(path, {"version": "3.1", "nlu": sections})


def marked(example: Example) -> str:
    """The text with its entities as ``[words](entity)``, on one line."""
    text = example.text
    for span in sorted(example.entities, key=lambda span: -span.start):
        text = f"{text[: span.start]}[{text[span.start : span.end]}]({span.entity}){text[span.end :]}"
    return " ".join(text.split())
