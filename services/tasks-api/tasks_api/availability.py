"""Who is free when: in whose range another task lies that they carry out or own (features R46, K38). It informs, never blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from kit.database import AsyncSession
from tasks_api.calendar_sources import TASKS, ForeignEntry
from tasks_api.calendar_viewing import Entry, calendar_between
from tasks_api.desk import Desk
from tasks_api.repository import calendar_entries
from tasks_api.repository.agenda import OnCalendar
from tasks_api.repository.task_filters import may_be_seen
from tasks_api.task_filter import TaskFilter
from tasks_api.viewer import Viewer
from tasks_api.windows import Window

LONGEST_ENTRY = timedelta(days=31)
"""What began longer ago than this is not looked for."""
MOST_CONFLICTS = 100
_EVERYBODY = Viewer(sees_all_tasks=True, sees_all_activities=True)


@dataclass(frozen=True, slots=True)
class Busy:
    """A stretch in which somebody is taken, by a task or by what another system says of them (an absence: features R57); it is
    named only to those who may see it."""

    starts_at: datetime
    ends_at: datetime
    task_id: UUID | None = None
    recurrence_id: str | None = None
    title: str | None = None
    source: str = TASKS


@dataclass(frozen=True, slots=True)
class Free:
    employee_id: UUID
    conflicts: list[Busy]


async def availability(
    session: AsyncSession,
    desk: Desk,
    window: Window,
    employee_ids: Sequence[UUID],
    viewer: Viewer,
    *,
    dialect: str,
    but: UUID | None = None,
) -> list[Free]:
    """For each employee what they are already booked for within the window; the task `but` does not count."""
    answers = []
    for employee_id in employee_ids:
        wider = Window(window.starts_at - LONGEST_ENTRY, window.ends_at)
        entries: dict[tuple[UUID, str | None], Entry] = {}
        for mine in (TaskFilter(assignee_ids=(employee_id,)), TaskFilter(owner_id=employee_id)):
            calendar = OnCalendar(mine, _EVERYBODY, dialect, sources=frozenset({TASKS}))
            found = await calendar_between(session, desk, wider, calendar, after=None, limit=2000)
            entries |= {(one.row.id, one.recurrence_id): one for one in found}
        shown = sorted(entries.values(), key=lambda one: one.position)
        taken = [one for one in shown if _overlaps(one, window) and one.row.status != "completed" and one.row.id != but]
        seen = await may_be_seen(session, viewer, {one.row.id for one in taken})
        away = await calendar_entries.entries_between(
            session, window, _EVERYBODY, employee_ids=[employee_id], busy_only=True, limit=MOST_CONFLICTS
        )
        conflicts = [_busy(one, names_it=one.row.id in seen) for one in taken[:MOST_CONFLICTS]]
        conflicts += [
            _away(one, names_it=viewer.sees_agenda_of(employee_id)) for one in away if one.status == "planned"
        ]
        answers.append(Free(employee_id, sorted(conflicts, key=lambda one: one.starts_at)))
    return answers


def _overlaps(entry: Entry, window: Window) -> bool:
    ends = entry.ends_at or entry.starts_at
    return entry.starts_at < window.ends_at and (ends > window.starts_at or entry.starts_at >= window.starts_at)


def _busy(entry: Entry, *, names_it: bool) -> Busy:
    ends = entry.ends_at or entry.starts_at
    if not names_it:
        return Busy(entry.starts_at, ends)
    return Busy(entry.starts_at, ends, entry.row.id, entry.recurrence_id, entry.row.title)


def _away(one: ForeignEntry, *, names_it: bool) -> Busy:
    return Busy(one.starts_at, one.ends_at, title=one.title if names_it else None, source=one.source)
