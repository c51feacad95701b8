"""Plain text as a PDF: what is in it comes out of it, whatever letters it has, and readers find every part."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.media.checking import LARGEST, check
from bot.messages import Media, MediaKind
from bot.people.paper import COLUMNS, ROWS, pdf


def words(paper: bytes) -> list[str]:
    """The rows that are drawn, page by page."""
    drawn = re.findall(rb"\((.*)\) Tj T\*", paper)
    return [re.sub(rb"\\(.)", rb"\1", row).decode("cp1252") for row in drawn]


def test_what_is_written_stands_on_it() -> None:
    assert words(pdf(["Data Bapak/Ibu (salinan)", "", r"a\b é"])) == [
        "Data Bapak/Ibu (salinan)",
        "",
        r"a\b é",
    ]


def test_what_the_typeface_has_not_is_marked() -> None:
    assert words(pdf(["halo 🙏"])) == ["halo ?"]


def test_long_lines_are_broken_between_words_and_pages_follow_each_other() -> None:
    paper = pdf(["kata " * 40, *("baris",) * (2 * ROWS)])
    assert max(map(len, words(paper))) <= COLUMNS
    assert " ".join(words(paper)).split().count("kata") == 40
    assert paper.count(b"/Type /Page ") == 3


def test_it_is_taken_for_what_it_is() -> None:
    media = Media(kind=MediaKind.DOCUMENT, reference="", file_name="data-saya.pdf")
    assert check(pdf(["halo"]), media, LARGEST).content_type == "application/pdf"


@given(st.lists(st.text(), max_size=20))
def test_every_object_begins_where_the_table_says(lines: list[str]) -> None:
    paper = pdf(lines)
    start = int(re.findall(rb"startxref\n(\d+)\n%%EOF\n$", paper)[0])
    assert paper[start:].startswith(b"xref\n")
    starts = [int(one) for one in re.findall(rb"(\d{10}) 00000 n \n", paper[start:])]
    assert starts
    for number, at in enumerate(starts, start=1):
        assert paper[at:].startswith(b"%d 0 obj\n" % number)
    for length, stream in re.findall(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", paper, re.DOTALL):
        assert int(length) == len(stream)
