"""Which document people mean: "ini KTP nya", "kk", "foto surat lahir"."""

import re
from collections.abc import Iterable

_SHORT_FORM = re.compile(r"\b[A-Z]{2,}\b")
_WORD = re.compile(r"[^\W_]+")
_ENDING = r"(?:nya|ku|mu)?"
_DENIED = r"(?<!\bbukan )(?<!\bbkn )(?<!\bnot )"


def paper_words(name: str) -> tuple[str, ...]:
    """What a document is called: its name without what stands in brackets, and the short forms in capitals in it.

    ``Kartu Keluarga (KK)`` is ``kartu keluarga`` and ``kk``.
    """
    plain = " ".join(_WORD.findall(re.sub(r"\(.*?\)", " ", name).lower()))
    short = [found.lower() for found in _SHORT_FORM.findall(name)]
    return tuple(word for word in dict.fromkeys([plain, *short]) if word)


def names_paper(text: str, words: Iterable[str]) -> bool:
    """Whether a text has one of these words in it, as people write them: "ktpnya", "KTP-nya"; not in "bukan KTP"."""
    plain = " ".join(_WORD.findall(text.lower()))
    return any(re.search(rf"{_DENIED}\b{re.escape(word)}{_ENDING}\b", plain) for word in words)
