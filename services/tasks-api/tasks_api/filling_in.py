"""The fields people name are checked against everything around them and put on a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.tasks import Cost, ReminderPlan, TaskParticipant
from ical.rrules import accepted_rule
from kit.database import AsyncSession
from kit.errors import FieldError, Invalid
from tasks_api.desk import Desk
from tasks_api.dictionaries import FIELD_OF
from tasks_api.errors.directory import AccountUnknown, EmployeeUnknown
from tasks_api.errors.tasks import ContactNotOfAccount, ContactsNeedAccount, NotYourTask, UnfitTask
from tasks_api.errors.work import PercentOfStages, PercentStepMissed, TaskHasStages, ValueUnknown
from tasks_api.itip.shapes import TaskFields
from tasks_api.phone_numbers import NoPhoneNumber, canonical_phone
from tasks_api.repository import directory, registers, task_types
from tasks_api.schedule import UnfitSchedule, scheduled
from tasks_api.stages import covering, moved, percent_of
from tasks_api.task import Task
from tasks_api.timers import corrected
from tasks_api.viewer import Viewer

Fields = Mapping[str, Any]

_PLAIN = ("title", "kind", "description", "location", "percent_complete")
_OWN = ("note", "color", "case_number")
_WHEN = frozenset({"starts_at", "ends_at", "timezone", "recurrence"})


async def fill_in(
    session: AsyncSession, desk: Desk, task: Task, fields: Fields, *, viewer: Viewer, employee_id: UUID | None
) -> None:
    """Put the named fields on the task; an Invalid with pointers when one does not fit."""
    if fields.keys() & {"percent_complete"}:
        await _check_percent(session, task, fields["percent_complete"])
    task.set(**{name: fields[name] for name in _PLAIN if name in fields})
    for name in _OWN:
        if name in fields:
            setattr(task, name, fields[name])
    if fields.get("status") in {"planned", "in_progress"}:
        task.status = fields["status"]
    if "type_id" in fields:
        await _set_type(session, task, fields["type_id"])
    if fields.keys() & _WHEN:
        set_schedule(task, fields)
    if "remind_at" in fields:
        task.reminders = ReminderPlan(**{**dict(task.reminders), "remind_at": fields["remind_at"]})
    if fields.keys() & {"account_id", "contact_ids"}:
        await _set_account(session, task, fields)
    if fields.get("participants") is not None or fields.get("assignee_ids") is not None:
        await _set_participants(
            session, task, fields, viewer=viewer, employee_id=employee_id, region=desk.settings.phone_region
        )
    await _set_particulars(session, task, fields)


# ---- percent and type


async def _check_percent(session: AsyncSession, task: Task, percent: int) -> None:
    if task.particulars.stages:
        raise PercentOfStages
    settings = await registers.task_settings(session)
    if percent != task.fields.percent_complete and not settings.is_on_step(percent):
        raise PercentStepMissed(settings.percent_step)


async def _set_type(session: AsyncSession, task: Task, type_id: UUID | None) -> None:
    """The task goes in stages when its type does (features W18)."""
    found = await task_types.usable_type(session, type_id)
    task.type_id = found.id if found else None
    staged = bool(found and found.staged)
    if task.particulars.stages and not staged:
        raise TaskHasStages
    if staged != task.particulars.staged:
        task.particularize(staged=staged)


# ---- when


def set_schedule(task: Task, fields: Fields) -> None:
    """Start, end, zone and repeats; moving the start alone keeps the length and takes the stages along."""
    said = task.fields
    starts = fields.get("starts_at", said.starts_on or said.starts_at)
    ends = fields.get("ends_at", said.ends_on or said.ends_at)
    if "ends_at" not in fields and "starts_at" in fields and starts is not None:
        ends = _moved_end(said, starts)
    try:
        task.set(**scheduled(starts, ends, fields.get("timezone") or said.timezone))
    except UnfitSchedule as unfit:
        raise unfit_schedule(unfit) from None
    if "recurrence" in fields:
        _set_recurrence(task, fields["recurrence"])
    if task.is_recurring and task.fields.starts_at is None:
        raise UnfitTask(
            "A recurring task needs a start.", errors=[FieldError(pointer="#/starts_at", detail="is missing")]
        )
    if task.particulars.stages:
        _keep_stages(task, said, along="ends_at" not in fields)


def unfit_schedule(unfit: UnfitSchedule, *, under: str = "#") -> UnfitTask:
    """The refusal that points at the field of a body."""
    return UnfitTask(
        f"{unfit.field} {unfit}.", errors=[FieldError(pointer=f"{under}/{unfit.field}", detail=str(unfit))]
    )


def _moved_end(said: TaskFields, starts: Any) -> Any:
    """Moving the start alone keeps the length, if it stays of the same sort."""
    if isinstance(starts, datetime):
        length = said.ends_at - said.starts_at if said.ends_at and said.starts_at and not said.all_day else None
        return starts + length if length is not None else None
    days = said.ends_on - said.starts_on if said.ends_on and said.starts_on else timedelta(days=1)
    return starts + days


def _keep_stages(task: Task, before: TaskFields, *, along: bool) -> None:
    """A task covers its stages (features W19)."""
    if before.all_day != task.fields.all_day:
        raise TaskHasStages
    if along:
        task.particularize(stages=moved(task.particulars.stages, before, task.fields))
    if covering(task.fields, task.particulars.stages):
        raise UnfitTask(
            "A task in stages lasts as long as its stages.",
            errors=[FieldError(pointer="#/starts_at", detail="leaves a stage outside")],
        )
    task.set(percent_complete=percent_of(task.particulars.stages))


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


# ---- people


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


async def _set_participants(
    session: AsyncSession, task: Task, fields: Fields, *, viewer: Viewer, employee_id: UUID | None, region: str
) -> None:
    if fields.get("participants") is not None:
        name = "participants"
        rows = [dict(row) for row in fields[name]]
    else:
        name = "assignee_ids"
        known = {one.employee_id: dict(one) for one in task.participants}
        rows = [known.get(one, {"employee_id": one}) for one in fields[name]]
    ids = [row["employee_id"] for row in rows]
    if any(not viewer.sees_agenda_of(one) for one in set(ids) - {employee_id} - set(task.assignee_ids)):
        raise NotYourTask  # features K30
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


# ---- particulars


async def _set_particulars(session: AsyncSession, task: Task, fields: Fields) -> None:
    changes: dict[str, Any] = {}
    for dictionary, field in FIELD_OF.items():
        if field in fields:
            changes[field] = await _choosable(session, task, dictionary, field, fields[field])
    for name in ("owner_id", "party_employee_id"):
        if name in fields:
            changes[name] = await _employee(session, task, name, fields[name])
    changes |= {name: read(fields[name]) for name, read in _READ.items() if name in fields}
    if "duration_seconds" in fields:
        changes["timer"] = corrected(task.particulars.timer, fields["duration_seconds"])
    if changes:
        task.particularize(**changes)
    _check_party(task)
    if task.fields.kind == "task" and not task.particulars.in_calendar:
        if fields.get("in_calendar") is False:
            raise UnfitTask(
                "Tasks are always in the calendar.",
                errors=[FieldError(pointer="#/in_calendar", detail="must be true for a task")],
            )
        task.particularize(in_calendar=True)


def _cost(given: Any) -> Cost | None:
    return Cost(**dict(given)) if given is not None else None


_READ: Mapping[str, Callable[[Any], Any]] = {
    "expected_cost": _cost,
    "actual_cost": _cost,
    "attributes": dict,
    "in_calendar": bool,
}


async def _choosable(
    session: AsyncSession, task: Task, dictionary: str, field: str, value_id: UUID | None
) -> UUID | None:
    """A retired value stays where it is and cannot be chosen anew (features K47)."""
    if value_id is None or value_id == getattr(task.particulars, field):
        return value_id
    if not await registers.is_choosable(session, dictionary, value_id):
        raise ValueUnknown(field, value_id)
    return value_id


async def _employee(session: AsyncSession, task: Task, name: str, employee_id: UUID | None) -> UUID | None:
    """Who leads the task, or whom it is with; one who is gone meanwhile may stay."""
    if employee_id is None or employee_id == getattr(task.particulars, name):
        return employee_id
    if employee_id not in await directory.find_employees(session, [employee_id]):
        raise EmployeeUnknown(employee_id, f"#/{name}")
    return employee_id


def _check_party(task: Task) -> None:
    """features R13."""
    if task.particulars.party_employee_id is not None and task.account_id is not None:
        raise UnfitTask(
            "A task is with an account or with an employee, not with both.",
            errors=[FieldError(pointer="#/party_employee_id", detail="stands beside an account")],
        )
