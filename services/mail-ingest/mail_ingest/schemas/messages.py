"""Messages as lists and pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.schemas import Body, Moment, Shape
from mail_ingest.models import State
from mail_ingest.parsing.quotes import folds_of

Status = Literal["stored", "quarantined"]


class Person(BaseModel):
    name: str = ""
    address: str | None = None

    @classmethod
    def of(cls, address: Mapping[str, Any]) -> Self:
        return cls(name=address.get("name") or "", address=address.get("email") or address.get("address"))


class AttachmentShape(BaseModel):
    n: int
    filename: str
    content_type: str
    size: int
    inline: bool = False


class PushedShape(Shape):
    """What became of a mail that was pushed: 201 when it is new, 200 when these bytes lay there already."""

    id: UUID
    sha256: str
    status: Status
    quarantine_reason: str | None


class KeptShape(Shape):
    """`appended` is false when a mail of this Message-ID lay in the folder already."""

    appended: bool


class MessageCard(BaseModel):
    """A message in a list."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    id: UUID
    mail_account_id: UUID
    mailbox: str
    folder: str
    role: str
    status: Status
    quarantine_reason: str | None
    quarantined_at: Moment | None
    sha256: str
    size: int
    received_at: Moment
    stored_at: Moment
    imported: bool
    same_bytes_as: UUID | None
    subject: str
    sender: Person | None = Field(default=None, alias="from")
    date: Moment | None
    rfc_message_id: str | None
    written_by_machine: bool
    has_invitation: bool
    attachment_count: int

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls.model_validate(_card(row))


class QuarantinedCard(MessageCard):
    """A message in quarantine; `quarantine_reason` is a stable code, `quarantine_detail` says it to people."""

    quarantine_detail: str | None

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls.model_validate({**_card(row), "quarantine_detail": row.quarantine_detail})


class FoldShape(BaseModel):
    """From `start` up to before `end`, in characters (code points) of the text."""

    kind: Literal["quote", "forwarded", "signature"]
    start: int
    end: int


class MessageShape(MessageCard):
    """A whole message. A quarantined one shows what its header told."""

    quarantine_detail: str | None
    to: list[Person] = Field(default_factory=list)
    cc: list[Person] = Field(default_factory=list)
    bcc: list[Person] = Field(default_factory=list)
    reply_to: list[Person] = Field(default_factory=list)
    from_addresses: list[Person] = Field(default_factory=list)
    in_reply_to: list[str] = Field(default_factory=list)
    references: list[str] = Field(default_factory=list)
    thread_index: str | None = None
    text: str = ""
    folds: list[FoldShape] = Field(
        default_factory=list,
        description="Parts of the text a reader may fold: quotes, what was forwarded, the signature. Never all of it.",
    )
    html_available: bool = False
    attachments: list[AttachmentShape] = Field(default_factory=list)
    do_not_answer: bool = False
    machine_reason: str | None = None
    loop_marks: list[str] = Field(default_factory=list)
    authentication: dict[str, Any] = Field(default_factory=dict)
    report: dict[str, Any] | None = None
    headers: list[tuple[str, str]] | None = None

    @classmethod
    def whole(cls, row: Any, document: Mapping[str, Any]) -> Self:
        facts: Mapping[str, Any] = document.get("facts") or {}
        people = ("to", "cc", "bcc", "reply_to", "from_addresses")
        plain = (
            *("in_reply_to", "references", "thread_index", "html_available", "attachments", "do_not_answer"),
            *("machine_reason", "loop_marks", "authentication", "report"),
        )
        shown = document.get("from") or facts.get("sender")
        text = document.get("whole_text") or facts.get("text") or ""
        return cls.model_validate(
            {
                **_card(row),
                "quarantine_detail": row.quarantine_detail,
                "from": Person.of(shown) if shown else None,
                **{name: [Person.of(one) for one in facts.get(name) or ()] for name in people},
                **{name: facts[name] for name in plain if name in facts},
                "text": text,
                "folds": [asdict(fold) for fold in folds_of(text)],
                "headers": document.get("headers"),
            }
        )


class RetryAll(Body):
    """Only mails that were set aside for `reason`, when it is given; at most `limit` at a time."""

    reason: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=200)
    after: UUID | None = None


class RetriedShape(Shape):
    """`released`: now read and announced. `next`: the `after` to go on with, null at the end."""

    tried: int
    released: int
    items: list[PushedShape]
    next: UUID | None


def _card(row: Any) -> dict[str, Any]:
    quarantined = row.state == State.QUARANTINED
    sender = Person(name=row.from_name or "", address=row.from_email) if row.from_email or row.from_name else None
    return {
        "id": row.id,
        "mail_account_id": row.mail_account_id,
        "mailbox": row.mailbox,
        "folder": row.folder,
        "role": row.role,
        "status": "quarantined" if quarantined else "stored",
        "quarantine_reason": row.quarantine_reason if quarantined else None,
        "quarantined_at": row.quarantined_at if quarantined else None,
        "sha256": row.sha256,
        "size": row.size,
        "received_at": row.received_at,
        "stored_at": row.stored_at,
        "imported": row.imported,
        "same_bytes_as": row.same_bytes_as,
        "subject": row.subject or "",
        "from": sender,
        "date": row.sent_at,
        "rfc_message_id": row.rfc_message_id,
        "written_by_machine": bool(row.written_by_machine),
        "has_invitation": bool(row.has_invitation),
        "attachment_count": row.attachments or 0,
    }
