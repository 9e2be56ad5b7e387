"""The dates of a series between two moments: computed here when that is surely quick, by a worker when it may not be.

A rule comes from a mail. `ical.recurrence` bounds the work by the window and by COUNT; what can still take milliseconds
(a large COUNT, hours, positions) does not run on the event loop (DESIGN 2.6).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol, Self

import orjson
import structlog

from contracts.tasks import Occurrence
from ical.recurrence import MOST_OCCURRENCES, Series, occurrences, start_of_key
from ical.rrules import accepted_rule
from ical.rule_dates import Rule, parsed_rule
from kit.workers import Result, WorkerFailed
from tasks_api.itip.shapes import TaskFields
from tasks_api.task import Task

MOST_AT_ONCE_HERE = 20
"""More series than that are a worker's job even when each of them is quick."""
_QUICK_COUNT = 500
_SLOW_PARTS = re.compile("HOURLY|BYHOUR|BYMINUTE|BYSECOND|BYSETPOS|BYWEEKNO|BYYEARDAY")
_COUNT = re.compile("COUNT=([0-9]+)")
_DAY = timedelta(days=1)
_PERIODS = {"DAILY": _DAY, "WEEKLY": 7 * _DAY, "MONTHLY": 31 * _DAY, "YEARLY": 366 * _DAY}
EXPAND = "ical.recurrence:expand_job"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Window:
    """From one moment (inclusive) to another (exclusive)."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, now: datetime, length: timedelta) -> Self:
        """What an event tells about: the coming days, and the one just over."""
        return cls(now - _DAY, now + length)


@dataclass(frozen=True, slots=True)
class Dates:
    """`until`: no date of the series begins after that, if that is known."""

    dates: list[Occurrence]
    until: datetime | None = None


class Workers(Protocol):
    async def run(self, function: str, arguments: Sequence[bytes]) -> list[Result]: ...


class SeriesDates:
    """Computes dates of series."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def of(self, tasks: Sequence[Task], window: Window) -> list[Dates]:
        """The dates of each of these series within the window, at most 400 each, in the order of the tasks.

        A series whose dates cannot be computed within the limits of a worker has none; that is logged.
        """
        found: list[list[Occurrence]] = [[] for _ in tasks]
        slow = [i for i, task in enumerate(tasks) if not is_quick(task.fields) or len(tasks) > MOST_AT_ONCE_HERE]
        for i in sorted(set(range(len(tasks))) - set(slow)):
            here = occurrences(series_of(tasks[i].fields), start=window.starts_at, end=window.ends_at)
            found[i] = [
                Occurrence.model_construct(
                    recurrence_id=one.recurrence_id, starts_at=one.starts_at, ends_at=one.ends_at
                )
                for one in here.items
            ]
        if slow:
            jobs = [_job(tasks[i].fields, window) for i in slow]
            for i, result in zip(slow, await self._workers.run(EXPAND, jobs), strict=True):
                found[i] = _answered(result, tasks[i])
        return [Dates(dates, last_start(task.fields)) for dates, task in zip(found, tasks, strict=True)]


def is_quick(fields: TaskFields) -> bool:
    """Whether the dates of a window surely take well under a millisecond."""
    rule = fields.rrule or ""
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


def _job(fields: TaskFields, window: Window) -> bytes:
    asked: dict[str, Any] = {
        "series": series_of(fields),
        "start": window.starts_at,
        "end": window.ends_at,
        "most": MOST_OCCURRENCES,
    }
    return orjson.dumps(asked)


def _answered(result: Result, task: Task) -> list[Occurrence]:
    if isinstance(result, WorkerFailed):
        log.warning("series_not_expanded", task_id=str(task.id), reason=result.reason)
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
