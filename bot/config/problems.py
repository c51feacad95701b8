"""What is wrong in a file of config/, in words that tell a branch officer what to write instead."""

import types
from collections.abc import Callable, Collection
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from rapidfuzz import process

from bot.config.document import Document, Trail
from bot.config.values import ADDRESS, ADDRESS_RULE, CODE_RULE

KINDS = {
    "string_type": "text (put it in quotes)",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping (name: value)",
    "model_type": "a mapping (name: value)",
    "model_attributes_type": "a mapping (name: value)",
}
"""What to write instead, by pydantic's type of error."""

PATTERNS = {
    r"^[a-z][a-z0-9_]*$": CODE_RULE,
    r"^[A-Z]{3}$": "three capital letters such as PLB",
    ADDRESS: ADDRESS_RULE,
}
"""What the patterns of the models mean."""

LIMITS: dict[str, Callable[[dict[str, Any]], str]] = {
    "literal_error": lambda limits: (
        "one of " + str(limits["expected"]).replace("'", "").replace(" or ", ", ")
    ),
    "enum": lambda limits: "one of " + str(limits["expected"]).replace("'", "").replace(" or ", ", "),
    "string_pattern_mismatch": lambda limits: PATTERNS.get(limits["pattern"], limits["pattern"]),
    "string_too_short": lambda limits: f"at least {limits['min_length']} characters",
    "too_short": lambda limits: f"at least {limits['min_length']} entries",
    "greater_than": lambda limits: f"more than {limits['gt']}",
    "greater_than_equal": lambda limits: f"at least {limits['ge']}",
    "less_than_equal": lambda limits: f"at most {limits['le']}",
}
"""The same for errors that carry a limit."""


def of_model(document: Document, model: type[BaseModel], error: ValidationError) -> list[str]:
    """One line for every mistake that the model found in the document, in the order of the file.

    A mistake in a value that was only inherited (the common hours of branches) is told where it was written.
    """
    items = [
        item
        for item in error.errors(include_url=False)
        if document.holds(_written(item)) and not _follows(item)
    ]
    items.sort(key=lambda item: document.line(item["loc"]))
    return [f"{document.at(item['loc'])}: {_what(model, item)}" for item in items]


def not_known(found: object, known: Collection[str], expected: str) -> str:
    """A value that is none of `known`: with the one that was probably meant, or all of a few."""
    text = f"found {quoted(found)}, expected {expected}"
    if len(known) <= 12:
        return f"{text}: {', '.join(known)}"
    close = process.extractOne(str(found), known, score_cutoff=60)
    return f'{text} (did you mean "{close[0]}"?)' if close else text


def quoted(value: object) -> str:
    """A found value as it is printed; of a long text the beginning, of a structure only its kind."""
    match value:
        case str():
            return f'"{value[:60]}..."' if len(value) > 60 else f'"{value}"'
        case bool():
            return str(value).lower()
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return str(value)


def _written(item: Any) -> Trail:
    """What has to be in the file for this mistake to be there: of a missing key, what it is missing in."""
    trail: Trail = item["loc"]
    return trail[:-1] if item["type"] == "missing" else trail


def _follows(item: Any) -> bool:
    """Whether a list is only called too short because its entries, told of one by one, were wrong."""
    return item["type"] == "too_short" and bool(len(item["input"]) >= item["ctx"]["min_length"])


def _what(model: type[BaseModel], item: Any) -> str:
    kind, trail, limits = item["type"], item["loc"], item.get("ctx", {})
    if kind == "missing":
        return "missing"
    if kind == "extra_forbidden":
        return _unknown_key(model, trail)
    found = quoted(item["input"])
    if kind in LIMITS:
        return f"found {found}, expected {LIMITS[kind](limits)}"
    said = KINDS.get(kind) or item["msg"].removeprefix("Value error, ")
    if said.startswith("found "):
        return str(said)
    return f"found {found}, expected {said.removeprefix('expected ')}"


def _unknown_key(model: type[BaseModel], trail: Trail) -> str:
    known = list(_fields(model, trail[:-1]))
    close = process.extractOne(str(trail[-1]), known, score_cutoff=60)
    hint = f'did you mean "{close[0]}"?' if close else f"known here: {', '.join(known)}"
    return f"unknown key ({hint})"


def _fields(kind: Any, trail: Trail) -> Collection[str]:
    """The field names of the model at `trail` inside the annotation `kind`."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if not trail:
            return kind.model_fields
        field = kind.model_fields.get(str(trail[0]))
        return _fields(field.annotation, trail[1:]) if field else ()
    inner = [part for part in get_args(kind) if part is not Ellipsis]
    return _fields(inner[-1], trail[1:] if get_origin(kind) in (tuple, dict) else trail) if inner else ()
