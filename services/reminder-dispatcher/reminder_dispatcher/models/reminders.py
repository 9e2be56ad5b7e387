"""Reminders, every attempt to send one, and the state of the channels they leave by."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from kit.columns import UtcDateTime
from reminder_dispatcher.models.base import Table


class Reminder(Table, table=True):
    """A promise to tell somebody about one date of a task, by one channel.

    Its key holds ids and ISO spellings only (features R90). `generation` counts how often it was armed anew; a row that has
    an attempt is never armed for another start, a new one is. `claim`, `lease_until` and `intent_at` belong to the
    attempt that is going on.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint(
            "task_id", "occurrence", "audience", "recipient_key", "channel", "rule", "generation", name="uq_reminder_key"
        ),
        Index(
            "uq_reminder_armed",
            "task_id", "occurrence", "audience", "recipient_key", "channel", "rule",
            unique=True,
            sqlite_where=text("status = 'armed'"),
            postgresql_where=text("status = 'armed'"),
        ),
        Index(
            "ix_reminder_due",
            "channel", "next_at", "id",
            sqlite_where=text("status = 'armed'"),
            postgresql_where=text("status = 'armed'"),
        ),
        Index(
            "ix_reminder_leased",
            "lease_until",
            sqlite_where=text("status = 'sending'"),
            postgresql_where=text("status = 'sending'"),
        ),
        Index(
            "ix_reminder_unreported",
            "id",
            sqlite_where=text("status = 'missed' AND reported_at IS NULL"),
            postgresql_where=text("status = 'missed' AND reported_at IS NULL"),
        ),
        Index(
            "ix_reminder_gateway_id",
            "gateway_id",
            sqlite_where=text("gateway_id IS NOT NULL"),
            postgresql_where=text("gateway_id IS NOT NULL"),
        ),
        Index(
            "ix_reminder_notices",
            "employee_id", "told_at", "id",
            sqlite_where=text("employee_id IS NOT NULL AND told_at IS NOT NULL"),
            postgresql_where=text("employee_id IS NOT NULL AND told_at IS NOT NULL"),
        ),
        Index("ix_reminder_status", "status", "id"),
    )  # fmt: skip

    id: UUID = Field(primary_key=True)
    about: str = Field(default="task", max_length=10)  # what task_id names: "task", "case", "invitation"
    task_id: UUID
    occurrence: str = Field(max_length=40)  # recurrence id, empty for a plain task
    audience: str = Field(max_length=10)
    recipient_key: str = Field(max_length=40)  # id of the employee, or "client"
    channel: str = Field(max_length=10)
    rule: str = Field(max_length=40)  # the lead time in ISO 8601, or "remind_at"
    generation: int

    status: str = Field(max_length=12)
    reason: str | None = None
    late: bool = False
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    begins_at: datetime = Field(sa_type=UtcDateTime)  # what the lead time counts back from
    due_at: datetime = Field(sa_type=UtcDateTime)
    planned_at: datetime = Field(sa_type=UtcDateTime)  # due_at, moved by quiet hours or a person
    planned_by_hand: bool = False
    next_at: datetime = Field(sa_type=UtcDateTime)  # when dispatch looks at it again
    armed_at: datetime = Field(sa_type=UtcDateTime)
    template_id: UUID | None = None
    address: str | None = Field(default=None, max_length=320)  # typed on the task: e-mail address or number
    employee_id: UUID | None = None
    account_id: UUID | None = None
    case_number: int | None = None
    correlation_id: str = Field(max_length=200)

    claim: UUID | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    intent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn: bool = False  # while it was being sent: not tried again
    sent_anew: bool = False  # after its outcome was lost once
    attempts: int = 0

    recipient: str | None = Field(default=None, max_length=320)
    subject: str | None = None
    text: str | None = None
    rfc_message_id: str | None = Field(default=None, max_length=320)
    gateway_id: str | None = Field(default=None, max_length=200)
    segments: int | None = None
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reported_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when its first attempt began
    dismissed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # by the operator who was told
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class Attempt(Table, table=True):
    """One dispatch of a reminder that ended. One that goes on stands in the reminder's row: `intent_at` and what follows."""

    __tablename__ = "attempt"

    reminder_id: UUID = Field(primary_key=True, foreign_key="reminder.id")
    number: int = Field(primary_key=True)
    channel: str = Field(max_length=20)  # its kind: "email", "console", "smsapi", …
    recipient: str = Field(max_length=320)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime = Field(sa_type=UtcDateTime)
    outcome: str = Field(max_length=12)
    reason: str | None = Field(default=None, max_length=60)
    detail: str | None = None
    gateway_id: str | None = Field(default=None, max_length=200)
    run_as_user_id: UUID | None = None  # on whose behalf it was sent (features R32)


class ReminderAction(Table, table=True):
    """What a person did with a reminder. `by_name` as the token told it; it goes when the person is erased."""

    __tablename__ = "reminder_action"
    __table_args__ = (Index("ix_reminder_action_reminder_id", "reminder_id", "id"),)

    id: UUID = Field(primary_key=True)
    reminder_id: UUID = Field(foreign_key="reminder.id")
    action: str = Field(max_length=12)
    at: datetime = Field(sa_type=UtcDateTime)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    user_id: UUID | None = Field(default=None, index=True)
    by_name: str = Field(max_length=200)


class ChannelState(Table, table=True):
    """A channel that refused us as a whole waits: nothing is claimed for it until `paused_until` (reliability B5)."""

    __tablename__ = "channel_state"

    channel: str = Field(primary_key=True, max_length=10)
    failures: int
    paused_until: datetime = Field(sa_type=UtcDateTime)
    since: datetime = Field(sa_type=UtcDateTime)
    reason: str = Field(max_length=60)
    detail: str


class Digest(Table, table=True):
    """A mail that tells one person which reminders were missed (reliability B7)."""

    __tablename__ = "digest"

    id: UUID = Field(primary_key=True)
    employee_id: UUID
    missed: int
    status: str = Field(max_length=12)  # "due", "sent", "failed"
    next_at: datetime = Field(sa_type=UtcDateTime)
    tries: int
    text: str
    subject: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class ToldBefore(Table, table=True):
    """A message that our own log of sendings knows and this database does not: it was sent after the backup that was
    restored (reliability B16). `outcome` is "accepted", or "intended" when the answer is not known."""

    __tablename__ = "told_before"

    id: UUID = Field(primary_key=True)
    task_id: UUID = Field(index=True)
    occurrence: str = Field(max_length=40)
    audience: str = Field(max_length=10)
    recipient_key: str = Field(max_length=40)
    channel: str = Field(max_length=10)
    rule: str = Field(max_length=40)
    begins_at: datetime = Field(sa_type=UtcDateTime)
    at: datetime = Field(sa_type=UtcDateTime)
    outcome: str = Field(max_length=12)
    rfc_message_id: str | None = Field(default=None, max_length=320)


class Restoration(Table, table=True):
    """This database was found to be older than what was sent: what became due between `since` and `found_at` is matched with
    the log of sendings, and never sent by itself."""

    __tablename__ = "restoration"

    id: UUID = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)
    found_at: datetime = Field(sa_type=UtcDateTime)
    unknown_messages: int
