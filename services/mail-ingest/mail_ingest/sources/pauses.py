"""How long to wait before trying again, with jitter so that mailboxes do not march in step. Pure, but for the dice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

UNFETCHED_PAUSES = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
_HOUR = timedelta(hours=1)
_FIRST_LOGIN_PAUSE = timedelta(minutes=1)


class Backoff:
    """Doubling from `first` to `longest` seconds."""

    def __init__(self, *, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def pause(self) -> float:
        whole = min(self._longest, self._first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return whole * random.uniform(0.5, 1)  # noqa: S311 - not for secrets

    def reset(self) -> None:
        self._failures = 0


def next_login_at(refused: Sequence[datetime], *, per_hour: int) -> datetime | None:
    """When the next login may be tried after these refusals, oldest first; None when at once (reliability A8).

    One, two, four, eight minutes after the last one, and never more than `per_hour` in an hour.
    """
    if not refused:
        return None
    lately = [moment for moment in refused if moment > refused[-1] - _HOUR]
    if len(lately) >= per_hour:
        return lately[-per_hour] + _HOUR
    return lately[-1] + _FIRST_LOGIN_PAUSE * (1 << len(lately) - 1)


def next_fetch_at(attempts: int, *, now: datetime) -> datetime:
    """When a mail that could not be fetched `attempts` times is tried again."""
    return now + UNFETCHED_PAUSES[min(attempts, len(UNFETCHED_PAUSES)) - 1]
