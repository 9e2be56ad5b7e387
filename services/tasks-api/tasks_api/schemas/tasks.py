"""Tasks, meetings and interactions."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from contracts.tasks import ReminderChannel
from kit.schemas import Body, Line, Moment, Shape, in_usable_years
from tasks_api.models.tasks import TaskHistory, TaskType
from tasks_api.schedule import When, wall_clock
from tasks_api.schemas.values import Change, Email, Name, Phone, Stripped, Text
from tasks_api.task import Task

Kind = Literal["task", "meeting", "interaction"]
OpenStatus = Literal["planned", "in_progress"]
Status = Literal["planned", "in_progress", "completed", "cancelled"]


def _when(value: object) -> object:
    """A day (`2026-11-30`) or a moment with an offset (RFC 3339)."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        return value
    elif not isinstance(value, str):
        raise ValueError("must be a day or a moment as text")
    elif len(value) == 10:
        return in_usable_years(date.fromisoformat(value))
    else:
        moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a moment needs an offset, such as 2026-11-30T09:00:00+01:00")
    in_usable_years(moment)
    return moment.astimezone(UTC)


def _written(when: When) -> str:
    return when.isoformat().replace("+00:00", "Z")


_WHEN_SCHEMA = WithJsonSchema(
    {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
)
WhenGiven = Annotated[Any, BeforeValidator(_when), _WHEN_SCHEMA]
WhenShown = Annotated[Any, PlainSerializer(_written, return_type=str, when_used="json"), _WHEN_SCHEMA]
"""RFC 3339, or a plain date of an all-day task."""


def _unique(ids: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


Ids = Annotated[list[UUID], Field(max_length=100), AfterValidator(_unique)]
Timezone = Annotated[Line, Field(max_length=100, description="A zone of the IANA database.")]
Color = Annotated[
    str, Field(pattern="^(#[0-9A-Fa-f]{6}|[a-z][a-z0-9_-]{0,29})$", description="#RRGGBB or a palette name.")
]
Title = Annotated[Line, Stripped, Field(min_length=1, max_length=1000)]
Percent = Annotated[int, Field(ge=0, le=100)]


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
    location: Annotated[Line, Field(max_length=2000)] = ""
    status: OpenStatus = "planned"
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


class TaskChange(Change):
    may_be_null = frozenset(
        {"type_id", "starts_at", "ends_at", "recurrence", "account_id", "color", "case_number", "remind_at"}
    )

    title: Title | None = None
    kind: Kind | None = None
    type_id: UUID | None = None
    description: Text | None = None
    note: Text | None = None
    location: Annotated[Line, Field(max_length=2000)] | None = None
    status: OpenStatus | None = None
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

    @classmethod
    def of(cls, task: Task, *, with_reminders: bool) -> "TaskShape":
        said = task.fields
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


class TaskTypeBody(Body):
    name: Name
    staged: bool = False
    is_default: bool = False


class TaskTypeChange(Change):
    name: Name | None = None
    staged: bool | None = None
    is_default: bool | None = None
    active: bool | None = None


class TaskTypeShape(Shape):
    id: UUID
    version: int
    name: str
    is_system: bool
    is_default: bool
    staged: bool
    active: bool
    created_at: Moment

    @classmethod
    def of(cls, task_type: TaskType) -> "TaskTypeShape":
        return cls.model_validate(task_type)
