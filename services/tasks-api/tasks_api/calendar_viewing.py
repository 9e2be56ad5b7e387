"""`GET /v1/calendar`: what begins between two moments, series expanded, cancelled ones left out (features W13, R54, R58)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from contracts.tasks import Occurrence
from ical.zones import zone
from kit.database import AsyncSession
from tasks_api.desk import Desk
from tasks_api.errors import StretchTooLong
from tasks_api.repository import tasks
from tasks_api.repository.tasks import TaskFilter
from tasks_api.schedule import midnight
from tasks_api.series_dates import Window
from tasks_api.task import Task
from tasks_api.viewer import Viewer

View = Literal["day", "workweek", "week", "month", "range"]
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
    def sort_key(self) -> tuple[datetime, str, str]:
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
    session: AsyncSession, desk: Desk, window: Window, wanted: TaskFilter, viewer: Viewer, *, dialect: str
) -> list[Entry]:
    """Everything that begins within the window, in order of time."""
    found = (window.starts_at, window.ends_at, wanted, viewer)
    entries = [_entry_of_task(task) for task in await tasks.plain_tasks_between(session, *found, dialect=dialect)]
    series = await tasks.series_between(session, *found, dialect=dialect)
    overridden = await tasks.overridden_dates(session, {task.uid for task in series if task.uid})
    for task, dates in zip(series, await desk.series_dates.of(series, window), strict=True):
        taken = overridden.get((task.uid or "", task.copy_number), set())
        entries += _entries_of_series(task, dates.dates, taken)
    return sorted(entries, key=lambda entry: entry.sort_key)


def _entry_of_task(task: Task) -> Entry:
    """A task without a start stands where it is due."""
    said = task.fields
    starts = said.starts_at or said.ends_at
    assert starts is not None
    return Entry(task, task.recurrence_id, starts, said.ends_at, said.starts_on or said.ends_on, said.ends_on)


def _entries_of_series(task: Task, dates: Iterable[Occurrence], taken: set[str]) -> Iterable[Entry]:
    home = zone(task.fields.timezone)
    for one in dates:
        if one.recurrence_id in taken:
            continue
        if not task.fields.all_day:
            yield Entry(task, one.recurrence_id, one.starts_at, one.ends_at)
            continue
        day = one.starts_at.astimezone(home).date()
        end_day = one.ends_at.astimezone(home).date() if one.ends_at else None
        yield Entry(task, one.recurrence_id, one.starts_at, one.ends_at, day, end_day)


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
