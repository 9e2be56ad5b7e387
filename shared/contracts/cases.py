"""What case-threader says about cases."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from kit.events import Event


class CaseFact(Event):
    """Base of `case.*`: the case as it now stands."""

    case_id: UUID
    number: int
    tag: str  # "[Acme#3932]"
    title: str
    status: Literal["open", "closed"]
    account_id: UUID | None = None
    contact_id: UUID | None = None
    owner_id: UUID | None = None
    version: int = 1

    def key(self) -> str:
        return self.case_id.hex


class CaseOpened(CaseFact):
    """A case was opened, by a mail or by a person."""

    subject: ClassVar[str] = "case.opened.v1"

    message_id: UUID | None = None
    opened_at: datetime


class CaseMailFiled(CaseFact):
    """A mail found its place in a case, and which rule said so."""

    subject: ClassVar[str] = "case.mail_filed.v1"

    message_id: UUID
    direction: Literal["incoming", "outgoing"]
    outcome: str
    rule: str
    filed_at: datetime


class CaseClosed(CaseFact):
    """A case was closed: we answered, or a person said so."""

    subject: ClassVar[str] = "case.closed.v1"

    reason: str
    at: datetime


class CaseReopened(CaseFact):
    """A closed case is open again."""

    subject: ClassVar[str] = "case.reopened.v1"

    reason: str
    at: datetime


class CaseMerged(CaseFact):
    """A case was merged into this one; its number is an alias from now on."""

    subject: ClassVar[str] = "case.merged.v1"

    merged_number: int  # the one that is now an alias of `number`
    at: datetime


class CaseEventAdded(CaseFact):
    """A note, a call, an SMS, a meeting or a task stands on the timeline of a case."""

    subject: ClassVar[str] = "case.event_added.v1"

    event_id: UUID
    kind: str
    text: str = ""
    at: datetime


class CaseReplySent(CaseFact):
    """A reply of ours was taken by the mail server."""

    subject: ClassVar[str] = "case.reply_sent.v1"

    reply_id: UUID
    rfc_message_id: str
    mail_account_id: UUID
    recipients: list[str] = Field(default_factory=list)
    at: datetime
