"""Queries about tasks."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from kit.database import AsyncSession
from tasks_api.errors.tasks import TaskNotFound, TaskOfOthers
from tasks_api.models.base import metadata
from tasks_api.repository.directory import AT_ONCE
from tasks_api.repository.task_filters import may_be_seen
from tasks_api.repository.task_rows import find_task, task_table, tasks_among, tasks_of
from tasks_api.task import Task
from tasks_api.viewer import Viewer

number_table = metadata.tables["number_series"]
columns = task_table.c


async def get_task(session: AsyncSession, task_id: UUID, viewer: Viewer, *, to_change: bool = False) -> Task:
    """The task, or TaskNotFound, which is also said of tasks the viewer may not see (reliability D1).

    `to_change`: the row is held until the transaction ends; TaskOfOthers when it is only theirs to look at (features K34).
    """
    found = await find_task(session, task_id, to_change=to_change)
    if found is None or not viewer.sees(found.fields.kind, found.created_by, found.assignee_ids):
        raise TaskNotFound(task_id)
    if viewer.limits and not await may_be_seen(session, viewer, [task_id]):
        raise TaskNotFound(task_id)
    if to_change and not viewer.may_change(found.created_by, found.assignee_ids):
        raise TaskOfOthers(task_id)
    return found


async def tasks_with_uids(session: AsyncSession, uids: Collection[str], *, to_change: bool = False) -> list[Task]:
    """All tasks of these UIDs, cancelled ones included, oldest first."""
    wanted = sorted(uids)
    found: list[Task] = []
    for start in range(0, len(wanted), AT_ONCE):
        query = select(task_table).where(columns.uid.in_(wanted[start : start + AT_ONCE])).order_by(columns.id)
        found += await tasks_of(session, query.with_for_update() if to_change else query)
    return found


async def tasks_with_ids(session: AsyncSession, task_ids: Collection[UUID]) -> list[Task]:
    """Those of these tasks that are there, oldest first."""
    return await tasks_among(session, list(task_ids))


async def overridden_dates(session: AsyncSession, uids: Collection[str]) -> dict[tuple[str, int], set[str]]:
    """The instance keys that have a task of their own, by (uid, copy number); cancelled ones count too."""
    wanted = sorted(uids)
    dates: dict[tuple[str, int], set[str]] = {}
    connection = await session.connection()
    for start in range(0, len(wanted), AT_ONCE):
        query = select(columns.uid, columns.copy_number, columns.recurrence_id).where(
            columns.uid.in_(wanted[start : start + AT_ONCE]), columns.recurrence_id != ""
        )
        for uid, copy_number, recurrence_id in await connection.execute(query):
            dates.setdefault((uid, copy_number), set()).add(recurrence_id)
    return dates


async def series_announced_before(
    session: AsyncSession, until: datetime, *, after: UUID | None, limit: int
) -> list[Task]:
    """Open series whose listeners know the dates only up to a moment before `until`, some at a time."""
    query = select(task_table).where(*_announced_before(until))
    if after is not None:
        query = query.where(columns.id > after)
    return await tasks_of(session, query.order_by(columns.id).limit(limit).with_for_update())


async def is_series_announced_before(session: AsyncSession, until: datetime) -> bool:
    """Whether there is one of those: looking for them takes time, which no writer has to wait for."""
    connection = await session.connection()
    return (await connection.execute(select(columns.id).where(*_announced_before(until)).limit(1))).first() is not None


def _announced_before(until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        columns.is_recurring,
        columns.status.in_(("planned", "in_progress")),
        columns.announced_until < until,
        or_(columns.recurs_until.is_(None), columns.recurs_until >= columns.announced_until),
    )


async def take_numbers(session: AsyncSession, series: str, count: int) -> int:
    """The first of `count` numbers of the series, which are ours from here on; given back if the transaction fails."""
    connection = await session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(number_table).values(series=series, last=count)
    taken = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["series"], set_={"last": number_table.c.last + count}
        ).returning(number_table.c.last)
    )
    return int(taken.scalar_one()) - count + 1
