"""Users (logins) and the brake on guessed passwords."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from kit.columns import JsonDocument, UtcDateTime
from tasks_api.models.base import Table


class User(Table, table=True):
    """A login. `username` is stored lower-case; `scopes` are granted on sign-in; `visibility`: list → own or all."""

    __tablename__ = "user_login"

    id: UUID = Field(primary_key=True)
    version: int = 1
    username: str = Field(max_length=100, unique=True)
    name: str = Field(default="", max_length=200)
    password_hash: str = Field(max_length=300)
    scopes: list[str] = Field(default_factory=list, sa_type=JsonDocument)
    visibility: dict[str, str] = Field(default_factory=dict, sa_type=JsonDocument)
    employee_id: UUID | None = Field(default=None, unique=True)
    reminders_enabled: bool = True
    locale: str | None = Field(default=None, max_length=20)
    active: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)
    password_changed_at: datetime = Field(sa_type=UtcDateTime)


class WrongPassword(Table, table=True):
    """How often in a row a password was wrong, per user name and caller's address (hashed together)."""

    __tablename__ = "wrong_password"

    key: str = Field(primary_key=True, max_length=64)
    count: int = 0
    last_at: datetime = Field(sa_type=UtcDateTime)
    blocked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
