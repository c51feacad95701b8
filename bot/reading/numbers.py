"""Personal numbers in a text, found by rule and never by a model: NIK, KK, card, VA, phone, and our case numbers.

Formats: NIK and KK have 16 digits, the JKN card 13, a payment VA 16 with 88888 or 89888 in front; a mobile number
has 10 to 13 digits after its leading 0 is counted. People put blanks, dots and dashes between the digits.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.reading.words import word_set


class NumberKind(StrEnum):
    """What a number is; the names of `nik`, `jkn_number`, `phone`, `case_number` are those of the entities."""

    NIK = "nik"
    KK = "kk"
    CARD = "jkn_number"
    VA = "va"
    PHONE = "phone"
    CASE = "case_number"
    UNKNOWN = "unknown"
    """Nine digits or more that fit no kind: perhaps mistyped, certainly not to be shown."""


@dataclass(frozen=True, slots=True)
class PersonalNumber:
    """A number at ``text[start:end]``; `value` is digits only, or ``PLB-2611-00042`` for a case number."""

    kind: NumberKind
    value: str
    start: int
    end: int


CASE = re.compile(
    r"(?<![^\W_])([A-Za-z]{3})\s?[-–.]?\s?([2-9]\d)(0[1-9]|1[0-2])\s?[-–.]?\s?(\d{5,6})(?![^\W_])", re.ASCII
)
NOT_BRANCHES = word_set(
    "nik jkn kis ktp kks kkn tgl jam hp wa telp tlp tel rek bri bni btn bca dan nya ada utk kpd no nmr "
    "nop kartu"
)
"""Three letters that often stand before a number and are no branch."""

AMOUNT = re.compile(
    r"(?i:\brp|\bidr)\.?\s?\d{1,3}(?:[.,]\d{3})+(?!\d)|(?<![\d.+])[1-9]\d{0,2}(?:[.,]\d{3}){1,2}(?![\d.,]?\d)"
)
MASKED = re.compile(r"\*{4,}\d{0,4}(?!\d)")
RUN = re.compile(r"\+?\(?\d+(?:\)?[ .–-]{0,2}\(?\d+)*")
DIGITS = re.compile(r"\d+")
PHONE = re.compile(r"(?:0|62|0062)8\d{8,10}|08\d{11}|(?:0|62)[2-79]\d{7,10}")
CARD_WORDS = re.compile(r"(?:kartu|noka|jkn|kis|bpjs|peserta)[^\d]{0,20}$", re.IGNORECASE)
KK_WORDS = re.compile(r"(?:\bn?o?kk|kartu keluarga)\b[^\d]{0,15}$", re.IGNORECASE)


def personal_numbers(text: str) -> list[PersonalNumber]:
    """Every personal or case number in `text`, in order, none overlapping another. Never raises."""
    found: list[PersonalNumber] = list(_case_numbers(text))
    closed = [(number.start, number.end) for number in found]
    closed += [match.span() for pattern in (AMOUNT, MASKED) for match in pattern.finditer(text)]
    blanked = _blank(text, closed)
    for run in RUN.finditer(blanked):
        found += _numbers_in(text, run.start(), run.end())
    return sorted(found, key=lambda number: number.start)


def mask(text: str) -> str:
    """`text` with the digits of every personal number starred, for display.

    Identity numbers keep their last four digits (``************0001``), phone numbers and numbers of an unknown
    kind the last three. Case numbers and amounts stay. Masking twice changes nothing more.
    """
    parts: list[str] = []
    at = 0
    for number in personal_numbers(text):
        if number.kind is NumberKind.CASE:
            continue
        parts += text[at : number.start], mask_number(number.kind, number.value)
        at = number.end
    return "".join([*parts, text[at:]])


def mask_number(kind: NumberKind, value: str) -> str:
    """One number's digits, starred but for the last four (phone and unknown: three)."""
    kept = 3 if kind in {NumberKind.PHONE, NumberKind.UNKNOWN} else 4
    return "*" * (len(value) - kept) + value[-kept:]


def _case_numbers(text: str) -> Iterator[PersonalNumber]:
    for match in CASE.finditer(text):
        prefix, year, month, count = match.groups()
        if prefix.lower() not in NOT_BRANCHES:
            value = f"{prefix.upper()}-{year}{month}-{count}"
            yield PersonalNumber(NumberKind.CASE, value, match.start(), match.end())


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    """`text` of the same length with something that is no digit in those spans."""
    for start, end in spans:
        text = f"{text[:start]}{'|' * (end - start)}{text[end:]}"
    return text


def _numbers_in(text: str, start: int, end: int) -> Iterator[PersonalNumber]:
    """Split a run of digit groups (``0812-7000-1234 0001234567890``) into the numbers that it holds."""
    groups = [match.span() for match in DIGITS.finditer(text, start, end)]
    at = 0
    while at < len(groups):
        number, taken = _number_at(text, groups[at:])
        if number:
            yield number
        at += taken


def _number_at(text: str, groups: list[tuple[int, int]]) -> tuple[PersonalNumber | None, int]:
    """The longest number that begins at the first group, and how many groups it takes."""
    single = _kind(text, groups[:1])
    if single and single is not NumberKind.UNKNOWN:
        return _made(text, groups[:1], single), 1
    for taken in range(min(len(groups), 8), 1, -1):
        kind = _kind(text, groups[:taken]) if _may_join(text, groups[:taken]) else None
        if kind:
            return _made(text, groups[:taken], kind), taken
    return (_made(text, groups[:1], single) if single else None), 1


def _may_join(text: str, groups: list[tuple[int, int]]) -> bool:
    """Whether groups can be one number: none is a lone digit, and none but the first is a number by itself."""
    alone = (_kind(text, [group]) for group in groups[1:])
    return all(end - start >= 2 for start, end in groups[1:]) and all(
        kind in {None, NumberKind.UNKNOWN} for kind in alone
    )


def _made(text: str, groups: list[tuple[int, int]], kind: NumberKind) -> PersonalNumber:
    start, end = groups[0][0], groups[-1][1]
    while start and text[start - 1] in "+(":
        start -= 1
    return PersonalNumber(kind, _digits(text, groups), start, end)


def _digits(text: str, groups: list[tuple[int, int]]) -> str:
    """The plain 0-9 of the groups, whatever script their digits are in."""
    return "".join(str(unicodedata.decimal(char)) for start, end in groups for char in text[start:end])


def _kind(text: str, groups: list[tuple[int, int]]) -> NumberKind | None:
    digits = _digits(text, groups)
    before = text[max(0, groups[0][0] - 40) : groups[0][0]]
    if len(digits) == 16:
        return _sixteen(digits, before)
    if PHONE.fullmatch(digits) and not (len(digits) == 13 and CARD_WORDS.search(before)):
        return NumberKind.PHONE
    if len(digits) == 13:
        return NumberKind.CARD
    shortest = min(end - start for start, end in groups)
    if (len(groups) == 1 and len(digits) >= 9) or (len(digits) >= 12 and shortest >= 3):
        return NumberKind.UNKNOWN
    return None


def _sixteen(digits: str, before: str) -> NumberKind:
    """NIK and KK cannot be told apart by their digits: a word in front decides, else it is a NIK."""
    if digits.startswith(("88888", "89888")):
        return NumberKind.VA
    return NumberKind.KK if KK_WORDS.search(before) else NumberKind.NIK


PROVINCES = word_set(
    "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82 91 "
    "92 93 94 95 96"
)
"""First two digits of a NIK, by the civil registry's codes; those from 62 on are not confirmed."""


@dataclass(frozen=True, slots=True)
class NikCheck:
    """What the digits of a NIK say. `valid` is about its form alone; the other fields are warnings at most.

    `birthday` is (day, month, last two digits of the year): the century is not in a NIK.
    """

    valid: bool
    birthday: tuple[int, int, int] | None = None
    woman: bool | None = None
    province_known: bool = False

    def agrees_with(self, birth: date) -> bool:
        """Whether a stated birth date is the one in the NIK; a NIK is never reissued, so only a warning."""
        return self.birthday == (birth.day, birth.month, birth.year % 100)


def check_nik(digits: str) -> NikCheck:
    """Check 16 digits as PP KK CC + DD MM YY + SSSS, a woman's day being 40 higher (civil registry's layout).

    An unknown province or a birthday in doubt is never a reason to refuse, so it is reported beside `valid`.
    """
    if not re.fullmatch(r"[0-9]{16}", digits):
        return NikCheck(valid=False)
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    woman = day > 40
    day -= 40 if woman else 0
    if not _real_day(day, month, year) or digits[12:] == "0000":
        return NikCheck(valid=False)
    return NikCheck(True, (day, month, year), woman, digits[:2] in PROVINCES)


def _real_day(day: int, month: int, year: int) -> bool:
    """Whether the day exists in that month of either century."""
    for century in (1900, 2000):
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        return True
    return False
