"""How a text fits a channel's limits: splitting, short titles, numbered lists. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.channels.channel import Limits
from bot.messages import Enclosure, Option, Text

BREAKS = (
    re.compile(r"\n[^\S\n]*\n"),  # a blank line
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])\s"),  # the end of a sentence
)
SPACE = re.compile(r"\s")
JOINERS = "\u200d\ufe0e\ufe0f\u20e3"
"""What belongs to the character before it: zero-width joiner, variation selectors, keycap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message of a text that was laid out.

    `options` have titles that fit; `listed` says whether they are list rows rather than buttons. `plain` is the
    same question as numbered text, for when the channel refuses to show options. Of a part with an `enclosure` the
    body is what stands under the file.
    """

    body: str
    options: tuple[Option, ...] = ()
    listed: bool = False
    plain: str = ""
    enclosure: Enclosure | None = None


def lay_out(text: Text, limits: Limits) -> list[Part]:
    """The messages that show `text` within `limits`; the last one carries the options.

    A title that is too long is shortened and stands in full, numbered, in the body. Too many options become
    numbered text. A text without a word and without options gives no message. Words that do not fit under a file go
    before it.
    """
    if text.enclosure:
        return _with_file(text.body, text.enclosure, limits)
    options = text.options
    if not options:
        return [Part(body=body) for body in split(text.body, limits.text)]
    listed = len(options) > limits.buttons
    if listed and len(options) > limits.rows:
        return [Part(body=body) for body in split(numbered(text.body, options), limits.text)]
    shown = _fitting(options, limits, listed=listed)
    full = text.body if text.body.strip() and _says_all(shown, options) else numbered(text.body, options)
    *ahead, last = _bodies(full, limits)
    plain = last if full != text.body else numbered(last, options)
    return [*(Part(body=body) for body in ahead), Part(body=last, options=shown, listed=listed, plain=plain)]


def _with_file(body: str, file: Enclosure, limits: Limits) -> list[Part]:
    if units(body.strip()) <= limits.captions.get(file.kind, 0):
        return [Part(body=body.strip(), enclosure=file)]
    return [*(Part(body=words) for words in split(body, limits.text)), Part(body="", enclosure=file)]


def _bodies(body: str, limits: Limits) -> list[str]:
    parts = split(body, limits.text)
    return [*parts[:-1], *split(parts[-1], limits.body)]


def _fitting(options: Sequence[Option], limits: Limits, *, listed: bool) -> tuple[Option, ...]:
    titles = short_titles(
        [option.title for option in options], limits.row_title if listed else limits.button_title
    )
    room = limits.row_description if listed and all(option.description.strip() for option in options) else 0
    return tuple(
        Option(id=option.id, title=title, description=shorten(one_line(option.description), room))
        for option, title in zip(options, titles, strict=True)
    )


def _says_all(shown: Sequence[Option], options: Sequence[Option]) -> bool:
    return all(
        (short.title, short.description) == (one_line(option.title), one_line(option.description))
        for short, option in zip(shown, options, strict=True)
    )


def short_titles(titles: Sequence[str], most: int) -> list[str]:
    """`titles` at most `most` units long and all different.

    One that is too long, empty, or there twice is led by its number, which is also how it may be answered.
    """
    flat = [one_line(title) for title in titles]
    led = [shorten(f"{number}. {title}".strip(), most) for number, title in enumerate(flat, start=1)]
    short = [
        title if 0 < units(title) <= most and flat.count(title) == 1 else with_number
        for title, with_number in zip(flat, led, strict=True)
    ]
    return short if len(set(short)) == len(short) else led


def numbered(body: str, options: Sequence[Option]) -> str:
    """`body` followed by the options in full, one numbered line each."""
    lines = [
        f"{number}. {one_line(option.title)}"
        + (f" – {one_line(option.description)}" if option.description else "")
        for number, option in enumerate(options, start=1)
    ]
    return "\n\n".join(filter(None, [body.strip(), "\n".join(lines)]))


def one_line(text: str) -> str:
    """`text` with every run of white space as one space."""
    return " ".join(text.split())


def shorten(text: str, most: int) -> str:
    """`text` cut to `most` units; the last one is then an ellipsis."""
    if units(text) <= most:
        return text
    return text[: _whole(text, _reach(text, most - 1))].rstrip() + "…" if most > 0 else ""


def split(text: str, limit: int) -> list[str]:
    """`text` in parts of at most `limit` units: cut at a blank line, else a line, a sentence, a word.

    Nothing but the white space at a cut is lost, and the order is kept. Only a word longer than `limit` is
    broken. A text without a word gives no part.
    """
    parts = []
    rest = text.strip()
    while rest:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return parts


def _cut(text: str, limit: int) -> int:
    reach = _reach(text, limit)
    if reach == len(text):
        return reach
    window = text[: reach + 1]  # one more: white space right behind a full part is a place to cut
    least = reach // 3  # a part of a few words, just to end at a blank line, would look odd
    for pattern in BREAKS:
        cuts = [found.start() for found in pattern.finditer(window)]
        if cuts and cuts[-1] > least:
            return cuts[-1]
    spaces = [found.start() for found in SPACE.finditer(window)]
    return spaces[-1] if spaces else _whole(text, reach)


def _whole(text: str, cut: int) -> int:
    """The nearest place at or before `cut` that does not part a character from its accents."""
    for at in range(cut, max(cut - 32, 0), -1):
        if at == len(text) or not (text[at - 1] == "\u200d" or _belongs_before(text[at])):
            return at
    return cut


def _belongs_before(character: str) -> bool:
    return (
        character in JOINERS
        or unicodedata.combining(character) > 0
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def units(text: str) -> int:
    """The length of `text` in UTF-16 units: most emoji count two."""
    return len(text) + sum(character > "\uffff" for character in text)


def _reach(text: str, most: int) -> int:
    """How many characters of `text` fit into `most` units; at least one, so that there is always progress."""
    used = 0
    for at, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > most:
            return max(at, 1)
    return len(text)
