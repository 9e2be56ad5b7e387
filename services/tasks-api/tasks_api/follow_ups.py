"""When the next meeting or call is: so many hours, days or weeks after this one, or at a moment (features K6, K7, K45)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from ical.zones import zone
from tasks_api.itip.shapes import TaskFields
from tasks_api.particulars import Particulars
from tasks_api.schedule import UnfitSchedule, scheduled
from tasks_api.task import Task

_LATER = re.compile(r"P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(\d{1,6})H)?)")
_MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Later:
    """Days on the clock on the wall, then hours as they pass."""

    days: int = 0
    hours: int = 0


def later(text: str) -> Later | None:
    """`P2W`, `P3D`, `PT48H` or `P1DT2H` (ISO 8601); None for anything else, nothing at all and more than ten years."""
    found = _LATER.fullmatch(text)
    if found is None:
        return None
    weeks, days, hours = (int(part or 0) for part in found.groups())
    length = Later(7 * weeks + days, hours)
    return length if 0 < length.days * 24 + length.hours <= _MOST_DAYS * 24 else None


def moment_later(start: datetime, length: Later, timezone: str) -> datetime:
    """Days and weeks keep the hour on the wall over a change of clocks; 48 hours are 48 hours (features K45)."""
    home = zone(timezone)
    local = start.astimezone(home)
    wall = datetime.combine(local.date() + timedelta(days=length.days), local.time(), home).replace(fold=local.fold)
    return wall.astimezone(UTC) + timedelta(hours=length.hours)


def schedule_after(
    fields: TaskFields, *, length: Later | None = None, at: date | datetime | None = None
) -> dict[str, Any]:
    """Start and end of the next one, as long as this one. The base is the start of this one, else when it is due, never now.

    A day as `at` keeps the hour of this one. UnfitSchedule, with the field to look at, when that cannot be worked out.
    """
    if fields.all_day or (isinstance(at, date) and not isinstance(at, datetime) and fields.starts_at is None):
        return _days_after(fields, length, at)
    starts = _moment_after(fields, length, at)
    plan = fields.ends_at - fields.starts_at if fields.ends_at and fields.starts_at else None
    return scheduled(starts, starts + plan if plan is not None else None, fields.timezone)


def _moment_after(fields: TaskFields, length: Later | None, at: date | datetime | None) -> datetime:
    base = fields.starts_at or fields.ends_at
    if isinstance(at, datetime):
        return at
    if base is None:
        raise UnfitSchedule("in", "needs a start to count from")
    if at is not None:
        local = base.astimezone(zone(fields.timezone))
        return datetime.combine(at, local.time(), local.tzinfo).astimezone(UTC)
    assert length is not None
    return moment_later(base, length, fields.timezone)


def _days_after(fields: TaskFields, length: Later | None, at: date | datetime | None) -> dict[str, Any]:
    if isinstance(at, datetime):
        raise UnfitSchedule("at", "must be a day, as the task is all-day")
    base = fields.starts_on or fields.ends_on
    if at is None:
        assert length is not None
        if length.hours % 24:
            raise UnfitSchedule("in", "must be whole days, as the task is all-day")
        if base is None:
            raise UnfitSchedule("in", "needs a start to count from")
        at = base + timedelta(days=length.days + length.hours // 24)
    days = fields.ends_on - fields.starts_on if fields.starts_on and fields.ends_on else timedelta(days=1)
    return scheduled(at, at + days, fields.timezone)


def analogous(task: Task, *, task_id: UUID, number: str, schedule: dict[str, Any], now: datetime) -> Task:
    """The next one (features K42): whom and what it is about is copied; what was noted, spent and done is not."""
    said, more = task.fields, task.particulars
    return Task(
        id=task_id,
        number=number,
        fields=TaskFields(kind=said.kind, title=said.title, location=said.location, **schedule),
        created_at=now,
        updated_at=now,
        type_id=task.type_id,
        uid=f"{task_id}@goniec",
        account_id=task.account_id,
        contact_ids=task.contact_ids,
        participants=task.participants,
        color=task.color,
        case_number=task.case_number,
        particulars=Particulars(
            in_calendar=more.in_calendar,
            kind_id=more.kind_id,
            priority_id=more.priority_id,
            category_id=more.category_id,
            owner_id=more.owner_id,
            staged=more.staged,
            parent_id=more.parent_id,
            thread_id=more.thread_id,
            previous_id=task.id,
        ),
    )
