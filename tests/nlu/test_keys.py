"""Keys: the same for the same data and code, wherever they lie; another one for whatever training depends on."""

import ast
import shutil
from pathlib import Path

import pytest

from bot.nlu import keys
from bot.nlu.keys import CODE, HERE, code_key, data_key, model_key


def test_the_same_data_elsewhere_has_the_same_key(config_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(config_dir, tmp_path / "copy")
    assert model_key(tmp_path / "copy") == model_key(config_dir) == f"{data_key(config_dir)}-{code_key()}"


def test_every_file_of_the_data_counts(config_dir: Path) -> None:
    seen = {data_key(config_dir)}
    for name in ("rasa/nlu/closure.yml", "rasa/domain.yml", "nlu/normalising.yml", "nlu/concepts.yml"):
        with (config_dir / name).open("a") as file:
            file.write("# more\n")
        seen.add(data_key(config_dir))
    (config_dir / "rasa/nlu/closure.yml").rename(config_dir / "rasa/nlu/again.yml")
    seen.add(data_key(config_dir))
    shutil.rmtree(config_dir / "nlu")
    seen.add(data_key(config_dir))
    assert len(seen) == 7


def test_other_code_is_another_key(tmp_path: Path) -> None:
    before = code_key()
    shutil.copytree(HERE.parent, tmp_path / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("nlu/features.py", "nlu/embedded/learning/intents.py", "reading/dates.py"):
        with (tmp_path / "bot" / name).open("a") as file:
            file.write("# more\n")
        assert key_at(tmp_path / "bot" / "nlu") != before
        shutil.copy(HERE.parent / name, tmp_path / "bot" / name)
    with (tmp_path / "bot/nlu/measuring/report.py").open("a") as file:
        file.write("# tables do not change a model\n")
    assert key_at(tmp_path / "bot" / "nlu") == before


def key_at(folder: Path) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "HERE", folder)
        return code_key()


NOT_LEARNED_FROM = {"interpreter", "keys", "models"}
"""Modules by which a model is found and handed out: they change nothing in it."""


def test_the_key_covers_all_code_that_a_model_depends_on() -> None:
    needed, ahead = set[str](), {"embedded/learning/model", "embedded/interpreter"}
    while ahead:
        module = ahead.pop()
        needed.add(module)
        ahead |= imports(HERE / f"{module}.py") - needed
    ours = {name for name in needed if not name.startswith("embedded/")}
    assert ours - NOT_LEARNED_FROM == set(CODE)


def imports(path: Path) -> set[str]:
    """The modules of bot.nlu that a file imports."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bot.nlu"):
            place = Path(*(node.module or "").split(".")[2:])
            inside = [place / alias.name for alias in node.names] if (HERE / place).is_dir() else [place]
            found |= {str(module) for module in inside}
    return found
