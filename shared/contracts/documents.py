"""What other systems say to Goniec about their documents (features W24, W25)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
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
