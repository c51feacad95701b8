"""What a form took down, as lines to read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from babel import Locale

from bot.config.administration import FieldType
from bot.desk.context import Desk
from bot.reading.numbers import mask
from bot.storage.tables import Case, CaseKind
from bot.texts import FORMATS

SHOWN_ELSEWHERE = ("service", "state", "missing")
"""What the page of an administrative request says in other places."""


@dataclass(frozen=True)
class Fact:
    """One answer: the last part of the key under which it was kept, and a text or a moment."""

    key: str
    text: str = ""
    at: datetime | None = None
    label: str = ""
    """What the form calls it, where that is configured; else the desk has a word for the key."""


def facts(desk: Desk, case: Case, language: str, *, revealed: bool) -> list[Fact]:
    """The answers of a case, without those that only repeat its summary; masked unless `revealed`."""
    taken = desk.sealer.open(case.sealed_fields) if revealed and case.sealed_fields else case.fields
    if case.kind is CaseKind.ADMIN:
        taken = {name: value for name, value in taken.items() if name not in SHOWN_ELSEWHERE}
    found = [
        _named(desk, _as_asked(desk, case, fact, language), language) for fact in _in_order(desk, case, taken)
    ]
    shown = found if revealed else [replace(fact, text=mask(fact.text)) for fact in found]
    return [fact for fact in shown if fact.text != case.summary]


def _in_order(desk: Desk, case: Case, taken: dict[str, Any]) -> list[Fact]:
    """The answers of a request as its form asks for them: the database sorts their keys."""
    service = desk.config.services.get(case.category or "") if case.kind is CaseKind.ADMIN else None
    order = [entry.key for entry in service.fields] if service else []
    return sorted(
        _flat("", taken), key=lambda fact: order.index(fact.key) if fact.key in order else len(order)
    )


def _as_asked(desk: Desk, case: Case, fact: Fact, language: str) -> Fact:
    """An entry of an administrative request as its form calls it, and what was chosen by its title."""
    service = desk.config.services.get(case.category or "") if case.kind is CaseKind.ADMIN else None
    entry = next((entry for entry in service.fields if entry.key == fact.key), None) if service else None
    if entry is None:
        return fact
    titles = {option.code: option.title.text(language) for option in entry.choices}
    dated = entry.type in (FieldType.BIRTH_DATE, FieldType.DATE)
    text = _day(fact.text, language) if dated else titles.get(fact.text, fact.text)
    return replace(fact, text=text, label=entry.label.text(language))


def _day(kept: str, language: str) -> str:
    """A day that is kept in ISO form, as people write it; anything else as it is."""
    try:
        return FORMATS["dmy"](date.fromisoformat(kept), Locale.parse(language))
    except ValueError:
        return kept


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
