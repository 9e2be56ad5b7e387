"""Our own copies of what tasks-api says about the directory and mail-ingest about its mail accounts."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from case_threader.models.base import LONGEST_ADDRESS, Table
from kit.columns import JsonDocument


class Account(Table, table=True):
    __tablename__ = "account"

    id: UUID = Field(primary_key=True)
    version: int
    name: str
    folded_name: str = Field(index=True)
    deleted: bool
    merged_into: UUID | None


class Contact(Table, table=True):
    __tablename__ = "contact"

    id: UUID = Field(primary_key=True)
    version: int
    account_id: UUID = Field(index=True)
    name: str
    folded_name: str = Field(index=True)
    deleted: bool


class Employee(Table, table=True):
    __tablename__ = "employee"

    id: UUID = Field(primary_key=True)
    version: int
    name: str
    deleted: bool


class MailAccount(Table, table=True):
    __tablename__ = "mail_account"

    id: UUID = Field(primary_key=True)
    name: str
    address: str = Field(max_length=LONGEST_ADDRESS)
    aliases: list[Any] = Field(sa_type=JsonDocument)
    can_send: bool
    keeps_sent_copies: bool
    deleted: bool


class KnownAddress(Table, table=True):
    """Whose an address is. It may stand on several cards: then it proves none of them (features E30)."""

    __tablename__ = "known_address"
    __table_args__ = (
        CheckConstraint("kind IN ('account', 'contact', 'employee', 'mailbox')", name="kind"),
        Index("ix_known_address_kind_owner_id", "kind", "owner_id"),
        Index("ix_known_address_domain", "domain"),
    )

    email: str = Field(primary_key=True, max_length=LONGEST_ADDRESS)
    kind: str = Field(primary_key=True, max_length=8)
    owner_id: UUID = Field(primary_key=True)
    account_id: UUID | None
    domain: str = Field(max_length=LONGEST_ADDRESS)
