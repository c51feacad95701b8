"""Entities of a text: names and times by the tagger, numbers by rule; the model never touches a number."""

from collections.abc import Iterable

from bot.messages import Entity
from bot.nlu.embedded.tagger import Looker, Tagger
from bot.reading.numbers import NumberKind, PersonalNumber, personal_numbers

NUMBERS = frozenset({NumberKind.NIK, NumberKind.CARD, NumberKind.PHONE, NumberKind.CASE})


def spot(text: str, looker: Looker, tagger: Tagger) -> tuple[Entity, ...]:
    """Every entity of `text` in the order of its places, none overlapping another.

    The value is what was written, but for identity numbers (digits alone) and case numbers (as we print them).
    """
    numbers = personal_numbers(text)
    if not numbers and (entity := looker.only_name(text)):  # nothing around it marks a name that stands alone
        name = text.strip()
        start = text.index(name)
        return (Entity(entity=entity, value=name, start=start, end=start + len(name)),)
    found = [_number(number, text) for number in numbers if number.kind in NUMBERS]
    for entity, start, end, _ in tagger.spans(looker.look(text)):
        if not _overlaps(start, end, numbers):
            found.append(Entity(entity=entity, value=text[start:end], start=start, end=end))
    return tuple(sorted(found, key=lambda entity: entity.start))


def _number(number: PersonalNumber, text: str) -> Entity:
    written = number.kind is NumberKind.PHONE
    value = text[number.start : number.end] if written else number.value
    return Entity(entity=str(number.kind), value=value, start=number.start, end=number.end)


def _overlaps(start: int, end: int, numbers: Iterable[PersonalNumber]) -> bool:
    return any(number.start < end and start < number.end for number in numbers)
