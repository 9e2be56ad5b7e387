"""What reminder-dispatcher told us, as we keep it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from tasks_api.models.base import Table


class TemplateCopy(Table, table=True):
    """A template of reminder-dispatcher, as `template.changed` told it. A deleted one is forgotten."""

    __tablename__ = "template_copy"

    id: UUID = Field(primary_key=True)
    version: int
    name: str = Field(max_length=200)
    channel: str = Field(max_length=10)
    locale: str = Field(max_length=5)
    bcc: list[str] = Field(sa_type=JsonDocument)
    default_contexts: list[str] = Field(sa_type=JsonDocument)


class TaskReminder(Table, table=True):
    """What became of one reminder of a task, as `reminder.*` told it last."""

    __tablename__ = "task_reminder"
    __table_args__ = (Index("ix_task_reminder_task", "task_id", "at", "id"),)

    id: UUID = Field(primary_key=True)
    task_id: UUID
    recurrence_id: str | None = Field(default=None, max_length=40)
    audience: str = Field(max_length=10)
    channel: str = Field(max_length=10)
    employee_id: UUID | None = None
    status: str = Field(max_length=12)
    reason: str | None = Field(default=None, max_length=200)
    late: bool = False
    due_at: datetime = Field(sa_type=UtcDateTime)
    at: datetime = Field(sa_type=UtcDateTime)
    text: str
    user_id: UUID | None = None  # on whose behalf it was sent (features R32)
