"""Lists of tasks: pages of them in any order, all of them for a report, and how many there are of each sort."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, Executable, Row, Select, bindparam, case, func, select

from kit.database import AsyncSession
from kit.paging import Paging, any_page, cursor_of, one_page, page_parameters
from kit.prepared import Prepared
from tasks_api.repository.task_filters import KNOWN_QUESTIONS, AskedOften, asked_often, columns, conditions
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
    by = _sorted_by(order, of_one=wanted.one_assignee is not None)
    often = await asked_often(session, wanted, viewer, dialect=dialect)
    if often is not None:
        question, values = often
        prepared = _prepared(question, order, paging.cursor is not None)
        return await prepared.rows(session, **values, **page_parameters(paging, *by))
    holds = await conditions(session, wanted, viewer, dialect=dialect, but_assignee=wanted.one_assignee is not None)
    page = one_page(_keys(holds, wanted.one_assignee, order), paging, *by, descending=order.startswith("-"))
    connection = await session.connection()
    return list(await connection.execute(_shown(page, order)))


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


@lru_cache(maxsize=KNOWN_QUESTIONS)
def _prepared(question: AskedOften, order: Order, goes_on: bool) -> Prepared:
    """Building a statement takes longer than finding the page: one for each combination of filters."""
    of_one = question.is_of_one

    def make(dialect: str) -> Executable:
        holds = question.holds(dialect, but_assignee=of_one)
        keys = _keys(holds, bindparam("assignee_ids") if of_one else None, order)
        by = _sorted_by(order, of_one=of_one)
        return _shown(any_page(keys, *by, goes_on=goes_on, descending=order.startswith("-")), order)

    return Prepared(make, by_key=question.lies_together)


def _sorted_by(order: Order, *, of_one: bool) -> tuple[ColumnElement[Any], ...]:
    """What the ids are sorted by; those of one employee along their own index."""
    by_id, by_time = (_assigned.task_id, _assigned.agenda_at) if of_one else (columns.id, columns.agenda_at)
    return (by_time, by_id) if order.endswith("starts_at") else (by_id,)


def _keys(holds: Sequence[ColumnElement[bool]], employee_id: Any, order: Order) -> Select[Any]:
    """The ids of what holds, or of what holds of the tasks of one employee."""
    if employee_id is None:
        by_time = order.endswith("starts_at")
        return (select(columns.id, columns.agenda_at) if by_time else select(columns.id)).where(*holds)
    query = select(_assigned.task_id.label("id")).where(_assigned.employee_id == employee_id)
    if holds:
        query = query.join_from(assignee_table, task_table, columns.id == _assigned.task_id).where(*holds)
    return query


def _shown(keys: Select[Any], order: Order) -> Select[Any]:
    page = keys.subquery("page")
    sort = (columns.agenda_at, columns.id) if order.endswith("starts_at") else (columns.id,)
    shown = select(columns.id, columns.version, columns.agenda_at).join(page, page.c.id == columns.id)
    return shown.order_by(*(one.desc() if order.startswith("-") else one for one in sort))
