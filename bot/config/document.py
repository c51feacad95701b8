"""A YAML file as plain values that still know the line they stand on.

Scalars follow YAML 1.2 more closely than PyYAML does, because that is what people who edit the files expect:
``0812`` and ``08:00`` and ``no`` stay text, only ``true``/``false`` are yes and no, and a date is text until a
model asks for a date.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml  # its C parser is fast, and gives lines too

from bot.errors import ConfigurationError

Trail = tuple[str | int, ...]
"""Where a value stands: ``("branches", 2, "zone")``."""


DEEPEST = 20
"""Levels of nesting: no file of ours has more than a few."""


class _Composer(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+$", "-+0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
):
    _Composer.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


class Document:
    """One YAML file: its `value`, and what line each part of it stands on.

    Raises:
        ConfigurationError: the file is missing, unreadable or not YAML, or a key stands twice.
    """

    def __init__(self, path: Path) -> None:
        self.name = shown(path)
        self._root = _compose(path, self.name)
        self._twice: list[str] = []
        self.value: Any = self._plain(self._root, ()) if self._root else None
        if self._twice:
            raise ConfigurationError(self._twice)

    def line(self, path: Trail) -> int:
        """The line of the value at `path`, or of the nearest thing around it that is there."""
        node, line = self._root, 1
        for step in path:
            node = _child(node, step)
            if node is None:
                break
            line = node.start_mark.line + 1
        return line

    def holds(self, path: Trail) -> bool:
        """Whether the value at `path` was written there: not if a mapping on the way lacks its key."""
        node = self._root
        for step in path:
            inner = _child(node, step)
            if inner is None:
                return not isinstance(node, yaml.MappingNode)
            node = inner
        return True

    def at(self, path: Trail) -> str:
        """Where a problem is, as it is printed: ``config/branches.yml:14: branches[2].zone``."""
        return f"{self.name}:{self.line(path)}: {spelled(path)}" if path else f"{self.name}:1"

    def each(self, pattern: str) -> Iterator[tuple[Trail, Any]]:
        """Every value that `pattern` reaches: ``branches[].covers[]``; ``{}`` is every key of a mapping.

        What is not there or of another kind is passed over: the models report it.
        """
        found: list[tuple[Trail, Any]] = [((), self.value)]
        for step in re.findall(r"\[\]|\{\}|\w+", pattern):
            found = [inner for path, value in found for inner in _step(path, value, step)]
        yield from found

    def _plain(self, node: Any, path: Trail) -> Any:
        if len(path) > DEEPEST:
            line = node.start_mark.line + 1
            raise ConfigurationError([f"{self.name}:{line}: nested too deeply (an anchor inside itself?)"])
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*path, number)) for number, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: Any, path: Trail) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in values:
                line = key_node.start_mark.line + 1
                first = self.line((*path, key))
                self._twice.append(
                    f'{self.name}:{line}: {spelled((*path, key))}: found "{key}" twice, first in line {first}'
                )
            values.setdefault(key, self._plain(value_node, (*path, key)))
        return values


def shown(path: Path) -> str:
    """A file's name as people read it: from the current folder where it lies below that."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def spelled(path: Trail) -> str:
    """A path as it is printed: ``branches[2].zone``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _compose(path: Path, name: str) -> Any:
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), Loader=_Composer)
    except FileNotFoundError:
        raise ConfigurationError([f"{name}: no such file"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{name}: cannot be read: {error}"]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        what = getattr(error, "problem", None) or str(error)
        raise ConfigurationError([f"{name}:{line}: not valid YAML: {what}"]) from None
    except RecursionError:
        raise ConfigurationError([f"{name}:1: not valid YAML: nested too deeply"]) from None


def _scalar(node: Any) -> Any:
    kind = node.tag.rsplit(":", 1)[-1]
    match kind:
        case "bool":
            return node.value.lower() == "true"
        case "int":
            return int(node.value)
        case "float":
            return float(node.value)
        case "null":
            return None
        case _:
            return node.value


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def _step(path: Trail, value: Any, step: str) -> Iterator[tuple[Trail, Any]]:
    if step == "[]" and isinstance(value, list):
        yield from (((*path, number), item) for number, item in enumerate(value))
    elif step == "{}" and isinstance(value, dict):
        yield from (((*path, key), key) for key in value)
    elif isinstance(value, dict) and step in value:
        yield (*path, step), value[step]
