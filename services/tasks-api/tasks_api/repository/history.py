"""What happened to tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select

from kit.database import AsyncSession, insert_many
from kit.paging import Paging
from tasks_api.models.tasks import TaskHistory
from tasks_api.repository.pages import rows_of_page


async def add(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    await insert_many(session, TaskHistory, rows)


async def list_history(session: AsyncSession, task_id: UUID, paging: Paging) -> list[TaskHistory]:
    """What happened to the task, newest first."""
    query = select(TaskHistory).where(TaskHistory.task_id == task_id)
    return list(await session.exec(rows_of_page(query, paging, col(TaskHistory.id), descending=True)))


async def list_everything(
    session: AsyncSession, paging: Paging, *, task_id: UUID | None, by: str | None, since: datetime | None
) -> list[TaskHistory]:
    """What happened to all tasks, newest first, deleted ones included (features R62)."""
    query = select(TaskHistory)
    if task_id is not None:
        query = query.where(TaskHistory.task_id == task_id)
    if by is not None:
        query = query.where(TaskHistory.by == by)
    if since is not None:
        query = query.where(col(TaskHistory.at) >= since)
    return list(await session.exec(rows_of_page(query, paging, col(TaskHistory.id), descending=True)))


async def last_percent_below_100(session: AsyncSession, task_id: UUID) -> int:
    """Where the task was before it was put at 100 per cent; 0 when nothing is known (features W27)."""
    query = select(TaskHistory.changes).where(TaskHistory.task_id == task_id).order_by(col(TaskHistory.id).desc())
    for changes in await session.exec(query):
        for percent in reversed(changes.get("percent_complete", ())):
            if percent < 100:
                return int(percent)
    return 0


def plain(value: Any) -> Any:
    """A value of a task as JSON."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    return value
