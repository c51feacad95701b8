"""The house rules that no tool checks: sizes, names, docs that keep up with the code."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from bot import cli
from bot.config import load_config
from bot.config.loading import FILES
from bot.demo.seeding import ACCOUNTS, PASSWORD
from bot.settings import HOME, Settings

CODE = sorted((HOME / "bot").rglob("*.py"))
TESTS = sorted((HOME / "tests").rglob("*.py"))
DOCS = sorted([*(HOME / "docs").rglob("*.md"), HOME / "README.md", HOME / "CHANGELOG.md"])
OURS = [
    path for path in chain(CODE, TESTS, DOCS, (HOME / "config").rglob("*.y*ml")) if path != Path(__file__)
]

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
LONGEST_DECISION = 400


def short(path: Path) -> str:
    return str(path.relative_to(HOME))


def prose(path: Path) -> str:
    """A page without its code, whose brackets are no links."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(), flags=re.DOTALL)


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without those of the functions in it: a router is a list of these."""
    inner = [
        node
        for node in ast.walk(function)
        if node is not function and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lines = {number for node in inner for number in range(node.lineno, (node.end_lineno or 0) + 1)}
    return len(set(range(function.lineno, (function.end_lineno or 0) + 1)) - lines)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_too_long() -> None:
    long = {short(path): len(path.read_text().splitlines()) for path in CODE}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    long = [
        f"{short(path)}:{node.lineno} {node.name}"
        for path in CODE
        for node in functions(path)
        if own_lines(node) > LONGEST_FUNCTION
    ]
    assert long == []


def test_names_say_what_a_thing_is() -> None:
    empty = re.compile(r"(Manager|Helper|Service|Util|Utils)$")
    classes = [
        f"{short(path)}: {node.name}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and empty.search(node.name)
    ]
    modules = [short(path) for path in CODE if re.search(r"(manager|helper|util|common|misc)s?$", path.stem)]
    assert classes + modules == []


def test_only_the_command_line_prints() -> None:
    """What the service has to tell, it logs as an event."""
    printing = [
        f"{short(path)}:{node.lineno}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def test_log_events_are_names_with_ids() -> None:
    """``log.info("case.opened", case=1)``: never prose, never an f-string, which could carry what was said."""
    wrong = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if ast.unparse(node.func) not in ("log.debug", "log.info", "log.warning", "log.error"):
                continue
            event = node.args[0] if len(node.args) == 1 else None
            named = isinstance(event, ast.Constant) and re.fullmatch(r"[a-z_]+\.[a-z_]+", str(event.value))
            if not named:
                wrong.append(f"{short(path)}:{node.lineno}")
    assert wrong == []


def test_no_log_carries_an_exceptions_words() -> None:
    """They may quote what a participant wrote; the exception's name is enough."""
    words = re.compile(r"log\.\w+\([^)]*(exc_info|str\(error\)|=error[,)]|repr\(error\))")
    assert [short(path) for path in CODE if words.search(path.read_text())] == []


def test_nobody_asks_the_clock_but_at_the_edge() -> None:
    """Time is a parameter: ``datetime.now`` stands only where the parts are put together, or a provider is asked."""
    edge = {"bot/app.py", "bot/channels/telegram_polling.py", "bot/channels/whatsapp.py"}
    asking = {short(path) for path in CODE if re.search(r"datetime\.(now|today|utcnow)\(", path.read_text())}
    assert asking <= edge


def test_every_package_is_in_the_picture() -> None:
    said = set(re.findall(r"^\| `bot\.(\w+)`", (HOME / "docs/architecture.md").read_text(), re.MULTILINE))
    there = {path.stem for path in (HOME / "bot").glob("*.py") if path.stem != "__init__"}
    there |= {path.parent.name for path in (HOME / "bot").glob("*/__init__.py")}
    assert said == there


def test_every_package_has_a_place_in_the_layers() -> None:
    """Parentheses make a layer optional: a package that is there should not be."""
    rules = (HOME / ".importlinter").read_text()
    layers = rules.partition("layers =")[2].partition("exhaustive")[0]
    assert "(" not in layers
    names = set(re.findall(r"\w+", layers))
    assert names == {
        path.stem for path in (HOME / "bot").iterdir() if path.suffix == ".py" or is_package(path)
    } - {"__init__"}


def is_package(path: Path) -> bool:
    return (path / "__init__.py").exists()


@pytest.mark.parametrize("path", DOCS, ids=short)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose(path))
    gone = [target for target in targets if "://" not in target and not (path.parent / target).exists()]
    assert gone == []


@pytest.mark.parametrize("path", sorted((HOME / "docs/adr").glob("*.md")), ids=short)
def test_a_decision_is_short_and_says_what_gets_harder(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"# {path.name[:4]} ")
    assert len(text.split()) <= LONGEST_DECISION
    for part in ("## Context", "## Decision", "## What gets easier", "## What gets harder", "## Rejected"):
        assert part in text


def test_decisions_are_numbered_and_listed() -> None:
    numbers = [path.name[:4] for path in sorted((HOME / "docs/adr").glob("*.md"))]
    assert numbers == [f"{number:04d}" for number in range(len(numbers))]
    listed = re.findall(r"\]\(adr/(\d{4})-", (HOME / "docs/architecture.md").read_text())
    assert sorted(set(listed)) == numbers[1:]


def test_every_file_of_config_is_explained() -> None:
    text = (HOME / "docs/configuration.md").read_text()
    for name in FILES:
        assert f"| `{name}.yml` |" in text
    for path in (HOME / "config").rglob("*.y*ml"):
        name = str(path.relative_to(HOME / "config"))
        assert f"`{name}`" in text or f"`{Path(name).parent}/*.yml`" in text, name


def test_the_examples_of_the_configuration_page_are_right(tmp_path: Path) -> None:
    """Put into the sample configuration, they are read without a complaint."""
    page = (HOME / "docs/configuration.md").read_text()
    hours, holiday, duty, branch = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    for path in (HOME / "config").glob("*.yml"):
        (tmp_path / path.name).write_text(path.read_text())
    branches = tmp_path / "branches.yml"
    text = re.sub(r"^hours:\n(?:  .*\n)+", hours, branches.read_text(), count=1, flags=re.MULTILINE)
    branches.write_text(f"{text.rstrip()}\n{branch}")
    holidays = tmp_path / "holidays.yml"
    text = holidays.read_text().replace("holidays:\n", holiday, 1).replace("duty_days:\n", duty, 1)
    holidays.write_text(text)
    config = load_config(tmp_path)
    assert len(config.branches["sungailiat"].hours.mon) == 2
    day = config.holidays.duty_days[0]
    assert config.holidays.duty(day.date, "palembang") == day
    assert config.holidays.on(config.holidays.holidays[0].date, "Bali")


def test_the_docs_name_only_settings_that_exist() -> None:
    known = {f"SIAGA_{name.upper()}" for name in Settings.model_fields}
    named = {
        (short(path), name)
        for path in [*DOCS, HOME / "Makefile", HOME / ".ci/run"]
        for name in re.findall(r"\bSIAGA_[A-Z][A-Z_]*[A-Z]\b", path.read_text())
    }
    assert {(path, name) for path, name in named if name not in known} == set()


def test_the_docs_name_only_commands_that_exist() -> None:
    commands = get_command(cli.app).commands  # type: ignore[attr-defined]
    for path in DOCS:
        for name in re.findall(r"(?:`|^|/|exec web )siaga (\w+)", path.read_text(), re.MULTILINE):
            assert name in commands, f"{short(path)}: siaga {name}"


def test_the_readme_gives_the_logins_of_the_demo() -> None:
    text = (HOME / "README.md").read_text()
    assert set(re.findall(r"`(\S+@contoh\.id)`", text)) == {account.email for account in ACCOUNTS}
    assert PASSWORD in text


def test_what_make_promises_is_there() -> None:
    makefile = (HOME / "Makefile").read_text()
    promised = set()
    for path in [*DOCS, HOME / ".ci/run"]:
        promised |= set(
            re.findall(r"(?:`|^|&& )make (?:--[\w-]+ )*([a-z-]+)", path.read_text(), re.MULTILINE)
        )
    assert promised >= {"demo", "test", "setup"}
    for name in promised:
        assert re.search(rf"^{name}:", makefile, re.MULTILINE), f"make {name}"


def test_continuous_integration_runs_what_everybody_runs() -> None:
    script = HOME / ".ci/run"
    lines = script.read_text().rstrip().splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert lines[-1].startswith("exec make ")
    assert lines[-1].endswith(" test")


def test_no_package_registry_is_named() -> None:
    """Which one is used is a matter of the machine."""
    host = re.compile(r"(pypi|pythonhosted|npmjs)\.(org|com)|index-url", re.IGNORECASE)
    files = [*OURS, HOME / "Makefile", HOME / "pyproject.toml", HOME / ".ci/run", HOME / "docker/Dockerfile"]
    files.append(HOME / "requirements/service.lock")
    assert [short(path) for path in files if host.search(path.read_text())] == []


def test_the_sample_says_that_it_is_one() -> None:
    for name in FILES:
        assert "SAMPLE configuration" in (HOME / "config" / f"{name}.yml").read_text(), name


def test_every_yaml_file_can_be_read() -> None:
    for path in [*(HOME / "config").rglob("*.y*ml"), HOME / "docker-compose.yml"]:
        yaml.safe_load(path.read_text())
