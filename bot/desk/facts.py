"""What a form took down, as lines to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.desk.context import Desk
from bot.reading.numbers import mask
from bot.storage.tables import Case


@dataclass(frozen=True)
class Fact:
    """One answer: the last part of the key under which it was kept, and a text or a moment."""

    key: str
    text: str = ""
    at: datetime | None = None


def facts(desk: Desk, case: Case, language: str, *, revealed: bool) -> list[Fact]:
    """The answers of a case, without those that only repeat its summary; masked unless `revealed`."""
    taken = desk.sealer.open(case.sealed_fields) if revealed and case.sealed_fields else case.fields
    found = [_named(desk, fact, language) for fact in _flat("", taken)]
    shown = found if revealed else [Fact(fact.key, mask(fact.text), fact.at) for fact in found]
    return [fact for fact in shown if fact.text != case.summary]


def _flat(key: str, value: Any) -> Iterator[Fact]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(str(name), inner)
    elif isinstance(value, list):
        yield Fact(_last(key), ", ".join(str(item) for item in value))
    elif value not in (None, ""):
        yield Fact(_last(key), str(value))


def _last(key: str) -> str:
    return key.rpartition(".")[2].partition("~")[0]


def _named(desk: Desk, fact: Fact, language: str) -> Fact:
    """Codes by their names, times as times."""
    config = desk.config
    if fact.key == "system" and fact.text in config.systems:
        return Fact(fact.key, config.systems[fact.text].name.text(language))
    if fact.key == "category" and fact.text in config.categories:
        return Fact(fact.key, config.categories[fact.text].label.text(language))
    if fact.key == "branch" and fact.text in config.branches:
        return Fact(fact.key, config.branches[fact.text].name)
    if fact.key == "since":
        try:
            at = datetime.fromisoformat(fact.text)
        except ValueError:
            return fact
        return Fact(fact.key, at=at) if at.tzinfo else fact
    return fact
