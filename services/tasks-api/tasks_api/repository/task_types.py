"""Task types."""

from uuid import UUID

from sqlmodel import col, select, update

from kit.database import AsyncSession
from kit.paging import Paging
from tasks_api.errors.tasks import TaskTypeNotFound, TaskTypeUnknown
from tasks_api.models.tasks import TaskRow, TaskType
from tasks_api.repository.pages import rows_of_page


async def get_task_type(session: AsyncSession, type_id: UUID) -> TaskType:
    """The task type, or TaskTypeNotFound."""
    task_type = await session.get(TaskType, type_id)
    if task_type is None:
        raise TaskTypeNotFound(type_id)
    return task_type


async def default_type_id(session: AsyncSession) -> UUID | None:
    return (await session.exec(select(TaskType.id).where(col(TaskType.is_default)))).first()


async def usable_type(session: AsyncSession, type_id: UUID | None) -> TaskType | None:
    """The type itself if it can be chosen, the default one when none is named; TaskTypeUnknown otherwise."""
    if type_id is None:
        return (await session.exec(select(TaskType).where(col(TaskType.is_default)))).first()
    task_type = await session.get(TaskType, type_id)
    if task_type is None or not task_type.active:
        raise TaskTypeUnknown(type_id)
    return task_type


async def find_task_type_named(session: AsyncSession, name: str) -> TaskType | None:
    return (await session.exec(select(TaskType).where(TaskType.name == name))).first()


async def list_task_types(session: AsyncSession, paging: Paging) -> list[TaskType]:
    return list(await session.exec(rows_of_page(select(TaskType), paging, col(TaskType.id))))


async def clear_default(session: AsyncSession, *, but: UUID) -> None:
    """Take the default mark from whoever else has it."""
    await session.exec(
        update(TaskType)
        .where(col(TaskType.is_default), col(TaskType.id) != but)
        .values(is_default=False, version=col(TaskType.version) + 1)
    )


async def is_in_use(session: AsyncSession, type_id: UUID) -> bool:
    return (await session.exec(select(TaskRow.id).where(TaskRow.type_id == type_id).limit(1))).first() is not None
