"""Messages of cases (and those waiting for one), the decisions about them, and the Message-IDs they taught us."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field

from case_threader.models.base import LONGEST_ADDRESS, Table
from kit.columns import JsonDocument, UtcDateTime


class Message(Table, table=True):
    """One mail, however many mailboxes it lay in, or one reply of ours. Without a case it waits or was set aside.

    `effect` is what it does to the status: opens, closes or nothing. `place` numbers rows for the search index.
    """

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("direction IN ('incoming', 'outgoing')", name="direction"),
        CheckConstraint("effect IN ('opens', 'closes', 'none')", name="effect"),
        Index("ix_message_case_id_received_at_id", "case_id", "received_at", "id"),
        Index("uq_message_identity", "identity", unique=True),
        Index(
            "ix_message_thread_index",
            "thread_index",
            sqlite_where=text("thread_index IS NOT NULL"),
            postgresql_where=text("thread_index IS NOT NULL"),
        ),
        Index("uq_message_place", "place", unique=True),
    )

    id: UUID = Field(primary_key=True)
    place: int = Field(sa_type=BigInteger)
    case_id: UUID | None
    direction: str = Field(max_length=8)
    effect: str = Field(max_length=6)
    is_reply: bool
    by_machine: bool
    verified: bool
    rfc_message_id: str | None
    written_message_id: str | None
    identity: str | None = Field(max_length=32)
    thread_index: str | None
    mailboxes: list[str] = Field(sa_type=JsonDocument)
    mail_account_id: UUID | None
    subject: str
    sender_email: str
    sender_name: str
    recipients: dict[str, Any] = Field(sa_type=JsonDocument)
    ancestors: list[str] = Field(sa_type=JsonDocument)
    preview: str
    attachments: int
    received_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(sa_type=UtcDateTime)
    delivery: dict[str, Any] | None = Field(sa_type=JsonDocument)


class Filing(Table, table=True):
    """The decision where a mail belongs: by which rule, why, and on what evidence.

    `held_by` is the message that stands in the case for this mail: itself, or the first copy of the same mail.
    """

    __tablename__ = "filing"
    __table_args__ = (Index("ix_filing_outcome_received_at_message_id", "outcome", "received_at", "message_id"),)

    message_id: UUID = Field(primary_key=True)
    version: int
    outcome: str = Field(max_length=12)
    rule: str = Field(max_length=40)
    reason: str = Field(max_length=80)
    evidence: dict[str, Any] = Field(sa_type=JsonDocument)
    held_by: UUID | None
    suggested_case_id: UUID | None
    mailbox: str = Field(max_length=LONGEST_ADDRESS)
    received_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: str = Field(max_length=200)


class KnownId(Table, table=True):
    """A Message-ID and a message that bears it (`own`), refers to it (`mentioned`) or reports about it (`reported`)."""

    __tablename__ = "known_id"
    __table_args__ = (CheckConstraint("kind IN ('own', 'mentioned', 'reported')", name="kind"),)

    rfc_message_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True, max_length=9)
    message_id: UUID = Field(primary_key=True)
