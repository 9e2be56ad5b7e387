"""What mails asked, what came of it, and what is remembered about each UID."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from tasks_api.models.base import Table


class CalendarObjectRow(Table, table=True):
    """One iTIP object of one mail as it came, kept so that a person can act on it later.

    The unique key is the second guard beside the inbox: a mail that mail-ingest tells again leaves nothing new.
    """

    __tablename__ = "calendar_object"
    __table_args__ = (Index("uq_calendar_object_message_id_part", "message_id", "part", unique=True),)

    id: UUID = Field(primary_key=True)
    message_id: UUID
    mail_account_id: UUID
    part: int
    parts: int
    received_at: datetime = Field(sa_type=UtcDateTime)
    content: str


class InvitationRow(Table, table=True):
    """What was decided about one object (or one date of a series in it), why, on whose authority, and what that changed.

    `changes`: what it did to each task, in order, as `tasks_api.changes_made.Made` writes it.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('created', 'updated', 'cancelled', 'replied', 'unchanged', 'stale', 'waiting', 'review', 'ignored')",
            name="outcome",
        ),
        Index("ix_invitation_message_id", "message_id"),
        Index("ix_invitation_outcome_id", "outcome", "id"),
        Index("ix_invitation_sender_recorded_at", "sender", "recorded_at"),
        Index("ix_invitation_uid", "uid"),
    )

    id: UUID = Field(primary_key=True)
    version: int
    object_id: UUID
    message_id: UUID
    mail_account_id: UUID
    method: str | None = None
    uid: str | None = None
    recurrence_id: str | None = None
    sequence: int
    organizer: str | None = None
    sender: str | None = None
    sender_trust: str
    mail_subject: str
    summary: str
    starts: str | None = None
    outcome: str = Field(max_length=12)
    reason: str
    would: str | None = Field(max_length=12)
    task_ids: list[Any] = Field(sa_type=JsonDocument)
    account_match: dict[str, Any] | None = Field(sa_type=JsonDocument)
    details: dict[str, Any] = Field(sa_type=JsonDocument)
    changes: list[Any] = Field(sa_type=JsonDocument)
    received_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(sa_type=UtcDateTime)
    decided_by: str | None = None
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    undone_by: str | None = None


class SenderPace(Table, table=True):
    """How many meetings of one unknown sender, or in one mailbox, became tasks by themselves in an hour (reliability C6)."""

    __tablename__ = "sender_pace"

    hour: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    key: str = Field(primary_key=True, max_length=400)
    count: int


class SeriesMemoryRow(Table, table=True):
    """What the deciding module remembers about a UID: what the organizer last said, tombstones, who vouched for it."""

    __tablename__ = "series_memory"

    uid: str = Field(primary_key=True)
    document: dict[str, Any] = Field(sa_type=JsonDocument)
    updated_at: datetime = Field(sa_type=UtcDateTime)
