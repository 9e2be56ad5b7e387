"""The clock of a task, and of a form that is open and not saved yet (features K4, K5, K46)."""

from __future__ import annotations

from datetime import datetime, timedelta

from kit.database import AsyncSession
from kit.ids import new_id
from tasks_api.desk import Desk
from tasks_api.errors.tasks import TaskCancelledAlready, TaskCompletedAlready
from tasks_api.models.work import TaskDraft
from tasks_api.repository import drafts, registers
from tasks_api.task import Task
from tasks_api.timers import Timer, started, stopped

FORGOTTEN_AFTER = timedelta(days=7)
"""Forms nobody saved are dropped after so long."""


async def start_timer(session: AsyncSession, desk: Desk, task: Task, *, by: str, now: datetime) -> Task:
    """Start the clock, or go on after a pause; one that runs goes on."""
    return await _set(session, desk, task, started(task.particulars.timer, now), by=by, now=now)


async def pause_timer(session: AsyncSession, desk: Desk, task: Task, *, by: str, now: datetime) -> Task:
    settings = await registers.task_settings(session)
    timer = stopped(task.particulars.timer, now, longest=settings.longest_stretch)
    return await _set(session, desk, task, timer, by=by, now=now)


async def open_draft(session: AsyncSession, *, subject: str, now: datetime) -> TaskDraft:
    """A form was opened: its clock runs from now on."""
    await drafts.forget_drafts(session, before=now - FORGOTTEN_AFTER)
    draft = TaskDraft(id=new_id(), subject=subject, started_at=now, created_at=now)
    session.add(draft)
    await session.flush()
    return draft


async def start_draft(session: AsyncSession, draft: TaskDraft, *, now: datetime) -> TaskDraft:
    return await _set_draft(session, draft, started(drafts.timer_of(draft), now))


async def pause_draft(session: AsyncSession, draft: TaskDraft, *, now: datetime) -> TaskDraft:
    settings = await registers.task_settings(session)
    return await _set_draft(session, draft, stopped(drafts.timer_of(draft), now, longest=settings.longest_stretch))


async def _set_draft(session: AsyncSession, draft: TaskDraft, timer: Timer) -> TaskDraft:
    if timer != drafts.timer_of(draft):
        draft.seconds, draft.started_at, draft.capped = timer.seconds, timer.started_at, timer.capped
        draft.version += 1
        session.add(draft)
        await session.flush()
    return draft


async def _set(session: AsyncSession, desk: Desk, task: Task, timer: Timer, *, by: str, now: datetime) -> Task:
    if task.status == "completed":
        raise TaskCompletedAlready
    if task.status == "cancelled":
        raise TaskCancelledAlready
    if timer == task.particulars.timer:
        return task
    booking = desk.booking(session, now=now)
    booking.touch(task)
    task.particularize(timer=timer)
    booking.say(by=by)
    await booking.write()
    return task
