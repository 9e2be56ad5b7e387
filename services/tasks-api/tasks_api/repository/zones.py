"""Zones that tasks are in, the data they were computed by, and the tasks that newer data move."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlmodel import col

from kit.database import AsyncSession, insert_ignoring_conflicts
from tasks_api.itip.memory import SeriesMemory
from tasks_api.models.invitations import SeriesMemoryRow
from tasks_api.models.zones import ZoneData
from tasks_api.repository.task_rows import task_table, tasks_of
from tasks_api.task import Task

_columns = task_table.c


async def zones_of_tasks(session: AsyncSession, *, since: datetime) -> set[str]:
    """The zones of tasks that are still to come, or go on being repeated."""
    connection = await session.connection()
    query = select(_columns.timezone).where(_to_come(since)).distinct()
    return set((await connection.execute(query)).scalars())


async def known_zones(session: AsyncSession) -> list[ZoneData]:
    return list((await session.execute(select(ZoneData).order_by(col(ZoneData.zone)))).scalars())


async def lock_zone(session: AsyncSession, zone: str) -> ZoneData | None:
    query = (
        select(ZoneData).where(col(ZoneData.zone) == zone).with_for_update().execution_options(populate_existing=True)
    )
    return (await session.execute(query)).scalars().first()


async def note_zone(session: AsyncSession, zone: str, data: bytes, *, now: datetime) -> None:
    row = {"zone": zone, "data": data, "next_data": None, "progress": None, "since": now}
    await insert_ignoring_conflicts(session, ZoneData, [row], ["zone"])


async def change_zone(session: AsyncSession, zone: str, **values: Any) -> None:
    await session.execute(update(ZoneData).where(col(ZoneData.zone) == zone).values(**values))


async def tasks_in_zone(
    session: AsyncSession, zone: str, *, since: datetime, after: UUID | None, limit: int
) -> list[Task]:
    """Tasks of the zone that newer data concern, some at a time: those to come, series, and dates of series, closed ones too."""
    query = select(task_table).where(_columns.timezone == zone, or_(_to_come(since), _columns.recurrence_id > ""))
    if after is not None:
        query = query.where(_columns.id > after)
    return await tasks_of(session, query.order_by(_columns.id).limit(limit).with_for_update())


async def memories_after(session: AsyncSession, uid: str, *, limit: int) -> list[tuple[str, SeriesMemory | None]]:
    """What is remembered of the UIDs that follow, some at a time."""
    query = (
        select(col(SeriesMemoryRow.uid), col(SeriesMemoryRow.document))
        .where(col(SeriesMemoryRow.uid) > uid)
        .order_by(col(SeriesMemoryRow.uid))
        .limit(limit)
    )
    return [(uid, SeriesMemory.from_document(document)) for uid, document in await session.execute(query)]


def _to_come(since: datetime) -> Any:
    return or_(_columns.starts_at >= since, _columns.ends_at >= since, _columns.is_recurring)
