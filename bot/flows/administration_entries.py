"""What a service asks for in words: each entry by its type, checked as it is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.config.administration import Entry, FieldType, ServiceForm
from bot.dialogue.identity import Amount, Email, IdNumber, PersonName, PhoneNumber, WhichDay, Words, unnamed
from bot.dialogue.naming import Named, WhichFacility
from bot.dialogue.questions import Choice, Choose, ChooseNow, Question
from bot.dialogue.talk import Talk
from bot.reading.numbers import NumberKind, check_nik, mask, mask_number

KINDS = {
    FieldType.NIK: (NumberKind.NIK,),
    FieldType.KK: (NumberKind.KK,),
    FieldType.CARD: (NumberKind.CARD,),
    FieldType.NIK_OR_CARD: (NumberKind.NIK, NumberKind.CARD),
}
"""The numbers that an entry takes."""
LONGEST_SHOWN = 120


@dataclass
class Entries:
    """What was given: as it is kept with the case, and as it is shown in the summary, a line each."""

    kept: dict[str, Any] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)

    def numbers(self, service: ServiceForm) -> tuple[str, ...]:
        """The identity numbers among them."""
        return tuple(
            self.kept[item.key] for item in service.fields if item.type in KINDS and item.key in self.kept
        )


async def ask_entries(talk: Talk, service: ServiceForm) -> Entries:
    """Ask for every entry of a service, in the order of the file."""
    entries = Entries()
    for entry in service.fields:
        value = await _ask(talk, service, entry, entries)
        if not value:
            continue
        if entry.type in KINDS:
            await _check_number(talk, value)
        if entry.type in (FieldType.BIRTH_DATE, FieldType.DATE):
            await talk.say(
                "admin.day_is", label=entry.label.text(talk.language), day=date.fromisoformat(value)
            )
        entries.kept[entry.key] = value
        if entry.matches and entry.matches in entries.kept:
            await _check_birthday(talk, entry, entries)
        entries.shown.append(f"*{entry.label.text(talk.language)}:* {_shown(talk, entry, value)}")
    return entries


async def _ask(talk: Talk, service: ServiceForm, entry: Entry, entries: Entries) -> str:
    offered = _offered(talk, service, entry, entries)
    answer = await talk.ask_as(
        entry.key,
        entry.label.text(talk.language),
        "admin.ask",
        _question(talk, service, entry, entries),
        question=entry.question.text(talk.language),
        hint=entry.hint.text(talk.language) if entry.hint else "",
        offered=mask_number(NumberKind.NIK, offered) if offered else "",
    )
    return answer.name if isinstance(answer, Named) else str(answer)


def _question(talk: Talk, service: ServiceForm, entry: Entry, entries: Entries) -> Question[Any]:
    """How an entry of that type is read."""
    skip = talk.word("button.skip") if entry.optional else ""
    if entry.type in KINDS:
        return IdNumber(
            skip,
            kinds=KINDS[entry.type],
            first=_first(service, entry),
            offered=_offered(talk, service, entry, entries),
            taken=entries.numbers(service),
            yes=talk.word("button.that_one"),
        )
    return _BY_TYPE[entry.type](talk, entry, skip)


def _first(service: ServiceForm, entry: Entry) -> bool:
    """Whether nothing before it in the form takes the same kind of number."""
    kinds = set(KINDS[entry.type])
    before = service.fields[: service.fields.index(entry)]
    return not any(kinds & set(KINDS.get(item.type, ())) for item in before)


def _offered(talk: Talk, service: ServiceForm, entry: Entry, entries: Entries) -> str:
    """A number of 16 digits in the opening that did not say what it is, where this entry may be what it is."""
    takes = {NumberKind.NIK, NumberKind.KK} & set(KINDS.get(entry.type, ()))
    number = unnamed(talk.heard[:1]) if takes and _first(service, entry) else ""
    return "" if number in entries.kept.values() else number


def _called(talk: Talk, entry: Entry) -> str:
    return entry.label.text(talk.language)


_BY_TYPE: dict[FieldType, Callable[[Talk, Entry, str], Question[Any]]] = {
    FieldType.NAME: lambda talk, entry, skip: PersonName(skip, _called(talk, entry)),
    FieldType.BIRTH_DATE: lambda talk, _entry, skip: WhichDay(skip, now=talk.local_now()),
    FieldType.DATE: lambda talk, _entry, skip: WhichDay(skip, now=talk.local_now(), born=False),
    FieldType.PHONE: lambda talk, entry, skip: PhoneNumber(skip, _called(talk, entry)),
    FieldType.EMAIL: lambda talk, entry, skip: Email(skip, _called(talk, entry)),
    FieldType.AMOUNT: lambda talk, entry, skip: Amount(skip, _called(talk, entry)),
    FieldType.ADDRESS: lambda talk, entry, skip: Words(skip, _called(talk, entry), least=2),
    FieldType.TEXT: lambda talk, entry, skip: Words(skip, _called(talk, entry)),
    FieldType.FACILITY: lambda talk, _entry, _skip: WhichFacility(talk.config, talk.word("button.unknown")),
    FieldType.CHOICE: lambda talk, entry, _skip: Choose(
        [Choice(item.code, item.title.text(talk.language)) for item in entry.choices], by_words=False
    ),
}


async def _check_number(talk: Talk, value: str) -> None:
    """A NIK from a province that we do not know is odd, no more."""
    if len(value) == 16 and check_nik(value).valid and not check_nik(value).province_known:
        await talk.say("admin.odd_province", number=mask(value))


async def _check_birthday(talk: Talk, entry: Entry, entries: Entries) -> None:
    """A birth date other than the one in the NIK is asked about; a NIK is never changed, so both may be right."""
    nik, born = entries.kept[str(entry.matches)], date.fromisoformat(entries.kept[entry.key])
    check = check_nik(nik) if len(nik) == 16 else None
    if check is None or not check.valid or check.agrees_with(born):
        return
    choices = [
        Choice("right", talk.word("button.both_right")),
        Choice("nik", talk.word("button.nik_wrong")),
        Choice("day", talk.word("button.day_wrong")),
    ]
    name = f"{entry.matches}+{entry.key}+differ"
    wrong = await talk.ask_as(
        name, "", "admin.differ", ChooseNow(choices, by_words=False), day=born, number=mask(nik)
    )
    if wrong != "right":
        await talk.take_back(str(entry.matches) if wrong == "nik" else entry.key)
    entries.kept["warnings"] = ["nik_birth_date"]


def _shown(talk: Talk, entry: Entry, value: str) -> str:
    """An entry as the summary shows it, numbers masked."""
    match entry.type:
        case FieldType.NIK | FieldType.KK | FieldType.CARD | FieldType.NIK_OR_CARD:
            return mask_number(NumberKind.NIK, value)
        case FieldType.PHONE:
            return mask_number(NumberKind.PHONE, value)
        case FieldType.BIRTH_DATE | FieldType.DATE:
            return talk.word("admin.day", day=date.fromisoformat(value))
        case FieldType.AMOUNT:
            return talk.word("admin.money", amount=int(value))
        case FieldType.CHOICE:
            return next(item.title.text(talk.language) for item in entry.choices if item.code == value)
    return value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…"
