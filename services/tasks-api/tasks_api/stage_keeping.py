"""The stages of one task are planned and moved on (features W19, W28)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.tasks import Stage
from kit.database import AsyncSession
from kit.errors import FieldError
from kit.ids import new_id
from tasks_api.desk import Desk
from tasks_api.errors.tasks import TaskCancelledAlready, TaskCompletedAlready, UnfitTask
from tasks_api.errors.work import NotStaged, PercentStepMissed, StageNotFound
from tasks_api.repository import registers
from tasks_api.schedule import UnfitSchedule
from tasks_api.stages import covering, percent_of, stage_times
from tasks_api.task import Task


async def plan_stages(
    session: AsyncSession, desk: Desk, task: Task, wanted: Sequence[Mapping[str, Any]], *, by: str, now: datetime
) -> Task:
    """Make these the stages, in this order; known ones are named by their id. The task's own dates widen to cover them."""
    if not task.particulars.staged:
        raise NotStaged
    known = {stage.id: stage for stage in task.particulars.stages}
    stages: list[Stage] = []
    for index, one in enumerate(wanted):
        if one.get("id") is not None and one["id"] not in known:
            raise StageNotFound(one["id"])
        stages.append(_stage(task, one, f"#/stages/{index}"))
    if len({stage.id for stage in stages}) < len(stages):
        raise UnfitTask(
            "A stage stands there twice.", errors=[FieldError(pointer="#/stages", detail="has an id twice")]
        )
    for stage in stages:
        before = known.get(stage.id)
        await _check_step(session, stage.percent_complete, before.percent_complete if before else 0)
    return await _keep(session, desk, task, stages, by=by, now=now)


async def move_stage(
    session: AsyncSession, desk: Desk, task: Task, stage_id: UUID, percent: int, *, by: str, now: datetime
) -> Task:
    """How far one stage is; the task's own per cent follows (features W28)."""
    stages = {stage.id: stage for stage in task.particulars.stages}
    if stage_id not in stages:
        raise StageNotFound(stage_id)
    await _check_step(session, percent, stages[stage_id].percent_complete)
    stages[stage_id] = stages[stage_id].model_copy(update={"percent_complete": percent})
    return await _keep(session, desk, task, list(stages.values()), by=by, now=now)


def _stage(task: Task, wanted: Mapping[str, Any], pointer: str) -> Stage:
    try:
        times = stage_times(
            wanted["starts_at"], wanted["ends_at"], all_day=task.fields.all_day, timezone=task.fields.timezone
        )
    except UnfitSchedule as unfit:
        error = FieldError(pointer=f"{pointer}/{unfit.field}", detail=str(unfit))
        raise UnfitTask(f"{unfit.field} {unfit}.", errors=[error]) from None
    return Stage(
        id=wanted.get("id") or new_id(), name=wanted["name"], percent_complete=wanted["percent_complete"], **times
    )


async def _check_step(session: AsyncSession, percent: int, before: int) -> None:
    settings = await registers.task_settings(session)
    if percent != before and not settings.is_on_step(percent):
        raise PercentStepMissed(settings.percent_step)


async def _keep(
    session: AsyncSession, desk: Desk, task: Task, stages: Sequence[Stage], *, by: str, now: datetime
) -> Task:
    if task.status == "completed":
        raise TaskCompletedAlready
    if task.status == "cancelled":
        raise TaskCancelledAlready
    booking = desk.booking(session, now=now)
    booking.touch(task)
    task.particularize(stages=tuple(stages))
    task.set(percent_complete=percent_of(stages), **covering(task.fields, stages))
    task.touched_by_hand = True
    booking.say(by=by)
    await booking.write()
    return task
