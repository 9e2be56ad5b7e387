"""What tasks-api says about tasks and about the invitations behind them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
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


ReminderChannel = Literal["sms", "email", "app"]
"""`app` is for operators only: the reminder shows where they work, and nothing leaves the house."""


class ChannelPlan(BaseModel):
    """One way one audience is told: `lead_time` before the start; None leaves template, address or number to the defaults."""

    model_config = ConfigDict(frozen=True)

    channel: ReminderChannel
    template_id: UUID | None = None
    lead_time: timedelta = timedelta(hours=24)
    address: str | None = None  # e-mail address typed or chosen on the task; clients only
    address_origin: str | None = None  # "contact.email", "account.email" or "manual"
    phone: str | None = None  # number typed or chosen on the task; clients only (features R11)
    phone_origin: str | None = None


class AudiencePlan(BaseModel):
    """Reminders of one audience of one task (features R4-R8)."""

    model_config = ConfigDict(frozen=True)

    enabled: bool = False
    channels: list[ChannelPlan] = Field(default_factory=list)


class PersonalReminder(BaseModel):
    """A reminder somebody set for themselves alone: `lead_time` before the start, or the moment `at` (features W26)."""

    model_config = ConfigDict(frozen=True)

    employee_id: UUID
    channel: ReminderChannel
    lead_time: timedelta | None = None
    at: datetime | None = None
    template_id: UUID | None = None


class ReminderPlan(BaseModel):
    """The plan lives on the task; the automation's settings are copied into it when the task is made (DESIGN 5)."""

    model_config = ConfigDict(frozen=True)

    client: AudiencePlan = Field(default_factory=AudiencePlan)
    operator: AudiencePlan = Field(default_factory=AudiencePlan)
    remind_at: datetime | None = None  # features W5
    personal: list[PersonalReminder] = Field(default_factory=list)


class TaskParticipant(BaseModel):
    """Somebody who carries the task out; what is typed here outranks the card (features R15, R70)."""

    model_config = ConfigDict(frozen=True)

    employee_id: UUID
    phone: str | None = None
    email: str | None = None
    remind: bool = True


class Cost(BaseModel):
    """An amount in a currency of its own (features K25). `currency` is a code of ISO 4217; the amount has at most 4 decimals."""

    model_config = ConfigDict(frozen=True)

    amount: Decimal
    currency: str


class Stage(BaseModel):
    """A part of a staged task with dates of its own (features W19): days (the last one exclusive) when the task is all-day."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    starts_at: datetime  # UTC
    ends_at: datetime
    starts_on: date | None = None
    ends_on: date | None = None
    percent_complete: int = 0


class TaskAttachment(BaseModel):
    """What is known of a file on a task; `size` in bytes. tasks-api keeps the bytes."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    media_type: str
    size: int


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
    note: str = ""
    in_calendar: bool = True
    kind_id: UUID | None = (
        None  # kind_id, priority_id, category_id, stage_id: values of the dictionaries (features K12-K14, R49)
    )
    priority_id: UUID | None = None
    category_id: UUID | None = None
    stage_id: UUID | None = None
    owner_id: UUID | None = None  # employee
    party_employee_id: UUID | None = None  # the employee the task is with, in place of an account (features R13)
    expected_cost: Cost | None = None
    actual_cost: Cost | None = None
    attributes: dict[str, str] = Field(default_factory=dict)
    attachments: list[TaskAttachment] = Field(default_factory=list)
    staged: bool = False
    stages: list[Stage] = Field(default_factory=list)
    duration_seconds: int = 0  # spent so far, as the timer counted it
    parent_id: UUID | None = None  # task it belongs under
    thread_id: UUID | None = None  # task at the root of the thread; None for one that stands alone
    previous_id: UUID | None = None  # the task this one follows up
    next_id: UUID | None = None  # the task that follows this one up
    completed_at: datetime | None = None


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


class InvitationReplied(InvitationFact):
    """Somebody we invited has answered (METHOD:REPLY): `partstat` in the words of RFC 5545 (features E35)."""

    subject: ClassVar[str] = "invitation.replied.v1"

    attendee: str
    partstat: str
    comment: str | None = None


class LetterFact(Event):
    """Base of what is said about calendar messages of ours: an invitation, an update, a cancellation, an answer."""

    letter_id: UUID
    task_id: UUID
    method: str
    uid: str
    recurrence_id: str | None = None
    sequence: int = 0
    mail_account_id: UUID
    rfc_message_id: str
    recipients: list[str] = Field(default_factory=list)
    at: datetime

    def key(self) -> str:
        return self.task_id.hex


class InvitationSent(LetterFact):
    """A calendar message of ours has left (features E34-E36)."""

    subject: ClassVar[str] = "invitation.sent.v1"


class InvitationUndelivered(LetterFact):
    """A calendar message of ours could not be handed over to these recipients."""

    subject: ClassVar[str] = "invitation.undelivered.v1"

    detail: str = ""
