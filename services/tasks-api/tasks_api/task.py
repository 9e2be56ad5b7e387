"""A task as the use cases hold it, and the same as listeners are told (`contracts.tasks.TaskState`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from contracts.tasks import Occurrence, ReminderPlan, TaskParticipant, TaskSource, TaskState
from tasks_api.itip.shapes import TaskFields
from tasks_api.particulars import NOTHING_PARTICULAR, Particulars, changed_particulars

Status = Literal["planned", "in_progress", "completed", "cancelled"]
CLOSED: frozenset[str] = frozenset({"completed", "cancelled"})
CANCELLED_CODE = "a"
"""features E18: a = anulowane."""

NO_REMINDERS = ReminderPlan()
MADE_BY_HAND = TaskSource()
FIELD_NAMES: tuple[str, ...] = tuple(field.name for field in fields(TaskFields))


@dataclass(slots=True, kw_only=True)
class Task:
    """A task, meeting or interaction. `fields` is the part that a calendar speaks about, the rest is ours; `particulars` is what
    few tasks have.

    `recurrence_id` (an instance key) makes it one date of the series with the same `uid`. `copy_number` tells apart tasks
    that a person deliberately made twice from one invitation. `announced_until`: listeners know the occurrences up to there.
    `invited_from`: the mail account through which we invited people outside to it; None: nobody was.
    `recurs_until`: no date of the series begins after that; None when it goes on for ever or that is not known.
    """

    id: UUID
    number: str
    fields: TaskFields
    created_at: datetime
    updated_at: datetime
    version: int = 1
    type_id: UUID | None = None
    note: str = ""
    status: Status = "planned"
    recurs_until: datetime | None = None
    announced_until: datetime | None = None
    uid: str | None = None
    recurrence_id: str | None = None
    copy_number: int = 0
    account_id: UUID | None = None
    contact_ids: tuple[UUID, ...] = ()
    participants: tuple[TaskParticipant, ...] = ()
    color: str | None = None
    source: TaskSource = MADE_BY_HAND
    reminders: ReminderPlan = NO_REMINDERS
    case_number: int | None = None
    touched_by_hand: bool = False
    invited_from: UUID | None = None
    created_by: UUID | None = None
    completed_at: datetime | None = None
    particulars: Particulars = NOTHING_PARTICULAR

    @property
    def is_closed(self) -> bool:
        return self.status in CLOSED

    @property
    def agenda_at(self) -> datetime:
        """Where it stands on an agenda: its start, else its end, else when it was made."""
        return self.fields.starts_at or self.fields.ends_at or self.created_at

    @property
    def is_recurring(self) -> bool:
        """A series: its occurrences are computed on reading (DESIGN 2.8)."""
        return self.recurrence_id is None and (self.fields.rrule is not None or bool(self.fields.rdates))

    @property
    def status_code(self) -> str:
        return CANCELLED_CODE if self.status == "cancelled" else ""

    @property
    def percent_complete(self) -> int:
        """A completed task is at 100; what it was at before comes back with reopening (features W27)."""
        return 100 if self.status == "completed" else self.fields.percent_complete

    @property
    def assignee_ids(self) -> tuple[UUID, ...]:
        return tuple(participant.employee_id for participant in self.participants)

    def set(self, **changes: Any) -> None:
        """Change fields of the calendar part."""
        self.fields = replace(self.fields, **changes)

    def particularize(self, **changes: Any) -> None:
        """Change what no calendar speaks about."""
        self.particulars = self.particulars.with_(**changes)

    def snapshot(self) -> Task:
        """The task as it is now; its values are immutable, so a shallow copy will do."""
        return replace(self)


_OWN_NAMES = (
    "uid", "recurrence_id", "type_id", "note", "status", "account_id", "contact_ids", "participants", "color", "reminders",
    "case_number", "invited_from",
)  # fmt: skip


def differences(before: Task, after: Task) -> dict[str, tuple[Any, Any]]:
    """What changed between two states of one task, by the names of `TaskState`: name → (old, new)."""
    changes: dict[str, tuple[Any, Any]] = {}
    if before.fields is not after.fields:
        for name in FIELD_NAMES:
            old, new = getattr(before.fields, name), getattr(after.fields, name)
            if old != new:
                changes[name] = (old, new)
    for name in _OWN_NAMES:
        old, new = getattr(before, name), getattr(after, name)
        if old is not new and old != new:
            changes[name] = (old, new)
    if before.assignee_ids != after.assignee_ids:
        changes["assignee_ids"] = (before.assignee_ids, after.assignee_ids)
    changes.update(changed_particulars(before.particulars, after.particulars))
    return changes


def own_occurrence(task: Task) -> list[Occurrence]:
    """The only date of a task that is no series; a closed task and one without a start have none."""
    if task.is_closed or task.fields.starts_at is None:
        return []
    return [
        Occurrence.model_construct(
            recurrence_id=task.recurrence_id, starts_at=task.fields.starts_at, ends_at=task.fields.ends_at
        )
    ]


def state_of(task: Task, occurrences: Sequence[Occurrence]) -> TaskState:
    """The whole task as an event carries it. Built without validating again what is valid: this is the hot path."""
    said, more = task.fields, task.particulars
    return TaskState.model_construct(
        task_id=task.id,
        version=task.version,
        number=task.number,
        kind=said.kind,
        type_id=task.type_id,
        title=said.title,
        description=said.description,
        location=said.location,
        status=task.status,
        status_code=task.status_code,
        starts_at=said.starts_at,
        ends_at=said.ends_at,
        starts_on=said.starts_on,
        ends_on=said.ends_on,
        all_day=said.all_day,
        timezone=said.timezone,
        timezone_guessed=said.timezone_guessed,
        rrule=said.rrule,
        uid=task.uid,
        recurrence_id=task.recurrence_id,
        sequence=said.sequence,
        organizer=said.organizer,
        attendees=list(said.attendees),
        account_id=task.account_id,
        contact_ids=list(task.contact_ids),
        assignee_ids=list(task.assignee_ids),
        participants=list(task.participants),
        percent_complete=task.percent_complete,
        color=task.color,
        source=task.source,
        reminders=task.reminders,
        occurrences=list(occurrences),
        case_number=task.case_number,
        created_by=task.created_by,
        note=task.note,
        in_calendar=more.in_calendar,
        kind_id=more.kind_id,
        priority_id=more.priority_id,
        category_id=more.category_id,
        stage_id=more.stage_id,
        owner_id=more.owner_id,
        party_employee_id=more.party_employee_id,
        expected_cost=more.expected_cost,
        actual_cost=more.actual_cost,
        attributes=dict(more.attributes),
        attachments=list(more.attachments),
        staged=more.staged,
        stages=list(more.stages),
        duration_seconds=more.timer.seconds,
        parent_id=more.parent_id,
        thread_id=more.thread_id,
        previous_id=more.previous_id,
        next_id=more.next_id,
        completed_at=task.completed_at,
    )
