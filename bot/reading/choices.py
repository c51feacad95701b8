"""Which of the offered options was meant, and whether an answer is a yes or a no."""

import re
from collections.abc import Callable, Sequence

from rapidfuzz import fuzz

from bot.reading.words import Token, number_at, tokens, word_set

ORDINALS = {
    word: value
    for value, words in enumerate(
        (
            "pertama kesatu pertamo kahiji kapisan siji first",
            "kedua kaduo kaduwa kadua second",
            "ketiga katigo katilu third",
            "keempat kaampek kaopat fourth",
            "kelima kalimo fifth",
            "keenam",
            "ketujuh",
            "kedelapan",
            "kesembilan",
            "kesepuluh",
        ),
        start=1,
    )
    for word in words.split()
}
LEADS = word_set(
    "no nomor nomer nmr nmer pilihan pilih pil opsi option angka yang yg yng ke sing nu nang number "
    "menu saya sy aku mau pilihnya pilihannya nomornya itu aja saja ya kak min pak bu dong deh lah bae "
    "haja wae mawon please pls"
)
"""Words around a number that change nothing about which one is meant."""
LAST = word_set("terakhir akhir last")
FILLERS = LEADS - {"ke"}
LEAST = 82.0
"""Likeness, 0 to 100, from which a misspelt title is taken for the option."""
LEAD = 8.0
"""How far the best must be ahead of the second."""


def read_choice(text: str, titles: Sequence[Sequence[str]]) -> int | None:
    """The index of the option that `text` means, or None when that is not clear.

    Args:
        text: a number (``2``, ``nomor dua``, ``yg ke 2``), a title, a part of one, a keyword, or one misspelt.
        titles: for each option the names that it goes by, its title first.
    """
    found = tokens(text[:500])
    if not found or not titles:
        return None
    number = _number(found, len(titles))
    exact = _exactly(text, titles)
    if exact is not None or number is not None:
        return exact if exact is not None else number
    written = _plain(found)
    for narrowed in (
        _one(titles, lambda name: _within(written, name)),
        _one(titles, lambda name: _cut(written, name)),
    ):
        if narrowed is not None:
            return narrowed
    return _alike(written, titles)


def _exactly(text: str, titles: Sequence[Sequence[str]]) -> int | None:
    wanted = text.strip().casefold()
    return _one(titles, lambda name: name.strip().casefold() == wanted)


def _number(found: Sequence[Token], options: int) -> int | None:
    """The option that a number names, if the text says nothing else."""
    at, named = 0, None
    while at < len(found):
        number = number_at(found, at)
        value = number[0] if number else ORDINALS.get(found[at].word)
        if value is None and found[at].word in LAST:
            value = options
        if value is None and found[at].word not in LEADS:
            return None
        if value is not None and named is not None and value != named:
            return None
        named = named if value is None else value
        at += number[1] if number else 1
    return named - 1 if named is not None and 1 <= named <= options else None


def _plain(found: Sequence[Token]) -> list[str]:
    """The words that can tell options apart; all of them when nothing else is said."""
    return [token.word for token in found if token.word not in FILLERS] or [token.word for token in found]


def _one(titles: Sequence[Sequence[str]], matches: Callable[[str], bool]) -> int | None:
    """The only option with a name that matches."""
    hits = [at for at, names in enumerate(titles) if any(matches(name) for name in names)]
    return hits[0] if len(hits) == 1 else None


def _within(written: Sequence[str], name: str) -> bool:
    """Whether the whole name stands in what was written."""
    return bool(name.strip()) and f" {_words(name)} " in f" {' '.join(written)} "


def _cut(written: Sequence[str], name: str) -> bool:
    """Whether what was written stands in the name: its first letters (from three on) or whole words of it."""
    said, whole = " ".join(written), _words(name)
    return len(said) >= 3 and (whole.startswith(said) or f" {said} " in f" {whole} ")


def _words(name: str) -> str:
    return " ".join(token.word for token in tokens(name))


def _alike(written: Sequence[str], titles: Sequence[Sequence[str]]) -> int | None:
    """The option whose name is clearly the most alike."""
    said = " ".join(written)
    if len(said) < 4:
        return None
    scores = [max((_likeness(said, _words(name)) for name in names), default=0.0) for names in titles]
    ranked = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
    second = scores[ranked[1]] if len(ranked) > 1 else 0.0
    return ranked[0] if scores[ranked[0]] >= LEAST and scores[ranked[0]] - second >= LEAD else None


def _likeness(said: str, name: str) -> float:
    if len(name) < 3:
        return 0.0
    shorter = min(len(said), len(name)) >= 5
    return max(fuzz.ratio(said, name), fuzz.token_set_ratio(said, name) - 3 if shorter else 0.0)


YES = word_set(
    "ya y yy yaa iya iyaa iyah iy yes yup yap yep yoi yo yoy ok oke okeh okey okay okee okei sip siap "
    "sipp betul btul bener bnr benar bnar tepat cocok lanjut lanjutkan lanjutin gas setuju boleh bole "
    "blh nggih inggih enggih iyo iyoh iye iyeh yoo iyoo auk aok muhun enya leres sumuhun sae heeh hee "
    "em heem hooh mau pasti tentu tentunya sudah udah sdh udh pas true correct right sure jelas silakan "
    "silahkan mangga monggo banar iyes yess yups ayo hayuk hayu yuk bisa acc injih io iyalah"
)
NO = word_set(
    "tidak tdk ndak gak ga g gk nggak ngga enggak engga enggk ngak kagak kaga tak nda nggk bukan bkn "
    "bukannya jangan jgn janganlah salah slh keliru belum blm blom balum durung dereng acan dak idak "
    "kada ora mboten boten teu henteu sanes lain no nope nop not wrong batal indak ndak inda tida "
    "tidaklah gausah gakusah ogah emoh moh tra seng sonde trada"
)
HARMLESS = re.compile(
    r"\b(?:(?:ga|gak|gk|nggak|ngga|tidak|tdk|ndak|dak|kada|ora|teu)\s*(?:papa|pp|apa-?apa|apa2|apo-?apo|apo2|popo|masalah|"
    r"nanaon|keberatan|kenapa-?kenapa|ada masalah|salah)|no problem|bukan main|tidak salah lagi)\b"
)
_ASKED = re.compile(
    r"\b(kenapa|knp|knapa|mengapa|gimana|gmn|bagaimana|berapa|brp|kapan|kpn|why|how)\b|"
    r"\b(?!ya|iya|oh|kayak|kayaknya|kyknya|sepertinya|rasanya|mungkin|memang|emang|masih|sama|juga)\w+\s+"
    r"(ga|gak|gk|ngga|nggak|engga|enggak|ndak|dak|kah)[\s?]*$",  # "ini bayar ga"
    re.IGNORECASE,
)
"""A question back: its "ga" is no refusal, and its "boleh" no leave."""
YES_SIGNS = frozenset("👍👌✅✔🆗🫡🙆")
NO_SIGNS = frozenset("👎❌✖🚫🙅")
LONGEST = 12
"""Words in a plain answer: whoever writes more is telling something."""


def read_yes_no(text: str) -> bool | None:
    """True for a yes, False for a no, None when it is neither or both (``ya tidak``).

    ``gak papa`` and its kind count as no refusal, so ``iya gak papa`` is a yes.
    """
    short = text[:500].lower()
    found = [_squeezed(token.word) for token in tokens(HARMLESS.sub(" ya ", short))]
    if len(found) > LONGEST:
        return None
    yes = any(word in YES for word in found) or any(sign in short for sign in YES_SIGNS)
    no = any(word in NO for word in found) or any(sign in short for sign in NO_SIGNS)
    if yes == no:
        return _first_says(found) if yes else None
    return yes


def asks_back(text: str) -> bool:
    """Whether a yes-or-no question is answered by another question; "tidak, emang kenapa" says no first."""
    leads = "," in text and read_yes_no(text.partition(",")[0]) is not None
    return not leads and _ASKED.search(HARMLESS.sub(" ya ", text.lower())) is not None


def _first_says(found: Sequence[str]) -> bool | None:
    """With both in one answer, a no that leads is a no (``bukan, yang benar ...``); else it is not clear."""
    return False if len(found) > 2 and found[0] in NO else None


def _squeezed(word: str) -> str:
    """``yaaaa`` as ``ya``, ``okeee`` as ``oke``: a letter three times or at the end twice counts once."""
    once = re.sub(r"(.)\1{2,}", r"\1", word)
    return once if once in YES | NO else re.sub(r"(.)\1+$", r"\1", once)
