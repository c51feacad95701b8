"""Codes of the configuration in a request: aliases made the codes they stand for, unknown ones refused."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.api.problems import Error, unfit
from bot.config import Config


def with_codes(config: Config, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a notice, or some of them, with codes of the configuration only.

    Raises:
        Problem: 422, by field what is unknown and what is known.
    """
    found = dict(fields)
    wrong: list[Error] = []
    for name in found.keys() & {"affects", "alternatives"}:
        known = _systems(config) if name == "affects" else {code: code for code in config.contacts}
        found[name] = _known(name, found[name], known, wrong)
    if scope := found.get("scope"):
        found["scope"] = _scope(config, scope, wrong)
    if office := found.get("replacement_office"):
        found["replacement_office"] = _one("replacement_office", office, config, wrong)
    if wrong:
        raise unfit(*wrong)
    return found


def known_branch(config: Config, code: str | None) -> str | None:
    """The code, if there is a branch with it.

    Raises:
        Problem: 422.
    """
    wrong: list[Error] = []
    branch = _one("branch", code, config, wrong) if code else None
    if wrong:
        raise unfit(*wrong)
    return branch


def unknown_documents(unknown: Sequence[str], known: Sequence[str]) -> Error:
    """Documents that a service does not ask for."""
    return {"field": "documents", "problem": f"unknown: {', '.join(unknown)}", "known": list(known)}


def _scope(config: Config, scope: Mapping[str, Any], wrong: list[Error]) -> dict[str, Any]:
    if branches := scope.get("branches"):
        return {"branches": _known("scope.branches", branches, _branches(config), wrong)}
    if provinces := scope.get("provinces"):
        return {"provinces": _known("scope.provinces", provinces, _provinces(config), wrong)}
    return {"national": True}


def _known(field: str, given: Iterable[str], known: Mapping[str, str], wrong: list[Error]) -> list[str]:
    """The codes that `given` stand for, each once, in order; what is not in `known` is added to `wrong`."""
    unknown = [name for name in given if name.casefold() not in known]
    if unknown:
        codes = list(dict.fromkeys(known.values()))
        wrong.append({"field": field, "problem": f"unknown: {', '.join(unknown)}", "known": codes})
        return []
    return list(dict.fromkeys(known[name.casefold()] for name in given))


def _one(field: str, given: str, config: Config, wrong: list[Error]) -> str | None:
    return next(iter(_known(field, [given], _branches(config), wrong)), None)


def _branches(config: Config) -> dict[str, str]:
    return {code: code for code in config.branches}


def _provinces(config: Config) -> dict[str, str]:
    aliases = {alias.casefold(): item.name for item in config.provinces for alias in item.aliases}
    return aliases | {item.name.casefold(): item.name for item in config.provinces}


def _systems(config: Config) -> dict[str, str]:
    """Codes and aliases (``sep`` is ``vclaim``), never a likeness: a program that errs should hear of it."""
    systems = config.systems.values()
    aliases = {alias.casefold(): system.code for system in systems for alias in system.aliases}
    return aliases | {system.code: system.code for system in systems}
