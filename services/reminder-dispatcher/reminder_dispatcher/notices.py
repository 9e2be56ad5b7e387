"""What an operator is shown where they work: reminders of theirs whose moment has come, until they put them away (features R59)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.tasks import TaskState
from kit.bell import Bell
from kit.database import AsyncSession, Database
from reminder_dispatcher.actors import Actor
from reminder_dispatcher.errors import ReminderNotFound
from reminder_dispatcher.models import Reminder
from reminder_dispatcher.reminder_handling import note_action, snooze_reminder, tell_again_later
from reminder_dispatcher.repository import copies
from reminder_dispatcher.repository import notices as repository
from reminder_dispatcher.repository import reminders as reminder_repository

LOOK_EVERY = timedelta(seconds=5)
"""Somebody else's process may have told the operator something."""
KEEP_ALIVE = timedelta(seconds=15)
STREAM_LASTS = timedelta(minutes=14)
"""A little less than a token is valid; the client comes back with a new one and the last id it has seen."""
_OVERLAP = timedelta(seconds=10)
"""What is committed late may bear an earlier moment than what was seen already."""


@dataclass(frozen=True, slots=True)
class OwnNotice:
    """A reminder as its recipient sees it."""

    reminder: Reminder
    title: str


async def own_notices(session: AsyncSession, employee_id: UUID, *, since: datetime, limit: int) -> list[OwnNotice]:
    """What the employee has been told since then and has not put away, newest first."""
    return await _with_titles(session, await repository.notices_of(session, employee_id, since=since, limit=limit))


async def watch_notices(
    database: Database, bell: Bell, employee_id: UUID, *, since: datetime, lasts: timedelta = STREAM_LASTS
) -> AsyncIterator[OwnNotice | None]:
    """Every notice of the employee told after `since`, as it comes; None when nothing came for a while."""
    seen: dict[UUID, datetime] = {}
    ends = asyncio.get_running_loop().time() + lasts.total_seconds()
    silent_since = asyncio.get_running_loop().time()
    with bell.heard() as rang:
        while not bell.is_closed and asyncio.get_running_loop().time() < ends:
            rang.clear()
            async with database.reading() as session:
                rows = await repository.notices_told_after(session, employee_id, after=since)
                fresh = await _with_titles(session, [row for row in rows if row.id not in seen])
            for notice in fresh:
                told_at = notice.reminder.told_at or since
                seen[notice.reminder.id] = told_at
                silent_since = asyncio.get_running_loop().time()
                yield notice
            since = max([since, *(moment - _OVERLAP for moment in seen.values())])
            seen = {one: moment for one, moment in seen.items() if moment > since}
            if asyncio.get_running_loop().time() - silent_since >= KEEP_ALIVE.total_seconds():
                silent_since = asyncio.get_running_loop().time()
                yield None
            try:
                async with asyncio.timeout(LOOK_EVERY.total_seconds()):
                    await rang.wait()
            except TimeoutError:
                continue


async def dismiss_notice(
    session: AsyncSession, reminder_id: UUID, employee_id: UUID, *, by: Actor, now: datetime
) -> Reminder:
    """Put it away; doing so twice changes nothing."""
    reminder = await _own(session, reminder_id, employee_id)
    if reminder.dismissed_at is None:
        await reminder_repository.change_reminder(session, reminder.id, {"dismissed_at": now})
        await note_action(session, reminder.id, "dismissed", by=by, now=now)
    return await _own(session, reminder_id, employee_id)


async def snooze_notice(
    session: AsyncSession, reminder_id: UUID, employee_id: UUID, until: datetime, *, by: Actor, now: datetime
) -> Reminder:
    """Tell me again later: what waits is put off, what was told is put away and told once more as a reminder of its own."""
    reminder = await _own(session, reminder_id, employee_id)
    if reminder.status == "armed":
        return await snooze_reminder(session, reminder_id, until, by=by, now=now)
    again = await tell_again_later(session, reminder, until, by=by, now=now)
    await reminder_repository.change_reminder(session, reminder.id, {"dismissed_at": now})
    return again


async def _own(session: AsyncSession, reminder_id: UUID, employee_id: UUID) -> Reminder:
    reminder = await reminder_repository.find_reminder(session, reminder_id, lock=True)
    if reminder is None or reminder.employee_id != employee_id:
        raise ReminderNotFound(reminder_id)
    return reminder


async def _with_titles(session: AsyncSession, reminders: Sequence[Reminder]) -> list[OwnNotice]:
    tasks: dict[UUID, TaskState] = {}
    if reminders:
        tasks = await copies.tasks_by_id(session, {reminder.task_id for reminder in reminders})
    return [
        OwnNotice(reminder, tasks[reminder.task_id].title if reminder.task_id in tasks else "")
        for reminder in reminders
    ]
