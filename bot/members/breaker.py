"""Leaving a server alone that does not answer, so that nobody waits for it in vain and it can come back."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Breaker:
    """Open after so many failures in a row; after a rest one question is let through to see.

    Args:
        failures: in a row, after which nothing is asked any more.
        rest: seconds until one question is tried.
        clock: seconds that never run back.
        changed: is told whether it is open whenever that changes.
    """

    failures: int = 5
    rest: float = 30.0
    clock: Callable[[], float] = time.monotonic
    changed: Callable[[bool], None] = lambda _: None
    _failed: int = field(default=0, init=False)
    _until: float = field(default=0.0, init=False)

    @property
    def open(self) -> bool:
        """Whether the server counts as away."""
        return self._failed >= self.failures

    def lets_through(self) -> bool:
        """Whether one may ask now. While it is open that one is the probe: the others rest anew."""
        if not self.open:
            return True
        if self.clock() < self._until:
            return False
        self._until = self.clock() + self.rest
        return True

    def succeeded(self) -> None:
        """An answer came."""
        was_open, self._failed = self.open, 0
        if was_open:
            self.changed(False)

    def failed(self) -> None:
        """None came."""
        self._failed += 1
        if self.open:
            self._until = self.clock() + self.rest
            if self._failed == self.failures:
                self.changed(True)
