"""What tasks choose from: the dictionaries, and how this company works with tasks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from tasks_api.models.base import Table


class DictionaryValue(Table, table=True):
    """A value of one dictionary; `labels`: language → what people read. Predefined ones have a `code` (features K12-K14, R49)."""

    __tablename__ = "dictionary_value"
    __table_args__ = (Index("ix_dictionary_value_dictionary", "dictionary", "position", "id"),)

    id: UUID = Field(primary_key=True)
    version: int = 1
    dictionary: str = Field(max_length=20)
    code: str | None = Field(default=None, max_length=40)
    labels: dict[str, str] = Field(sa_type=JsonDocument)
    position: int
    active: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)


class TaskSettingsRow(Table, table=True):
    """One row: how this company works with tasks (features R48, R50, K46)."""

    __tablename__ = "task_settings"

    id: int = Field(primary_key=True, default=1)
    version: int
    percent_step: int
    timer_cap_minutes: int
    carry_attributes: bool


class AccountAttribute(Table, table=True):
    """Something known of a firm by name; what is `carried` is copied into its new tasks (features R50)."""

    __tablename__ = "account_attribute"

    account_id: UUID = Field(primary_key=True)
    name: str = Field(primary_key=True, max_length=100)
    value: str
    carried: bool = False
