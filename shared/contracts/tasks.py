"""What tasks-api says about tasks and about the invitations behind them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.events import Event


class TaskSource(BaseModel):
    model_config = ConfigDict(frozen=True)

    kind: Literal["manual", "invitation", "calendar", "document", "automation"] = "manual"
    message_id: UUID | None = None
    document: dict[str, Any] | None = None


class TaskAttendee(BaseModel):
    model_config = ConfigDict(frozen=True)

    email: str
    name: str = ""
    partstat: str = "NEEDS-ACTION"


class ChannelPlan(BaseModel):
    """One way one audience is told: `lead_time` before the start; None leaves template, address or number to the defaults."""

    model_config = ConfigDict(frozen=True)

    channel: Literal["sms", "email"]
    template_id: UUID | None = None
    lead_time: timedelta = timedelta(hours=24)
    address: str | None = None  # e-mail address typed or chosen on the task; clients only
    phone: str | None = None  # number typed or chosen on the task; clients only (features R11)
    phone_origin: str | None = None


class AudiencePlan(BaseModel):
    """Reminders of one audience of one task (features R4-R8)."""

    model_config = ConfigDict(frozen=True)

    enabled: bool = False
    channels: list[ChannelPlan] = Field(default_factory=list)


class ReminderPlan(BaseModel):
    """The plan lives on the task; the automation's settings are copied into it when the task is made (DESIGN 5)."""

    model_config = ConfigDict(frozen=True)

    client: AudiencePlan = Field(default_factory=AudiencePlan)
    operator: AudiencePlan = Field(default_factory=AudiencePlan)
    remind_at: datetime | None = None  # features W5


class TaskParticipant(BaseModel):
    """Somebody who carries the task out; what is typed here outranks the card (features R15, R70)."""

    model_config = ConfigDict(frozen=True)

    employee_id: UUID
    phone: str | None = None
    email: str | None = None
    remind: bool = True


class Occurrence(BaseModel):
    """One date of a recurring task within the coming window (62 days), or the only one of a plain task.

    `recurrence_id` is the original start of the date (RFC 3339 in UTC, or a plain date when all-day); None for a plain task.
    """

    model_config = ConfigDict(frozen=True)

    recurrence_id: str | None = None
    starts_at: datetime
    ends_at: datetime | None = None


class TaskState(BaseModel):
    """A whole task as listeners keep it. All-day tasks have `starts_on`/`ends_on` (exclusive) beside moments at local midnight."""

    model_config = ConfigDict(frozen=True)

    task_id: UUID
    version: int
    number: str | None = None
    kind: Literal["task", "meeting", "interaction"] = "task"
    type_id: UUID | None = None
    title: str = ""
    description: str = ""
    location: str = ""
    status: Literal["planned", "in_progress", "completed", "cancelled"] = "planned"
    status_code: str = ""
    starts_at: datetime | None = None  # UTC
    ends_at: datetime | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    all_day: bool = False
    timezone: str = "Europe/Warsaw"
    timezone_guessed: bool = False
    rrule: str | None = None
    uid: str | None = None
    recurrence_id: str | None = None
    sequence: int = 0
    organizer: str | None = None
    attendees: list[TaskAttendee] = Field(default_factory=list)
    account_id: UUID | None = None
    contact_ids: list[UUID] = Field(default_factory=list)
    assignee_ids: list[UUID] = Field(default_factory=list)
    participants: list[TaskParticipant] = Field(default_factory=list)
    percent_complete: int = 0
    color: str | None = None
    source: TaskSource = Field(default_factory=TaskSource)
    reminders: ReminderPlan = Field(default_factory=ReminderPlan)
    occurrences: list[Occurrence] = Field(default_factory=list)
    case_number: int | None = None
    created_by: UUID | None = None  # user


class TaskEvent(Event):
    """Base of `task.*`: the whole task, and the names of the fields that changed (empty on creation)."""

    task: TaskState
    changed: list[str] = Field(default_factory=list)
    by: str | None = None  # "user:<id>", "mail:<message_id>", "automation:…"

    def key(self) -> str:
        return self.task.task_id.hex


class TaskCreated(TaskEvent):
    """A task was made: by a person, an invitation or an import."""

    subject: ClassVar[str] = "task.created.v1"


class TaskUpdated(TaskEvent):
    """Fields of a task changed; `changed` names them."""

    subject: ClassVar[str] = "task.updated.v1"


class TaskCancelled(TaskEvent):
    """A task was cancelled; it stays in the list with status code `a` (features E18)."""

    subject: ClassVar[str] = "task.cancelled.v1"


class TaskCompleted(TaskEvent):
    """A task is done."""

    subject: ClassVar[str] = "task.completed.v1"


class TaskReopened(TaskEvent):
    """A completed or cancelled task is to be done after all."""

    subject: ClassVar[str] = "task.reopened.v1"


class TaskDeleted(TaskEvent):
    """A task is gone from every list."""

    subject: ClassVar[str] = "task.deleted.v1"


TASK_EVENTS: tuple[type[TaskEvent], ...] = (
    TaskCreated, TaskUpdated, TaskCancelled, TaskCompleted, TaskReopened, TaskDeleted,
)  # fmt: skip


class InvitationFact(Event):
    """Base of `invitation.*`: one record of what a mail asked and what came of it."""

    invitation_id: UUID
    message_id: UUID
    method: str | None = None
    uid: str | None = None
    recurrence_id: str | None = None
    outcome: str
    reason: str = ""
    task_ids: list[UUID] = Field(default_factory=list)

    def key(self) -> str:
        return self.invitation_id.hex


class InvitationWaiting(InvitationFact):
    """An invitation waits for a person (policy `ask`, or no sufficient authority)."""

    subject: ClassVar[str] = "invitation.waiting.v1"


class InvitationDecided(InvitationFact):
    """A waiting invitation was decided by a person."""

    subject: ClassVar[str] = "invitation.decided.v1"
