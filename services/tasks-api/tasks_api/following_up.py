"""The next meeting or call is planned in the same save as this one (features K6, K7, K42-K45)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.database import AsyncSession
from kit.errors import FieldError
from kit.ids import new_id
from tasks_api.booking import Booking
from tasks_api.desk import Desk
from tasks_api.errors.tasks import UnfitTask
from tasks_api.errors.work import FollowUpExists
from tasks_api.filling_in import unfit_schedule
from tasks_api.follow_ups import analogous, later, schedule_after
from tasks_api.reminder_plans import plan_of_new_task
from tasks_api.repository import heard
from tasks_api.schedule import UnfitSchedule
from tasks_api.task import Task


async def plan_follow_up(
    session: AsyncSession,
    desk: Desk,
    booking: Booking,
    task: Task,
    wanted: Mapping[str, Any],
    *,
    created_by: UUID | None,
    now: datetime,
) -> Task:
    """Make the analogous next one, linked both ways. `wanted` has exactly one of `in` (ISO 8601) and `at`.

    FollowUpExists when there is one already: that one can be changed (features K44).
    """
    if task.particulars.next_id is not None:
        raise FollowUpExists(task.particulars.next_id)
    if task.is_recurring:
        raise _unfit("", "A recurring task has its next date already.")
    length = None
    if wanted.get("in") is not None:
        length = later(wanted["in"])
        if length is None:
            raise _unfit("/in", "The follow-up is so many hours, days or weeks later: PT48H, P2D, P2W.")
    try:
        schedule = schedule_after(task.fields, length=length, at=wanted.get("at"))
    except UnfitSchedule as unfit:
        raise unfit_schedule(unfit, under="#/follow_up") from None
    (number,) = await desk.numbers(session, 1, now=now)
    following = analogous(task, task_id=new_id(), number=number, schedule=schedule, now=now)
    following.created_by = created_by
    following.reminders = plan_of_new_task(await heard.reminder_defaults(session), kind=task.fields.kind)
    booking.touch(task)
    task.particularize(next_id=following.id)
    return booking.add(following)


def _unfit(where: str, sentence: str) -> UnfitTask:
    return UnfitTask(sentence, errors=[FieldError(pointer=f"#/follow_up{where}", detail=sentence)])
