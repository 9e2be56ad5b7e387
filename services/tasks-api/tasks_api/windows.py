"""Stretches of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

_JUST_OVER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """From one moment (inclusive) to another (exclusive)."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def told_at(cls, now: datetime, length: timedelta) -> Self:
        """What an event tells about: the coming days, and the one just over."""
        return cls(now - _JUST_OVER, now + length)

    @classmethod
    def of_month(cls, month: int) -> Self:
        """A month in UTC, counted from year 0."""
        return cls(_first_of(month), _first_of(month + 1))

    def months(self) -> range:
        """The months it touches, in UTC, counted from year 0."""
        last = self.ends_at - timedelta(microseconds=1)
        return range(_month_of(self.starts_at), _month_of(last) + 1)


def _month_of(moment: datetime) -> int:
    return moment.year * 12 + moment.month - 1


def _first_of(month: int) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
