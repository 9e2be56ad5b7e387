"""How many messages may leave now, when only so many may leave in a minute. Counted on the monotonic clock."""

import time
from collections.abc import Callable

UNLIMITED = 1_000_000
_FORGOTTEN_AFTER = 600.0


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
        self._fill()
        return int(self._tokens)

    def take(self, count: int) -> None:
        if self._per_second:
            self._tokens -= count

    def until_allowed(self) -> float:
        """Seconds until one more may leave; 0 when it may now."""
        if not self._per_second:
            return 0.0
        self._fill()
        return max(0.0, (1.0 - self._tokens) / self._per_second)

    def _fill(self) -> None:
        now = self._monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now


class Paces:
    """A pace of its own for each domain or number: what one of them may not take yet holds up nobody else.

    Every turn is promised: whoever has to wait is told for how long, and the next one waits longer.
    """

    def __init__(self, per_minute: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._monotonic = monotonic
        self._paces: dict[str, tuple[Pace, float]] = {}

    def turn(self, key: str) -> float:
        """Take a turn; how many seconds from now it is."""
        if not self._per_minute or not key:
            return 0.0
        now = self._monotonic()
        if key not in self._paces and len(self._paces) > 1000:
            self._paces = {each: kept for each, kept in self._paces.items() if now - kept[1] < _FORGOTTEN_AFTER}
        pace = self._paces[key][0] if key in self._paces else Pace(self._per_minute, monotonic=self._monotonic)
        self._paces[key] = (pace, now)
        wait = pace.until_allowed()
        if not wait:
            pace.take(1)
        return wait
