"""When the data of a zone are newer than those its tasks were computed by, the tasks move: job at the start of the service,
before anything is heard or answered (reliability B10, docs/decisions/0111).

Each zone is done in steps that are committed with how far they came, so that a process that dies half-way moves nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from kit.clock import Clock
from kit.database import AsyncSession, Database
from kit.ids import new_id
from kit.zone_data import zone_by, zone_file
from tasks_api.desk import Desk
from tasks_api.models.zones import ZoneData
from tasks_api.repository import history, invitations, tasks, zones
from tasks_api.task import Task
from tasks_api.zone_changes import ZoneChange, moved_fields, moved_memory, moved_stages, zone_of_memory

BY = "automation:zone-data"
AT_ONCE = 200
LOOK_EVERY = timedelta(hours=1)
_FIXED = frozenset({"UTC"})
"""Zones whose clocks nobody can change."""
_A_DAY = timedelta(days=1)
_TASK, _MEMORY = "task:", "memory:"

ReadZone = Callable[[str], bytes | None]
log = structlog.get_logger()


async def follow_zone_data(database: Database, desk: Desk, *, now: datetime, read: ReadZone = zone_file) -> int:
    """Move the tasks of every zone whose data have changed since; how many tasks moved or were told anew."""
    await note_zones(database, now=now, read=read)
    async with database.reading() as session:
        known = await zones.known_zones(session)
    moved = 0
    for one in known:
        data = await asyncio.to_thread(read, one.zone)
        if one.next_data is not None or (data is not None and data != one.data):
            moved += await _follow(database, desk, one.zone, data, now=now)
    return moved


async def note_zones(database: Database, *, now: datetime, read: ReadZone = zone_file) -> None:
    """Remember the data of zones that tasks have come to be in."""
    async with database.reading() as session:
        used = await zones.zones_of_tasks(session, since=now - _A_DAY)
        known = {one.zone for one in await zones.known_zones(session)}
    for zone in sorted(used - known - _FIXED):
        data = await asyncio.to_thread(read, zone)
        if data is not None:
            async with database.transaction() as session:
                await zones.note_zone(session, zone, data, now=now)


async def keep_noting_zones(database: Database, clock: Clock) -> None:
    """For the life of the service. Newer data themselves take effect with the next start, for everything at once."""
    while True:
        await note_zones(database, now=clock.now())
        await asyncio.sleep(LOOK_EVERY.total_seconds())


async def _follow(database: Database, desk: Desk, zone: str, data: bytes | None, *, now: datetime) -> int:
    moved = 0
    while True:
        async with database.transaction() as session:
            known = await zones.lock_zone(session, zone)
            if known is None:
                return moved
            if known.next_data is None:
                if data is None or data == known.data:
                    return moved
                await zones.change_zone(session, zone, next_data=data, progress=_TASK)
                continue
            step = await _next_step(session, desk, known, now=now)
        if step is None:
            log.warning("zone_data_changed", zone=zone, tasks=moved)
        moved += step or 0


async def _next_step(session: AsyncSession, desk: Desk, known: ZoneData, *, now: datetime) -> int | None:
    """How many tasks moved; None when the zone is done."""
    assert known.next_data is not None
    change = ZoneChange(zone_by(known.zone, known.data), zone_by(known.zone, known.next_data))
    progress = known.progress or _TASK
    if progress.startswith(_TASK):
        after = UUID(progress.removeprefix(_TASK)) if progress != _TASK else None
        found = await zones.tasks_in_zone(session, known.zone, since=now - _A_DAY, after=after, limit=AT_ONCE)
        told = await _move(session, desk, found, change, now=now) if found else 0
        further = f"{_TASK}{found[-1].id}" if len(found) == AT_ONCE else _MEMORY
        await zones.change_zone(session, known.zone, progress=further)
        return told
    memories = await zones.memories_after(session, progress.removeprefix(_MEMORY), limit=AT_ONCE)
    concerned = {uid: memory for uid, memory in memories if memory and zone_of_memory(memory) == known.zone}
    await invitations.keep_memories(
        session, {uid: moved_memory(memory, change) for uid, memory in concerned.items()}, now=now
    )
    if len(memories) == AT_ONCE:
        await zones.change_zone(session, known.zone, progress=f"{_MEMORY}{memories[-1][0]}")
        return 0
    await zones.change_zone(session, known.zone, data=known.next_data, next_data=None, progress=None, since=now)
    return None


async def _move(session: AsyncSession, desk: Desk, found: Sequence[Task], change: ZoneChange, *, now: datetime) -> int:
    """Series are told anew even where they themselves stay: their coming dates are others."""
    booking = desk.booking(session, now=now)
    overridden = await tasks.overridden_dates(session, {task.uid for task in found if task.uid})
    booking.know_overrides({key: dates | set(change.keys(dates)) for key, dates in overridden.items()})
    for task in found:
        booking.touch(task)
        task.fields = moved_fields(task.fields, change)
        if task.recurrence_id is not None:
            task.recurrence_id = change.key(task.recurrence_id)
        if task.particulars.stages:
            task.particularize(stages=moved_stages(task.particulars.stages, change))
    window = desk.window(now)
    series = [task for task in found if task.is_recurring and not task.is_closed]
    again = series if change.matters_between(window.starts_at, window.ends_at) else []
    moved = {task.id for task in booking.say(by=BY, again=again, revises=False)}
    retold = [task for task in again if task.id not in moved]
    await booking.write()
    await history.add(session, [_told_anew(task, now) for task in retold])
    return len(moved) + len(retold)


def _told_anew(task: Task, now: datetime) -> dict[str, Any]:
    """The audit of a series whose own fields stay."""
    return {
        "id": new_id(), "task_id": task.id, "version": task.version, "happened": "updated", "at": now, "by": BY,
        "changes": {"occurrences": [None, None]},
    }  # fmt: skip
