"""Mails that leave from a case: written and committed here first, then sent (DESIGN 2.1 for mail)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field

from case_threader.models.base import LONGEST_ADDRESS, Table
from kit.columns import JsonDocument, UtcDateTime


class Reply(Table, table=True):
    """One outgoing mail with its bytes. `next_attempt_at` is empty when nothing more is to be done.

    While it is `sending`, `next_attempt_at` is the end of the claim: a sender that died is succeeded by another.
    `closes`: whether it closes its case once it has left. `acknowledged` is the address an automatic answer went to.
    `copy_status` and what follows is its copy for the folder Sent, where the mail account wants one.
    """

    __tablename__ = "reply"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'sending', 'sent', 'failed', 'unknown')", name="status"),
        Index("ix_reply_next_attempt_at", "next_attempt_at"),
        Index("ix_reply_case_id_id", "case_id", "id"),
        CheckConstraint("copy_status IN ('none', 'wanted', 'kept', 'failed')", name="copy_status"),
        Index("uq_reply_rfc_message_id", "rfc_message_id", unique=True),
        Index(
            "ix_reply_acknowledged_created_at",
            "acknowledged",
            "created_at",
            sqlite_where=text("acknowledged IS NOT NULL"),
            postgresql_where=text("acknowledged IS NOT NULL"),
        ),
        Index(
            "ix_reply_copy_due_at",
            "copy_due_at",
            sqlite_where=text("copy_due_at IS NOT NULL"),
            postgresql_where=text("copy_due_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    case_id: UUID
    version: int
    mail_account_id: UUID
    rfc_message_id: str
    sender: str = Field(max_length=LONGEST_ADDRESS)
    subject: str
    recipients: list[str] = Field(sa_type=JsonDocument)
    content: bytes = Field(sa_type=LargeBinary)
    status: str = Field(max_length=8)
    attempts: list[Any] = Field(sa_type=JsonDocument)
    next_attempt_at: datetime | None = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(sa_type=UtcDateTime)
    author: str = Field(max_length=200)
    closes: bool
    acknowledged: str | None = Field(default=None, max_length=LONGEST_ADDRESS)
    copy_status: str = Field(default="none", max_length=6)
    copy_attempts: int = Field(default=0)
    copy_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    copy_detail: str = Field(default="")
