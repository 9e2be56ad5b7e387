"""Tables. Lists read narrow rows: what is large (raw bytes, documents) lies in tables of its own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from kit.columns import JsonDocument, UtcDateTime
from kit.tables import service_metadata

metadata = service_metadata()

LONGEST_ADDRESS = 320
LONGEST_FOLDER = 1000


class Table(SQLModel):
    """Base of the table models; `metadata` keeps them apart from other services in one process."""

    metadata = metadata


class State(StrEnum):
    """How far a mail has come. What is `stored` has no verdict yet: it is being read, or a crash interrupted that."""

    STORED = "stored"
    PARSED = "parsed"
    QUARANTINED = "quarantined"


class MailAccount(Table, table=True):
    """A mailbox of ours: how it is read, how we send as it, what its invitations may do."""

    __tablename__ = "mail_account"

    id: UUID = Field(primary_key=True)
    version: int = Field(default=1)
    name: str = Field(sa_type=Text)
    address: str = Field(max_length=LONGEST_ADDRESS, index=True)
    aliases: list[str] = Field(default_factory=list, sa_type=JsonDocument)
    invitation_policy: str = Field(default="auto", max_length=10)
    auto_create_from: str = Field(default="anyone", max_length=10)
    trusted_authserv_ids: list[str] = Field(default_factory=list, sa_type=JsonDocument)
    timezone: str = Field(max_length=100)
    imap: dict[str, Any] | None = Field(default=None, sa_type=JsonDocument)  # without secrets
    smtp: dict[str, Any] | None = Field(default=None, sa_type=JsonDocument)  # without secrets
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)  # both their secrets
    fetched_from: dict[str, Any] | None = Field(default=None, sa_type=JsonDocument)  # the mailbox it stays with (R89)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MailAccountUse(Table, table=True):
    """Somebody sends from a mail account: the reminder settings by its id, a template by an address (features R33)."""

    __tablename__ = "mail_account_use"

    kind: str = Field(primary_key=True, max_length=30)
    used_by: str = Field(primary_key=True, max_length=40)  # the template's id; empty for the one row of settings
    mail_account_id: UUID | None = Field(default=None, index=True)
    address: str | None = Field(default=None, max_length=LONGEST_ADDRESS, index=True)
    name: str | None = Field(default=None, sa_type=Text)


class MailboxHealth(Table, table=True):
    """How well the fetching of one mail account goes; `since` is when it came into this state."""

    __tablename__ = "mailbox_health"

    mail_account_id: UUID = Field(sa_column=Column(ForeignKey("mail_account.id"), primary_key=True))
    state: str = Field(max_length=30)
    since: datetime = Field(sa_type=UtcDateTime)
    last_success_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_error: str | None = Field(default=None, sa_type=Text)
    last_error_code: str | None = Field(default=None, max_length=50)
    last_error_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    capabilities: list[str] = Field(default_factory=list, sa_type=JsonDocument)
    refused_logins: list[str] = Field(default_factory=list, sa_type=JsonDocument)  # moments, oldest first


class MailFolder(Table, table=True):
    """One watched folder of one account, as far as it has been read."""

    __tablename__ = "mail_folder"

    mail_account_id: UUID = Field(sa_column=Column(ForeignKey("mail_account.id"), primary_key=True))
    name: str = Field(primary_key=True, max_length=LONGEST_FOLDER)
    uid_validity: int = Field(sa_type=BigInteger)
    first_uid: int = Field(sa_type=BigInteger)  # older ones were there before we were, and stay unread with start "new"
    first_seen_at: datetime = Field(sa_type=UtcDateTime)
    begins_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # start "new": nothing received before counts
    last_uid: int = Field(default=0, sa_type=BigInteger)  # all up to it are in the ledger, unfetched, gone, or older
    uid_validity_changes: int = Field(default=0)  # in a row
    paused_reason: str | None = Field(default=None, sa_type=Text)
    last_success_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class UnfetchedMail(Table, table=True):
    """A mail that is on the server and could not be fetched yet: no hidden gap (reliability A5)."""

    __tablename__ = "unfetched_mail"

    mail_account_id: UUID = Field(sa_column=Column(ForeignKey("mail_account.id"), primary_key=True))
    folder: str = Field(primary_key=True, max_length=LONGEST_FOLDER)
    uid_validity: int = Field(sa_column=Column(BigInteger, primary_key=True))
    uid: int = Field(sa_column=Column(BigInteger, primary_key=True))
    attempts: int = Field(default=1)
    error: str = Field(sa_type=Text)
    first_failed_at: datetime = Field(sa_type=UtcDateTime)
    next_attempt_at: datetime = Field(sa_type=UtcDateTime)


class RawMail(Table, table=True):
    """Bytes as they came, each once. `place` says where: in `content`, or under their digest in the object store."""

    __tablename__ = "raw_mail"

    sha256: str = Field(primary_key=True, max_length=64)
    size: int = Field(sa_type=BigInteger)
    place: str = Field(max_length=20)
    content: bytes | None = Field(default=None, sa_type=LargeBinary)  # zstd
    stored_at: datetime = Field(sa_type=UtcDateTime)


class Message(Table, table=True):
    """The ledger: one row for each mail at each place it was found in, or was pushed for.

    Its identity is (account, folder, UIDVALIDITY, UID); pushed mail has no UID and is known by its bytes. A Message-ID is
    never a key (reliability A12). `sha256` is that of the whole mail where we have seen it whole, `raw_sha256` that of what
    was kept of it: of a mail over the limit only the header.
    """

    __tablename__ = "message"

    id: UUID = Field(primary_key=True)
    mail_account_id: UUID = Field(sa_column=Column(ForeignKey("mail_account.id"), nullable=False))
    folder: str = Field(max_length=LONGEST_FOLDER)
    role: str = Field(max_length=10)
    uid_validity: int | None = Field(default=None, sa_type=BigInteger)
    uid: int | None = Field(default=None, sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    raw_sha256: str = Field(max_length=64)
    size: int = Field(sa_type=BigInteger)
    received_at: datetime = Field(sa_type=UtcDateTime)
    stored_at: datetime = Field(sa_type=UtcDateTime)
    imported: bool = Field(default=False)
    state: str = Field(max_length=20)
    attempts: int = Field(default=1)  # to read it, each counted before it is begun (reliability A11)
    claimed_at: datetime = Field(sa_type=UtcDateTime)  # when the last attempt began
    quarantine_reason: str | None = Field(default=None, max_length=100)
    quarantine_detail: str | None = Field(default=None, sa_type=Text)
    quarantined_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    same_bytes_as: UUID | None = Field(default=None)


class MailCard(Table, table=True):
    """What lists show of a mail that was read."""

    __tablename__ = "mail_card"

    message_id: UUID = Field(sa_column=Column(ForeignKey("message.id"), primary_key=True))
    subject: str = Field(sa_type=Text)
    from_name: str = Field(sa_type=Text)
    from_email: str | None = Field(default=None, sa_type=Text)
    rfc_message_id: str | None = Field(default=None, sa_type=Text)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    written_by_machine: bool = Field(default=False)
    has_invitation: bool = Field(default=False)
    attachments: int = Field(default=0)
    folded: str = Field(sa_type=Text)  # subject and sender, folded for searching


class MailDocument(Table, table=True):
    """All that was read in a mail: JSON, zstd."""

    __tablename__ = "mail_document"

    message_id: UUID = Field(sa_column=Column(ForeignKey("message.id"), primary_key=True))
    content: bytes = Field(sa_type=LargeBinary)


_message: Any = Message.__table__  # type: ignore[attr-defined]
_card: Any = MailCard.__table__  # type: ignore[attr-defined]
_unfetched: Any = UnfetchedMail.__table__  # type: ignore[attr-defined]

_PUSHED = _message.c.uid.is_(None)
_FETCHED = _message.c.uid.is_not(None)

Index(
    "uq_message_place",
    _message.c.mail_account_id,
    _message.c.folder,
    _message.c.uid_validity,
    _message.c.uid,
    unique=True,
    sqlite_where=_FETCHED,
    postgresql_where=_FETCHED,
)
# Each row is in one of the next two: mails are found by their bytes, and pushed bytes are there once in a mailbox and role.
Index(
    "uq_message_pushed_bytes",
    _message.c.sha256,
    _message.c.mail_account_id,
    _message.c.role,
    unique=True,
    sqlite_where=_PUSHED,
    postgresql_where=_PUSHED,
)
Index("ix_message_fetched_bytes", _message.c.sha256, sqlite_where=_FETCHED, postgresql_where=_FETCHED)
Index("ix_message_account", _message.c.mail_account_id, _message.c.id)
Index(
    "ix_message_waiting",
    _message.c.claimed_at,
    sqlite_where=_message.c.state == State.STORED.value,
    postgresql_where=_message.c.state == State.STORED.value,
)
Index(
    "ix_message_quarantined",
    _message.c.id,
    sqlite_where=_message.c.state == State.QUARANTINED.value,
    postgresql_where=_message.c.state == State.QUARANTINED.value,
)
Index("ix_mail_card_from_email", _card.c.from_email)
Index("ix_mail_card_rfc_message_id", _card.c.rfc_message_id)
Index("ix_unfetched_mail_due", _unfetched.c.next_attempt_at)

__all__ = [
    "MailAccount",
    "MailCard",
    "MailDocument",
    "MailFolder",
    "MailboxHealth",
    "Message",
    "RawMail",
    "State",
    "Table",
    "UnfetchedMail",
    "metadata",
]
