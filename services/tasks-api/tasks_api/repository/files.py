"""The bytes of attachments."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, delete, select

from kit.database import AsyncSession, insert_many
from tasks_api.models.work import TaskFile


async def add_file(session: AsyncSession, file_id: UUID, task_id: UUID, content: bytes, *, now: datetime) -> None:
    row = {"id": file_id, "task_id": task_id, "content": content, "created_at": now}
    await insert_many(session, TaskFile, [row])


async def file_content(session: AsyncSession, file_id: UUID) -> bytes | None:
    return (await session.exec(select(TaskFile.content).where(TaskFile.id == file_id))).first()


async def delete_file(session: AsyncSession, file_id: UUID) -> None:
    await session.exec(delete(TaskFile).where(col(TaskFile.id) == file_id))


async def delete_files_of(session: AsyncSession, task_ids: Sequence[UUID]) -> None:
    await session.exec(delete(TaskFile).where(col(TaskFile.task_id).in_(task_ids)))
