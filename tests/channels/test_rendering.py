"""Splitting, titles and numbered lists."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.channel import Limits, clean
from bot.channels.rendering import Part, lay_out, short_titles, shorten, split, units
from bot.channels.telegram import LIMITS as TELEGRAM
from bot.channels.whatsapp import LIMITS as WHATSAPP
from bot.messages import Enclosure, MediaKind, Option, Text

WORDS = st.lists(
    st.text(min_size=1, max_size=12).filter(lambda word: not any(c.isspace() for c in word)), max_size=60
)
GAPS = st.sampled_from([" ", " ", " ", "\n", "\n\n", ". ", "  "])
HARD = st.text(alphabet="aá👨\u200d👩🏽👍🏿️\u0301\u0300\u202e\u2067ع بي\n.é🇮🇩", max_size=400)


@st.composite
def prose(draw):
    return "".join(word + draw(GAPS) for word in draw(WORDS))


def options(*titles, description=""):
    return tuple(
        Option(id=f"12:q:{number}", title=title, description=description)
        for number, title in enumerate(titles)
    )


@given(prose(), st.integers(24, 90))
def test_splitting_loses_no_word_and_keeps_the_order(text, limit):
    parts = split(text, limit)
    assert [word for part in parts for word in part.split()] == text.split()
    assert all(0 < units(part) <= limit for part in parts)


@given(HARD, st.integers(2, 40))
def test_splitting_loses_no_character(text, limit):
    parts = split(text, limit)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < units(part) <= limit for part in parts)


def test_splitting_an_enormous_text():
    parts = split("a" * 100_000, 1500)
    assert "".join(parts) == "a" * 100_000
    assert len(parts) == 67


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("satu dua\n\ntiga empat lima", ["satu dua", "tiga empat lima"]),
        ("satu dua\ntiga empat lima", ["satu dua", "tiga empat lima"]),
        ("satu dua. tiga empat lima", ["satu dua.", "tiga empat lima"]),
        ("satu dua tiga empat lima", ["satu dua tiga", "empat lima"]),
        ("satuduatigaempatlima", ["satuduatigaempat", "lima"]),
        ("satu\n\ndua tiga\nempat lima", ["satu\n\ndua tiga", "empat lima"]),
        ("  \n ", []),
    ],
)
def test_where_a_text_is_cut(text, parts):
    assert split(text, 16) == parts


def test_an_accent_stays_with_its_letter():
    assert split("aaae\u0301", 4) == ["aaa", "e\u0301"]
    assert split("aa👍🏿", 4) == ["aa", "👍🏿"]


@given(st.text(max_size=60), st.integers(3, 30))
def test_a_shortened_text_fits(text, most):
    short = shorten(text, most)
    assert units(short) <= most
    assert short == text if units(text) <= most else short.endswith("…")


@given(st.lists(st.text(max_size=40), min_size=1, max_size=10), st.sampled_from([20, 24, 30]))
def test_titles_fit_and_differ(titles, most):
    short = short_titles(titles, most)
    assert len(set(short)) == len(titles)
    assert all(0 < units(title) <= most for title in short)


@given(
    prose(),
    st.lists(st.text(max_size=40), max_size=14),
    st.text(max_size=90),
    st.sampled_from([WHATSAPP, TELEGRAM]),
)
def test_every_text_fits_the_channel(body, titles, description, limits):
    text = Text(body=body, options=options(*titles, description=description))
    parts = lay_out(text, limits)
    assert all(units(part.body) <= limits.text for part in parts)
    assert not any(part.options for part in parts[:-1])
    shown = parts[-1].options if parts else ()
    assert [option.id for option in shown] in ([], [option.id for option in text.options])
    if shown:
        assert units(parts[-1].body) <= limits.body
        assert all(units(option.description) <= limits.row_description for option in shown)
    said = " ".join(part.body for part in parts) + " ".join(o.title + " " + o.description for o in shown)
    for title in titles:  # whatever is cut off a button stands in the body
        assert all(word in said for word in title.split())


def test_titles_that_look_like_numbers_differ_too():
    assert short_titles(["", "1."], 20) == ["1.", "2. 1."]


def test_a_long_title_stands_in_full_in_the_body():
    text = Text(body="Apa yang Bapak/Ibu perlukan?", options=options("Informasi kepesertaan", "Iuran"))
    [part] = lay_out(text, WHATSAPP)
    assert part.body == "Apa yang Bapak/Ibu perlukan?\n\n1. Informasi kepesertaan\n2. Iuran"
    assert [option.title for option in part.options] == ["1. Informasi kepese…", "Iuran"]
    assert part.plain == part.body


def test_titles_that_fit_leave_the_body_alone():
    [part] = lay_out(Text(body="Benar?", options=options("Ya", "Tidak")), WHATSAPP)
    assert part.body == "Benar?"
    assert part.plain == "Benar?\n\n1. Ya\n2. Tidak"


@pytest.mark.parametrize(
    ("count", "limits", "how"),
    [
        (3, WHATSAPP, "buttons"),
        (4, WHATSAPP, "list"),
        (10, WHATSAPP, "list"),
        (11, WHATSAPP, "words"),
        (10, TELEGRAM, "buttons"),
        (11, TELEGRAM, "words"),
    ],
)
def test_how_options_are_shown(count, limits, how):
    [part] = lay_out(Text(body="Pilih:", options=options(*map(str, range(count)))), limits)
    assert ("list" if part.listed else "buttons" if part.options else "words") == how
    if how == "words":
        assert part.body.startswith("Pilih:\n\n1. 0\n2. 1\n")


def test_descriptions_that_buttons_cannot_show_stand_in_the_body():
    [part] = lay_out(Text(body="Pilih:", options=options("A", "B", description="lama 5 hari")), WHATSAPP)
    assert part.body == "Pilih:\n\n1. A – lama 5 hari\n2. B – lama 5 hari"


def test_a_long_text_goes_ahead_of_its_buttons():
    body = "Kalimat yang cukup panjang. " * 60
    first, last = lay_out(Text(body=body, options=options("Ya", "Tidak")), WHATSAPP)
    assert not first.options
    assert len(last.options) == 2
    assert len(last.body) <= 1024


def test_a_text_that_would_fit_without_buttons_is_split_for_them():
    body = "Kalimat yang cukup panjang. " * 50
    first, last = lay_out(Text(body=body, options=options("Ya", "Tidak")), WHATSAPP)
    assert len(body) < WHATSAPP.text
    assert len(last.body) <= WHATSAPP.body
    assert f"{first.body} {last.body}" == body.strip()


def test_only_titles_that_are_there_twice_are_numbered():
    assert short_titles(["A", "B", "A"], 20) == ["1. A", "B", "3. A"]


def test_a_question_without_words_is_its_options():
    [part] = lay_out(Text(body=" ", options=options("Ya", "Tidak")), WHATSAPP)
    assert part.body == "1. Ya\n2. Tidak"
    assert lay_out(Text(body=" "), WHATSAPP) == []


@given(st.text(alphabet=st.characters(categories=["Cs", "Cc", "L", "So"]), max_size=20))
def test_a_clean_text_can_be_stored(text):
    assert "\0" not in clean(text).encode().decode()


def test_half_a_surrogate_pair_is_replaced():
    assert clean("a\ud800b\0") == "a\ufffdb"
    assert clean("\ud83d\ude00") == "😀"


FILE = Enclosure(
    media_id=1, name="x", kind=MediaKind.IMAGE, content_type="image/jpeg", file_name="a.jpg", size=1
)


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("", [("", True)]),
        (" Ini. ", [("Ini.", True)]),
        ("a" * 10, [("a" * 10, True)]),
        ("a" * 11, [("a" * 11, False), ("", True)]),
        ("aaaa bbbb cccc dddd eeee", [("aaaa bbbb cccc dddd", False), ("eeee", False), ("", True)]),
    ],
)
def test_words_stand_under_a_file_or_before_it(body, parts):
    limits = Limits(text=20, body=20, buttons=3, button_title=20, captions={MediaKind.IMAGE: 10})
    laid_out = lay_out(Text(body=body, enclosure=FILE), limits)
    assert [(part.body, part.enclosure is FILE) for part in laid_out] == parts
    document = replace(FILE, kind=MediaKind.DOCUMENT)
    assert lay_out(Text(body="Ini.", enclosure=document), limits)[-1] == Part(body="", enclosure=document)
