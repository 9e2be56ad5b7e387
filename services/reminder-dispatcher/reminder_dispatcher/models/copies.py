"""What other services told us and we keep as our own copy: tasks, the directory, mail accounts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from reminder_dispatcher.models.base import Table


class TaskCopy(Table, table=True):
    """A task as tasks-api last told it. A deleted one stays, so that an older event cannot bring it back."""

    __tablename__ = "task_copy"

    task_id: UUID = Field(primary_key=True)
    about: str = Field(default="task", max_length=10)  # "case" and "invitation": what waits for somebody of ours
    version: int
    is_open: bool  # may still be reminded of: not completed, cancelled or deleted
    state: dict[str, Any] = Field(sa_type=JsonDocument)  # contracts.tasks.TaskState
    heard_at: datetime = Field(sa_type=UtcDateTime)


class AccountCard(Table, table=True):
    __tablename__ = "account_card"

    id: UUID = Field(primary_key=True)
    version: int
    name: str
    emails: list[str] = Field(sa_type=JsonDocument)
    phone: str | None = None
    mobile: str | None = None
    sms_phone: str | None = None
    default_contact_id: UUID | None = None
    active: bool  # false as well once it is deleted


class ContactCard(Table, table=True):
    __tablename__ = "contact_card"

    id: UUID = Field(primary_key=True)
    version: int
    account_id: UUID
    name: str
    emails: list[str] = Field(sa_type=JsonDocument)
    phone: str | None = None
    mobile: str | None = None
    sms_phone: str | None = None
    active: bool


class EmployeeCard(Table, table=True):
    __tablename__ = "employee_card"

    id: UUID = Field(primary_key=True)
    version: int
    name: str
    email: str | None = None
    phone: str | None = None
    user_id: UUID | None = Field(default=None, index=True)
    reminders_enabled: bool
    locale: str | None = None
    active: bool


class UserCard(Table, table=True):
    """Who stands behind a login; a person who was erased has no name any more."""

    __tablename__ = "user_card"

    id: UUID = Field(primary_key=True)
    version: int
    name: str
    active: bool  # false as well once it is deleted


class MailAccountCard(Table, table=True):
    __tablename__ = "mail_account_card"

    id: UUID = Field(primary_key=True)
    name: str
    address: str
    can_send: bool
    deleted: bool
