"""The dates of an RRULE on the wall clock (RFC 5545 section 3.3.10), within a window and within bounded work.

The rule must have passed `ical.rrules`. Work grows with the window, not with the age of the series: without COUNT the
search begins at the window; with COUNT it begins at DTSTART and COUNT bounds it. A rule that never happens ends with the
last year that is read at all.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from ical.values import LATEST_YEAR, Written, written_time

_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_BYDAY = re.compile(r"([+-]?[0-9]{1,2})?([A-Z]{2})")
_DAY = timedelta(days=1)
_LAST_DAY = date(LATEST_YEAR, 12, 31)


@dataclass(frozen=True, slots=True)
class Rule:
    """An RRULE taken apart. `weekdays` are (n, weekday) with n 0 for every one."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: Written | None = None
    week_start: int = 0
    months: frozenset[int] = frozenset()
    week_numbers: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()


def parsed_rule(rule: str) -> Rule:
    """The parts of a rule in canonical spelling (`ical.rrules.accepted_rule`)."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))

    def numbers(name: str) -> tuple[int, ...]:
        return tuple(sorted({int(number) for number in parts[name].split(",")})) if name in parts else ()

    return Rule(
        freq=parts["FREQ"],
        interval=int(parts.get("INTERVAL", "1")),
        count=int(parts["COUNT"]) if "COUNT" in parts else None,
        until=written_time(parts["UNTIL"]) if "UNTIL" in parts else None,
        week_start=_WEEKDAYS[parts.get("WKST", "MO")],
        months=frozenset(numbers("BYMONTH")),
        week_numbers=frozenset(numbers("BYWEEKNO")),
        year_days=frozenset(numbers("BYYEARDAY")),
        month_days=frozenset(numbers("BYMONTHDAY")),
        weekdays=frozenset(_weekday(day) for day in parts["BYDAY"].split(",")) if "BYDAY" in parts else frozenset(),
        hours=numbers("BYHOUR"),
        minutes=numbers("BYMINUTE"),
        seconds=tuple(min(second, 59) for second in numbers("BYSECOND")),
        positions=numbers("BYSETPOS"),
    )


def _weekday(day: str) -> tuple[int, int]:
    match = _BYDAY.fullmatch(day)
    assert match is not None
    return int(match[1] or 0), _WEEKDAYS[match[2]]


def rule_dates(rule: Rule, starts: datetime, *, since: datetime, until: datetime) -> Iterator[datetime]:
    """Naive starts of the rule within [since, until], in order; DTSTART itself is the first one whether it fits or not.

    COUNT is obeyed, UNTIL is the caller's to compare: it may be written in UTC.
    """
    found = _from_start(rule, starts, until) if rule.count is not None else _unlimited(rule, starts, since, until)
    for one in found:
        if one > until:
            return
        if one >= since:
            yield one


def _from_start(rule: Rule, starts: datetime, until: datetime) -> Iterator[datetime]:
    assert rule.count is not None
    return islice(_unlimited(rule, starts, starts, until), rule.count)


def _unlimited(rule: Rule, starts: datetime, since: datetime, until: datetime) -> Iterator[datetime]:
    if starts >= since:
        yield starts
    since = max(since, starts)
    dates = _Dates(rule, starts)
    for one in dates.hours(since, until) if rule.freq == "HOURLY" else dates.moments(since, until):
        if one > starts:
            yield one


class _Dates:
    """Walks the periods of one rule."""

    def __init__(self, rule: Rule, starts: datetime) -> None:
        self.rule = rule
        self.starts = starts
        self.interval = rule.interval
        self.months = rule.months
        self.month_days = rule.month_days
        self.weekdays = rule.weekdays
        self._default_days()
        self.times = self._times()
        self.plain_weekdays = frozenset(
            day for nth, day in self.weekdays if nth == 0 or rule.freq in {"WEEKLY", "DAILY", "HOURLY"}
        )
        self.nth_weekdays = (
            frozenset((nth, day) for nth, day in self.weekdays if nth)
            if rule.freq in {"YEARLY", "MONTHLY"} and not rule.week_numbers
            else frozenset()
        )
        if rule.week_numbers:
            self.plain_weekdays = frozenset(day for _, day in self.weekdays)

    def _default_days(self) -> None:
        """What the rule leaves open is taken from DTSTART."""
        rule = self.rule
        if rule.year_days or rule.month_days or rule.weekdays:
            return
        if rule.freq == "YEARLY" and rule.week_numbers:
            self.weekdays = frozenset({(0, self.starts.weekday())})
        elif rule.freq == "YEARLY":
            self.months = rule.months or frozenset({self.starts.month})
            self.month_days = frozenset({self.starts.day})
        elif rule.freq == "MONTHLY":
            self.month_days = frozenset({self.starts.day})
        elif rule.freq == "WEEKLY":
            self.weekdays = frozenset({(0, self.starts.weekday())})

    def _times(self) -> list[time]:
        hours = self.rule.hours or (self.starts.hour,)
        minutes = self.rule.minutes or (self.starts.minute,)
        seconds = self.rule.seconds or (self.starts.second,)
        return [time(h, m, s) for h in hours for m in minutes for s in seconds]

    # ---- periods of a day and longer

    def moments(self, since: datetime, until: datetime) -> Iterator[datetime]:
        last = min(until.date(), _LAST_DAY)
        for days in self._periods(since.date(), last):
            yield from self._chosen([datetime.combine(day, at) for day in days for at in self.times])

    def _periods(self, first: date, last: date) -> Iterator[list[date]]:
        match self.rule.freq:
            case "YEARLY":
                return self._years(first, last)
            case "MONTHLY":
                return self._months(first, last)
            case "WEEKLY":
                return self._weeks(first, last)
            case _:
                return self._days(first, last)

    def _years(self, first: date, last: date) -> Iterator[list[date]]:
        origin = self.starts.year
        for year in range(
            _aligned(origin, first.year - bool(self.rule.week_numbers), self.interval), last.year + 1, self.interval
        ):
            if self.rule.week_numbers:
                yield self._days_of_weeks(year)
            else:
                yield [day for month in sorted(self.months or range(1, 13)) for day in self._days_of(year, month)]

    def _months(self, first: date, last: date) -> Iterator[list[date]]:
        origin = self.starts.year * 12 + self.starts.month - 1
        ends = last.year * 12 + last.month
        for index in range(_aligned(origin, first.year * 12 + first.month - 1, self.interval), ends, self.interval):
            year, month = index // 12, index % 12 + 1
            if not self.months or month in self.months:
                yield self._days_of(year, month)

    def _weeks(self, first: date, last: date) -> Iterator[list[date]]:
        origin = self._week_of(self.starts.date()).toordinal()
        step = 7 * self.interval
        for ordinal in range(_aligned(origin, self._week_of(first).toordinal(), step), last.toordinal() + 1, step):
            week = (date.fromordinal(ordinal + day) for day in range(7))
            yield [day for day in week if day.weekday() in self.plain_weekdays and self._in_months(day)]

    def _days(self, first: date, last: date) -> Iterator[list[date]]:
        origin = self.starts.toordinal()
        for ordinal in range(_aligned(origin, first.toordinal(), self.interval), last.toordinal() + 1, self.interval):
            day = date.fromordinal(ordinal)
            if self._fits_day(day):
                yield [day]

    def _week_of(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - self.rule.week_start) % 7)

    def _in_months(self, day: date) -> bool:
        return not self.months or day.month in self.months

    def _fits_day(self, day: date) -> bool:
        if not self._in_months(day) or (self.plain_weekdays and day.weekday() not in self.plain_weekdays):
            return False
        if not self.month_days:
            return True
        length = calendar.monthrange(day.year, day.month)[1]
        return day.day in self.month_days or day.day - length - 1 in self.month_days

    def _days_of(self, year: int, month: int) -> list[date]:
        """Days of a month that fit a YEARLY or MONTHLY rule."""
        first_weekday, length = calendar.monthrange(year, month)
        numbers: Iterator[int] | range = range(1, length + 1)
        if self.month_days:
            numbers = (n for n in range(1, length + 1) if n in self.month_days or n - length - 1 in self.month_days)
        days = []
        for number in numbers:
            weekday = (first_weekday + number - 1) % 7
            if self.weekdays and not self._fits_weekday(year, month, number, length, weekday):
                continue
            if self.rule.year_days and not self._fits_year_day(date(year, month, number)):
                continue
            days.append(date(year, month, number))
        return days

    def _fits_weekday(self, year: int, month: int, number: int, length: int, weekday: int) -> bool:
        if weekday in self.plain_weekdays:
            return True
        if not self.nth_weekdays:
            return False
        if self.rule.freq == "YEARLY" and not self.months:
            place = date(year, month, number).timetuple().tm_yday
            length = 366 if calendar.isleap(year) else 365
        else:
            place = number
        return ((place - 1) // 7 + 1, weekday) in self.nth_weekdays or (
            -((length - place) // 7 + 1),
            weekday,
        ) in self.nth_weekdays

    def _fits_year_day(self, day: date) -> bool:
        number = day.timetuple().tm_yday
        length = 366 if calendar.isleap(day.year) else 365
        return number in self.rule.year_days or number - length - 1 in self.rule.year_days

    def _days_of_weeks(self, year: int) -> list[date]:
        """Days of the numbered weeks of a year; week 1 is the first with four days in it (RFC 5545, BYWEEKNO)."""
        first = self._week_of(date(year, 1, 4))
        weeks = (self._week_of(date(year + 1, 1, 4)) - first).days // 7
        days = []
        for number in sorted(n if n > 0 else weeks + 1 + n for n in self.rule.week_numbers):
            if 1 <= number <= weeks:
                week = (first + timedelta(days=7 * (number - 1) + day) for day in range(7))
                days += [day for day in week if day.weekday() in self.plain_weekdays and self._in_months(day)]
        return days

    def _chosen(self, moments: list[datetime]) -> Iterator[datetime]:
        if not self.rule.positions or not moments:
            return iter(moments)
        count = len(moments)
        places = {place - 1 if place > 0 else count + place for place in self.rule.positions}
        return (moments[place] for place in sorted(places) if 0 <= place < count)

    # ---- hours

    def hours(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """HOURLY on the wall clock, day by day, so that days which do not fit cost one look."""
        origin = self.starts.toordinal() * 24 + self.starts.hour
        minutes = self.rule.minutes or (self.starts.minute,)
        seconds = self.rule.seconds or (self.starts.second,)
        for ordinal in range(since.toordinal(), min(until.date(), _LAST_DAY).toordinal() + 1):
            day = date.fromordinal(ordinal)
            if not self._fits_day(day):
                continue
            for hour in range((origin - ordinal * 24) % self.interval, 24, self.interval):
                if not self.rule.hours or hour in self.rule.hours:
                    yield from self._chosen([datetime.combine(day, time(hour, m, s)) for m in minutes for s in seconds])


def _aligned(origin: int, wanted: int, step: int) -> int:
    """The last number origin + k·step (k ≥ 0) that is not beyond `wanted`."""
    return origin + max(0, (wanted - origin) // step) * step
