"""What people look at again and again: filters they saved, and calendar feeds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from tasks_api.models.base import Table


class SavedFilter(Table, table=True):
    """A filter of somebody (`subject` of their token); a shared one is offered to everybody (features W11)."""

    __tablename__ = "saved_filter"
    __table_args__ = (Index("ix_saved_filter_subject", "subject"),)

    id: UUID = Field(primary_key=True)
    version: int = 1
    subject: str = Field(max_length=100)
    name: str = Field(max_length=300)
    filter: dict[str, Any] = Field(sa_type=JsonDocument)
    shared: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)


class CalendarFeed(Table, table=True):
    """An address under which a calendar program reads the agenda of some employees; all of them when none is named.

    Of the secret in the address only its SHA-256 is kept. A revoked feed keeps its row.
    """

    __tablename__ = "calendar_feed"
    __table_args__ = (Index("uq_calendar_feed_secret_hash", "secret_hash", unique=True),)

    id: UUID = Field(primary_key=True)
    version: int = 1
    name: str = Field(max_length=300)
    subject: str = Field(max_length=100)
    employee_ids: list[Any] = Field(sa_type=JsonDocument)
    with_details: bool = True
    secret_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
