"""`TaskShape` as JSON without making one: a list shows tasks by the dozen, and what they hold was checked when it came in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from kit.schemas import Shape
from tasks_api.particulars import NOTHING_PARTICULAR, Particulars
from tasks_api.schedule import wall_clock
from tasks_api.schemas.particulars import AttachmentShape, CostShape, StageShape, TimerShape
from tasks_api.schemas.tasks import RemindersShape
from tasks_api.task import Task
from tasks_api.timers import NOT_STARTED


def task_text(task: Task, *, with_reminders: bool) -> bytes:
    """What `TaskShape.of(task, …).model_dump_json()` says, byte by byte."""
    said, source = task.fields, task.source
    document = {
        "id": task.id,
        "version": task.version,
        "number": task.number,
        "kind": said.kind,
        "type_id": task.type_id,
        "title": said.title,
        "description": said.description,
        "note": task.note,
        "location": said.location,
        "status": task.status,
        "status_code": task.status_code,
        "starts_at": said.starts_on if said.all_day else said.starts_at,
        "ends_at": said.ends_on if said.all_day else said.ends_at,
        "all_day": said.all_day,
        "timezone": said.timezone,
        "timezone_guessed": said.timezone_guessed,
        "starts_local": wall_clock(said.starts_at, said.timezone),
        "ends_local": wall_clock(said.ends_at, said.timezone),
        "recurrence": (
            {"rrule": said.rrule, "rdates": said.rdates, "exdates": said.exdates} if task.is_recurring else None
        ),
        "uid": task.uid,
        "recurrence_id": task.recurrence_id,
        "sequence": said.sequence,
        "organizer": said.organizer,
        "attendees": [{"email": one.email, "name": one.name, "partstat": one.partstat} for one in said.attendees],
        "account_id": task.account_id,
        "contact_ids": task.contact_ids,
        "assignee_ids": task.assignee_ids,
        "participants": [
            {"employee_id": one.employee_id, "phone": one.phone, "email": one.email, "remind": one.remind}
            for one in task.participants
        ],
        "percent_complete": task.percent_complete,
        "color": task.color,
        "source": {"kind": source.kind, "message_id": source.message_id, "document": source.document},
        "reminders": _as_shaped(RemindersShape.model_validate(task.reminders)) if with_reminders else None,
        "case_number": task.case_number,
        "created_by": task.created_by,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
        "completed_at": task.completed_at,
        **(_NOTHING_PARTICULAR if task.particulars is NOTHING_PARTICULAR else _particular(task.particulars)),
    }
    return orjson.dumps(document, default=_written, option=orjson.OPT_UTC_Z)


def _particular(more: Particulars) -> dict[str, Any]:
    return {
        "in_calendar": more.in_calendar,
        "kind_id": more.kind_id,
        "priority_id": more.priority_id,
        "category_id": more.category_id,
        "stage_id": more.stage_id,
        "owner_id": more.owner_id,
        "party_employee_id": more.party_employee_id,
        "expected_cost": _as_shaped(CostShape.model_validate(more.expected_cost)) if more.expected_cost else None,
        "actual_cost": _as_shaped(CostShape.model_validate(more.actual_cost)) if more.actual_cost else None,
        "attributes": dict(more.attributes),
        "attachments": [_as_shaped(AttachmentShape.of(one)) for one in more.attachments],
        "staged": more.staged,
        "stages": [_as_shaped(StageShape.of(one)) for one in more.stages],
        "timer": _NO_TIMER if more.timer is NOT_STARTED else _as_shaped(TimerShape.of(more.timer)),
        "parent_id": more.parent_id,
        "thread_id": more.thread_id,
        "previous_id": more.previous_id,
        "next_id": more.next_id,
    }


def _as_shaped(shape: Shape) -> orjson.Fragment:
    """What few tasks have."""
    return orjson.Fragment(shape.model_dump_json())


def _written(value: object) -> str:
    """UUIDs of a driver that has a class of its own for them."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


_NO_TIMER = _as_shaped(TimerShape.of(NOT_STARTED))
_NOTHING_PARTICULAR = _particular(NOTHING_PARTICULAR)
