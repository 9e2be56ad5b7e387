"""Our own copies of what other services said."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from kit.columns import JsonDocument
from tasks_api.models.base import Table


class MailAccountCopy(Table, table=True):
    """A mail account of mail-ingest, as `mail_account.changed` told it."""

    __tablename__ = "mail_account"

    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=300)
    address: str = Field(max_length=320)
    aliases: list[Any] = Field(sa_type=JsonDocument)
    invitation_policy: str = Field(max_length=10)
    timezone: str = Field(max_length=100)
    can_send: bool = False


class MailboxAddress(Table, table=True):
    """An address or alias of one of our mail accounts: whoever writes under it is one of us."""

    __tablename__ = "mailbox_address"
    __table_args__ = (Index("ix_mailbox_address_email", "email"),)

    mail_account_id: UUID = Field(primary_key=True)
    email: str = Field(primary_key=True, max_length=320)


class ReminderDefaults(Table, table=True):
    """The reminder automation's settings, as `reminder_settings.changed` told them: one row."""

    __tablename__ = "reminder_defaults"

    id: int = Field(primary_key=True, default=1)
    version: int
    enabled: bool
    has_mail_account: bool
    client_use_as_default: bool
    client: dict[str, Any] = Field(sa_type=JsonDocument)
    operator_use_as_default: bool
    operator: dict[str, Any] = Field(sa_type=JsonDocument)
