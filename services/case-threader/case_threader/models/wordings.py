"""Texts that people keep for the mail they write from cases."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from case_threader.models.base import Table
from kit.columns import UtcDateTime


class ReplyTemplate(Table, table=True):
    """A text for answers, for new topics, or for the acknowledgement of a new case; with fields like `{{case_number}}`."""

    __tablename__ = "reply_template"

    id: UUID = Field(primary_key=True)
    version: int
    name: str
    folded_name: str = Field(unique=True)
    subject: str
    text: str
    html: str | None
    changed_at: datetime = Field(sa_type=UtcDateTime)


class Signature(Table, table=True):
    """What stands below every mail that leaves from one mail account."""

    __tablename__ = "signature"

    mail_account_id: UUID = Field(primary_key=True)
    version: int
    text: str
    html: str | None
    changed_at: datetime = Field(sa_type=UtcDateTime)
