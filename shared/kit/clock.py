"""Time enters the system here: use cases are given `now`, they never ask for it."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware and in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; a naive datetime is refused on sight (ValueError)."""
    if moment.tzinfo is None:
        raise ValueError(f"A moment needs a zone, {moment.isoformat()} has none.")
    return moment.astimezone(UTC)
