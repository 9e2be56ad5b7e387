"""When people are left alone: a daily stretch of the clock, and public holidays if wanted (features R77, ecosystem 2.6)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import holidays

_LONGEST = 10
"""Days looked at in one direction; no calendar has that many holidays in a row."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Nobody of `audiences` hears from `channels` between `start` and `end` on the clock of `zone`.

    `start` after `end` spans midnight. `when_too_late` says what becomes of a reminder that would have to wait until
    the task has begun: it goes out `early`, before the quiet hours begin, or is `miss`ed.
    """

    start: time
    end: time
    zone: ZoneInfo
    holidays: bool = False
    country: str = "PL"
    channels: frozenset[str] = frozenset({"sms"})
    audiences: frozenset[str] = frozenset({"client"})
    when_too_late: Literal["early", "miss"] = "early"

    def concern(self, audience: str, channel: str) -> bool:
        return audience in self.audiences and channel in self.channels

    def until(self, moment: datetime) -> datetime | None:
        """When it stops being quiet, or None when it is not quiet at `moment`."""
        local = moment.astimezone(self.zone)
        stretches = [stretch for day in _days(local.date(), _DAY) for stretch in self._stretches(day)]
        end: datetime | None = None
        for begins, ends in sorted(stretches):
            if begins <= (end or moment) < ends:
                end = ends
        return end

    def since(self, moment: datetime) -> datetime | None:
        """When it began to be quiet, or None when it is not quiet at `moment`."""
        local = moment.astimezone(self.zone)
        stretches = [stretch for day in _days(local.date() + _DAY, -_DAY) for stretch in self._stretches(day)]
        start: datetime | None = None
        for begins, ends in sorted(stretches, key=lambda stretch: stretch[1], reverse=True):
            if begins <= moment < ends if start is None else begins < start <= ends:
                start = begins
        return start

    def _stretches(self, day: date) -> list[tuple[datetime, datetime]]:
        """The quiet stretches that begin on `day`."""
        found = []
        if self.holidays and _is_holiday(self.country, day):
            found.append((self._moment(day, time()), self._moment(day + _DAY, time())))
        if self.start != self.end:
            ends_on = day if self.start < self.end else day + _DAY
            found.append((self._moment(day, self.start), self._moment(ends_on, self.end)))
        return found

    def _moment(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)


def _days(first: date, step: timedelta) -> list[date]:
    return [first - step + step * number for number in range(_LONGEST)]


@lru_cache(maxsize=64)
def _holidays_of(country: str, year: int) -> Callable[[date], bool]:
    return holidays.country_holidays(country, years=year).__contains__


def _is_holiday(country: str, day: date) -> bool:
    return _holidays_of(country, day.year)(day)
