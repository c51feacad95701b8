"""Questions by which a member says who they are: the number of a card or a NIK, and the birth date."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from bot.dialogue.questions import Question, Unclear
from bot.dialogue.state import Heard, Said
from bot.reading.birth_dates import read_birth_date
from bot.reading.date_words import MONTH_SHORT
from bot.reading.numbers import NumberKind, check_nik, personal_numbers
from bot.reading.words import tokens

_NUMBER = re.compile(r"\d{13}|\d{16}")
_BORN = re.compile(r"\b(lahir\w*|lhr|kelahiran|ttl|born|birth\w*|dob)\b", re.IGNORECASE)
_MISTAKEN = {
    NumberKind.VA: "member.is_va",
    NumberKind.KK: "member.is_kk",
    NumberKind.PHONE: "member.is_phone",
    NumberKind.NIK: "member.no_nik",
    NumberKind.UNKNOWN: "member.miscounted",
}
"""What is said to a number that is none of a member, by what it is; in the order in which it is looked for."""
_SOME_DIGITS = re.compile(r"\d(?:[ .-]?\d){4,}")


@dataclass(frozen=True)
class MemberNumber(Question[str]):
    """13 digits of a card, or 16 of a NIK."""

    hint: ClassVar[str] = "member.hint_number"

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The digits; `Unclear` with what is wrong for a number of another kind."""
        return number_in(said.text) or _mistaken(said.text)

    def hear(self, heard: Heard) -> Any | None:
        """A number that was given before."""
        return number_in(heard.text)

    def nearest(self, heard: Sequence[Heard]) -> Unclear | None:
        """A number of another kind that was given before is explained with the question."""
        return next((wrong for item in heard if (wrong := _mistaken(item.text, only_whole=True))), None)

    def restore(self, kept: Any) -> str | None:
        """The digits."""
        return kept if isinstance(kept, str) and _NUMBER.fullmatch(kept) else None


@dataclass(frozen=True)
class BirthDate(Question[date]):
    """A full date in any of the ways people write one; kept as ``yyyy-mm-dd``.

    Args:
        now: aware, in the participant's zone: nobody is born after it.
    """

    now: datetime
    hint: ClassVar[str] = "member.hint_birth"

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The date."""
        found = birth_in(said.text, self.now)
        return found.isoformat() if found else None

    def hear(self, heard: Heard) -> Any | None:
        """A date that was given as a birth date, or beside a number: any other may be of anything."""
        told = _BORN.search(heard.text) or number_in(heard.text)
        found = birth_in(heard.text, self.now) if told else None
        return found.isoformat() if found else None

    def correct(self, heard: Heard) -> Any | None:
        """A date after the mark of correction."""
        found = birth_in(heard.text, self.now)
        return found.isoformat() if found else None

    def restore(self, kept: Any) -> date | None:
        """The date."""
        try:
            return date.fromisoformat(kept)
        except (TypeError, ValueError):
            return None


@dataclass(frozen=True)
class NumberOrBirth(Question[tuple[str, date]]):
    """The number, the birth date or both once more, after a pair that did not fit; what is not said stays.

    Args:
        number: the one that was given before.
        birth: the date that was given before.
        now: as of `BirthDate`.
    """

    number: str
    birth: date
    now: datetime
    hint: ClassVar[str] = "member.hint_again"
    correctable: ClassVar[bool] = False

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """Number and date; `Unclear` for a number of another kind or the same pair, None where there is neither."""
        number, birth = number_in(said.text), birth_in(said.text, self.now)
        if number is None and (wrong := _mistaken(said.text, only_whole=birth is not None)):
            return wrong
        if number is None and birth is None:
            return None
        if number in (None, self.number) and birth in (None, self.birth):
            return Unclear(says="member.same_again")
        return [number or self.number, (birth or self.birth).isoformat()]

    def restore(self, kept: Any) -> tuple[str, date] | None:
        """Number and date."""
        try:
            number, birth = kept
            return str(number), date.fromisoformat(birth)
        except (TypeError, ValueError):
            return None


def number_in(text: str) -> str | None:
    """The first number in `text` that a member can have: a card's, or a NIK that is well formed."""
    for found in personal_numbers(text):
        nik = found.kind is NumberKind.NIK and check_nik(found.value).valid
        if found.kind is NumberKind.CARD or nik:
            return found.value
    return None


def birth_in(text: str, now: datetime) -> date | None:
    """The date in `text` that somebody can be born on. Digits of other numbers are none, nor is a mere "kemarin"."""
    for number in reversed(personal_numbers(text)):
        text = f"{text[: number.start]} | {text[number.end :]}"
    dated = any(token.word[0].isdecimal() or token.word in MONTH_SHORT for token in tokens(text))
    return read_birth_date(text, now) if dated else None


def _mistaken(text: str, *, only_whole: bool = False) -> Unclear | None:
    """What is said to a number that was probably meant; `only_whole`: some digits alone may be anything else."""
    kinds = {found.kind for found in personal_numbers(text)}
    for kind, key in _MISTAKEN.items():
        if kind in kinds:
            return Unclear(says=key)
    digits = None if kinds or only_whole else _SOME_DIGITS.search(text)
    return Unclear(says="member.miscounted") if digits else None
