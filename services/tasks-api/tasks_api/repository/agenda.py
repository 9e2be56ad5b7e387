"""What stands on a calendar: only the columns a calendar shows, along the index of an employee or of everybody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, literal_column, not_, or_, select

from ical.recurrence import Series
from kit.database import AsyncSession
from tasks_api.calendar_sources import TASKS
from tasks_api.repository.directory import AT_ONCE
from tasks_api.repository.task_filters import columns, conditions
from tasks_api.repository.task_rows import assignee_table, task_table
from tasks_api.task_filter import TaskFilter
from tasks_api.viewer import Viewer
from tasks_api.windows import Window

Extra = Literal["cancelled", "interactions", "done_occurrences"]
AgendaRow = Row[Any]
"""id, number, version, uid, kind, … as in `SHOWN`."""

SHOWN = (
    columns.id, columns.number, columns.version, columns.uid, columns.copy_number, columns.recurrence_id, columns.kind,
    columns.type_id, columns.title, columns.location, columns.status, columns.starts_at, columns.ends_at, columns.starts_on,
    columns.ends_on, columns.all_day, columns.timezone, columns.is_recurring, columns.color, columns.account_id,
    columns.thread_id, columns.agenda_at, columns.percent_complete,
)  # fmt: skip
_KNOWN = (columns.id, columns.version, columns.uid, columns.copy_number)
_SERIES = (
    columns.id, columns.version, columns.starts_at, columns.ends_at, columns.starts_on, columns.ends_on, columns.timezone,
    columns.rrule, columns.rdates, columns.exdates,
)  # fmt: skip
_assigned = assignee_table.c
_ZONES = timedelta(days=2)
"""A date named by its day or moment stands within this of the moments of any zone."""


@dataclass(frozen=True, slots=True)
class OnCalendar:
    """Whose calendar it is and what is wanted on it beside the usual (features R54)."""

    wanted: TaskFilter
    viewer: Viewer
    dialect: str
    extras: frozenset[Extra] = frozenset()
    sources: frozenset[str] | None = None
    """What is shown: `task` for our own, names of calendar sources for what other systems put there; everything when None."""

    @property
    def shows_tasks(self) -> bool:
        return self.sources is None or TASKS in self.sources

    @property
    def shows_foreign(self) -> bool:
        """A filter that asks for more than people means tasks."""
        asked = self.sources is None or bool(self.sources - {TASKS})
        return asked and self.wanted.speaks_of_people_only


async def plain_between(
    session: AsyncSession, window: Window, calendar: OnCalendar, *, at_least: UUID | None, limit: int
) -> list[AgendaRow]:
    """What is no series and begins in the window, or is due then when it has no start; in order, `limit` at most.

    Of those that stand at its very beginning, the ones with an id before `at_least` are left out.
    """
    employee_id = calendar.wanted.one_assignee
    position = columns.agenda_at if employee_id is None else _assigned.agenda_at
    query = (await _on_calendar(session, select(*SHOWN), calendar)).where(
        not_(columns.is_recurring),
        position >= window.starts_at,
        position < window.ends_at,
        or_(columns.starts_at.is_not(None), columns.ends_at.is_not(None)),
    )
    if at_least is not None:
        query = query.where(or_(position > window.starts_at, columns.id >= at_least))
    by = columns.id if employee_id is None else _assigned.task_id
    connection = await session.connection()
    return list(await connection.execute(query.order_by(position, by).limit(limit)))


async def known_series_between(session: AsyncSession, window: Window, calendar: OnCalendar) -> list[Row[Any]]:
    """Id, version, UID and copy number of every series that may have a date in the window."""
    query = (await _on_calendar(session, select(*_KNOWN), calendar, along_agenda=False)).where(
        columns.is_recurring,
        columns.starts_at < window.ends_at,
        or_(columns.recurs_until.is_(None), columns.recurs_until >= window.starts_at),
    )
    connection = await session.connection()
    return list(await connection.execute(query))


async def series_with_ids(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, tuple[int, Series]]:
    """What the dates of these series are computed from, with its version."""
    found: dict[UUID, tuple[int, Series]] = {}
    connection = await session.connection()
    for start in range(0, len(ids), AT_ONCE):
        for row in await connection.execute(select(*_SERIES).where(columns.id.in_(ids[start : start + AT_ONCE]))):
            found[row.id] = row.version, Series(
                starts_at=row.starts_at, ends_at=row.ends_at, starts_on=row.starts_on, ends_on=row.ends_on,
                timezone=row.timezone, rrule=row.rrule, rdates=tuple(row.rdates), exdates=tuple(row.exdates),
            )  # fmt: skip
    return found


async def overridden_between(session: AsyncSession, window: Window) -> dict[tuple[str, int], set[str]]:
    """Dates named within the window that have a task of their own, by (uid, copy number); cancelled ones count too."""
    named = columns.recurrence_id
    query = select(columns.uid, columns.copy_number, named).where(
        named != literal_column("''"),  # as the index says it: a bound value would hide that it fits
        named >= (window.starts_at - _ZONES).date().isoformat(),
        named < (window.ends_at + _ZONES).date().isoformat(),
    )
    dates: dict[tuple[str, int], set[str]] = {}
    connection = await session.connection()
    for uid, copy_number, recurrence_id in await connection.execute(query):
        dates.setdefault((uid, copy_number), set()).add(recurrence_id)
    return dates


async def rows_with_ids(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, AgendaRow]:
    found: dict[UUID, AgendaRow] = {}
    connection = await session.connection()
    wanted = list(ids)
    for start in range(0, len(wanted), AT_ONCE):
        query = select(*SHOWN).where(columns.id.in_(wanted[start : start + AT_ONCE]))
        found.update({row.id: row for row in await connection.execute(query)})
    return found


async def assignees_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Who carries each of these tasks out, in order; a task nobody does is left out."""
    found: dict[UUID, list[UUID]] = {}
    connection = await session.connection()
    wanted = list(ids)
    for start in range(0, len(wanted), AT_ONCE):
        query = select(_assigned.task_id, _assigned.employee_id).where(
            _assigned.task_id.in_(wanted[start : start + AT_ONCE])
        )
        for task_id, employee_id in await connection.execute(query.order_by(_assigned.task_id, _assigned.position)):
            found.setdefault(task_id, []).append(employee_id)
    return found


async def _on_calendar(
    session: AsyncSession, query: Select[Any], calendar: OnCalendar, *, along_agenda: bool = True
) -> Select[Any]:
    """features R54, K8, K27: tasks always, meetings and interactions where they are ticked, cancelled ones never; a single
    date of a series that is done neither.

    The tasks of one employee are walked along their agenda; of series there are few, so each is asked whose it is.
    """
    wanted, extras = calendar.wanted, calendar.extras
    employee_id = wanted.one_assignee
    theirs = _assigned.employee_id == employee_id
    if employee_id is not None and along_agenda:
        query = query.join_from(assignee_table, task_table, columns.id == _assigned.task_id).where(theirs)
    holds: list[ColumnElement[bool]] = await conditions(
        session, wanted, calendar.viewer, dialect=calendar.dialect, but_assignee=employee_id is not None
    )
    if employee_id is not None and not along_agenda:
        holds.append(exists().where(_assigned.task_id == columns.id, theirs))
    if "cancelled" not in extras:
        holds.append(columns.status != "cancelled")
    if "interactions" not in extras:
        holds.append(or_(columns.kind == "task", columns.in_calendar))
    if "done_occurrences" not in extras:
        holds.append(not_(and_(columns.status == "completed", columns.recurrence_id != "")))
    return query.where(*holds)


async def chart_details(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """`parent_id` and `stages` of each of these tasks."""
    found: dict[UUID, Row[Any]] = {}
    connection = await session.connection()
    wanted = list(ids)
    for start in range(0, len(wanted), AT_ONCE):
        query = select(columns.id, columns.parent_id, columns.stages).where(
            columns.id.in_(wanted[start : start + AT_ONCE])
        )
        found.update({row.id: row for row in await connection.execute(query)})
    return found
