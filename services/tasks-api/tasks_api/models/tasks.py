"""Tasks, their history, their types and numbers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, false, text
from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from tasks_api.models.base import Table

_Counter = BigInteger().with_variant(Integer, "sqlite")


def _index_of_given(name: str, *more: str) -> Index:
    """Few tasks have kin, an owner or a colour: the index holds those only."""
    given = text(f"{name} IS NOT NULL")
    return Index(f"ix_task_{name}", name, *more, sqlite_where=given, postgresql_where=given)


class TaskRow(Table, table=True):
    """A task, meeting or interaction. `tasks_api.task.Task` is the same inside the service; its fields explain the columns.

    `agenda_at` is where it stands on an agenda: its start, else its end, else when it was made.
    A series is a master (`recurrence_id` empty) and overrides (`recurrence_id` set) with the same `uid`. `copy_number` tells apart
    tasks that a person deliberately made twice from one invitation (features E11).
    """

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("kind IN ('task', 'meeting', 'interaction')", name="kind"),
        CheckConstraint("status IN ('planned', 'in_progress', 'completed', 'cancelled')", name="status"),
        Index("uq_task_uid", "uid", "recurrence_id", "copy_number", unique=True),
        Index("ix_task_agenda_at_id", "agenda_at", "id"),
        Index("ix_task_account_id_id", "account_id", "id"),
        Index("ix_task_status_id", "status", "id"),
        Index("ix_task_status_agenda_at_id", "status", "agenda_at", "id"),
        Index("ix_task_type_id_id", "type_id", "id"),
        Index("ix_task_type_id_agenda_at_id", "type_id", "agenda_at", "id"),
        _index_of_given("color", "agenda_at", "id"),
        _index_of_given("created_by"),
        Index(
            "ix_task_recurrence_id",
            "recurrence_id",
            "uid",
            sqlite_where=text("recurrence_id != ''"),
            postgresql_where=text("recurrence_id != ''"),
        ),
        Index("ix_task_source_message_id", "source_message_id"),
        _index_of_given("thread_id"),
        _index_of_given("parent_id"),
        _index_of_given("owner_id"),
        # Holds all that is asked of series before their dates are known: the rows themselves lie far apart.
        Index(
            "ix_task_recurring",
            "starts_at",
            "recurs_until",
            "status",
            "kind",
            "in_calendar",
            "recurrence_id",
            "id",
            "version",
            "uid",
            "copy_number",
            "is_recurring",
            sqlite_where=text("is_recurring = 1"),
            postgresql_where=text("is_recurring"),
        ),
    )

    id: UUID = Field(primary_key=True)
    version: int
    number: str = Field(max_length=60, unique=True)
    kind: str = Field(max_length=12)
    type_id: UUID | None = None
    title: str
    description: str
    note: str
    location: str
    status: str = Field(max_length=12)
    status_code: str = Field(max_length=10)
    starts_at: datetime | None = Field(sa_type=UtcDateTime)
    ends_at: datetime | None = Field(sa_type=UtcDateTime)
    starts_on: date | None = None
    ends_on: date | None = None
    all_day: bool
    agenda_at: datetime = Field(sa_type=UtcDateTime)
    timezone: str = Field(max_length=100)
    timezone_guessed: bool
    is_recurring: bool
    rrule: str | None = None
    rdates: list[Any] = Field(sa_type=JsonDocument)
    exdates: list[Any] = Field(sa_type=JsonDocument)
    recurs_until: datetime | None = Field(sa_type=UtcDateTime)
    announced_until: datetime | None = Field(sa_type=UtcDateTime)
    uid: str | None = None
    recurrence_id: str = Field(max_length=40)
    copy_number: int
    sequence: int
    organizer: str | None = None
    attendees: list[Any] = Field(sa_type=JsonDocument)
    account_id: UUID | None = None
    percent_complete: int
    color: str | None = Field(max_length=30)
    source_kind: str = Field(max_length=12)
    source_message_id: UUID | None = None
    source_document: dict[str, Any] | None = Field(sa_type=JsonDocument)
    reminders: dict[str, Any] = Field(sa_type=JsonDocument)
    case_number: int | None = None
    touched_by_hand: bool
    invited_from: UUID | None = None
    created_by: UUID | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    completed_at: datetime | None = Field(sa_type=UtcDateTime)
    # tasks_api.particulars.Particulars
    in_calendar: bool
    kind_id: UUID | None = None
    priority_id: UUID | None = None
    category_id: UUID | None = None
    stage_id: UUID | None = None
    owner_id: UUID | None = None
    party_employee_id: UUID | None = None
    expected_cost: dict[str, Any] | None = Field(sa_type=JsonDocument)
    actual_cost: dict[str, Any] | None = Field(sa_type=JsonDocument)
    attributes: dict[str, Any] | None = Field(sa_type=JsonDocument)
    attachments: list[Any] | None = Field(sa_type=JsonDocument)
    staged: bool
    stages: list[Any] | None = Field(sa_type=JsonDocument)
    timer_seconds: int
    timer_started_at: datetime | None = Field(sa_type=UtcDateTime)
    timer_capped: bool
    parent_id: UUID | None = None
    thread_id: UUID | None = None
    previous_id: UUID | None = None
    next_id: UUID | None = None


class TaskAssignee(Table, table=True):
    """An employee who carries a task out; what is typed here outranks their card (features R15).

    `agenda_at` repeats the task's, so that the agenda of one employee is read along one index; `of_series` says that the task is
    one, so that theirs are found without looking at those of everybody.
    """

    __tablename__ = "task_assignee"
    __table_args__ = (
        Index("ix_task_assignee_employee_id_task_id", "employee_id", "task_id"),
        Index("ix_task_assignee_employee_id_agenda_at", "employee_id", "agenda_at", "task_id"),
        Index(
            "ix_task_assignee_of_series",
            "employee_id",
            "task_id",
            sqlite_where=text("of_series = 1"),
            postgresql_where=text("of_series"),
        ),
    )

    task_id: UUID = Field(primary_key=True)
    employee_id: UUID = Field(primary_key=True)
    position: int
    phone: str | None = Field(default=None, max_length=60)
    agenda_at: datetime = Field(sa_type=UtcDateTime)
    email: str | None = Field(default=None, max_length=320)
    remind: bool = True
    of_series: bool = Field(sa_column_kwargs={"server_default": false()})


class TaskContact(Table, table=True):
    """A person at the task's account who takes part."""

    __tablename__ = "task_contact"
    __table_args__ = (Index("ix_task_contact_contact_id", "contact_id"),)

    task_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(primary_key=True)
    position: int


class TaskSearch(Table, table=True):
    """The folded words of a task that a search looks through; the index over them differs by database."""

    __tablename__ = "task_search"

    seq: int | None = Field(default=None, sa_column=Column(_Counter, primary_key=True, autoincrement=True))
    task_id: UUID = Field(unique=True)
    words: str


class TaskHistory(Table, table=True):
    """What happened to a task: who changed what, from what to what. Rows are only ever added."""

    __tablename__ = "task_history"
    __table_args__ = (Index("ix_task_history_task_id_id", "task_id", "id"),)

    id: UUID = Field(primary_key=True)
    task_id: UUID
    version: int
    happened: str = Field(max_length=20)
    at: datetime = Field(sa_type=UtcDateTime)
    by: str | None = Field(default=None, max_length=100)
    changes: dict[str, Any] = Field(sa_type=JsonDocument)


class TaskType(Table, table=True):
    """A classifier of tasks; exactly one is the default (features W14-W17)."""

    __tablename__ = "task_type"
    __table_args__ = (
        Index(
            "uq_task_type_default",
            "is_default",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: UUID = Field(primary_key=True)
    version: int = 1
    name: str = Field(max_length=200, unique=True)
    labels: dict[str, str] = Field(default_factory=dict, sa_type=JsonDocument)
    is_system: bool = False
    is_default: bool = False
    staged: bool = False
    active: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)


class NumberSeries(Table, table=True):
    """The last number given out in a series such as `CRM/2026`; gapless, since it moves with the task's own transaction."""

    __tablename__ = "number_series"

    series: str = Field(primary_key=True, max_length=40)
    last: int
