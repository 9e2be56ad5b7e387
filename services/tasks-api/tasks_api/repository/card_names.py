"""Names of cards and types, for what people read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from kit.database import AsyncSession
from tasks_api.models.directory import Account, Contact, Employee
from tasks_api.models.tasks import TaskType
from tasks_api.report_columns import Names
from tasks_api.repository.directory import AT_ONCE
from tasks_api.task import Task


async def names_of(session: AsyncSession, tasks: Sequence[Task], types: Mapping[UUID, str]) -> Names:
    """The names of everything these tasks point at; cards that were deleted have theirs still."""
    return Names(
        accounts=await account_names(session, {task.account_id for task in tasks if task.account_id is not None}),
        contacts=await _names(session, Contact, {one for task in tasks for one in task.contact_ids}),
        employees=await employee_names(session, {one for task in tasks for one in task.assignee_ids}),
        types=types,
    )


async def account_names(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    return await _names(session, Account, ids)


async def employee_names(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    return await _names(session, Employee, ids)


async def type_names(session: AsyncSession) -> dict[UUID, str]:
    """All of them: there are few."""
    return dict((await session.exec(select(TaskType.id, TaskType.name))).all())


async def _names(session: AsyncSession, table: Any, ids: Collection[UUID]) -> dict[UUID, str]:
    wanted = list(ids)
    names: dict[UUID, str] = {}
    for start in range(0, len(wanted), AT_ONCE):
        query = select(table.id, table.name).where(col(table.id).in_(wanted[start : start + AT_ONCE]))
        names.update((await session.exec(query)).all())
    return names
