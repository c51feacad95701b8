"""Questions for who somebody is: numbers, names, dates, ways to be reached. Each answer is kept as plain text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from bot.dialogue.questions import Choice, Question, Unclear
from bot.dialogue.state import Heard, Said
from bot.messages import NOTHING
from bot.reading.birth_dates import read_birth_date
from bot.reading.choices import read_choice, read_yes_no
from bot.reading.dates import read_when
from bot.reading.numbers import NumberKind, PersonalNumber, check_nik, personal_numbers

_NOTHING = (
    "lewati", "skip", "tidak ada", "gak ada", "ga ada", "nggak ada", "tidak punya", "gak punya", "ga punya",
    "belum ada", "belum punya", "blm ada", "none", "kosong", "nanti", "nanti saja",
)  # fmt: skip
_FEW = 4  # words
_IS = r"(?:(?:adalah|jadi|menjadi|itu|yang benar|is|should be)\b\W*)*"
_NIK_WORDS = re.compile(r"\bn(?:o\.? ?)?ik[^\d]{0,20}$|\bktp[^\d]{0,20}$", re.IGNORECASE)
_BORN = re.compile(
    r"\b(?:lahir(?:nya)?|born)\b(?: (?:pada|tanggal|tgl|on))?(?P<when>[^.!?]{3,40})", re.IGNORECASE
)
_NAME_LEAD = re.compile(
    r"^(?:nama(?:nya)?|my name is|the name is)\b(?: (?:saya|lengkap|bayi|bayinya|anak|ibu|bapak|almarhum|almarhumah))*"
    r"(?: (?:adalah|itu))?[ :]*",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_][^\W\d_'’`.,-]*(?:[ '’`.,-]+[^\W\d_][^\W\d_'’`.,-]*){0,7}[.]?")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_MONEY = re.compile(r"(\d+(?:[.,]\d+)*)\s*(juta|jt|ribu|rb|k)?\b", re.IGNORECASE)
_TIMES = {"juta": 1_000_000, "jt": 1_000_000, "ribu": 1_000, "rb": 1_000, "k": 1_000}


@dataclass(frozen=True)
class Entry(Question[str]):
    """One entry of a form; where it may be left out, `skip` titles the button for that, and the answer is then ""."""

    skip: str = ""
    called: str = ""
    """What it is called, where a word of that says which entry a correction is for: "salah, namanya Siti"."""

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The way past it."""
        return [Choice("skip", self.skip)] if self.skip else []

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The entry, "" where it is left out, or what is wrong with it."""
        if self.skip and len(said.text.split()) <= _FEW and _nothing(said.text, self.skip):
            return ""
        return self.find(said, strictly=strictly)

    def find(self, said: Said, *, strictly: bool) -> Any | Unclear | None:
        """The entry in what was said."""
        raise NotImplementedError

    def correct(self, heard: Heard) -> Any | None:
        """What follows the name of the entry."""
        words = [re.escape(word) for word in self.called.lower().split()]
        further = rf"(?:(?:{'|'.join(words)})(?:nya)?\b\W*)*"
        named = words and re.search(rf"\b{words[0]}(?:nya)?\b\W*{further}{_IS}", heard.text, re.IGNORECASE)
        if not named:
            return None
        rest = Said(interpretation=NOTHING, at=heard.at, text=heard.text[named.end() :])
        kept = self.find(rest, strictly=True)
        return None if isinstance(kept, Unclear) else kept

    def tapped(self, code: str) -> Any:
        """Left out."""
        return ""

    def restore(self, kept: Any) -> str | None:
        """As it was kept."""
        return kept if isinstance(kept, str) else None


def _nothing(text: str, skip: str) -> bool:
    return text.strip() == "-" or read_choice(text, [(skip, *_NOTHING)]) == 0 or read_yes_no(text) is False


_WHAT = {
    NumberKind.NIK: "NIK",
    NumberKind.KK: "KK",
    NumberKind.CARD: "JKN",
}


@dataclass(frozen=True)
class IdNumber(Entry):
    """A NIK, family-card or JKN-card number; of two kinds, either.

    Args:
        kinds: what is wanted.
        first: whether it is the first of its kind in the form: then one that was written before counts.
        offered: a number of 16 digits that was written before without saying what it is: "ya" means that one.
        taken: numbers that were given for something else already.
    """

    kinds: tuple[NumberKind, ...] = (NumberKind.NIK,)
    first: bool = True
    offered: str = ""
    taken: tuple[str, ...] = ()
    yes: str = ""
    """Title of the button that takes the number offered."""
    hint: ClassVar[str] = "identity.no_number"

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The number that was written before; the way past it."""
        offered = [Choice("offered", self.yes)] if self.offered else []
        return [*offered, *super().options(narrowed)]

    def tapped(self, code: str) -> Any:
        """The number that was written before, or left out."""
        return self.offered if code == "offered" else super().tapped(code)

    def find(self, said: Said, *, strictly: bool) -> Any | Unclear | None:
        """The digits; `Unclear` says what is wrong with a number that cannot be it."""
        if self.offered and read_yes_no(said.text) is True:
            return self.offered
        numbers = [number for number in personal_numbers(said.text) if number.kind is not NumberKind.CASE]
        fitting = [number for number in numbers if self._fits(number, said.text)]
        if fitting:
            return self._checked(fitting[0])
        digits = "".join(filter(str.isdigit, said.text))
        if numbers or (len(digits) >= 6 and len(said.text.split()) <= _FEW + 2):
            return self._wrong(numbers[0] if numbers else None, digits)
        return None

    def hear(self, heard: Heard) -> Any | None:
        """A number that says what it is: 13 digits are a card; 16 are one of three, so a word has to be with them."""
        return self._named_in(heard.text, besides=self.taken) if self.first else None

    def correct(self, heard: Heard) -> Any | None:
        """A number after the mark of correction, as in `hear`; of two of a kind in a form the later one."""
        return self._named_in(heard.text)

    def _named_in(self, text: str, besides: Sequence[str] = ()) -> str | None:
        """The first number that says what it is, if nothing is wrong with it."""
        for number in personal_numbers(text):
            if self._says_so(number, text) and number.value not in besides:
                kept = self._checked(number)
                return None if isinstance(kept, Unclear) else kept
        return None

    def _fits(self, number: PersonalNumber, text: str) -> bool:
        if number.kind is NumberKind.NIK and NumberKind.KK in self.kinds:  # 16 digits that say nothing
            return NumberKind.NIK in self.kinds or not _named_nik(number, text)
        return number.kind in self.kinds

    def _says_so(self, number: PersonalNumber, text: str) -> bool:
        if number.kind is NumberKind.NIK:
            return NumberKind.NIK in self.kinds and _named_nik(number, text)
        return number.kind in self.kinds

    def _checked(self, number: PersonalNumber) -> str | Unclear:
        as_nik = number.kind is NumberKind.NIK and NumberKind.NIK in self.kinds
        if as_nik and not check_nik(number.value).valid:
            return Unclear(says="identity.bad_nik")
        if number.value in self.taken:
            return Unclear(says="identity.same_number")
        return number.value

    def _wrong(self, number: PersonalNumber | None, digits: str) -> Unclear:
        """Why it is none of those that are wanted."""
        wanted = " / ".join(_WHAT[kind] for kind in self.kinds)
        if number and number.kind is NumberKind.VA:
            return Unclear(says="identity.is_va", values={"wanted": wanted})
        if number and number.kind in _WHAT and number.kind not in self.kinds:
            return Unclear(says="identity.is_other", values={"is_": _WHAT[number.kind], "wanted": wanted})
        if number and number.kind is NumberKind.PHONE:
            return Unclear(says="identity.is_phone", values={"wanted": wanted})
        lengths = " / ".join("13" if kind is NumberKind.CARD else "16" for kind in dict.fromkeys(self.kinds))
        return Unclear(
            says="identity.wrong_length", values={"wanted": wanted, "count": len(digits), "length": lengths}
        )


def _named_nik(number: PersonalNumber, text: str) -> bool:
    return _NIK_WORDS.search(text[max(0, number.start - 30) : number.start]) is not None


def unnamed(heard: Sequence[Heard]) -> str:
    """A number of 16 digits that was written without saying what it is; "" where there is none, or several."""
    found = {
        number.value
        for item in heard
        for number in personal_numbers(item.text)
        if number.kind is NumberKind.NIK
        and not _named_nik(number, item.text)
        and check_nik(number.value).valid
    }
    return found.pop() if len(found) == 1 else ""


@dataclass(frozen=True)
class PersonName(Entry):
    """A person's name as it stands in the papers."""

    hint: ClassVar[str] = "identity.no_name"
    open_ended: ClassVar[bool] = True

    def find(self, said: Said, *, strictly: bool) -> Any | Unclear | None:
        """Letters only; no sentence."""
        name = " ".join(_NAME_LEAD.sub("", said.text.strip(), count=1).split())
        fits = _NAME.fullmatch(name) and 2 <= len(name) <= 80 and read_yes_no(name) is None
        return name if fits else None


@dataclass(frozen=True)
class WhichDay(Entry):
    """A day that has been: a birth, a death. Kept in ISO form."""

    now: datetime | None = None
    """Aware, in the participant's zone."""
    born: bool = True
    """Whether it is a birth date: then one that stands behind "lahir" earlier counts."""
    hint: ClassVar[str] = "identity.no_date"

    def find(self, said: Said, *, strictly: bool) -> Any | Unclear | None:
        """The day in whatever form; nothing that is to come."""
        if any(number.kind is not NumberKind.UNKNOWN for number in personal_numbers(said.text)):
            return None
        found = self._day(said.text)
        if found is None and not strictly and self.now:
            when = read_when(said.text, self.now)
            if when and when.day and when.day > self.now.date():
                return Unclear(says="identity.future_date")
        return found

    def hear(self, heard: Heard) -> Any | None:
        """The day behind "lahir"."""
        match = _BORN.search(heard.text) if self.born else None
        return self._day(match["when"]) if match else None

    def correct(self, heard: Heard) -> Any | None:
        """A whole date after the mark of correction, but no number that merely looks like one."""
        if personal_numbers(heard.text) or not re.search(
            r"\blahir|\btanggal|\btgl|[/-]|[a-z]{3} \d{2,4}\b", heard.text
        ):
            return None
        return self._day(heard.text)

    def _day(self, text: str) -> str | None:
        found = read_birth_date(text, self.now) if self.now else None
        return found.isoformat() if found else None

    def restore(self, kept: Any) -> str | None:
        """The day in ISO form, or ""."""
        try:
            return kept if kept == "" or date.fromisoformat(kept) else None
        except (TypeError, ValueError):
            return None


@dataclass(frozen=True)
class PhoneNumber(Entry):
    """A phone number; kept as 08... or 0...."""

    hint: ClassVar[str] = "identity.no_phone"

    def find(self, said: Said, *, strictly: bool) -> Any | Unclear | None:
        """The first phone number; 62 in front becomes 0."""
        return _phone(said.text)

    def correct(self, heard: Heard) -> Any | None:
        """A phone number after the mark of correction."""
        return _phone(heard.text)


def _phone(text: str) -> str | None:
    for number in personal_numbers(text):
        if number.kind is NumberKind.PHONE:
            digits = number.value.removeprefix("00")
            return f"0{digits[2:]}" if digits.startswith("62") else digits
    return None


@dataclass(frozen=True)
class Email(Entry):
    """An e-mail address."""

    hint: ClassVar[str] = "identity.no_email"

    def find(self, said: Said, *, strictly: bool) -> Any | Unclear | None:
        """The first address."""
        return _email(said.text)

    def hear(self, heard: Heard) -> Any | None:
        """An address that was written before."""
        return _email(heard.text)

    def correct(self, heard: Heard) -> Any | None:
        """An address after the mark of correction."""
        return _email(heard.text)


def _email(text: str) -> str | None:
    found = _EMAIL.search(text)
    return found[0].lower() if found else None


@dataclass(frozen=True)
class Amount(Entry):
    """An amount of money in rupiah: ``Rp3.500.000``, ``3,5 juta``. Kept as its digits."""

    hint: ClassVar[str] = "identity.no_amount"

    def find(self, said: Said, *, strictly: bool) -> Any | Unclear | None:
        """The first amount."""
        found = _MONEY.search(said.text)
        if found is None:
            return None
        times = _TIMES.get((found[2] or "").lower(), 1)
        written = found[1].replace(",", ".") if times > 1 else re.sub(r"[.,](?=\d{3})", "", found[1])
        try:
            return str(round(float(written.split(",")[0]) * times))
        except ValueError:
            return None


@dataclass(frozen=True)
class Words(Entry):
    """A few words: an address, what is to be changed."""

    least: int = 1
    most: int = 500
    hint: ClassVar[str] = "identity.no_words"
    open_ended: ClassVar[bool] = True

    def find(self, said: Said, *, strictly: bool) -> Any | Unclear | None:
        """The words, cut at `most` characters."""
        text = said.text.strip()
        return text[: self.most] if len(text.split()) >= self.least and len(text) > 1 else None
