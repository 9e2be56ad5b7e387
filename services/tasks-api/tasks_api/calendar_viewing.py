"""`GET /v1/calendar`: what begins between two moments, series expanded, cancelled ones left out (features W13, R54, R58)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row

from contracts.tasks import Occurrence
from ical.recurrence import Series
from ical.zones import zone
from kit.database import AsyncSession
from tasks_api.desk import Desk
from tasks_api.errors.invitations import StretchTooLong
from tasks_api.repository import tasks
from tasks_api.repository.tasks import TaskFilter
from tasks_api.schedule import midnight
from tasks_api.series_dates import VersionedSeries
from tasks_api.task import Task
from tasks_api.viewer import Viewer
from tasks_api.windows import Window

View = Literal["day", "workweek", "week", "month", "range"]
Position = tuple[datetime, str, str]
_DAYS: dict[View, int] = {"day": 1, "workweek": 5, "week": 7}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on the calendar: a task, or one date of a series. `day` is set when it is all-day, with an exclusive end."""

    task: Task
    recurrence_id: str | None
    starts_at: datetime
    ends_at: datetime | None
    day: date | None = None
    end_day: date | None = None

    @property
    def position(self) -> Position:
        """Where it stands in the order of a calendar."""
        return self.starts_at, str(self.task.id), self.recurrence_id or ""


def stretch(
    view: View,
    starts_from: datetime | None,
    starts_to: datetime | None,
    *,
    timezone: str,
    now: datetime,
    most_days: int,
) -> Window:
    """The moments a view lies between: whole days of the zone, the week from Monday, the month from the first.

    A `from` that is given is where it begins; `to` outranks the view. StretchTooLong when they do not go together.
    """
    starts = starts_from or _beginning(view, now.astimezone(zone(timezone)).date(), timezone)
    ends = starts_to or _end(view, starts, timezone)
    if not timedelta() < ends - starts <= timedelta(days=most_days):
        raise StretchTooLong(most_days)
    return Window(starts, ends)


async def calendar_between(
    session: AsyncSession,
    desk: Desk,
    window: Window,
    wanted: TaskFilter,
    viewer: Viewer,
    *,
    dialect: str,
    after: Position | None,
    limit: int,
) -> list[Entry]:
    """What begins within the window, in order of time, from a position on: `limit` entries at most."""
    window = Window(max(window.starts_at, after[0]), window.ends_at) if after else window
    at_least = UUID(after[1]) if after else None
    plain = await tasks.plain_tasks_between(
        session, window, wanted, viewer, dialect=dialect, at_least=at_least, limit=limit + 1
    )
    entries = [_entry_of_task(task) for task in plain]
    if len(entries) > limit:  # nothing later than the last of them can be shown
        window = Window(window.starts_at, min(window.ends_at, entries[-1].starts_at + timedelta(microseconds=1)))
    entries += await _dates_of_series(session, desk, window, wanted, viewer, dialect=dialect, after=after, limit=limit)
    return sorted((one for one in entries if _comes_after(one.position, after)), key=lambda one: one.position)[:limit]


async def _dates_of_series(
    session: AsyncSession,
    desk: Desk,
    window: Window,
    wanted: TaskFilter,
    viewer: Viewer,
    *,
    dialect: str,
    after: Position | None,
    limit: int,
) -> list[Entry]:
    """The first dates of series after a position, those that have a task of their own left out."""
    rows = await tasks.series_between(session, window, wanted, viewer, dialect=dialect)
    if not rows:
        return []
    found = await desk.remembered_dates.between([_versioned(row) for row in rows], window)
    overridden = await tasks.overridden_dates(
        session, {row.uid for row, dates in zip(rows, found, strict=True) if dates}
    )
    shown = [
        ((date.starts_at, str(row.id), date.recurrence_id or ""), row.id, date)
        for row, dates in zip(rows, found, strict=True)
        for date in dates
        if date.recurrence_id not in overridden.get((row.uid, row.copy_number), ())
    ]
    first = sorted((one for one in shown if _comes_after(one[0], after)), key=lambda one: one[0])[:limit]
    series = {task.id: task for task in await tasks.tasks_with_ids(session, {task_id for _, task_id, _ in first})}
    return [_entry_of_date(series[task_id], date) for _, task_id, date in first if task_id in series]


def _comes_after(position: Position, after: Position | None) -> bool:
    return after is None or position > after


def _versioned(row: Row[Any]) -> VersionedSeries:
    series = Series(
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        timezone=row.timezone,
        rrule=row.rrule,
        rdates=tuple(row.rdates),
        exdates=tuple(row.exdates),
    )
    return VersionedSeries(row.id, row.version, series)


def _entry_of_task(task: Task) -> Entry:
    """A task without a start stands where it is due."""
    said = task.fields
    starts = said.starts_at or said.ends_at
    assert starts is not None
    return Entry(task, task.recurrence_id, starts, said.ends_at, said.starts_on or said.ends_on, said.ends_on)


def _entry_of_date(task: Task, date: Occurrence) -> Entry:
    if not task.fields.all_day:
        return Entry(task, date.recurrence_id, date.starts_at, date.ends_at)
    home = zone(task.fields.timezone)
    day = date.starts_at.astimezone(home).date()
    end_day = date.ends_at.astimezone(home).date() if date.ends_at else None
    return Entry(task, date.recurrence_id, date.starts_at, date.ends_at, day, end_day)


def _beginning(view: View, today: date, timezone: str) -> datetime:
    if view == "month":
        today = today.replace(day=1)
    elif view in ("week", "workweek"):
        today -= timedelta(days=today.weekday())
    return midnight(today, timezone)


def _end(view: View, starts: datetime, timezone: str) -> datetime:
    """So many days later on the clock of the zone: a day may have 23 or 25 hours."""
    home = zone(timezone)
    local = starts.astimezone(home)
    if view in ("month", "range"):
        days = ((local.date().replace(day=1) + timedelta(days=32)).replace(day=1) - local.date().replace(day=1)).days
    else:
        days = _DAYS[view]
    later: time = local.timetz().replace(tzinfo=None)
    return datetime.combine(local.date() + timedelta(days=days), later, home).astimezone(UTC)
