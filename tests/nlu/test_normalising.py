"""Normalising: many ways of writing, one form, and the way back to the original."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu import normalising
from bot.nlu.normalising import Normaliser, load_normaliser, read_words
from bot.settings import HOME

LIST = HOME / "config" / "nlu" / "normalising.yml"
SHIPPED = load_normaliser(LIST)
NEGATIONS = [
    *("tidak", "ga", "gak", "tdk", "nggak", "dak", "idak", "kada", "ora"),
    *("mboten", "teu", "ndak", "nda", "tra", "seng", "sonde"),
]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("gmn cara byr", "bagaimana cara bayar"),
        ("GAK BS LOGIN", "tidak bisa login"),
        ("dak pacak masuk", "tidak bisa masuk"),
        ("kada kawa", "tidak bisa"),
        ("ora iso", "tidak bisa"),
        ("teu tiasa", "tidak bisa"),
        ("mboten saged", "tidak bisa"),
        ("lamaaaa", "lama"),
        ("yaaaa", "ya"),
        ("bener2", "benar benar"),
        ("ｋａｎｔｏｒ", "kantor"),
        ("kan\u200btor", "kantor"),
        ("sdh byr tp msh nunggak", "sudah bayar tapi masih tunggakan"),
        ("Rp150.000", "rp 150.000"),
        ("", ""),
        ("🙏🙏", "🙏 🙏"),
    ],
)
def test_what_is_meant(written: str, meant: str) -> None:
    assert SHIPPED.normalise(written).text == meant


@pytest.mark.parametrize(
    "word",
    NEGATIONS,
)
def test_a_negation_stays_a_negation(word: str) -> None:
    assert SHIPPED.normalise(f"kartu {word} ilang").text.split()[1] == "tidak"


@pytest.mark.parametrize("word", ["nak", "min", "gering", "loro"])
def test_words_of_two_meanings_are_left_alone(word: str) -> None:
    assert SHIPPED.normalise(word).text == word


def test_spans_point_into_the_original() -> None:
    written = "Sepp di RS  SMC gabisa😭"
    found = SHIPPED.normalise(written)
    at = found.text.index("tidak bisa")
    start, end = found.original(at, at + len("tidak bisa"))
    assert written[start:end] == "gabisa"


@given(st.text())
def test_every_character_knows_where_it_came_from(text: str) -> None:
    found = SHIPPED.normalise(text)
    assert len(found.text) == len(found.starts) == len(found.ends)
    assert all(0 <= start <= end <= len(text) for start, end in zip(found.starts, found.ends, strict=True))
    assert list(found.starts) == sorted(found.starts)


@given(st.text())
def test_normalising_twice_changes_no_word_of_no_list(text: str) -> None:
    plain = Normaliser({})
    once = plain.normalise(text).text
    assert plain.normalise(once).text.split() == once.split() or any(not char.isascii() for char in text)


def test_the_list_is_yaml_too() -> None:
    for name in ("normalising.yml", "concepts.yml"):
        lists = yaml.safe_load((LIST.parent / name).read_text("utf-8"))
        assert lists
        assert all(isinstance(words, list) for words in lists.values())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("tidak ga", "1: found 'tidak ga'"),
        ("ya: [y]\n\ntidak: ga\n", "3: found 'tidak: ga'"),
        ("a: [x]\nb: [x]", "'x' is both"),
        ("a: [x,\n y", "no ] that closes"),
    ],
)
def test_a_wrong_list_is_named(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "list.yml"
    path.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=r"list\.yml") as error:
        load_normaliser(path)
    assert problem in str(error.value)


def test_nothing_but_the_standard_library_is_imported() -> None:
    """The same file is used in Rasa's own environment, where ours is not installed."""
    program = f"import sys; sys.path[:0] = [{str(Path(normalising.__file__).parent)!r}]; import normalising"
    command = [sys.executable, "-S", "-I", "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_phrases_win_over_words() -> None:
    words = read_words(["tidak bisa: [dak pacak]", "tidak: [dak]"])
    assert Normaliser(words).normalise("dak pacak, dak").text == "tidak bisa , tidak"
