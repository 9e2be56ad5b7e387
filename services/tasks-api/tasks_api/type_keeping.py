"""Task types: system ones and our own, exactly one of them the default (features W14-W18)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.database import AsyncSession
from kit.ids import new_id
from tasks_api.errors.tasks import DefaultTaskTypeNeeded, TaskTypeFixed, TaskTypeInUse, TaskTypeNameTaken
from tasks_api.models.tasks import TaskType
from tasks_api.repository import task_types


async def create_task_type(session: AsyncSession, fields: Mapping[str, Any], *, now: datetime) -> TaskType:
    task_type = TaskType(id=new_id(), name="", created_at=now)
    await _set(session, task_type, fields)
    return task_type


async def change_task_type(session: AsyncSession, type_id: UUID, fields: Mapping[str, Any]) -> TaskType:
    task_type = await task_types.get_task_type(session, type_id)
    task_type.version += 1
    await _set(session, task_type, fields)
    return task_type


async def delete_task_type(session: AsyncSession, type_id: UUID) -> None:
    task_type = await task_types.get_task_type(session, type_id)
    if task_type.is_system:
        raise TaskTypeFixed
    if task_type.is_default:
        raise DefaultTaskTypeNeeded
    if await task_types.is_in_use(session, type_id):
        raise TaskTypeInUse
    await session.delete(task_type)


async def _set(session: AsyncSession, task_type: TaskType, fields: Mapping[str, Any]) -> None:
    if "name" in fields:
        holder = await task_types.find_task_type_named(session, fields["name"])
        if holder is not None and holder.id != task_type.id:
            raise TaskTypeNameTaken(fields["name"])
    if task_type.is_default and (fields.get("is_default") is False or fields.get("active") is False):
        raise DefaultTaskTypeNeeded
    if fields.get("is_default"):
        if not fields.get("active", task_type.active):
            raise DefaultTaskTypeNeeded
        await task_types.clear_default(session, but=task_type.id)
    if fields.get("labels") is not None:
        task_type.labels = {**task_type.labels, **fields["labels"]}
    for name in ("name", "staged", "is_default", "active"):
        if name in fields:
            setattr(task_type, name, fields[name])
    session.add(task_type)
    await session.flush()
