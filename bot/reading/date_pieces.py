"""The pieces that a time is said with: a day, a span of days, a clock time, a part of the day, a length of time."""

from collections.abc import Callable

from bot.reading.clock_pieces import Clocks
from bot.reading.date_sight import Piece
from bot.reading.day_pieces import Days


class Reader(Days, Clocks):
    """Reads whatever piece of a time starts at a token."""

    __slots__ = ()

    def piece(self, at: int) -> Piece | None:
        """The piece that starts at token `at`, or None."""
        if at >= len(self.found):
            return None
        readers: tuple[Callable[[int], Piece | None], ...] = (
            self._relative_day,
            self._days,
            self._part,
            self._clock,
            self._length,
            self._weekday,
            self._unit_span,
            self._written,
            self._month,
            self._edge,
        )
        return next((piece for reader in readers if (piece := reader(at))), None)
