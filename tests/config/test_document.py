from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.document import Document, spelled
from bot.errors import ConfigurationError


def document(folder: Path, text: str) -> Document:
    path = folder / "file.yml"
    path.write_text(text, encoding="utf-8")
    return Document(path)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0812", "0812"),
        ("08:00", "08:00"),
        ("12:30", "12:30"),
        ("no", "no"),
        ("on", "on"),
        ("2026-03-21", "2026-03-21"),
        ("165", 165),
        ("-0.5", -0.5),
        ("true", True),
        ("null", None),
        ("", None),
        ('"165"', "165"),
        ("'true'", "true"),
    ],
)
def test_scalars_are_what_an_officer_means(tmp_path: Path, written: str, value: object) -> None:
    found = document(tmp_path, f"key: {written}\n").value["key"]
    assert (type(found), found) == (type(value), value)


def test_lines(tmp_path: Path) -> None:
    doc = document(tmp_path, "# head\nlist:\n  - a: 1\n    b: 2\n  - {a: 3,\n     b: 4}\n")
    assert doc.value == {"list": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}
    assert [doc.line(("list", 0, "b")), doc.line(("list", 1, "b")), doc.line(("list", 1, "c"))] == [4, 6, 5]


def test_each_passes_over_what_is_not_there(tmp_path: Path) -> None:
    doc = document(
        tmp_path, "items:\n  - names: [a, b]\n  - {}\n  - text\n  - names: no list\nmap: {x: 1, y: 2}\n"
    )
    assert list(doc.each("items[].names[]")) == [
        (("items", 0, "names", 0), "a"),
        (("items", 0, "names", 1), "b"),
    ]
    assert [key for _, key in doc.each("map{}")] == ["x", "y"]
    assert list(doc.each("nothing[].here")) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1, 2\nb: 3\n", ":2: not valid YAML: "),
        ("a: 1\n\tb: 2\n", ":2: not valid YAML: "),
        ("a: 1\nb: 2\na: 3\n", ':3: a: found "a" twice, first in line 1'),
        ("x:\n  - b: 1\n    b: 2\n", ':3: x[0].b: found "b" twice, first in line 2'),
    ],
)
def test_mistakes_in_yaml_have_a_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        document(tmp_path, text)
    assert problem in raised.value.problems[0]


def test_unreadable_files(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes(b"name: caf\xe9\n")
    for name, problem in (("none.yml", "no such file"), ("latin.yml", "cannot be read")):
        with pytest.raises(ConfigurationError, match=problem):
            Document(tmp_path / name)


def test_an_empty_file_has_no_value(tmp_path: Path) -> None:
    assert document(tmp_path, "# nothing\n").value is None


def test_a_value_inside_itself_is_refused(tmp_path: Path) -> None:
    for text in ("a: &a [*a]\n", "[" * 5000):
        with pytest.raises(ConfigurationError, match=r"nested too deeply|not valid YAML"):
            document(tmp_path, text)


def test_spelled() -> None:
    assert spelled(("branches", 2, "hours", "mon")) == "branches[2].hours.mon"


@given(st.text(max_size=80))
def test_any_text_is_a_document_or_a_configuration_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(ConfigurationError):
        Document(path)
