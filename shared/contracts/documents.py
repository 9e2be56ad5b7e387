"""What other systems say to Goniec about their documents (features W24, W25)."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from kit.events import Event


class DocumentFact(Event):
    """Base of `document.*`: an order, an invoice, … of another system. The account is named by id, NIP or e-mail."""

    document_id: str
    document_type: str
    number: str
    account_id: UUID | None = None
    account_tax_id: str | None = None
    account_email: str | None = None
    at: datetime
    by: str | None = None

    def key(self) -> str:
        return self.document_id


class DocumentPrinted(DocumentFact):
    """Another system printed a document."""

    subject: ClassVar[str] = "document.printed.v1"


class DocumentSent(DocumentFact):
    """Another system sent a document."""

    subject: ClassVar[str] = "document.sent.v1"


class DocumentStage(Event):
    """A document of another system waits at a stage for one of us until a day or a moment (features R57).

    The person is named by id or e-mail. Said again, the stage is changed; `done` keeps it, `gone` takes it off the calendar.
    """

    subject: ClassVar[str] = "document.stage.v1"

    document_id: str
    document_type: str
    number: str
    stage: str
    due_at: datetime | None = None
    due_on: date | None = None
    employee_id: UUID | None = None
    employee_email: str | None = None
    done: bool = False
    gone: bool = False
    at: datetime

    def key(self) -> str:
        return self.document_id


class AbsenceTold(Event):
    """Another system knows that one of us is away: leave, sick leave, … (features R57). Days are whole and the last one counts;
    `half` makes it half of one day. Said again under the same id, the absence is changed."""

    subject: ClassVar[str] = "document.absence.v1"

    absence_id: str
    kind: Literal["leave", "sick_leave", "business_trip", "training", "other"] = "other"
    employee_id: UUID | None = None
    employee_email: str | None = None
    first_on: date
    last_on: date
    half: Literal["morning", "afternoon"] | None = None
    gone: bool = False
    at: datetime

    def key(self) -> str:
        return self.absence_id
