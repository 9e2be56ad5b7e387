"""The units of the house, filters that administrators lay over what people see, and what was changed about either."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from tasks_api.models.base import Table


class Unit(Table, table=True):
    """A part of the house (a department, a branch); `parent_id` is the one it lies in (features K33)."""

    __tablename__ = "unit"

    id: UUID = Field(primary_key=True)
    version: int = 1
    name: str = Field(max_length=300)
    folded_name: str = Field(max_length=300)
    parent_id: UUID | None = Field(default=None, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


class MandatoryFilter(Table, table=True):
    """What is left of some lists for some people, or is hidden from them, whatever else they may see (features R63).

    It concerns the named users, the members of the named units and of those below, and whoever has one of the named scopes;
    everybody when nobody is named. `filter` is in the language of saved filters (of firms and people: of cards).
    """

    __tablename__ = "mandatory_filter"

    id: UUID = Field(primary_key=True)
    version: int = 1
    name: str = Field(max_length=300)
    lists: list[str] = Field(sa_type=JsonDocument)
    filter: dict[str, Any] = Field(sa_type=JsonDocument)
    hides: bool = False
    active: bool = True
    user_ids: list[str] = Field(sa_type=JsonDocument)
    unit_ids: list[str] = Field(sa_type=JsonDocument)
    scopes: list[str] = Field(sa_type=JsonDocument)
    created_at: datetime = Field(sa_type=UtcDateTime)


class RightsHistory(Table, table=True):
    """What was changed about who sees what: field → from, to. Rows are only ever added (features R62, R63)."""

    __tablename__ = "rights_history"
    __table_args__ = (
        CheckConstraint("kind IN ('unit', 'mandatory_filter', 'employee', 'user')", name="kind"),
        Index("ix_rights_history_subject_id_id", "subject_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    kind: str = Field(max_length=20)
    subject_id: UUID
    happened: str = Field(max_length=20)
    at: datetime = Field(sa_type=UtcDateTime)
    by: str | None = Field(default=None, max_length=100)
    changes: dict[str, Any] = Field(sa_type=JsonDocument)
