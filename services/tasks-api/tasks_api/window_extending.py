"""Time goes on: every day the listeners are told the dates of series that came into the window (DESIGN 2.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from kit.clock import Clock
from kit.database import Database
from tasks_api.desk import Desk
from tasks_api.repository import task_rows, tasks
from tasks_api.series_dates import reaches, series_of
from tasks_api.task import Task

BY = "automation:window"
AT_ONCE = 200
EVERY = timedelta(hours=1)
_A_DAY = timedelta(days=1)

log = structlog.get_logger()


async def extend_windows(database: Database, desk: Desk, *, now: datetime) -> int:
    """Tell the new dates of every open series whose known ones end a day or more too early; how many series had some."""
    async with database.reading() as session:
        if not await tasks.is_series_announced_before(session, desk.window(now).ends_at - _A_DAY):
            return 0
    told, after = 0, None
    while True:
        seen, after, spoken = await _extend_some(database, desk, after, now=now)
        told += spoken
        if seen < AT_ONCE:
            return told


async def keep_windows_extended(database: Database, desk: Desk, clock: Clock) -> None:
    """For the life of the service."""
    while True:
        told = await extend_windows(database, desk, now=clock.now())
        if told:
            log.info("windows_extended", series=told)
        await asyncio.sleep(EVERY.total_seconds())


async def _extend_some(
    database: Database, desk: Desk, after: UUID | None, *, now: datetime
) -> tuple[int, UUID | None, int]:
    window = desk.window(now)
    async with database.transaction() as session:
        series = await tasks.series_announced_before(session, window.ends_at - _A_DAY, after=after, limit=AT_ONCE)
        if not series:
            return 0, after, 0
        dates = await desk.series_dates.between([series_of(task.fields) for task in series], window)
        with_news: list[Task] = []
        without: list[Task] = []
        for task, found in zip(series, dates, strict=True):
            assert task.announced_until is not None
            (with_news if reaches(found, task.announced_until) else without).append(task)
        await task_rows.move_windows(session, _ids(without), window.ends_at)
        booking = desk.booking(session, now=now)
        booking.know_overrides(await tasks.overridden_dates(session, {task.uid for task in with_news if task.uid}))
        booking.say(by=BY, again=with_news)
        await booking.write()
    return len(series), series[-1].id, len(with_news)


def _ids(series: Sequence[Task]) -> list[UUID]:
    return [task.id for task in series]
