"""The values of dictionaries: added, renamed, retired; a value that tasks have is not deleted (features K47)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.database import AsyncSession
from kit.ids import new_id
from tasks_api.errors.work import ValueInUse
from tasks_api.models.registers import DictionaryValue
from tasks_api.repository import registers

Fields = Mapping[str, Any]


async def add_value(session: AsyncSession, dictionary: str, fields: Fields, *, now: datetime) -> DictionaryValue:
    position = fields.get("position")
    value = DictionaryValue(
        id=new_id(),
        dictionary=dictionary,
        labels=dict(fields["labels"]),
        position=position if position is not None else await registers.next_position(session, dictionary),
        created_at=now,
    )
    session.add(value)
    await session.flush()
    return value


async def change_value(session: AsyncSession, value: DictionaryValue, fields: Fields) -> DictionaryValue:
    for name in ("position", "active"):
        if name in fields:
            setattr(value, name, fields[name])
    if "labels" in fields:
        value.labels = {**value.labels, **fields["labels"]}
    value.version += 1
    session.add(value)
    await session.flush()
    return value


async def delete_value(session: AsyncSession, dictionary: str, value_id: UUID) -> None:
    value = await registers.get_value(session, dictionary, value_id)
    if await registers.is_value_in_use(session, value):
        raise ValueInUse
    await session.delete(value)
