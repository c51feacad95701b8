"""Dates, times and spans as people write them, in Indonesian, its chat and regional styles, and English.

A bare weekday is the coming one, today included; ``kemarin``/``lalu`` or ``sejak`` makes it the last one. A bare
``minggu`` is Sunday, ``minggu depan`` a week. Bare ``jam 1`` to ``jam 5`` are taken as afternoon, as offices speak.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from bot.reading import date_words as w
from bot.reading.calendar_dates import read_date, written_date
from bot.reading.date_pieces import Reader
from bot.reading.date_sight import Direction, Kind, Piece
from bot.reading.day_pieces import span_of
from bot.reading.english_clock import plain_clock
from bot.reading.words import Token, tokens

__all__ = ["When", "find_when", "read_date", "read_when"]


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A time that was said, in the zone of the `now` it was read with.

    `day` is the one day meant, None for a longer span or a mere limit. `start` is its beginning (since when), `end`
    its end, exclusive; a bare ``sampai jumat`` has no start, ``sejak jumat`` no end. `has_time` says whether a clock
    time was given; a part of the day (``tadi pagi``) only narrows start and end.
    """

    text: str
    start: datetime | None = None
    end: datetime | None = None
    day: date | None = None
    has_time: bool = False


def read_when(text: str, now: datetime) -> When | None:
    """The time that `text` speaks of, or None. A day and a clock time that stand apart are read together.

    Args:
        text: what was written, any length.
        now: aware, in the participant's zone.
    """
    text = plain_clock(text)
    found = tokens(text)
    day: date | None = None
    best: When | None = None
    for said in _said(found, now.date()):
        when = _when(said, text, now, day)
        if when is None:
            continue
        if best is None or (when.has_time and not best.has_time and not said.has_day):
            best = when
        day = day or when.day
    return best


def find_when(text: str) -> list[tuple[int, int]]:
    """Where `text` speaks of a date, a day, a time or a span: (start, end) of each, in order."""
    found = tokens(text)
    day = date(2024, 1, 17)  # which day it is does not matter to the places
    return [said.place for said in _said(found, day)]


@dataclass(frozen=True, slots=True)
class _Said:
    """Pieces that belong together, with the limit word in front and, for ``dari ... sampai ...``, the second part."""

    direction: Direction
    pieces: tuple[Piece, ...]
    place: tuple[int, int]
    size: int
    so_far: bool = False
    until: "_Said | None" = None

    @property
    def has_day(self) -> bool:
        """Whether a day was named, not only a time of day."""
        return any(piece.kind in {Kind.DAY, Kind.SPAN} or piece.day for piece in self.pieces)


def _said(found: Sequence[Token], today: date) -> list[_Said]:
    """Everything in the text that speaks of a time, left to right, the longest at each place."""
    result: list[_Said] = []
    at = 0
    while at < len(found):
        said = _said_at(found, at, today)
        if said:
            result.append(said)
            at += said.size
        else:
            at += 2 if found[at].word in w.EVERY and _plain_unit(found, at + 1) else 1
    return result


def _plain_unit(found: Sequence[Token], at: int) -> bool:
    return at < len(found) and found[at].word in w.UNITS


def _said_at(found: Sequence[Token], at: int, today: date) -> _Said | None:
    if found[at].word not in w.BEGINNINGS and not found[at].word[0].isdecimal():
        return None
    direction, lead = _direction(found, at)
    first = _run(found, at + lead, today, direction)
    if not first:
        return None
    size = lead + sum(piece.size for piece in first)
    until = _second_half(found, at + size, today)
    if until:
        size += until.size
    so_far = at > 0 and found[at - 1].word in w.SO_FAR
    place = found[at].start, found[at + size - 1].end
    if _date_word_first(found, at + lead) and not lead:
        place = found[at + 1].start, place[1]
    return _Said(direction, tuple(first), place, size, so_far, until)


def _date_word_first(found: Sequence[Token], at: int) -> bool:
    """Whether ``tanggal`` opens a date that can be told without it (``tanggal 18 agustus``, not ``tanggal 18``)."""
    if found[at].word not in w.DATE_WORDS or at + 1 >= len(found):
        return False
    return written_date(found, at + 1) is not None


def _direction(found: Sequence[Token], at: int) -> tuple[Direction, int]:
    """The limit word at `at` and how many tokens it takes."""
    word = found[at].word
    following = found[at + 1] if at + 1 < len(found) else None
    if following is None or not following.glued:
        return _dotted_until(found, at)
    if word in w.SINCE:
        return Direction.SINCE, 1
    if word in w.UNTIL:
        both = following.word in {"dengan", "dgn"}
        return Direction.UNTIL, 2 if both else 1
    if word in w.UNTIL_SHORT:
        return Direction.UNTIL, 1
    return Direction.NEITHER, 0


def _dotted_until(found: Sequence[Token], at: int) -> tuple[Direction, int]:
    """``s/d`` and ``s.d.``, which are two tokens."""
    if found[at].word == "s" and at + 2 < len(found) and found[at + 1].word == "d":
        return Direction.UNTIL, 2
    return Direction.NEITHER, 0


def _run(found: Sequence[Token], at: int, today: date, direction: Direction) -> list[Piece]:
    """The pieces that follow one another from `at`, each kind once."""
    reader = Reader(found, today, direction)
    pieces: list[Piece] = []
    while at < len(found) and (not pieces or _joined(found, at, pieces[-1])):
        after_day = pieces and pieces[-1].kind in {Kind.DAY, Kind.SPAN}
        again = Reader(found, today, Direction.SINCE) if after_day else reader
        piece = again.piece(at) if after_day and found[at].word in w.PARTS else reader.piece(at)
        if piece is None or not _fits(piece, pieces):
            break
        pieces.append(piece)
        at += piece.size
    return pieces


def _joined(found: Sequence[Token], at: int, before: Piece) -> bool:
    """Whether the token goes on with what was said: only a weekday lets a comma follow (``Senin, 3 Oktober``)."""
    token = found[at]
    return token.glued or (token.comma and before.kind is Kind.DAY and token.word[0].isdecimal())


def _fits(piece: Piece, before: Sequence[Piece]) -> bool:
    if not before:
        return True
    if piece.kind is Kind.LENGTH or before[-1].kind is Kind.LENGTH:
        return False
    if piece.kind is Kind.DAY and before[-1].kind is Kind.DAY:
        return len(before) == 1
    days = {Kind.DAY, Kind.SPAN}
    kinds = {other.kind for other in before}
    return not (piece.kind in kinds or (piece.kind in days and kinds & days))


def _second_half(found: Sequence[Token], at: int, today: date) -> _Said | None:
    """What ends a span that began before: ``... sampai jam 5``."""
    if at >= len(found) or not found[at].glued:
        return None
    direction, lead = _direction(found, at)
    if direction is not Direction.UNTIL:
        return None
    pieces = _run(found, at + lead, today, direction)
    if not pieces:
        return None
    size = lead + sum(piece.size for piece in pieces)
    return _Said(direction, tuple(pieces), (found[at].start, found[at + size - 1].end), size)


def _when(said: _Said, text: str, now: datetime, known_day: date | None) -> When | None:
    """What was said, as moments in the zone of `now`."""
    words = text[slice(*said.place)]
    try:
        first = _bounds(said, now, known_day)
        if first is None:
            return None
        start, end, day, has_time = first
        if said.until:
            second = _bounds(said.until, now, day or known_day)
            return When(text=words, start=start, end=second[1] if second else end, has_time=has_time)
    except OverflowError:  # "9999 tahun lagi"
        return None
    if said.direction is Direction.SINCE:
        return When(text=words, start=start, day=day, has_time=has_time)
    if said.direction is Direction.UNTIL:
        return When(text=words, end=end, has_time=has_time)
    return When(text=words, start=start, end=end, day=day, has_time=has_time)


_Bounds = tuple[datetime, datetime, date | None, bool]


def _bounds(said: _Said, now: datetime, known_day: date | None) -> _Bounds | None:
    """Start, end, the one day meant, and whether there is a clock time."""
    by_kind = {piece.kind: piece for piece in said.pieces}
    if Kind.LENGTH in by_kind:
        return _length_bounds(by_kind[Kind.LENGTH], said, now)
    if Kind.SPAN in by_kind:
        span = by_kind[Kind.SPAN]
        assert span.day
        assert span.after
        return _midnight(span.day, now), _midnight(span.after, now), None, False
    named = next((piece.day for piece in reversed(said.pieces) if piece.day), None)
    day = named or known_day or now.date()
    if Kind.CLOCK in by_kind:
        return _clock_bounds(by_kind[Kind.CLOCK], said.direction, now, day, exact=bool(named or known_day))
    if Kind.PART in by_kind:
        return _part_bounds(by_kind[Kind.PART], said.direction, now, day)
    return _midnight(day, now), _midnight(day + timedelta(1), now), day, False


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo)


def _length_bounds(piece: Piece, said: _Said, now: datetime) -> _Bounds | None:
    """A length of time says when only if it counts from now: ``2 jam lalu``, ``sudah 3 hari``, ``2 hari lagi``."""
    sign = piece.ago or (-1 if said.so_far or said.direction is Direction.SINCE else 0)
    if sign == 0:
        return None
    moment = _shifted(now, sign * piece.amount, piece.unit)
    if piece.unit in {"menit", "jam"}:
        return moment, moment + timedelta(minutes=1), moment.date(), True
    day = moment.date()
    return _midnight(day, now), _midnight(day + timedelta(1), now), day, False


def _shifted(now: datetime, amount: int, unit: str) -> datetime:
    steps = {
        "menit": timedelta(minutes=1),
        "jam": timedelta(hours=1),
        "hari": timedelta(1),
        "minggu": timedelta(7),
    }
    if unit in steps:
        return now + steps[unit] * amount
    months = amount * (12 if unit == "tahun" else 1)
    if abs(months) > 12_000:
        raise OverflowError
    try:
        first, after = span_of("bulan", now.date(), months)
    except ValueError:
        raise OverflowError from None
    last = (after - timedelta(1)).day
    return now.replace(year=first.year, month=first.month, day=min(now.day, last))


def _clock_bounds(piece: Piece, direction: Direction, now: datetime, day: date, *, exact: bool) -> _Bounds:
    assert piece.clock
    hour, minute = piece.clock
    start = _moment(day, _hour(hour, piece.part), minute, piece, now)
    if piece.part == "malam" and hour in {0, 12}:
        start += timedelta(1)  # "jam 12 malam" ends the day
    if piece.part is None and hour < 12 and not exact and direction is Direction.SINCE:
        start = _latest_before(now, start)
    elif piece.part is None and 1 <= hour <= 5 and minute % 60 == minute and direction is not Direction.SINCE:
        start += timedelta(hours=12)
    elif direction is Direction.SINCE and start > now and not exact:
        start -= timedelta(1)
    end = start if direction is Direction.UNTIL else start + timedelta(minutes=1)
    if piece.clock_end:
        end = _moment(day, *piece.clock_end, piece, now)
    return start, end, start.date(), True


def _hour(hour: int, part: str | None) -> int:
    """The hour of 24 that a part of the day makes of a clock hour: ``jam 2 siang`` is 14."""
    if part == "malam":
        return hour + 12 if 6 <= hour < 12 else hour % 12 if hour == 12 else hour
    if part in {"siang", "sore"} and hour < 12 and not (part == "siang" and hour >= 10):
        return hour + 12
    return 0 if part == "dini" and hour == 12 else hour


def _moment(day: date, hour: int, minute: int, piece: Piece, now: datetime) -> datetime:
    """The moment in the zone of `now`; a zone that was named is carried over."""
    if piece.zone is None:
        return datetime.combine(day, time(hour, minute), now.tzinfo)
    named = timezone(timedelta(hours=piece.zone))
    return datetime.combine(day, time(hour, minute), named).astimezone(now.tzinfo)


def _latest_before(now: datetime, start: datetime) -> datetime:
    """Since a bare ``jam 8``: the last time that a clock showed it, morning or evening."""
    candidates = [start + timedelta(hours=shift) for shift in (12, 0, -12, -24)]
    return next((moment for moment in candidates if moment <= now), start)


def _part_bounds(piece: Piece, direction: Direction, now: datetime, day: date) -> _Bounds:
    assert piece.part
    first, last = w.PART_HOURS[piece.part]
    start = _midnight(day, now) + timedelta(hours=first)
    if direction is Direction.SINCE and start > now:
        start, day = start - timedelta(1), day - timedelta(1)
    return start, start + timedelta(hours=last - first), day, False
