"""The timeline of one task: what was done to it and what its reminders became, newest first (issue 6, point 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from kit.database import AsyncSession
from kit.paging import Paging, key_of
from tasks_api.models.reminders import TaskReminder
from tasks_api.models.tasks import TaskHistory
from tasks_api.repository import reminder_copies as repository

Kind = Literal["change", "sms", "email", "app"]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    id: UUID
    kind: Kind
    at: datetime
    text: str
    by: str | None
    data: dict[str, Any]


async def timeline_of(session: AsyncSession, task_id: UUID, paging: Paging) -> list[TimelineEntry]:
    """One more than the page holds."""
    before: tuple[datetime, UUID] | None = None
    if paging.cursor is not None:
        before = key_of(paging.cursor, (datetime, UUID))  # type: ignore[assignment]  # of exactly these kinds
    limit = paging.limit + 1
    entries = [
        _of_change(row) for row in await repository.changes_on_timeline(session, task_id, before=before, limit=limit)
    ]
    entries += [
        _of_reminder(row)
        for row in await repository.reminders_on_timeline(session, task_id, before=before, limit=limit)
    ]
    return sorted(entries, key=lambda entry: (entry.at, entry.id), reverse=True)[:limit]


def _of_change(row: TaskHistory) -> TimelineEntry:
    return TimelineEntry(
        row.id, "change", row.at, row.happened, row.by, {"version": row.version, "changes": row.changes}
    )


def _of_reminder(row: TaskReminder) -> TimelineEntry:
    kind: Kind = "sms" if row.channel == "sms" else "app" if row.channel == "app" else "email"
    data = {
        "reminder_id": str(row.id),
        "recurrence_id": row.recurrence_id,
        "audience": row.audience,
        "employee_id": str(row.employee_id) if row.employee_id else None,
        "status": row.status,
        "reason": row.reason,
        "late": row.late,
        "due_at": row.due_at.isoformat().replace("+00:00", "Z"),
    }
    by = f"user:{row.user_id}" if row.user_id else "reminder-dispatcher"
    return TimelineEntry(row.id, kind, row.at, row.text, by, data)
