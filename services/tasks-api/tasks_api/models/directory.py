"""The directory: firms (accounts), people at them (contacts), our own people (employees), and who has which address."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from kit.columns import UtcDateTime
from tasks_api.models.base import Table


class Account(Table, table=True):
    """A firm. A deleted one keeps its row, so that tasks of the past can still name it.

    `owner_id`: the employee in whose care it is (features K32). `merged_into`: the card that took this one's place.
    """

    __tablename__ = "account"

    id: UUID = Field(primary_key=True)
    version: int = 1
    name: str = Field(max_length=300)
    folded_name: str = Field(max_length=300)
    tax_id: str | None = Field(default=None, max_length=30, index=True)
    owner_id: UUID | None = Field(default=None, index=True)
    phone: str | None = Field(default=None, max_length=60)
    mobile: str | None = Field(default=None, max_length=60)
    sms_phone: str | None = Field(default=None, max_length=60)
    active: bool = True
    merged_into: UUID | None = None
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Contact(Table, table=True):
    """A person at a firm; at most one of a firm is its default."""

    __tablename__ = "contact"
    __table_args__ = (
        Index(
            "uq_contact_default",
            "account_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: UUID = Field(primary_key=True)
    version: int = 1
    account_id: UUID = Field(index=True)
    name: str = Field(max_length=300)
    folded_name: str = Field(max_length=300)
    phone: str | None = Field(default=None, max_length=60)
    mobile: str | None = Field(default=None, max_length=60)
    sms_phone: str | None = Field(default=None, max_length=60)
    is_default: bool = False
    active: bool = True
    merged_into: UUID | None = None
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Employee(Table, table=True):
    """One of our own people; the login that belongs to them is found at the user. `unit_id`: where they work (features K33)."""

    __tablename__ = "employee"

    id: UUID = Field(primary_key=True)
    version: int = 1
    name: str = Field(max_length=300)
    folded_name: str = Field(max_length=300)
    phone: str | None = Field(default=None, max_length=60)
    unit_id: UUID | None = Field(default=None, index=True)
    active: bool = True
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class CardEmail(Table, table=True):
    """One address on one card. An address may stand on several cards: then it proves none of them (features E30)."""

    __tablename__ = "card_email"
    __table_args__ = (
        CheckConstraint("kind IN ('account', 'contact', 'employee')", name="kind"),
        Index("ix_card_email_email", "email"),
    )

    card_id: UUID = Field(primary_key=True)
    email: str = Field(primary_key=True, max_length=320)
    kind: str = Field(max_length=10)
    position: int = 0
    learned: bool = False


class ErasedCard(Table, table=True):
    """A person or firm that was erased on request: nothing but that it was, so that a restored backup can be cleaned again."""

    __tablename__ = "erased_card"

    card_id: UUID = Field(primary_key=True)
    kind: str = Field(max_length=10)
    erased_at: datetime = Field(sa_type=UtcDateTime)
    by: str | None = Field(default=None, max_length=100)
