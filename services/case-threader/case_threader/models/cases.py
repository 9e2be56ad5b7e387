"""Cases, who takes part in them, what else stands on their timeline, and what people did to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field

from case_threader.models.base import LONGEST_ADDRESS, Table
from kit.columns import JsonDocument, UtcDateTime


class CaseRow(Table, table=True):
    """A case. A merged one stays as an alias of another, a deleted one as a tombstone: numbers are never used again.

    `is_by_hand`: people have moved messages in or out, so the rules leave its borders alone.
    `status_at` is the receipt (our clock) of what last decided the status; what was received earlier cannot flip it.
    """

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'closed')", name="status"),
        Index("ix_cases_last_activity_at_id", "last_activity_at", "id"),
        Index("ix_cases_status_last_activity_at_id", "status", "last_activity_at", "id"),
        Index("ix_cases_account_id_last_activity_at_id", "account_id", "last_activity_at", "id"),
        Index("ix_cases_opened_by_opened_at", "opened_by", "opened_at"),
    )

    id: UUID = Field(primary_key=True)
    number: int = Field(unique=True)
    version: int
    title: str
    status: str = Field(max_length=6)
    status_at: datetime = Field(sa_type=UtcDateTime)
    status_reason: str = Field(max_length=40)
    account_id: UUID | None
    contact_id: UUID | None
    owner_id: UUID | None
    opened_at: datetime = Field(sa_type=UtcDateTime)
    opened_by: str = Field(max_length=LONGEST_ADDRESS)
    opened_wording: str = Field(max_length=16)
    last_activity_at: datetime = Field(sa_type=UtcDateTime)
    mentions: list[int] = Field(sa_type=JsonDocument)
    merged_into: UUID | None
    continues: UUID | None
    continued_by: UUID | None
    deleted_at: datetime | None = Field(sa_type=UtcDateTime)
    is_by_hand: bool


class Participant(Table, table=True):
    """Somebody outside who takes part in a case. An unverified one is never a recipient until a person confirms."""

    __tablename__ = "participant"
    __table_args__ = (Index("ix_participant_email", "email"),)

    case_id: UUID = Field(primary_key=True)
    email: str = Field(primary_key=True, max_length=LONGEST_ADDRESS)
    name: str
    verified: bool
    message_id: UUID | None
    since: datetime = Field(sa_type=UtcDateTime)


class CaseEvent(Table, table=True):
    """A note, call, meeting, SMS, task or reminder on the timeline of a case (features C25)."""

    __tablename__ = "case_event"
    __table_args__ = (
        Index("ix_case_event_case_id_at_id", "case_id", "at", "id"),
        Index("uq_case_event_origin", "origin", unique=True),
    )

    id: UUID = Field(primary_key=True)
    case_id: UUID
    kind: str = Field(max_length=12)
    text: str
    at: datetime = Field(sa_type=UtcDateTime)
    author: str = Field(max_length=200)
    origin: str | None = Field(max_length=100)
    version: int
    data: dict[str, Any] = Field(sa_type=JsonDocument)


class CaseChange(Table, table=True):
    """What a person did to a case or to the place of a message: the audit, and what an undo needs."""

    __tablename__ = "case_change"
    __table_args__ = (
        Index("ix_case_change_case_id_id", "case_id", "id"),
        Index("ix_case_change_message_id_id", "message_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    kind: str = Field(max_length=12)
    case_id: UUID | None
    message_id: UUID | None
    author: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)
    before: dict[str, Any] = Field(sa_type=JsonDocument)
    after: dict[str, Any] = Field(sa_type=JsonDocument)
    undone_at: datetime | None = Field(sa_type=UtcDateTime)


class Counter(Table, table=True):
    """One row: the next case number, and the next place in the search index."""

    __tablename__ = "counter"

    id: int = Field(primary_key=True)
    next_number: int
    next_place: int = Field(sa_type=BigInteger)


class SettingsRow(Table, table=True):
    """One row: how cases are kept here."""

    __tablename__ = "case_settings"

    id: int = Field(primary_key=True)
    version: int
    document: dict[str, Any] = Field(sa_type=JsonDocument)
