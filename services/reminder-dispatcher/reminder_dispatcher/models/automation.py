"""What the automation is told: its settings, the templates, and which template is the default where."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from reminder_dispatcher.models.base import Table


class Automation(Table, table=True):
    """The settings of the reminder automation: one row (features R1)."""

    __tablename__ = "automation"

    id: int = Field(primary_key=True)
    version: int
    enabled: bool
    mail_account_id: UUID | None = None
    quiet_hours: dict[str, Any] | None = Field(default=None, sa_type=JsonDocument)
    late_grace_seconds: int
    client: dict[str, Any] = Field(sa_type=JsonDocument)
    operator: dict[str, Any] = Field(sa_type=JsonDocument)
    unanswered_cases: dict[str, Any] = Field(sa_type=JsonDocument)
    waiting_invitations: dict[str, Any] = Field(sa_type=JsonDocument)
    sms_sender: str | None = Field(default=None, max_length=11)
    run_as_user_id: UUID | None = None  # features R32
    told_shape: int = 0  # the shape in which these settings and the templates were announced last
    changed_at: datetime = Field(sa_type=UtcDateTime)


class ZoneData(Table, table=True):
    """By which zone data reminders were armed since when: the last row counts, the others are the audit (reliability B10).
    `armed_anew`: how many reminders those data moved."""

    __tablename__ = "zone_data"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(max_length=64)
    since: datetime = Field(sa_type=UtcDateTime)
    armed_anew: int


class SenderName(Table, table=True):
    """A name SMS may bear instead of a number (features R74). `folded` keeps it unique whatever its case.

    `gateway_says` is what the gateway told at `asked_at`; None when it cannot tell or was never asked.
    """

    __tablename__ = "sender_name"

    name: str = Field(primary_key=True, max_length=11)
    folded: str = Field(max_length=11, unique=True)
    version: int
    status: str = Field(max_length=10)  # "pending", "approved"
    statement: str | None = None
    stated_by: UUID | None = None
    stated_by_name: str | None = Field(default=None, max_length=200)
    stated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    gateway_says: str | None = Field(default=None, max_length=10)
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Template(Table, table=True):
    """A text with merge fields; `from_address` is for sending by hand only (features R24)."""

    __tablename__ = "template"

    id: UUID = Field(primary_key=True)
    version: int
    name: str = Field(max_length=200)
    channel: str = Field(max_length=10)
    locale: str = Field(max_length=5)
    subject: str | None = Field(default=None, max_length=400)
    body: str
    html: str | None = None
    bcc: list[str] = Field(sa_type=JsonDocument)
    from_address: str | None = Field(default=None, max_length=320)
    contexts: list[str] = Field(sa_type=JsonDocument)
    diacritics: str = Field(max_length=10)
    max_segments: int
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class TemplateDefault(Table, table=True):
    """The one template that is suggested and used where nobody chose another (features R79-R81)."""

    __tablename__ = "template_default"

    channel: str = Field(primary_key=True, max_length=10)
    context: str = Field(primary_key=True, max_length=60)
    locale: str = Field(primary_key=True, max_length=5)
    template_id: UUID = Field(index=True, foreign_key="template.id")
