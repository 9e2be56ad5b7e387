"""How many messages may leave now, when only so many may leave in a minute. Counted on the monotonic clock."""

import time
from collections.abc import Callable

UNLIMITED = 1_000_000


class Pace:
    """A bucket of one minute's worth that fills steadily; it begins with one."""

    def __init__(self, per_minute: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_minute / 60
        self._burst = max(1.0, self._per_second)
        self._monotonic = monotonic
        self._tokens = self._burst
        self._at = monotonic()

    def allowed(self) -> int:
        """Whole messages that may leave now."""
        if not self._per_second:
            return UNLIMITED
        now = self._monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        return int(self._tokens)

    def take(self, count: int) -> None:
        if self._per_second:
            self._tokens -= count
