"""Those who carry a task out, as its form shows them: name, how they are reached, whether they are free (features R45, R46)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from kit.database import AsyncSession
from tasks_api.availability import Busy, availability
from tasks_api.desk import Desk
from tasks_api.repository import directory
from tasks_api.task import Task
from tasks_api.viewer import Viewer
from tasks_api.windows import Window

_A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Participant:
    """`phone` and `email` as typed on the task, else as on the card (features R70). `available` is None without a start."""

    employee_id: UUID
    name: str | None
    phone: str | None
    email: str | None
    remind: bool
    available: bool | None
    conflicts: list[Busy] = field(default_factory=list)


async def participants_of(
    session: AsyncSession, desk: Desk, task: Task, viewer: Viewer, *, dialect: str
) -> list[Participant]:
    """In their order. Somebody who is booked for something else then is still one of them: it informs, it does not block."""
    ids = list(task.assignee_ids)
    cards = await directory.find_employees(session, ids)
    emails = await directory.emails_of(session, ids)
    conflicts: dict[UUID, list[Busy]] = {}
    starts = task.fields.starts_at
    if starts is not None and not task.is_closed:
        window = Window(starts, max(task.fields.ends_at or starts, starts + _A_MOMENT))
        found = await availability(session, desk, window, ids, viewer, dialect=dialect, but=task.id)
        conflicts = {one.employee_id: one.conflicts for one in found}
    return [
        Participant(
            one.employee_id,
            cards[one.employee_id].name if one.employee_id in cards else None,
            one.phone or (cards[one.employee_id].phone if one.employee_id in cards else None),
            one.email or next(iter(emails[one.employee_id]), None),
            one.remind,
            not conflicts[one.employee_id] if one.employee_id in conflicts else None,
            conflicts.get(one.employee_id, []),
        )
        for one in task.participants
    ]
