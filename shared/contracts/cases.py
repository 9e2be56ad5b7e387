"""What case-threader says about cases."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from kit.events import Event
from pydantic import Field


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
    subject: ClassVar[str] = "case.closed.v1"

    reason: str
    at: datetime


class CaseReopened(CaseFact):
    subject: ClassVar[str] = "case.reopened.v1"

    reason: str
    at: datetime


class CaseMerged(CaseFact):
    subject: ClassVar[str] = "case.merged.v1"

    merged_number: int  # the one that is now an alias of `number`
    at: datetime


class CaseEventAdded(CaseFact):
    subject: ClassVar[str] = "case.event_added.v1"

    event_id: UUID
    kind: str
    text: str = ""
    at: datetime


class CaseReplySent(CaseFact):
    subject: ClassVar[str] = "case.reply_sent.v1"

    reply_id: UUID
    rfc_message_id: str
    mail_account_id: UUID
    recipients: list[str] = Field(default_factory=list)
    at: datetime
