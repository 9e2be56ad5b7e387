"""A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta

from kit.clock import in_utc

_NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class FixedClock:
    def __init__(self, now: datetime = _NOON) -> None:
        self._now = in_utc(now)

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = in_utc(now)

    def advance(self, by: timedelta) -> datetime:
        self._now += by
        return self._now
