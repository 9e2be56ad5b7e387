"""Calendar messages of ours: written and committed here first, then sent (DESIGN 2.1 for mail)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from tasks_api.models.base import Table


class Letter(Table, table=True):
    """One mail of ours with an iTIP object in it; `kit.mail_sending` tells what the columns of sending mean.

    `task_id` may name a task that is gone: its cancellation outlives it. `recipients` are the envelope, `kind` is what the mail
    says in words. `in_answer_to`: the invitation record that a DECLINECOUNTER or an answered REFRESH is about.
    """

    __tablename__ = "letter"
    __table_args__ = (
        CheckConstraint("method IN ('REQUEST', 'CANCEL', 'REPLY', 'DECLINECOUNTER')", name="method"),
        CheckConstraint("status IN ('queued', 'sending', 'sent', 'failed', 'unknown')", name="status"),
        Index("ix_letter_next_attempt_at", "next_attempt_at"),
        Index("ix_letter_task_id_id", "task_id", "id"),
        Index("uq_letter_rfc_message_id", "rfc_message_id", unique=True),
    )

    id: UUID = Field(primary_key=True)
    version: int = 1
    task_id: UUID
    uid: str
    recurrence_id: str | None = None
    method: str = Field(max_length=14)
    kind: str = Field(max_length=20)
    sequence: int
    mail_account_id: UUID
    rfc_message_id: str
    sender: str = Field(max_length=320)
    subject: str
    recipients: list[str] = Field(sa_type=JsonDocument)
    content: bytes = Field(sa_type=LargeBinary)
    status: str = Field(default="queued", max_length=8)
    attempts: list[Any] = Field(sa_type=JsonDocument)
    next_attempt_at: datetime | None = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    author: str = Field(max_length=200)
    in_answer_to: UUID | None = None
