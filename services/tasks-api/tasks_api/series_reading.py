"""The dates of one series as people look at them: computed ones, and those with a task of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.database import AsyncSession
from tasks_api.desk import Desk
from tasks_api.errors.occurrences import NotASeries
from tasks_api.repository import tasks
from tasks_api.series_dates import series_of
from tasks_api.task import Task
from tasks_api.windows import Window


@dataclass(frozen=True, slots=True)
class DateOfSeries:
    """`task_id`: the task of its own it has, with the status of that; else the status of the series."""

    recurrence_id: str
    starts_at: datetime
    ends_at: datetime | None
    status: str
    task_id: UUID | None = None


async def dates_of_series(session: AsyncSession, desk: Desk, series: Task, window: Window) -> list[DateOfSeries]:
    """What begins within the window, in order."""
    if not series.is_recurring or series.uid is None:
        raise NotASeries
    family = await tasks.tasks_with_uids(session, [series.uid])
    own = [one for one in family if one.recurrence_id is not None and one.copy_number == series.copy_number]
    keys = {one.recurrence_id for one in own}
    (dates,) = await desk.series_dates.between([series_of(series.fields)], window)
    found = [
        DateOfSeries(one.recurrence_id or "", one.starts_at, one.ends_at, series.status)
        for one in dates
        if one.recurrence_id not in keys
    ]
    found += [
        DateOfSeries(one.recurrence_id or "", one.fields.starts_at, one.fields.ends_at, one.status, one.id)
        for one in own
        if one.fields.starts_at is not None and window.starts_at <= one.fields.starts_at < window.ends_at
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.recurrence_id))
