"""What tasks-api says about the directory: firms (accounts), people at them (contacts), our own people (employees).

Each event carries the whole card; `deleted` says it is gone.
"""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from kit.events import Event


class AccountChanged(Event):
    """The card of a firm was made, changed, merged or removed."""

    subject: ClassVar[str] = "directory.account.v1"

    account_id: UUID
    version: int = 1
    name: str
    emails: list[str] = Field(default_factory=list)  # canonical
    phone: str | None = None
    mobile: str | None = None
    sms_phone: str | None = None
    default_contact_id: UUID | None = None
    active: bool = True
    deleted: bool = False
    merged_into: UUID | None = None

    def key(self) -> str:
        return self.account_id.hex


class ContactChanged(Event):
    """The card of a person at an account was made, changed or removed."""

    subject: ClassVar[str] = "directory.contact.v1"

    contact_id: UUID
    account_id: UUID
    version: int = 1
    name: str
    emails: list[str] = Field(default_factory=list)
    phone: str | None = None
    mobile: str | None = None
    sms_phone: str | None = None
    is_default: bool = False
    active: bool = True
    deleted: bool = False
    merged_into: UUID | None = None

    def key(self) -> str:
        return self.contact_id.hex


class EmployeeChanged(Event):
    """The card of one of our own people was made, changed or removed."""

    subject: ClassVar[str] = "directory.employee.v1"

    employee_id: UUID
    version: int = 1
    name: str
    email: str | None = None
    phone: str | None = None
    user_id: UUID | None = None
    reminders_enabled: bool = True  # the user's own opt-in (features W6)
    locale: str | None = None
    unit_id: UUID | None = None  # where they work (features K33)
    active: bool = True
    deleted: bool = False

    def key(self) -> str:
        return self.employee_id.hex


class UnitChanged(Event):
    """A part of the house (a department, a branch) was made, renamed, moved or removed (features K33)."""

    subject: ClassVar[str] = "directory.unit.v1"

    unit_id: UUID
    version: int = 1
    name: str
    parent_id: UUID | None = None
    deleted: bool = False

    def key(self) -> str:
        return self.unit_id.hex


class UserChanged(Event):
    """A login was made, changed or removed: who stands behind a `user_id`. Neither its name to sign in nor its rights are told."""

    subject: ClassVar[str] = "directory.user.v1"

    user_id: UUID
    version: int = 1
    name: str
    employee_id: UUID | None = None
    active: bool = True
    deleted: bool = False

    def key(self) -> str:
        return self.user_id.hex


class CardErased(Event):
    """A person or firm was erased on request. Beside it goes the card's last state, which is empty; whoever keeps more than
    a copy of the card forgets it now. It names nobody."""

    subject: ClassVar[str] = "directory.erased.v1"

    kind: Literal["account", "contact", "employee"]
    card_id: UUID

    def key(self) -> str:
        return self.card_id.hex
