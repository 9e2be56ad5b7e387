"""Tasks, meetings and interactions."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from contracts.tasks import ReminderChannel
from kit.schemas import Body, Line, Moment, Shape
from tasks_api.models.tasks import TaskHistory
from tasks_api.schedule import wall_clock
from tasks_api.schemas.particulars import (
    AttachmentShape,
    Attributes,
    CostBody,
    CostShape,
    FollowUpBody,
    Percent,
    Seconds,
    StageShape,
    TimerShape,
)
from tasks_api.schemas.values import Change, Email, Phone, Stripped, Text
from tasks_api.schemas.when import WhenGiven, WhenShown
from tasks_api.task import Task

Kind = Literal["task", "meeting", "interaction"]
GivenStatus = Literal["planned", "in_progress", "completed"]
"""`completed`: saved and frozen at once, after everything else of the save (features K9, K43)."""
Status = Literal["planned", "in_progress", "completed", "cancelled"]


def _unique(ids: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


Ids = Annotated[list[UUID], Field(max_length=100), AfterValidator(_unique)]
Timezone = Annotated[Line, Field(max_length=100, description="A zone of the IANA database.")]
Color = Annotated[
    str, Field(pattern="^(#[0-9A-Fa-f]{6}|[a-z][a-z0-9_-]{0,29})$", description="#RRGGBB or a palette name.")
]
Venue = Annotated[Line, Field(max_length=65_536, description="Where; of any length (features K24).")]
Title = Annotated[Line, Stripped, Field(min_length=1, max_length=1000)]


class RecurrenceBody(Body):
    """RFC 5545: a rule without `RRULE:`, extra dates and dates left out (instance keys)."""

    rrule: Annotated[Line, Field(max_length=1000)] | None = None
    rdates: Annotated[list[WhenGiven], Field(max_length=500)] = Field(default=[])
    exdates: Annotated[list[WhenGiven], Field(max_length=500)] = Field(default=[])


class ParticipantBody(Body):
    """Somebody who carries the task out; what is typed here outranks their card (features R15, R45)."""

    employee_id: UUID
    phone: Phone | None = None
    email: Email | None = None
    remind: bool = True


class TaskBody(Body):
    """A new task; only the title is needed (features K28)."""

    title: Title
    kind: Kind = "task"
    type_id: UUID | None = None
    description: Text = ""
    note: Text = ""
    location: Venue = ""
    status: GivenStatus = "planned"
    starts_at: WhenGiven | None = None
    ends_at: WhenGiven | None = None
    timezone: Timezone | None = None
    recurrence: RecurrenceBody | None = None
    account_id: UUID | None = None
    contact_ids: Ids = Field(default=[])
    assignee_ids: Ids | None = None
    participants: Annotated[list[ParticipantBody], Field(max_length=100)] | None = None
    percent_complete: Percent = 0
    color: Color | None = None
    case_number: Annotated[int, Field(ge=1)] | None = None
    remind_at: Moment | None = Field(default=None, description="A moment to remind the assignees at (features W5).")
    in_calendar: bool | None = Field(
        default=None, description="Tasks always are; others when ticked (features K8, K27)."
    )
    kind_id: UUID | None = Field(default=None, description="A value of the dictionary interaction_kind (features K12).")
    priority_id: UUID | None = None
    category_id: UUID | None = None
    stage_id: UUID | None = Field(default=None, description="A value of the dictionary stage (features R49).")
    owner_id: UUID | None = Field(
        default=None, description="The employee who leads it; oneself unless another is named."
    )
    party_employee_id: UUID | None = Field(
        default=None,
        description="The employee it is with, in place of an account: as a client they are reminded (R13).",
    )
    expected_cost: CostBody | None = None
    actual_cost: CostBody | None = None
    attributes: Attributes = Field(default={})
    parent_id: UUID | None = Field(default=None, description="The task it hangs on (features R44, K39).")
    duration_seconds: Seconds | None = None
    draft_id: UUID | None = Field(default=None, description="The open form whose clock is taken over (features K4).")
    follow_up: FollowUpBody | None = None

    def fields(self) -> dict[str, Any]:
        return _with_follow_up(dict(self), self.follow_up)


class TaskChange(Change):
    may_be_null = frozenset({
        "type_id", "starts_at", "ends_at", "recurrence", "account_id", "color", "case_number", "remind_at", "kind_id",
        "priority_id", "category_id", "stage_id", "owner_id", "party_employee_id", "expected_cost", "actual_cost",
        "parent_id", "follow_up",
    })  # fmt: skip

    title: Title | None = None
    kind: Kind | None = None
    type_id: UUID | None = None
    description: Text | None = None
    note: Text | None = None
    location: Venue | None = None
    status: GivenStatus | None = None
    starts_at: WhenGiven | None = None
    ends_at: WhenGiven | None = None
    timezone: Timezone | None = None
    recurrence: RecurrenceBody | None = None
    account_id: UUID | None = None
    contact_ids: Ids | None = None
    assignee_ids: Ids | None = None
    participants: Annotated[list[ParticipantBody], Field(max_length=100)] | None = None
    percent_complete: Percent | None = None
    color: Color | None = None
    case_number: Annotated[int, Field(ge=1)] | None = None
    remind_at: Moment | None = None
    in_calendar: bool | None = None
    kind_id: UUID | None = None
    priority_id: UUID | None = None
    category_id: UUID | None = None
    stage_id: UUID | None = None
    owner_id: UUID | None = None
    party_employee_id: UUID | None = None
    expected_cost: CostBody | None = None
    actual_cost: CostBody | None = None
    attributes: Attributes | None = None
    parent_id: UUID | None = None
    duration_seconds: Seconds | None = Field(
        default=None, description="What the clock should have said (features K46)."
    )
    follow_up: FollowUpBody | None = None

    def fields(self) -> dict[str, Any]:
        return _with_follow_up(super().fields(), self.follow_up)


def _with_follow_up(fields: dict[str, Any], follow_up: FollowUpBody | None) -> dict[str, Any]:
    return fields if follow_up is None else {**fields, "follow_up": follow_up.wanted()}


class RecurrenceShape(Shape):
    rrule: str | None
    rdates: list[str]
    exdates: list[str]


class AttendeeShape(Shape):
    email: str
    name: str
    partstat: str


class ParticipantShape(Shape):
    employee_id: UUID
    phone: str | None
    email: str | None
    remind: bool


class SourceShape(Shape):
    kind: str
    message_id: UUID | None
    document: dict[str, Any] | None


class ChannelShape(Shape):
    """`lead_time` is an ISO 8601 duration before the start."""

    channel: ReminderChannel
    template_id: UUID | None
    lead_time: timedelta
    address: str | None
    address_origin: str | None
    phone: str | None
    phone_origin: str | None


class AudienceShape(Shape):
    enabled: bool
    channels: list[ChannelShape]


class RemindersShape(Shape):
    client: AudienceShape
    operator: AudienceShape
    remind_at: Moment | None


class TaskShape(Shape):
    id: UUID
    version: int
    number: str
    kind: Kind
    type_id: UUID | None
    title: str
    description: str
    note: str
    location: str
    status: Status
    status_code: str = Field(description="`a`: cancelled (features E18).")
    starts_at: WhenShown | None
    ends_at: WhenShown | None = Field(description="Exclusive when all_day.")
    all_day: bool
    timezone: str
    timezone_guessed: bool
    starts_local: str | None
    ends_local: str | None
    recurrence: RecurrenceShape | None
    uid: str | None
    recurrence_id: str | None
    sequence: int
    organizer: str | None
    attendees: list[AttendeeShape]
    account_id: UUID | None
    contact_ids: list[UUID]
    assignee_ids: list[UUID]
    participants: list[ParticipantShape]
    percent_complete: int
    color: str | None
    source: SourceShape
    reminders: RemindersShape | None = Field(description="null while the reminder automation is off (features R2).")
    case_number: int | None
    created_by: UUID | None
    created_at: Moment
    updated_at: Moment
    completed_at: Moment | None
    in_calendar: bool
    kind_id: UUID | None
    priority_id: UUID | None
    category_id: UUID | None
    stage_id: UUID | None
    owner_id: UUID | None
    party_employee_id: UUID | None
    expected_cost: CostShape | None
    actual_cost: CostShape | None
    attributes: dict[str, str]
    attachments: list[AttachmentShape]
    staged: bool
    stages: list[StageShape]
    timer: TimerShape
    parent_id: UUID | None
    thread_id: UUID | None = Field(description="The task at the root; null for one that stands alone or is the root.")
    previous_id: UUID | None = Field(description="What it follows up (features K11).")
    next_id: UUID | None = Field(description="What follows it up.")

    @classmethod
    def of(cls, task: Task, *, with_reminders: bool) -> "TaskShape":
        said, more = task.fields, task.particulars
        return cls(
            id=task.id,
            version=task.version,
            number=task.number,
            kind=said.kind,
            type_id=task.type_id,
            title=said.title,
            description=said.description,
            note=task.note,
            location=said.location,
            status=task.status,
            status_code=task.status_code,
            starts_at=said.starts_on if said.all_day else said.starts_at,
            ends_at=said.ends_on if said.all_day else said.ends_at,
            all_day=said.all_day,
            timezone=said.timezone,
            timezone_guessed=said.timezone_guessed,
            starts_local=wall_clock(said.starts_at, said.timezone),
            ends_local=wall_clock(said.ends_at, said.timezone),
            recurrence=_recurrence(task),
            uid=task.uid,
            recurrence_id=task.recurrence_id,
            sequence=said.sequence,
            organizer=said.organizer,
            attendees=[AttendeeShape.model_validate(attendee) for attendee in said.attendees],
            account_id=task.account_id,
            contact_ids=list(task.contact_ids),
            assignee_ids=list(task.assignee_ids),
            participants=[ParticipantShape.model_validate(one) for one in task.participants],
            percent_complete=task.percent_complete,
            color=task.color,
            source=SourceShape.model_validate(task.source),
            reminders=RemindersShape.model_validate(task.reminders) if with_reminders else None,
            case_number=task.case_number,
            created_by=task.created_by,
            created_at=task.created_at,
            updated_at=task.updated_at,
            completed_at=task.completed_at,
            in_calendar=more.in_calendar,
            kind_id=more.kind_id,
            priority_id=more.priority_id,
            category_id=more.category_id,
            stage_id=more.stage_id,
            owner_id=more.owner_id,
            party_employee_id=more.party_employee_id,
            expected_cost=CostShape.model_validate(more.expected_cost) if more.expected_cost else None,
            actual_cost=CostShape.model_validate(more.actual_cost) if more.actual_cost else None,
            attributes=dict(more.attributes),
            attachments=[AttachmentShape.of(one) for one in more.attachments],
            staged=more.staged,
            stages=[StageShape.of(one) for one in more.stages],
            timer=TimerShape.of(more.timer),
            parent_id=more.parent_id,
            thread_id=more.thread_id,
            previous_id=more.previous_id,
            next_id=more.next_id,
        )


def _recurrence(task: Task) -> RecurrenceShape | None:
    if not task.is_recurring:
        return None
    said = task.fields
    return RecurrenceShape(rrule=said.rrule, rdates=list(said.rdates), exdates=list(said.exdates))


class HistoryShape(Shape):
    """One entry of a task's history; `changes`: name → [old, new]."""

    id: UUID
    version: int
    happened: str
    at: Moment
    by: str | None
    changes: dict[str, Any]

    @classmethod
    def of(cls, entry: TaskHistory) -> "HistoryShape":
        return cls.model_validate(entry)
