"""The texts that participants read, against the code that says them: none missing, none unused, no value lacking.

The code is read, not run: what it names in quotes, the parts of the names that it puts together (``f"media.{kind}"``),
and the values that it gives where it says something by a name.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.dialogue.commands import COMMANDS
from bot.settings import HOME
from bot.texts import Texts, load_texts

SPEAKING = (
    "answers", "api", "cases", "conversation", "dialogue", "flows", "media", "members", "notices", "people",
    "simulator",
)  # fmt: skip
"""Packages that speak to participants; the desk and the status page have words of their own."""
KEY = re.compile(r"^[a-z_]+\.[a-z_0-9.]+$")
SAYING = {
    "say",
    "ask",
    "choose",
    "agree",
    "confirm",
    "offer",
    "attachments",
    "word",
    "phrase",
    "reply",
    "Reply",
    "Say",
    "_tell",
    "tell",
}
"""Names of functions whose first (or, for those that tell, first quoted) argument is the key of a text."""
GIVEN_BY = {
    "attachments": {"count", "most"},
}
"""Values that a function gives of itself."""
ENGINE_OWN = {"say", "reply", "ask", "choose", "agree", "confirm", "word", "phrase"}
"""Functions that pass on every value by its name."""
READ_BY_LIST = (
    "language.words",
    "language.called",
    "language.yes",
    "language.no",
    "language.at",
    "language.name",
)


@cache
def texts() -> Texts:
    return load_texts(HOME / "config" / "texts")


@cache
def sources() -> tuple[tuple[Path, ast.Module], ...]:
    """The parsed files of the packages that speak."""
    files = [path for package in SPEAKING for path in sorted((HOME / "bot" / package).rglob("*.py"))]
    return tuple((path, ast.parse(path.read_text())) for path in files)


def quoted() -> set[str]:
    """Every string in the code."""
    return {
        node.value
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def patterns() -> list[re.Pattern[str]]:
    """What the strings that are put together can be."""
    made = {
        "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.+]+"
            for part in node.values
        )
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
    }
    # The part before the first blank has to hold a dot and a name, else anything would fit anything.
    return [re.compile(pattern) for pattern in made if re.match(r"^[a-z_]{3,}(\\\.|_)", pattern)]


def calls() -> Iterator[tuple[str, str, str, ast.Call]]:
    """Where something is said by a name that stands in quotes: place, function, key, call."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            keys = [
                part.value
                for argument in node.args[:4]
                for part in _branches(argument)
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and KEY.match(part.value)
            ]
            for key in keys if name in SAYING else ():
                yield f"{path.relative_to(HOME)}:{node.lineno}", name, key, node


def _branches(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions that one may turn out to be: both of ``a if b else c``."""
    if isinstance(node, ast.IfExp):
        yield from _branches(node.body)
        yield from _branches(node.orelse)
    else:
        yield node


def test_the_code_is_found() -> None:
    assert len(sources()) > 50
    assert sum(1 for _ in calls()) > 100


def test_every_text_that_is_said_is_there() -> None:
    missing = [f"{place}: {key}" for place, _, key, _ in calls() if key not in texts().keys]
    assert not missing


def test_every_text_is_said_somewhere() -> None:
    named, made = quoted(), patterns()
    listed = {f"commands.{name}" for name in COMMANDS} | set(READ_BY_LIST)
    listed |= {f"{name}_label" for name in named}
    unused = [
        key
        for key in sorted(texts().keys - named - listed)
        if not any(pattern.fullmatch(key) for pattern in made)
    ]
    assert not unused


def test_every_value_that_a_text_needs_is_given() -> None:
    lacking = []
    for place, name, key, call in calls():
        if (
            name not in ENGINE_OWN
            or any(word.arg is None for word in call.keywords)
            or key not in texts().keys
        ):
            continue
        if isinstance(call.func, ast.Attribute) and len(call.args) > 2 and name == "say":
            continue  # texts.say(key, language, values): the values are no keywords
        given = {word.arg for word in call.keywords} | GIVEN_BY.get(name, set())
        lacking += [f"{place}: {key} needs {need}" for need in texts().placeholders(key) - given]
    assert not lacking


@pytest.mark.parametrize("language", texts().languages)
def test_what_goes_onto_a_button_fits_one(language: str) -> None:
    keys = [key for key in texts().keys if key.startswith(("button.", "intent."))]
    long = {key: texts().say(key, language, {}) for key in keys}
    assert not {key: title for key, title in long.items() if len(title) > 20}


@pytest.mark.parametrize("language", texts().languages)
def test_no_command_word_means_two_things(language: str) -> None:
    words = [
        (word, command) for command in COMMANDS for word in texts().words(f"commands.{command}", language)
    ]
    twice = {
        word
        for word, command in words
        if (word, command) in words and len({c for w, c in words if w == word}) > 1
    }
    assert not twice
