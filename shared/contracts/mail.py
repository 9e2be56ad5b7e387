"""What mail-ingest says about mail and mail accounts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.addresses import Address
from kit.events import Event

TEXT_IN_EVENTS = 64 * 1024
"""Characters of a mail's text that travel in its event; the whole text is at mail-ingest."""


class FolderRole(StrEnum):
    INBOX = "inbox"
    SENT = "sent"


class Attachment(BaseModel):
    """One attachment as a list shows it; `n` addresses it at mail-ingest, `size` is in bytes after decoding."""

    model_config = ConfigDict(frozen=True)

    n: int
    filename: str
    content_type: str
    size: int
    inline: bool = False


class Authentication(BaseModel):
    """What our own MX found about the sender, read only above its first Received line (reliability C, rule for C1-C6).

    `unchecked`: the mail account names no `trusted_authserv_ids`. `none`: it names some, but no header of theirs speaks.
    `passed`: DMARC, or a DKIM signature aligned with the From domain. `failed`: they looked and it did not pass.
    """

    model_config = ConfigDict(frozen=True)

    verdict: Literal["unchecked", "none", "passed", "failed"] = "unchecked"
    dmarc: str | None = None
    authserv_id: str | None = None
    reason: str | None = None


class FailedRecipient(BaseModel):
    model_config = ConfigDict(frozen=True)

    email: str
    action: Literal["failed", "delayed", "delivered", "relayed", "expanded", "unknown"] = "unknown"
    status: str | None = None
    diagnostic: str | None = None


class DeliveryReport(BaseModel):
    """A machine's message about an earlier mail: a bounce, a delay notice, a delivery or read receipt, an abuse report.

    `original_message_ids` are canonical and ordered by how surely they name the original mail.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["failed", "delayed", "delivered", "read_receipt", "abuse_report", "unknown"]
    recipients: list[FailedRecipient] = Field(default_factory=list)
    original_message_ids: list[str] = Field(default_factory=list)
    original_subject: str | None = None


class MailFacts(Event):
    """What is known about one stored mail; the base of `mail.received` and `mail.sent`.

    Ids of mails (`rfc_message_id`, `in_reply_to`, `references`) are canonical: no angle brackets, lower-case.
    Text holds no NUL and no lone surrogate; `mail_subject` is decoded and one line.
    """

    message_id: UUID  # of mail-ingest: one row of the ledger
    mail_account_id: UUID
    mailbox: str  # the address of that mail account
    folder: str
    role: FolderRole
    sha256: str
    same_bytes_as: UUID | None = None  # an earlier message_id with the very same bytes (another folder or account)

    rfc_message_id: str | None = None
    written_message_id: str | None = None  # the same as its sender spelled it: his mail program compares exactly
    in_reply_to: list[str] = Field(default_factory=list)
    references: list[str] = Field(default_factory=list)  # oldest first
    thread_index: str | None = None  # Outlook: hex of the first 22 bytes
    mail_subject: str = ""
    sender: Address | None = None  # as understood: From; without a usable address there, Reply-To
    from_addresses: list[Address] = Field(default_factory=list)  # every mailbox of every From header
    reply_to: list[Address] = Field(default_factory=list)
    to: list[Address] = Field(default_factory=list)
    cc: list[Address] = Field(default_factory=list)
    bcc: list[Address] = Field(default_factory=list)  # only copies in Sent show them
    sent_at: datetime | None = None  # as the sender claims; may be wrong or missing
    received_at: datetime  # INTERNALDATE, or given with the push, or our clock
    text: str = ""  # at most TEXT_IN_EVENTS characters
    text_truncated: bool = False
    html_available: bool = False
    attachments: list[Attachment] = Field(default_factory=list)

    written_by_machine: bool = False  # filed, but never opens or reopens a case
    do_not_answer: bool = False  # wider: only silences us
    machine_reason: str | None = None
    loop_marks: list[str] = Field(default_factory=list)  # values of X-Loop
    authentication: Authentication = Field(default_factory=Authentication)
    report: DeliveryReport | None = None
    has_invitation: bool = False
    imported: bool = False  # history brought in by `goniec import-mail`: no side effects are wanted

    def key(self) -> str:
        return self.message_id.hex


class MailReceived(MailFacts):
    """A mail was read, understood and stored from a folder with the role inbox."""

    subject: ClassVar[str] = "mail.received.v1"


class MailSent(MailFacts):
    """A mail lay in a folder with the role sent: somebody of ours wrote it."""

    subject: ClassVar[str] = "mail.sent.v1"


class MailQuarantined(Event):
    """A mail is kept but could not be understood, or was refused by a limit; a person may retry it."""

    subject: ClassVar[str] = "mail.quarantined.v1"

    message_id: UUID
    mail_account_id: UUID
    mailbox: str
    role: FolderRole
    sha256: str
    reason: str  # a stable code: too_large, too_deep, parser_timeout, …
    detail: str = ""
    received_at: datetime

    def key(self) -> str:
        return self.message_id.hex


class MailAccountChanged(Event):
    """A mail account was made, changed or removed. Secrets never travel here."""

    subject: ClassVar[str] = "mail_account.changed.v1"

    mail_account_id: UUID
    name: str
    address: str
    aliases: list[str] = Field(default_factory=list)
    invitation_policy: Literal["auto", "ask"] = "auto"
    timezone: str
    can_send: bool = False
    keeps_sent_copies: bool = False  # what we send is put into its folder Sent over IMAP
    deleted: bool = False

    def key(self) -> str:
        return self.mail_account_id.hex


class MailAccountHealthChanged(Event):
    """The state of a mail account became another one (ecosystem 0.2: silent death is the field's first complaint)."""

    subject: ClassVar[str] = "mail_account.health_changed.v1"

    mail_account_id: UUID
    address: str
    state: str
    former_state: str | None = None
    last_success_at: datetime | None = None
    last_error: str | None = None

    def key(self) -> str:
        return self.mail_account_id.hex
