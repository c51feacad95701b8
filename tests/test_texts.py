"""Texts: reading them, mistakes in them, saying them."""

import string
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigurationError
from bot.texts import TextError, Texts, load_texts

Load = Callable[..., Texts]

WITA = datetime(2022, 10, 3, 8, 0, tzinfo=ZoneInfo("Asia/Makassar"))


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Loads the texts given by language; ``en`` is the same as ``id`` where it is not given."""
    monkeypatch.chdir(tmp_path)

    def write(**languages: str) -> Texts:
        languages.setdefault("en", languages.get("id", ""))
        for language, text in languages.items():
            (tmp_path / f"{language}.yaml").write_text(text, encoding="utf-8")
        return load_texts(tmp_path)

    return write


def wrong(load: Load, **languages: str) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        load(**languages)
    return raised.value.problems


def test_nested_and_dotted_keys(load: Load) -> None:
    texts = load(id="greet:\n  hello: Halo\ngreet.bye: Dadah\n", en="greet:\n  hello: Hello\n  bye: Bye\n")
    assert texts.keys == {"greet.hello", "greet.bye"}
    assert texts.languages == ("id", "en")
    assert [texts.say("greet.bye", language, {}) for language in ("id", "en", "en-GB", "ms", "")] == [
        "Dadah",
        "Bye",
        "Bye",
        "Dadah",
        "Dadah",
    ]


@pytest.mark.parametrize(
    ("placeholder", "value", "indonesian", "english"),
    [
        ("{x}", "RS SMC", "RS SMC", "RS SMC"),
        ("{x}", 7, "7", "7"),
        ("{x:date}", date(2020, 9, 11), "Jumat, 11 September 2020", "Friday, 11 September 2020"),
        ("{x:date}", WITA, "Senin, 3 Oktober 2022", "Monday, 3 October 2022"),
        ("{x:day}", date(2020, 9, 11), "11 September", "11 September"),
        ("{x:dmy}", date(1990, 1, 1), "1 Januari 1990", "1 January 1990"),
        ("{x:month}", date(2020, 10, 1), "Oktober 2020", "October 2020"),
        ("{x:time}", WITA, "08.00 WITA", "08:00 WITA"),
        (
            "{x:moment}",
            WITA,
            "Senin, 3 Oktober 2022 pukul 08.00 WITA",
            "Monday, 3 October 2022 at 08:00 WITA",
        ),
        ("{x:time}", WITA.astimezone(ZoneInfo("Asia/Jakarta")), "07.00 WIB", "07:00 WIB"),
        ("{x:time}", WITA.astimezone(ZoneInfo("Asia/Jayapura")), "09.00 WIT", "09:00 WIT"),
        (
            "{x:date}",
            WITA.replace(hour=0).astimezone(ZoneInfo("Asia/Jakarta")),
            "Minggu, 2 Oktober 2022",
            None,
        ),
        ("{x:number}", 1234567, "1.234.567", "1,234,567"),
        ("{x:money}", 35000, "Rp35.000", "Rp35,000"),
        ("{x:money}", -1500, "-Rp1.500", "-Rp1,500"),
        ("{x:period}", 365, "1 tahun", "1 year"),
        ("{x:period}", 730, "2 tahun", "2 years"),
        ("{x:period}", 400, "400 hari", "400 days"),
        ("{x:period}", 1, "1 hari", "1 day"),
        ("{x:period}", 0, "0 hari", "0 days"),
        ("{x:list}", ["a"], "a", "a"),
        ("{x:list}", ("a", "b"), "a dan b", "a and b"),
        ("{x:list}", ["a", "b", "c"], "a, b, dan c", "a, b, and c"),
        ("{{x}}{x}", "y", "{x}y", "{x}y"),
    ],
)
def test_formats(load: Load, placeholder: str, value: object, indonesian: str, english: str | None) -> None:
    texts = load(id=f'key: "{placeholder}"\n')
    assert texts.say("key", "id", {"x": value}) == indonesian
    if english:
        assert texts.say("key", "en", {"x": value}) == english


def test_a_language_of_its_own(load: Load) -> None:
    texts = load(id='key: "{x:moment}"\n', jv='key: "{x:moment}"\n')
    assert texts.say("key", "jv", {"x": WITA}) == "Senin, 3 Oktober 2022, 08:00 WITA"


OPTIONAL = """
known: |
  *{system}* terganggu sejak {since:time}.
  Penyebab: {cause}

  {guidance}

  Kabar terakhir {at:time}: {news}
"""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"cause": "listrik", "guidance": "Bawa KTP.", "at": WITA, "news": "dicari"},
            "*SEP* terganggu sejak 08.00 WITA.\nPenyebab: listrik\n\nBawa KTP.\n\nKabar terakhir 08.00 WITA: dicari",
        ),
        (
            {"cause": None, "guidance": "Bawa KTP.", "at": None, "news": ""},
            "*SEP* terganggu sejak 08.00 WITA.\n\nBawa KTP.",
        ),
        (
            {"cause": "", "guidance": "", "at": WITA, "news": None},
            "*SEP* terganggu sejak 08.00 WITA.\n\nKabar terakhir 08.00 WITA: ",
        ),
        (
            {"cause": "x", "guidance": "", "at": "", "news": []},
            "*SEP* terganggu sejak 08.00 WITA.\nPenyebab: x",
        ),
    ],
)
def test_a_line_without_any_value_is_left_out(load: Load, values: dict[str, object], said: str) -> None:
    assert load(id=OPTIONAL).say("known", "id", {"system": "SEP", "since": WITA} | values) == said


def test_a_text_may_be_all_optional(load: Load) -> None:
    assert load(id='key: "{x}"\n').say("key", "id", {"x": None}) == ""


def test_zero_is_a_value(load: Load) -> None:
    assert load(id='key: "Sisa {x:number}"\n').say("key", "id", {"x": 0}) == "Sisa 0"


@given(st.text())
def test_what_is_inserted_stays_as_it_is(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "inserted"
    folder.mkdir(exist_ok=True)
    (folder / "id.yaml").write_text('key: "Anda menulis: {words}."\n')
    assert load_texts(folder).say("key", "id", {"words": value or "-"}) == f"Anda menulis: {value or '-'}."


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "key: no value for x; given: "),
        ({"y": 1, "z": 2}, "key: no value for x; given: y, z"),
        ({"x": "08:00"}, "key: {x:time} needs a datetime with a time zone, not str"),
        ({"x": datetime(2022, 10, 3)}, "key: {x:time} needs a datetime with a time zone"),  # noqa: DTZ001
    ],
)
def test_a_missing_or_wrong_value(load: Load, values: dict[str, object], said: str) -> None:
    with pytest.raises(TextError) as raised:
        load(id='key: "{x:time}"\n').say("key", "id", values)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("placeholder", "value"),
    [
        ("date", "besok"),
        ("number", "1"),
        ("money", None.__class__),
        ("list", "abc"),
        ("number", True),
        ("day", 5),
    ],
)
def test_values_of_the_wrong_kind(load: Load, placeholder: str, value: object) -> None:
    with pytest.raises(TextError, match="needs a"):
        load(id=f'key: "{{x:{placeholder}}}"\n').say("key", "id", {"x": value})


def test_an_unknown_text(load: Load) -> None:
    with pytest.raises(TextError, match='no text "kez"'):
        load(id="key: Halo\n").say("kez", "id", {})


def test_placeholders(load: Load) -> None:
    assert load(id='key: "{a} {b:date} {a}"\n').placeholders("key") == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('a:\n  b: "{x:dat}"\n', 'id.yaml:2: a.b: found "{x:dat}", expected a format out of date, '),
        ('a: "{x"\n', 'id.yaml:1: a: found a single brace in "{x", expected "{name}"'),
        ('a: "x}"\n', "id.yaml:1: a: found a single brace"),
        ('a: "{}"\n', 'id.yaml:1: a: found placeholder "{}", expected a name such as "{branch}"'),
        ('a: "{x.y}"\n', 'found placeholder "{x.y}"'),
        ('a: "{x!r}"\n', 'found placeholder "{x}", expected'),
        ("a: 5\n", "id.yaml:1: a: found 5, expected text (put it in quotes)"),
        ("a: true\n", "id.yaml:1: a: found true, expected text"),
        ("a:\n", "id.yaml:1: a: found nothing, expected text"),
        ("b: x\na: [x]\n", "id.yaml:2: a: found a list, expected text"),
        ("a:\n  b: x\na.b: y\n", "id.yaml:3: a.b: found twice, first in id.yaml:2"),
        (f"a: {'x' * 1001}\n", "id.yaml:1: a: found 1001 characters, expected at most 1000"),
        ("a: x\na: y\n", 'id.yaml:2: a: found "a" twice, first in line 1'),
        ("a: {b\n", "not valid YAML"),
        ("- a\n", "id.yaml:1: expected texts by key"),
    ],
)
def test_mistakes(load: Load, text: str, said: str) -> None:
    problems = wrong(load, id=text)
    assert any(said in problem for problem in problems), problems


def test_languages_must_agree(load: Load) -> None:
    problems = wrong(
        load,
        id='a:\n  b: "{x} {y:date}"\n  c: Halo\n',
        en='a:\n  b: "{x}"\n  d: Hello\n',
    )
    assert problems == [
        "en.yaml: a.c: missing; it is in id.yaml:3",
        "en.yaml:2: a.b: found placeholders {x}, expected {x}, {y} as in id.yaml:2",
        "en.yaml:3: a.d: not in id.yaml",
    ]


def test_a_word_that_tells_the_language_is_of_one_only(load: Load) -> None:
    problems = wrong(
        load,
        id='language:\n  called: "indo"\n  words: "saya, dari, is"\n',
        en='language:\n  called: "english"\n  words: "i, is, from"\n',
    )
    assert problems == [
        'id.yaml:3: language.words: found "is", expected words that are not in en.yaml:3 too',
    ]


def test_a_misspelt_key_is_pointed_at(load: Load) -> None:
    problems = wrong(load, id="closure:\n  open: Buka\n", en="closure:\n  opne: Open\n")
    assert 'en.yaml:2: closure.opne: not in id.yaml (did you mean "closure.open"?)' in problems


def test_the_format_may_differ_by_language(load: Load) -> None:
    texts = load(id='a: "{x:date}"\n', en='a: "{x:day}"\n')
    assert texts.say("a", "en", {"x": date(2020, 9, 11)}) == "11 September"


def test_indonesian_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"id\.yaml: no such file"):
        load_texts(tmp_path)


def test_a_file_must_be_named_for_a_language(load: Load) -> None:
    assert any('no language "zz"' in problem for problem in wrong(load, id="a: x\n", zz="a: x\n"))


def test_all_problems_at_once(load: Load) -> None:
    assert len(wrong(load, id='a: "{x:foo}"\nb: 5\n', en='a: "{"\nb: x\n')) == 3


@given(st.text(string.printable, max_size=40))
def test_any_text_is_said_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    escaped = escaped.replace("\x0b", "\\v").replace("\x0c", "\\f")
    (folder / "id.yaml").write_text(f'key: "{escaped}"\n')
    try:
        texts = load_texts(folder)
    except ConfigurationError:
        return
    said = texts.say("key", "id", dict.fromkeys(texts.placeholders("key"), "v"))
    if not set(text) & set("{}\n"):
        assert said == text.strip()
