"""What belongs to tasks without being part of them: files, forms that are open, and tasks made because of documents."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from tasks_api.models.base import Table


class TaskFile(Table, table=True):
    """The bytes of an attachment; what is known of it stands on the task."""

    __tablename__ = "task_file"
    __table_args__ = (Index("ix_task_file_task_id", "task_id"),)

    id: UUID = Field(primary_key=True)
    task_id: UUID
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)


class TaskDraft(Table, table=True):
    """A form somebody has opened and not saved yet: its clock runs here (features K4, K5)."""

    __tablename__ = "task_draft"

    id: UUID = Field(primary_key=True)
    version: int = 1
    subject: str = Field(max_length=100)
    seconds: int = 0
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    capped: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)


class AutomationRule(Table, table=True):
    """When another system says that a document was printed or sent, make a task (features W24, W25). `template`: which one."""

    __tablename__ = "automation_rule"

    id: UUID = Field(primary_key=True)
    version: int = 1
    name: str = Field(max_length=200)
    event: str = Field(max_length=40)
    document_type: str | None = Field(default=None, max_length=100)
    enabled: bool = False
    repeat: bool = False
    template: dict[str, Any] = Field(sa_type=JsonDocument)
    created_by: UUID | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)


class DocumentTask(Table, table=True):
    """A task made from a document: by a person, or by a rule, once for each action unless it repeats (features W29)."""

    __tablename__ = "document_task"
    __table_args__ = (
        Index("uq_document_task", "rule_id", "document_type", "document_id", "action", "repeat_key", unique=True),
        Index("ix_document_task_document", "document_type", "document_id"),
    )

    id: UUID = Field(primary_key=True)
    document_type: str = Field(max_length=100)
    document_id: str = Field(max_length=200)
    rule_id: UUID | None = None
    action: str = Field(default="", max_length=40)
    repeat_key: str = Field(default="", max_length=40)
    task_id: UUID
    created_at: datetime = Field(sa_type=UtcDateTime)
