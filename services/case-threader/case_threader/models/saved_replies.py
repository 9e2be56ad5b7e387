"""Replies somebody has begun and not sent: the folder of drafts (features R88)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from case_threader.models.base import Table
from kit.columns import JsonDocument, UtcDateTime


class SavedReply(Table, table=True):
    """`body` is what will be sent, as `POST /v1/cases/{number}/replies` takes it. Only its author sees it."""

    __tablename__ = "saved_reply"
    __table_args__ = (Index("ix_saved_reply_author_id", "author", "id"),)

    id: UUID = Field(primary_key=True)
    version: int
    case_id: UUID
    author: str = Field(max_length=200)
    body: dict[str, Any] = Field(sa_type=JsonDocument)
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
