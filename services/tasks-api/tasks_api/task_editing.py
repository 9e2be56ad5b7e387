"""What people do to tasks: make, change, complete, reopen, cancel and delete them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from contracts.tasks import TaskSource
from kit.database import AsyncSession
from kit.errors import FieldError
from kit.ids import new_id
from tasks_api.booking import Booking
from tasks_api.desk import Desk
from tasks_api.dictionaries import REQUIRED_FIELDS
from tasks_api.errors.tasks import TaskCancelledAlready, TaskCompletedAlready, TaskNotClosed, UnfitTask
from tasks_api.filling_in import fill_in
from tasks_api.following_up import plan_follow_up
from tasks_api.itip.shapes import TaskFields
from tasks_api.kinship import hang_on, part_from_kin, refuse_below_closed
from tasks_api.particulars import Particulars
from tasks_api.reminder_planning import check_participants
from tasks_api.reminder_plans import plan_of_new_task
from tasks_api.repository import drafts, files, heard, history, registers, tasks
from tasks_api.series_following import follow_series, is_foreign, overrides_of
from tasks_api.task import MADE_BY_HAND, Task
from tasks_api.timers import stopped
from tasks_api.viewer import Viewer

Fields = Mapping[str, Any]


class Move(Protocol):
    """A task goes from one state to another."""

    async def __call__(
        self, session: AsyncSession, desk: Desk, task: Task, *, editor: Editor, now: datetime
    ) -> Task: ...


@dataclass(frozen=True)
class Editor:
    """Who edits, and whose tasks they see."""

    subject: str
    viewer: Viewer
    user_id: UUID | None = None
    employee_id: UUID | None = None


async def create_task(
    session: AsyncSession,
    desk: Desk,
    fields: Fields,
    *,
    editor: Editor,
    now: datetime,
    source: TaskSource = MADE_BY_HAND,
) -> Task:
    """A task made by a person or a rule. The type is the default one, assignee and owner oneself, unless others are named.

    In the same save the next one may be planned (`follow_up`) and this one completed, in that order (features K43).
    """
    (number,) = await desk.numbers(session, 1, now=now)
    defaults = await heard.reminder_defaults(session)
    task_id = new_id()
    kind = fields.get("kind", "task")
    task = Task(
        id=task_id,
        number=number,
        fields=TaskFields(kind=kind, timezone=desk.settings.default_timezone),
        created_at=now,
        updated_at=now,
        uid=f"{task_id}@goniec",
        source=source,
        reminders=plan_of_new_task(defaults, kind=kind),
        created_by=editor.user_id,
        particulars=Particulars(in_calendar=kind == "task", owner_id=editor.employee_id),
    )
    booking = desk.booking(session, now=now)
    booking.add(task)
    await fill_in(
        session,
        desk,
        task,
        await _with_defaults(session, fields, editor=editor),
        viewer=editor.viewer,
        employee_id=editor.employee_id,
    )
    await hang_on(session, booking, task, fields.get("parent_id"), viewer=editor.viewer)
    if fields.get("draft_id") is not None:
        settings = await registers.task_settings(session)
        timer = await drafts.take_draft(session, fields["draft_id"], editor.subject)
        task.particularize(timer=stopped(timer, now, longest=settings.longest_stretch))
    _refuse_missing(task, ())
    await check_participants(session, task, defaults)
    await _save(session, desk, booking, task, fields, editor=editor, now=now)
    return task


async def change_task(
    session: AsyncSession, desk: Desk, task: Task, fields: Fields, *, editor: Editor, now: datetime
) -> Task:
    """Change the named fields. A completed or cancelled task is frozen until it is reopened (features K9).

    The note of a cancelled task stays open (features K16: only completing closes it).
    """
    _refuse_closed(task, fields)
    booking = desk.booking(session, now=now)
    booking.touch(task)
    before, lacked = task.snapshot(), _missing(task)
    await fill_in(session, desk, task, fields, viewer=editor.viewer, employee_id=editor.employee_id)
    dates: list[Task] | None = None
    if before.is_recurring and not await is_foreign(session, before):
        overrides = await overrides_of(session, before)
        dates = follow_series(booking, overrides, before, task, rule_given="recurrence" in fields)
    if "parent_id" in fields:
        await hang_on(session, booking, task, fields["parent_id"], viewer=editor.viewer)
    _refuse_missing(task, lacked)
    task.touched_by_hand = True
    if fields.keys() & {"participants", "assignee_ids"}:
        await check_participants(session, task, await heard.reminder_defaults(session))
    await _save(session, desk, booking, task, fields, editor=editor, now=now, dates=dates)
    return task


async def complete_task(
    session: AsyncSession, desk: Desk, task: Task, *, editor: Editor, now: datetime, follow_up: Fields | None = None
) -> Task:
    """Done: the task is at 100 per cent and frozen (features W27, K9). Completing it again changes nothing."""
    if task.status == "completed":
        return task
    if task.status == "cancelled":
        raise TaskCancelledAlready
    return await _end(session, desk, task, "completed", editor=editor, now=now, follow_up=follow_up)


async def cancel_task(session: AsyncSession, desk: Desk, task: Task, *, editor: Editor, now: datetime) -> Task:
    """It will not happen; the task stays in the list with the code `a` (features E18). A series takes its dates with it."""
    if task.status == "cancelled":
        return task
    if task.status == "completed":
        raise TaskCompletedAlready
    return await _end(session, desk, task, "cancelled", editor=editor, now=now)


async def reopen_task(session: AsyncSession, desk: Desk, task: Task, *, editor: Editor, now: datetime) -> Task:
    """Open again, in progress (features R51); not before the task it hangs on (R52). It is below 100 per cent (W27)."""
    if not task.is_closed:
        raise TaskNotClosed
    await refuse_below_closed(session, task)
    booking = desk.booking(session, now=now)
    booking.touch(task)
    task.status = "in_progress"
    task.completed_at = None
    task.touched_by_hand = True
    if task.fields.percent_complete == 100 and not task.particulars.stages:
        task.set(percent_complete=await history.last_percent_below_100(session, task.id))
    await _know_overrides(session, booking, task)
    booking.say(by=editor.subject)
    await booking.write()
    return task


async def delete_task(session: AsyncSession, desk: Desk, task: Task, *, editor: Editor, now: datetime) -> None:
    """Take the task out of the list; a series takes its dates with it, a date goes back to its series."""
    booking = desk.booking(session, now=now)
    family = await _family(session, task)
    gone = family if task.recurrence_id is None else [task]
    for one in gone:
        booking.remove(one)
    await files.delete_files_of(session, [one.id for one in gone])
    await part_from_kin(session, booking, task)
    booking.know_overrides(_overrides(family, but=task))
    booking.say(by=editor.subject, again=_series_of(family, task))
    await booking.write()


async def add_assignee(
    session: AsyncSession, desk: Desk, task: Task, participant: Fields, *, editor: Editor, now: datetime
) -> Task:
    """One more employee carries the task out (features E14); somebody who does already gets the new details."""
    others = [dict(one) for one in task.participants if one.employee_id != participant["employee_id"]]
    return await change_task(session, desk, task, {"participants": [*others, participant]}, editor=editor, now=now)


async def remove_assignee(
    session: AsyncSession, desk: Desk, task: Task, employee_id: UUID, *, editor: Editor, now: datetime
) -> Task:
    left = [dict(one) for one in task.participants if one.employee_id != employee_id]
    return await change_task(session, desk, task, {"participants": left}, editor=editor, now=now)


# ---- the steps


async def _with_defaults(session: AsyncSession, fields: Fields, *, editor: Editor) -> dict[str, Any]:
    given = {name: value for name, value in fields.items() if value is not None}
    if "assignee_ids" not in given and "participants" not in given and editor.employee_id is not None:
        given["assignee_ids"] = [editor.employee_id]
    given.setdefault("type_id", None)
    if given.get("account_id") is not None and (await registers.task_settings(session)).carry_attributes:
        carried = await registers.carried_attributes(session, given["account_id"])
        given["attributes"] = {**carried, **given.get("attributes", {})}
    return given


async def _save(
    session: AsyncSession,
    desk: Desk,
    booking: Booking,
    task: Task,
    fields: Fields,
    *,
    editor: Editor,
    now: datetime,
    dates: Sequence[Task] | None = None,
) -> None:
    """Plan the next one, then complete this one, then say and write everything (features K43).

    `dates`: the dates of a series that have a task of their own, where that may have changed.
    """
    if fields.get("follow_up") is not None:
        await plan_follow_up(session, desk, booking, task, fields["follow_up"], created_by=editor.user_id, now=now)
    if fields.get("status") == "completed":
        await _close(session, task, "completed", now=now)
    if dates is None:
        await _know_overrides(session, booking, task)
    else:
        booking.know_overrides(_overrides(dates, but=task))
    booking.say(by=editor.subject)
    await booking.write()


async def _end(
    session: AsyncSession,
    desk: Desk,
    task: Task,
    status: Any,
    *,
    editor: Editor,
    now: datetime,
    follow_up: Fields | None = None,
) -> Task:
    booking = desk.booking(session, now=now)
    family = await _family(session, task)
    ended = [one for one in family if not one.is_closed] if task.recurrence_id is None else [task]
    if follow_up is not None:
        await plan_follow_up(session, desk, booking, task, follow_up, created_by=editor.user_id, now=now)
    for one in ended:
        booking.touch(one)
        await _close(session, one, status, now=now)
        one.touched_by_hand = True
    booking.say(by=editor.subject)
    await booking.write()
    return next((one for one in ended if one.id == task.id), task)


async def _close(session: AsyncSession, task: Task, status: Any, *, now: datetime) -> None:
    """Completed or cancelled; a running clock stops."""
    task.status = status
    task.completed_at = now if status == "completed" else None
    if task.particulars.timer.is_running:
        settings = await registers.task_settings(session)
        task.particularize(timer=stopped(task.particulars.timer, now, longest=settings.longest_stretch))


async def _know_overrides(session: AsyncSession, booking: Booking, task: Task) -> None:
    if task.uid is not None and task.is_recurring:
        booking.know_overrides(await tasks.overridden_dates(session, [task.uid]))


async def _family(session: AsyncSession, task: Task) -> list[Task]:
    """The series and its dates that have a task of their own; for a task without a UID, itself."""
    if task.uid is None:
        return [task]
    related = await tasks.tasks_with_uids(session, [task.uid], to_change=True)
    return [task if one.id == task.id else one for one in related if one.copy_number == task.copy_number]


def _overrides(family: Sequence[Task], *, but: Task) -> dict[tuple[str, int], set[str]]:
    dates = {one.recurrence_id for one in family if one.recurrence_id is not None and one.id != but.id}
    return {(but.uid, but.copy_number): dates} if but.uid is not None else {}


def _series_of(family: Sequence[Task], task: Task) -> list[Task]:
    return [] if task.recurrence_id is None else [one for one in family if one.is_recurring]


def _missing(task: Task) -> frozenset[str]:
    """features K3, K23: what an interaction and a meeting made by hand cannot do without."""
    values = {"account_id": task.account_id, "contact_ids": task.contact_ids, "assignee_ids": task.participants}
    return frozenset(name for name in REQUIRED_FIELDS[task.fields.kind] if name in values and not values[name])


def _refuse_missing(task: Task, lacked: frozenset[str] | tuple[()]) -> None:
    """Nothing may be taken away that is needed; what came from a mail without it (`lacked`) may stay so."""
    missing = _missing(task)
    if missing and missing - set(lacked):
        raise UnfitTask(
            f"A {task.fields.kind} needs an account and whom it is with.",
            errors=[
                FieldError(pointer=f"#/{name}", detail="is needed")
                for name in REQUIRED_FIELDS[task.fields.kind]
                if name in missing
            ],
        )


def _refuse_closed(task: Task, fields: Fields) -> None:
    if task.status == "completed":
        raise TaskCompletedAlready
    if task.status == "cancelled" and fields.keys() - {"note"}:
        raise TaskCancelledAlready
