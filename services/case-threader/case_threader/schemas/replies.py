from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Base64Bytes, Field

from case_threader.models import Reply
from case_threader.outgoing_mail import File, Mailbox, UnsafeValue, wire_address
from case_threader.quoting import Quote
from case_threader.replying import Draft
from kit.schemas import Body, Line, Moment, Shape


def _address(email: str) -> str:
    try:
        wire_address(email.strip())
    except UnsafeValue as error:
        raise ValueError(str(error)) from None
    return email.strip()


Email = Annotated[str, Field(max_length=320), AfterValidator(_address)]


class Recipient(Body):
    email: Email
    name: Line = Field(default="", max_length=200)


Recipients = Annotated[list[Email | Recipient], Field(max_length=100)]


class Attachment(Body):
    filename: Line = Field(min_length=1, max_length=255)
    content_type: str = Field(
        default="application/octet-stream", pattern=r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$"
    )
    content: Base64Bytes = Field(description="Base64.")

    def file(self) -> File:
        return File(self.filename, self.content_type, self.content)


class MailBody(Body):
    """What every mail of ours needs."""

    to: Recipients
    cc: Recipients = Field(default_factory=list)
    bcc: Recipients = Field(default_factory=list)
    text: str = Field(default="", max_length=1_000_000)
    html: str | None = Field(default=None, max_length=2_000_000)
    attachments: list[Attachment] = Field(default_factory=list, max_length=50)
    template_id: UUID | None = Field(default=None, description="Its text stands below what was written here.")
    with_signature: bool = Field(default=True, description="The signature of the mail account, if it has one.")

    request_read_receipt: bool = Field(
        default=False,
        description="Ask to be told when it is read (RFC 8098); the receipt shows on the message (features R87).",
    )

    def draft(self, subject: str | None, quote: Quote | None = None) -> Draft:
        return Draft(
            to=_mailboxes(self.to), cc=_mailboxes(self.cc), bcc=_mailboxes(self.bcc), subject=subject, text=self.text,
            html=self.html, files=[attachment.file() for attachment in self.attachments], template_id=self.template_id,
            with_signature=self.with_signature, quote=quote, wants_receipt=self.request_read_receipt,
        )  # fmt: skip


class ReplyBody(MailBody):
    from_account_id: UUID | None = Field(
        default=None, description="The mail account it leaves from; default: that at which the answered mail arrived."
    )
    subject: Line | None = Field(default=None, max_length=900, description="Default: `RE:` and what was written last.")
    quote_original: bool = Field(default=False, description="Put the newest mail from outside below the text.")
    confirm_recipients: bool = Field(
        default=False, description="Vouch for recipients who have shown nothing but the case number."
    )


class NewMailBody(MailBody):
    from_account_id: UUID = Field(description="The mail account it leaves from.")
    account_id: UUID = Field(description="The account whose case this mail opens.")
    subject: Line = Field(default="", max_length=900, description="Default: that of the template.")


class ReplyShape(Shape):
    """A mail of ours on its way. `unknown`: it was handed over twice and never confirmed."""

    id: UUID
    case_number: int
    rfc_message_id: str
    subject: str
    status: Literal["queued", "sending", "sent", "failed", "unknown"]
    recipients: list[str]
    from_account_id: UUID
    created_at: Moment
    sent_at: Moment | None
    next_attempt_at: Moment | None
    is_automatic: bool = Field(description="An acknowledgement, which nobody wrote.")
    sent_copy: Literal["none", "wanted", "kept", "failed"] = Field(description="Its copy in the folder Sent over IMAP.")
    attempts: list[dict[str, Any]]

    @classmethod
    def of(cls, reply: Reply, *, case_number: int) -> ReplyShape:
        return cls(
            id=reply.id, case_number=case_number, rfc_message_id=reply.rfc_message_id, subject=reply.subject,
            status=reply.status, recipients=reply.recipients, from_account_id=reply.mail_account_id,
            created_at=reply.created_at, sent_at=reply.sent_at, next_attempt_at=reply.next_attempt_at,
            is_automatic=reply.acknowledged is not None, sent_copy=reply.copy_status,
            attempts=reply.attempts,
        )  # fmt: skip


class ReplyDraft(Shape):
    """What a reply begins with; addressed only to people whose part in the case is verified."""

    from_account_id: UUID | None
    to: list[str]
    cc: list[str]
    subject: str
    text: str
    html: str | None
    unverified: list[str] = Field(description="Left out: they have shown nothing but the case number.")
    undeliverable: list[str] = Field(description="Mail of ours in this case did not reach them.")


def _mailboxes(recipients: list[str | Recipient]) -> list[Mailbox]:
    return [Mailbox(each.email, each.name) if isinstance(each, Recipient) else Mailbox(each) for each in recipients]
