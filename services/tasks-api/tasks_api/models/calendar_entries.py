"""What other systems put on the calendar beside tasks: read-only here, a source each (features R57)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from tasks_api.models.base import Table


class CalendarSource(Table, table=True):
    """Where entries come from: absences, stages of documents, … `busy`: whoever has an entry of it is not available then."""

    __tablename__ = "calendar_source"

    name: str = Field(primary_key=True, max_length=40)
    id: UUID = Field(unique=True)
    version: int = 1
    labels: dict[str, str] = Field(sa_type=JsonDocument)
    color: str = Field(max_length=30)
    busy: bool
    is_system: bool = False
    active: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)


class CalendarEntry(Table, table=True):
    """One entry of one employee; `key` is its id in the other system. All-day entries have days (the last one exclusive)."""

    __tablename__ = "calendar_entry"
    __table_args__ = (
        Index("uq_calendar_entry", "source", "key", unique=True),
        Index("ix_calendar_entry_employee_id_starts_at", "employee_id", "starts_at", "id"),
        Index("ix_calendar_entry_starts_at_id", "starts_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    version: int = 1
    source: str = Field(max_length=40)
    key: str = Field(max_length=200)
    employee_id: UUID
    kind: str = Field(max_length=40)
    title: str = Field(max_length=1000)
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    starts_on: date | None = None
    ends_on: date | None = None
    all_day: bool
    timezone: str = Field(max_length=100)
    done: bool = False
    color: str | None = Field(default=None, max_length=30)
    url: str | None = Field(default=None, max_length=2000)
    document: dict[str, Any] | None = Field(default=None, sa_type=JsonDocument)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
