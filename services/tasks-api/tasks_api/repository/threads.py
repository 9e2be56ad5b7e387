"""Tasks that hang on one another."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from kit.database import AsyncSession
from kit.paging import Paging, one_page
from tasks_api.repository.task_rows import task_table, tasks_of
from tasks_api.task import Task

columns = task_table.c


async def tasks_of_thread(session: AsyncSession, root_id: UUID, *, limit: int, to_change: bool = False) -> list[Task]:
    """The task at the root and all that hang on it, directly or not, oldest first; `limit` at most."""
    query = select(task_table).where(or_(columns.id == root_id, columns.thread_id == root_id)).order_by(columns.id)
    query = query.limit(limit)
    return await tasks_of(session, query.with_for_update() if to_change else query)


async def list_roots(session: AsyncSession, paging: Paging, *, account_id: UUID | None) -> list[Task]:
    """Tasks others hang on, one page (and one more), newest first."""
    threads = select(columns.thread_id).where(columns.thread_id.is_not(None))
    query = select(task_table).where(columns.id.in_(threads))
    if account_id is not None:
        query = query.where(columns.account_id == account_id)
    return await tasks_of(session, one_page(query, paging, columns.id, descending=True))


async def sizes_of_threads(session: AsyncSession, root_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many tasks each of these threads has, its root included."""
    query = select(columns.thread_id, func.count()).where(columns.thread_id.in_(root_ids)).group_by(columns.thread_id)
    connection = await session.connection()
    rows: Sequence[Any] = (await connection.execute(query)).all()
    return {root_id: count + 1 for root_id, count in rows}
