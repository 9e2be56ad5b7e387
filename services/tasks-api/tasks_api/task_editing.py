"""What people do to tasks: make, change, complete, reopen, cancel and delete them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from contracts.tasks import ReminderPlan, TaskParticipant
from ical.rrules import accepted_rule
from kit.database import AsyncSession
from kit.errors import FieldError, Invalid
from kit.ids import new_id
from tasks_api.desk import Desk
from tasks_api.errors.directory import AccountUnknown, EmployeeUnknown
from tasks_api.errors.tasks import (
    ContactNotOfAccount,
    ContactsNeedAccount,
    NotYourTask,
    TaskCancelledAlready,
    TaskCompletedAlready,
    TaskNotClosed,
    UnfitTask,
)
from tasks_api.itip.shapes import TaskFields
from tasks_api.phone_numbers import NoPhoneNumber, canonical_phone
from tasks_api.reminder_planning import check_participants
from tasks_api.reminder_plans import plan_of_new_task
from tasks_api.repository import directory, heard, task_types, tasks
from tasks_api.schedule import UnfitSchedule, scheduled
from tasks_api.task import Task
from tasks_api.viewer import Viewer

Fields = Mapping[str, Any]


class Move(Protocol):
    """A task goes from one state to another."""

    async def __call__(
        self, session: AsyncSession, desk: Desk, task: Task, *, editor: Editor, now: datetime
    ) -> Task: ...


_PLAIN = ("title", "kind", "description", "location", "percent_complete")
_OWN = ("note", "status", "color", "case_number")
_WHEN = frozenset({"starts_at", "ends_at", "timezone", "recurrence"})


@dataclass(frozen=True)
class Editor:
    """Who edits, and whose tasks they see."""

    subject: str
    viewer: Viewer
    user_id: UUID | None = None
    employee_id: UUID | None = None


async def create_task(session: AsyncSession, desk: Desk, fields: Fields, *, editor: Editor, now: datetime) -> Task:
    """A task made by a person. The type is the default one, the assignee oneself, unless somebody else is named."""
    (number,) = await desk.numbers(session, 1, now=now)
    defaults = await heard.reminder_defaults(session)
    task_id = new_id()
    task = Task(
        id=task_id,
        number=number,
        fields=TaskFields(kind="task", timezone=desk.settings.default_timezone),
        created_at=now,
        updated_at=now,
        uid=f"{task_id}@goniec",
        reminders=plan_of_new_task(defaults),
        created_by=editor.user_id,
    )
    booking = desk.booking(session, now=now)
    booking.add(task)
    given = dict(fields)
    if given.get("assignee_ids") is None and given.get("participants") is None and editor.employee_id is not None:
        given["assignee_ids"] = [editor.employee_id]
    given.setdefault("type_id", None)
    await _set(session, desk, task, given, editor=editor)
    _check_kind(task)
    await check_participants(session, task, defaults)
    booking.say(by=editor.subject)
    await booking.write()
    return task


async def change_task(
    session: AsyncSession, desk: Desk, task: Task, fields: Fields, *, editor: Editor, now: datetime
) -> Task:
    """Change the named fields. A completed or cancelled task is frozen until it is reopened (features K9)."""
    _refuse_closed(task)
    booking = desk.booking(session, now=now)
    booking.touch(task)
    await _set(session, desk, task, fields, editor=editor)
    task.touched_by_hand = True
    if fields.keys() & {"participants", "assignee_ids"}:
        await check_participants(session, task, await heard.reminder_defaults(session))
    if task.uid is not None and task.is_recurring:
        booking.know_overrides(await tasks.overridden_dates(session, [task.uid]))
    booking.say(by=editor.subject)
    await booking.write()
    return task


async def complete_task(session: AsyncSession, desk: Desk, task: Task, *, editor: Editor, now: datetime) -> Task:
    """Done: the task is at 100 per cent and frozen (features W27, K9). Completing it again changes nothing."""
    if task.status == "completed":
        return task
    if task.status == "cancelled":
        raise TaskCancelledAlready
    return await _end(session, desk, task, "completed", editor=editor, now=now)


async def cancel_task(session: AsyncSession, desk: Desk, task: Task, *, editor: Editor, now: datetime) -> Task:
    """It will not happen; the task stays in the list with the code `a` (features E18). A series takes its dates with it."""
    if task.status == "cancelled":
        return task
    if task.status == "completed":
        raise TaskCompletedAlready
    return await _end(session, desk, task, "cancelled", editor=editor, now=now)


async def reopen_task(session: AsyncSession, desk: Desk, task: Task, *, editor: Editor, now: datetime) -> Task:
    """Open again, in progress (features R51)."""
    if not task.is_closed:
        raise TaskNotClosed
    booking = desk.booking(session, now=now)
    booking.touch(task)
    task.status = "in_progress"
    task.completed_at = None
    task.touched_by_hand = True
    if task.uid is not None and task.is_recurring:
        booking.know_overrides(await tasks.overridden_dates(session, [task.uid]))
    booking.say(by=editor.subject)
    await booking.write()
    return task


async def delete_task(session: AsyncSession, desk: Desk, task: Task, *, editor: Editor, now: datetime) -> None:
    """Take the task out of the list; a series takes its dates with it, a date goes back to its series."""
    booking = desk.booking(session, now=now)
    family = await _family(session, task)
    for one in family if task.recurrence_id is None else [task]:
        booking.remove(one)
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


async def _end(session: AsyncSession, desk: Desk, task: Task, status: Any, *, editor: Editor, now: datetime) -> Task:
    booking = desk.booking(session, now=now)
    family = await _family(session, task)
    ended = [one for one in family if not one.is_closed] if task.recurrence_id is None else [task]
    for one in ended:
        booking.touch(one)
        one.status = status
        one.completed_at = now if status == "completed" else None
        one.touched_by_hand = True
    booking.say(by=editor.subject)
    await booking.write()
    return next((one for one in ended if one.id == task.id), task)


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


async def _set(session: AsyncSession, desk: Desk, task: Task, fields: Fields, *, editor: Editor) -> None:
    task.set(**{name: fields[name] for name in _PLAIN if name in fields})
    for name in _OWN:
        if name in fields:
            setattr(task, name, fields[name])
    if "type_id" in fields:
        task.type_id = await task_types.usable_type_id(session, fields["type_id"])
    if fields.keys() & _WHEN:
        _set_schedule(task, fields)
    if "remind_at" in fields:
        task.reminders = ReminderPlan(**{**dict(task.reminders), "remind_at": fields["remind_at"]})
    if fields.keys() & {"account_id", "contact_ids"}:
        await _set_account(session, task, fields)
    if fields.get("participants") is not None or fields.get("assignee_ids") is not None:
        await _set_participants(session, task, fields, editor=editor, region=desk.settings.phone_region)


def _set_schedule(task: Task, fields: Fields) -> None:
    said = task.fields
    starts = fields.get("starts_at", said.starts_on or said.starts_at)
    ends = fields.get("ends_at", said.ends_on or said.ends_at)
    if "ends_at" not in fields and "starts_at" in fields and starts is not None:
        ends = _moved_end(said, starts)
    try:
        task.set(**scheduled(starts, ends, fields.get("timezone") or said.timezone))
    except UnfitSchedule as unfit:
        raise UnfitTask(
            f"{unfit.field} {unfit}.", errors=[FieldError(pointer=f"#/{unfit.field}", detail=str(unfit))]
        ) from None
    if "recurrence" in fields:
        _set_recurrence(task, fields["recurrence"])
    if task.is_recurring and task.fields.starts_at is None:
        raise UnfitTask(
            "A recurring task needs a start.", errors=[FieldError(pointer="#/starts_at", detail="is missing")]
        )


def _moved_end(said: TaskFields, starts: Any) -> Any:
    """Moving the start alone keeps the length, if it stays of the same sort."""
    if isinstance(starts, datetime):
        length = said.ends_at - said.starts_at if said.ends_at and said.starts_at and not said.all_day else None
        return starts + length if length is not None else None
    days = said.ends_on - said.starts_on if said.ends_on and said.starts_on else timedelta(days=1)
    return starts + days


def _set_recurrence(task: Task, recurrence: Any) -> None:
    if recurrence is None:
        task.set(rrule=None, rdates=(), exdates=())
        return
    rule = None
    if recurrence.rrule is not None:
        rule = accepted_rule(recurrence.rrule)
        if rule is None:
            raise UnfitTask(
                "The recurrence rule is not one we can follow.",
                errors=[FieldError(pointer="#/recurrence/rrule", detail="is refused")],
            )
    rdates = tuple(_instance_key(task, when, f"#/recurrence/rdates/{i}") for i, when in enumerate(recurrence.rdates))
    exdates = tuple(_instance_key(task, when, f"#/recurrence/exdates/{i}") for i, when in enumerate(recurrence.exdates))
    task.set(rrule=rule, rdates=rdates, exdates=exdates)


def _instance_key(task: Task, when: Any, pointer: str) -> str:
    """How a date of a series is named: a moment in UTC, or a plain day when the series is all-day."""
    if isinstance(when, datetime) == task.fields.all_day:
        raise UnfitTask(
            "The dates of a series are days when it is all-day, moments when it is not.",
            errors=[FieldError(pointer=pointer, detail="is of the wrong sort")],
        )
    return str(when.isoformat()).replace("+00:00", "Z")


async def _set_account(session: AsyncSession, task: Task, fields: Fields) -> None:
    """features K18-K20, K41: contacts of a task belong to its account."""
    account_id = fields.get("account_id", task.account_id)
    contact_ids = tuple(fields["contact_ids"]) if "contact_ids" in fields else task.contact_ids
    if account_id is None and contact_ids:
        raise ContactsNeedAccount
    is_new = account_id is not None and account_id != task.account_id
    if is_new and await directory.find_account(session, account_id) is None:
        raise AccountUnknown(account_id)
    if contact_ids:
        accounts = await directory.accounts_of_contacts(session, contact_ids)
        strangers = [i for i, contact_id in enumerate(contact_ids) if accounts.get(contact_id) != account_id]
        if strangers:
            raise ContactNotOfAccount(strangers)
    task.account_id, task.contact_ids = account_id, contact_ids


async def _set_participants(session: AsyncSession, task: Task, fields: Fields, *, editor: Editor, region: str) -> None:
    if fields.get("participants") is not None:
        name = "participants"
        rows = [dict(row) for row in fields[name]]
    else:
        name = "assignee_ids"
        known = {one.employee_id: dict(one) for one in task.participants}
        rows = [known.get(employee_id, {"employee_id": employee_id}) for employee_id in fields[name]]
    ids = [row["employee_id"] for row in rows]
    if not editor.viewer.sees_all and set(ids) - {editor.employee_id} - set(task.assignee_ids):
        raise NotYourTask
    there = await directory.find_employees(session, ids)
    participants: dict[UUID, TaskParticipant] = {}
    for index, row in enumerate(rows):
        pointer = f"#/{name}/{index}"
        if row["employee_id"] not in there and row["employee_id"] not in task.assignee_ids:
            raise EmployeeUnknown(row["employee_id"], pointer)
        participants[row["employee_id"]] = TaskParticipant(**{**row, "phone": _phone(row, pointer, region=region)})
    task.participants = tuple(participants.values())


def _phone(row: Mapping[str, Any], pointer: str, *, region: str) -> str | None:
    try:
        return canonical_phone(row.get("phone") or "", region=region)
    except NoPhoneNumber as wrong:
        raise Invalid(
            f"{row['phone']!r} {wrong}.", errors=[FieldError(pointer=f"{pointer}/phone", detail=str(wrong))]
        ) from None


def _check_kind(task: Task) -> None:
    """features K3, K23: what an interaction and a meeting made by hand cannot do without."""
    if task.fields.kind == "task":
        return
    missing = [
        FieldError(pointer=f"#/{name}", detail="is needed")
        for name, value in (("account_id", task.account_id), ("contact_ids", task.contact_ids))
        if not value
    ]
    if task.fields.kind == "meeting" and not task.participants:
        missing.append(FieldError(pointer="#/assignee_ids", detail="is needed"))
    if missing:
        raise UnfitTask(f"A {task.fields.kind} needs an account and whom it is with.", errors=missing)


def _refuse_closed(task: Task) -> None:
    if task.status == "completed":
        raise TaskCompletedAlready
    if task.status == "cancelled":
        raise TaskCancelledAlready
