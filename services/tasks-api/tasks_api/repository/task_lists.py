"""Lists of tasks: pages of them in any order, all of them for a report, and how many there are of each sort."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, case, func, select

from kit.database import AsyncSession
from kit.paging import Paging, cursor_of, one_page
from tasks_api.repository.task_filters import columns, conditions
from tasks_api.repository.task_rows import assignee_table, task_table
from tasks_api.repository.tasks import tasks_with_ids
from tasks_api.task import Task
from tasks_api.task_filter import TaskFilter
from tasks_api.viewer import Viewer

Order = Literal["created", "-created", "starts_at", "-starts_at"]
Grouping = Literal["type", "kind", "status", "assignee", "account", "color"]
REPORT_BATCH = 100
"""Tasks of a report that are in memory at a time; a page may be no larger either (`kit.paging`)."""

_assigned = assignee_table.c


async def list_tasks(
    session: AsyncSession, paging: Paging, wanted: TaskFilter, viewer: Viewer, *, order: Order, dialect: str
) -> list[Task]:
    """One page (and one more, see `kit.paging`) of the tasks the viewer may see."""
    keys = await list_keys(session, paging, wanted, viewer, order=order, dialect=dialect)
    found = {task.id: task for task in await tasks_with_ids(session, [key.id for key in keys])}
    return [found[key.id] for key in keys if key.id in found]


async def list_keys(
    session: AsyncSession, paging: Paging, wanted: TaskFilter, viewer: Viewer, *, order: Order, dialect: str
) -> list[Row[Any]]:
    """`id`, `version` and `agenda_at` of the tasks of one page (and one more).

    The page is found along an index where there is one, before anything else of its tasks is read.
    """
    by_time = order.endswith("starts_at")
    keys, by = await _keys(session, wanted, viewer, by_time=by_time, dialect=dialect)
    descending = order.startswith("-")
    page = one_page(keys, paging, *by, descending=descending).subquery("page")
    sort = (columns.agenda_at, columns.id) if by_time else (columns.id,)
    shown = select(columns.id, columns.version, columns.agenda_at).join(page, page.c.id == columns.id)
    connection = await session.connection()
    return list(await connection.execute(shown.order_by(*(one.desc() if descending else one for one in sort))))


async def every_task(
    session: AsyncSession, wanted: TaskFilter, viewer: Viewer, *, order: Order, dialect: str
) -> AsyncIterator[list[Task]]:
    """All of them in order, some hundred at a time."""
    paging = Paging(REPORT_BATCH)
    while True:
        found = await list_tasks(session, paging, wanted, viewer, order=order, dialect=dialect)
        if not found:
            return
        yield found[:REPORT_BATCH]
        if len(found) <= REPORT_BATCH:
            return
        last = found[REPORT_BATCH - 1]
        key = (last.agenda_at, last.id) if order.endswith("starts_at") else (last.id,)
        paging = Paging(REPORT_BATCH, cursor_of(key))


async def count_by(
    session: AsyncSession, by: Grouping, wanted: TaskFilter, viewer: Viewer, *, dialect: str
) -> list[tuple[Any, int, int]]:
    """Group → how many tasks there are in it and how many of these are open, the largest group first (features W15)."""
    group: ColumnElement[Any] = {
        "type": columns.type_id,
        "kind": columns.kind,
        "status": columns.status,
        "assignee": _assigned.employee_id,
        "account": columns.account_id,
        "color": columns.color,
    }[by]
    is_open = case((columns.status.in_(("planned", "in_progress")), 1), else_=0)
    counted = select(group, func.count(), func.sum(is_open)).where(
        *await conditions(session, wanted, viewer, dialect=dialect)
    )
    if by == "assignee":
        counted = counted.select_from(task_table.outerjoin(assignee_table, _assigned.task_id == columns.id))
    connection = await session.connection()
    rows = await connection.execute(counted.group_by(group).order_by(func.count().desc(), group))
    return [(value, count, int(opened or 0)) for value, count, opened in rows]


async def zones_in(
    session: AsyncSession, wanted: TaskFilter, viewer: Viewer, *, dialect: str
) -> list[tuple[str, datetime | None]]:
    """The zones of the tasks, each with the first moment it is needed for."""
    holds = await conditions(session, wanted, viewer, dialect=dialect)
    query = select(columns.timezone, func.min(columns.starts_at)).where(*holds).group_by(columns.timezone)
    connection = await session.connection()
    return [(timezone, first) for timezone, first in await connection.execute(query)]


async def _keys(
    session: AsyncSession, wanted: TaskFilter, viewer: Viewer, *, by_time: bool, dialect: str
) -> tuple[Select[Any], tuple[ColumnElement[Any], ...]]:
    """The ids of what is wanted, and what to sort them by; those of one employee along their own index."""
    employee_id = wanted.one_assignee
    holds = await conditions(session, wanted, viewer, dialect=dialect, but_assignee=employee_id is not None)
    if employee_id is None:
        query = select(columns.id, columns.agenda_at) if by_time else select(columns.id)
        return query.where(*holds), ((columns.agenda_at, columns.id) if by_time else (columns.id,))
    by = (_assigned.agenda_at, _assigned.task_id) if by_time else (_assigned.task_id,)
    query = select(_assigned.task_id.label("id")).where(_assigned.employee_id == employee_id)
    if holds:
        query = query.join_from(assignee_table, task_table, columns.id == _assigned.task_id).where(*holds)
    return query, by
