"""The dates of a series between two moments: computed here when that is surely quick, by a worker when it may not be.

A rule comes from a mail. `ical.recurrence` bounds the work by the window and by COUNT; what can still take milliseconds
(a large COUNT, hours, positions) does not run on the event loop (DESIGN 2.6).
"""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple, Protocol

import orjson
import structlog

from contracts.tasks import Occurrence
from ical.recurrence import MOST_OCCURRENCES, Series, occurrences, start_of_key
from ical.rrules import accepted_rule
from ical.rule_dates import Rule, parsed_rule
from kit.workers import Result, WorkerFailed
from tasks_api.itip.shapes import TaskFields
from tasks_api.remembered_rows import Key, Version
from tasks_api.windows import Window

TURN = 10
"""Series that are computed before others on the event loop get their turn: some milliseconds."""
_QUICK_COUNT = 500
_SLOW_PARTS = re.compile("HOURLY|BYHOUR|BYMINUTE|BYSECOND|BYSETPOS|BYWEEKNO|BYYEARDAY")
_COUNT = re.compile("COUNT=([0-9]+)")
_DAY = timedelta(days=1)
_PERIODS = {"DAILY": _DAY, "WEEKLY": 7 * _DAY, "MONTHLY": 31 * _DAY, "YEARLY": 366 * _DAY}
EXPAND = "ical.recurrence:expand_job"

log = structlog.get_logger()


class ReadSeries(Protocol):
    """Versions and rules of series by the ids of their tasks."""

    async def __call__(self, keys: Sequence[Key]) -> Mapping[Key, tuple[int, Series]]: ...


class Workers(Protocol):
    async def run(self, function: str, arguments: Sequence[bytes]) -> list[Result]: ...


class SeriesDates:
    """Computes dates of series."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def between(self, series: Sequence[Series], window: Window) -> list[list[Occurrence]]:
        """The dates of each of these series within the window, at most 400 each.

        A series whose dates cannot be computed within the limits of a worker has none; that is logged.
        """
        found: list[list[Occurrence]] = [[] for _ in series]
        slow: list[int] = []
        quick = 0
        for i, one in enumerate(series):
            if not is_quick(one):
                slow.append(i)
                continue
            quick += 1
            if quick % TURN == 0:
                await asyncio.sleep(0)
            found[i] = _dates(one, window)
        if slow:
            jobs = [_job(series[i], window) for i in slow]
            for i, result in zip(slow, await self._workers.run(EXPAND, jobs), strict=True):
                found[i] = _answered(result, series[i])
        return found


class RememberedDates:
    """The dates of a version of a series in a month, remembered for calendars that are looked at again and again."""

    def __init__(self, series_dates: SeriesDates, *, most: int = 20_000) -> None:
        self._series_dates = series_dates
        self._most = most
        self._months: OrderedDict[tuple[Key, int, int], _Month] = OrderedDict()

    async def of_versions(
        self, versions: Sequence[Version], window: Window, read: ReadSeries
    ) -> list[Sequence[Occurrence]]:
        """The dates of each of these versions within the window, in order. `read` is asked for those nobody asked for before;
        a series that has another version by now has no dates this time."""
        months = window.months()
        known, starts, ends = self._months, window.starts_at, window.ends_at
        unknown = [
            (key, version) for key, version in versions for month in months if (key, version, month) not in known
        ]
        if unknown:
            unknown = list(dict.fromkeys(unknown))
            await self._learn(unknown, months, await read([key for key, _ in unknown]))
        found: list[Sequence[Occurrence]] = []
        for key, version in versions:
            dates: Sequence[Occurrence] = ()
            for month in months:
                there = known.get((key, version, month))
                if there is not None and there.starts:
                    more = there.between(starts, ends)
                    dates = [*dates, *more] if dates else more
            found.append(dates)
        while len(known) > self._most:
            known.popitem(last=False)
        return found

    async def _learn(self, versions: Sequence[Version], months: range, there: Mapping[Key, tuple[int, Series]]) -> None:
        same = [version for version in versions if version[0] in there and there[version[0]][0] == version[1]]
        for month in months:
            missing = [version for version in same if (*version, month) not in self._months]
            series = [there[key][1] for key, _ in missing]
            dates = await self._series_dates.between(series, Window.of_month(month))
            for version, found in zip(missing, dates, strict=True):
                self._months[*version, month] = _Month.of(found)


class _Month(NamedTuple):
    """The dates of a month in order, and when each begins."""

    starts: tuple[datetime, ...]
    dates: tuple[Occurrence, ...]

    @classmethod
    def of(cls, dates: Sequence[Occurrence]) -> _Month:
        ordered = sorted(dates, key=lambda date: date.starts_at)
        return cls(tuple(date.starts_at for date in ordered), tuple(ordered))

    def between(self, starts_at: datetime, ends_at: datetime) -> tuple[Occurrence, ...]:
        first, behind = bisect_left(self.starts, starts_at), bisect_left(self.starts, ends_at)
        return self.dates[first:behind]


def is_quick(series: Series) -> bool:
    """Whether the dates of a window surely take about a millisecond at most."""
    rule = series.rrule or ""
    count = _COUNT.search(rule)
    return not _SLOW_PARTS.search(rule) and (count is None or int(count[1]) <= _QUICK_COUNT)


def series_of(fields: TaskFields) -> Series:
    return Series(
        starts_at=fields.starts_at,
        ends_at=fields.ends_at,
        starts_on=fields.starts_on,
        ends_on=fields.ends_on,
        timezone=fields.timezone,
        rrule=fields.rrule,
        rdates=fields.rdates,
        exdates=fields.exdates,
    )


def last_start(fields: TaskFields) -> datetime | None:
    """A moment after which no date of the series begins; None when it goes on for ever or that is not easily told.

    It is only used to leave old series out of searches, so it may be late but never early.
    """
    if fields.starts_at is None:
        return None
    accepted = accepted_rule(fields.rrule) if fields.rrule else None
    last = fields.starts_at
    if accepted is not None:
        ruled = _last_of_rule(parsed_rule(accepted), fields.starts_at)
        if ruled is None:
            return None
        last = max(last, ruled)
    return max([last, *(_moment(key) + 2 * _DAY for key in fields.rdates)])


def _last_of_rule(rule: Rule, starts_at: datetime) -> datetime | None:
    if rule.until is not None:
        return datetime.combine(rule.until.on, time(), UTC) + 3 * _DAY
    if rule.count is None or rule.freq not in _PERIODS or _may_skip_periods(rule):
        return None
    return starts_at + (rule.count + 1) * rule.interval * _PERIODS[rule.freq]


def _may_skip_periods(rule: Rule) -> bool:
    """Whether there can be a period without a date, so that COUNT says nothing about the end: every 31st, 29 February."""
    if rule.freq == "WEEKLY":
        return bool(rule.months or rule.positions)
    parts = (rule.months, rule.week_numbers, rule.year_days, rule.month_days, rule.weekdays, rule.positions)
    return any(parts) or rule.freq in {"MONTHLY", "YEARLY"}


def _moment(key: str) -> datetime:
    start = start_of_key(key)
    return start if isinstance(start, datetime) else datetime.combine(start, time(), UTC)


def _dates(series: Series, window: Window) -> list[Occurrence]:
    found = occurrences(series, start=window.starts_at, end=window.ends_at)
    return [
        Occurrence.model_construct(recurrence_id=one.recurrence_id, starts_at=one.starts_at, ends_at=one.ends_at)
        for one in found.items
    ]


def _job(series: Series, window: Window) -> bytes:
    asked: dict[str, Any] = {
        "series": series,
        "start": window.starts_at,
        "end": window.ends_at,
        "most": MOST_OCCURRENCES,
    }
    return orjson.dumps(asked)


def _answered(result: Result, series: Series) -> list[Occurrence]:
    if isinstance(result, WorkerFailed):
        log.warning("series_not_expanded", rrule=series.rrule, reason=result.reason)
        return []
    return [
        Occurrence.model_construct(
            recurrence_id=one["recurrence_id"],
            starts_at=datetime.fromisoformat(one["starts_at"]),
            ends_at=datetime.fromisoformat(one["ends_at"]) if one["ends_at"] else None,
        )
        for one in orjson.loads(result)["items"]
    ]


def reaches(dates: Collection[Occurrence], starts_at: datetime) -> bool:
    """Whether any of the dates begins at or after a moment."""
    return any(date.starts_at >= starts_at for date in dates)
