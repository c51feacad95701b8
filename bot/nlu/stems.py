"""Rough stems and consonant skeletons of words: what stays the same when people shorten, inflect or spell regionally.

Not a morphology: ``kartunya`` and ``kartu``, ``didaftarkan`` and ``daftar`` only have to meet in one form.
"""

import re
from functools import lru_cache

PREFIX = re.compile(
    r"^(?:di|ke|se|me(?:ng|ny|m|n)?|be[r]?|te[r]?|pe(?:ng|ny|m|n|r)?|ny|ng|nge|n|m)(?=[a-z]{3,})"
)
SUFFIX = re.compile(r"(?:nya|ny|ku|mu|kah|lah|nyo|ne|na|in|kan|an|i|e)$")
VOWELS = re.compile("[aiueo]")
TWICE = re.compile(r"(.)\1+")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without up to two suffixes and two prefixes of Indonesian and its neighbours; short words stay."""
    if len(word) < 5:
        return word
    for _ in range(2):
        shorter = SUFFIX.sub("", word)
        word = shorter if len(shorter) >= 4 else word
    inner = word
    for _ in range(2):
        shorter = PREFIX.sub("", inner)
        inner = shorter if len(shorter) >= 3 else inner
    return inner


@lru_cache(maxsize=50_000)
def skeleton(word: str) -> str:
    """The first letter and the consonants after it, doubles once: ``kartu``, ``krtu`` and ``kertu`` are all ``krt``."""
    if not word.isalpha():
        return word
    return TWICE.sub(r"\1", word[0] + VOWELS.sub("", word[1:]))
