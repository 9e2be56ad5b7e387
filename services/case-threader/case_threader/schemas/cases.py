from __future__ import annotations

from typing import Annotated, Any, Literal, cast
from uuid import UUID

from pydantic import Field

from case_threader.models import CaseChange, CaseEvent, CaseRow, Message, Participant
from kit.schemas import Body, Line, Moment, Shape

StatusName = Literal["open", "closed"]
Direction = Literal["incoming", "outgoing"]


class PersonShape(Shape):
    email: str
    name: str = ""


class MessageShape(Shape):
    """One message of a case: a mail, however many mailboxes it lay in, or a reply of ours."""

    message_id: UUID
    rfc_message_id: str | None
    direction: Direction
    kind: Literal["mail", "reply"]
    mailboxes: list[str]
    subject: str
    sender: PersonShape
    to: list[PersonShape]
    cc: list[PersonShape]
    preview: str
    attachments: int
    received_at: Moment
    sent_at: Moment | None
    written_by_machine: bool
    verified: bool = Field(description="False: the sender knew nothing but the case number.")
    delivery: dict[str, Any] | None = Field(description="What a delivery report says, or was said about this mail.")

    @classmethod
    def of(cls, message: Message) -> MessageShape:
        return cls.model_construct(
            message_id=message.id, rfc_message_id=message.rfc_message_id, direction=cast(Direction, message.direction),
            kind="reply" if message.is_reply else "mail", mailboxes=message.mailboxes, subject=message.subject,
            sender=PersonShape(email=message.sender_email, name=message.sender_name),
            to=[PersonShape(**person) for person in message.recipients.get("to", ())],
            cc=[PersonShape(**person) for person in message.recipients.get("cc", ())],
            preview=message.preview, attachments=message.attachments, received_at=message.received_at,
            sent_at=message.sent_at, written_by_machine=message.by_machine, verified=message.verified,
            delivery=message.delivery,
        )  # fmt: skip


class MessageAlone(MessageShape):
    """A message by itself: what stands on the first tab of its form (features R85)."""

    case_number: int | None = Field(description="Null: it waits for somebody to decide, or was set aside.")

    @classmethod
    def seen(cls, message: Message, *, case_number: int | None) -> MessageAlone:
        return cls(**MessageShape.of(message).model_dump(), case_number=case_number)


class MessageHistory(Shape):
    """How it came to stand where it does: the decision of the rules or of whoever decided first, and what people did since,
    newest first."""

    outcome: str | None
    rule: str | None
    reason: str | None
    decided_at: Moment | None
    decided_by: str | None
    items: list[ChangeShape]
    next: str | None


class ParticipantShape(Shape):
    email: str
    name: str
    verified: bool
    since: Moment

    @classmethod
    def of(cls, participant: Participant) -> ParticipantShape:
        return cls(
            email=participant.email, name=participant.name, verified=participant.verified, since=participant.since
        )


class CaseItem(Shape):
    """A case as a list shows it."""

    id: UUID
    number: int
    tag: str
    version: int
    title: str
    status: StatusName
    status_at: Moment
    status_reason: str
    account_id: UUID | None
    contact_id: UUID | None
    owner_id: UUID | None
    opened_at: Moment
    last_activity_at: Moment
    mentions: list[int] = Field(description="Numbers of other cases named by its mails.")
    message_count: int
    messages: list[MessageShape] | None = Field(default=None, description="With `expand=messages`: the newest twenty.")


class CaseShape(CaseItem):
    """A whole case. `merged_into` names the case it lives on in; then the messages are there."""

    messages: list[MessageShape]
    participants: list[ParticipantShape]
    merged_into: int | None
    continues: int | None
    continued_by: int | None


def item_fields(case: CaseRow, *, tag: str, message_count: int) -> dict[str, Any]:
    return {
        "id": case.id, "number": case.number, "tag": tag, "version": case.version, "title": case.title,
        "status": case.status, "status_at": case.status_at, "status_reason": case.status_reason,
        "account_id": case.account_id, "contact_id": case.contact_id, "owner_id": case.owner_id,
        "opened_at": case.opened_at, "last_activity_at": case.last_activity_at, "mentions": case.mentions,
        "message_count": message_count,
    }  # fmt: skip


class NewCaseBody(Body):
    account_id: UUID
    message_id: UUID | None = Field(default=None, description="An unassigned mail that the case begins with.")
    contact_id: UUID | None = None
    owner_id: UUID | None = None
    title: Line = Field(default="", max_length=500)


class CaseChangeBody(Body):
    """Fields that are left out stay as they are."""

    status: StatusName | None = None
    title: Annotated[Line, Field(min_length=1, max_length=500)] | None = None
    owner_id: UUID | None = None
    account_id: UUID | None = None
    contact_id: UUID | None = None

    def fields(self) -> dict[str, Any]:
        """What was named; `status` and `title` cannot be emptied."""
        named = {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}
        return {name: value for name, value in named.items() if value is not None or name not in ("status", "title")}


class MergeBody(Body):
    into: int = Field(ge=1)


class SplitBody(Body):
    message_ids: list[UUID] = Field(min_length=1, max_length=500)
    title: Annotated[Line, Field(min_length=1, max_length=500)] | None = None


class ParticipantBody(Body):
    email: str = Field(min_length=3, max_length=320)
    name: Line = Field(default="", max_length=300)


class EventBody(Body):
    kind: Literal["note", "call", "meeting", "sms", "task"]
    text: str = Field(default="", max_length=65_536)
    at: Moment | None = Field(default=None, description="When it happened; default: now.")
    data: dict[str, Any] = Field(default_factory=dict, max_length=50)


class EventShape(Shape):
    id: UUID
    kind: str
    text: str
    at: Moment
    author: str
    data: dict[str, Any]

    @classmethod
    def of(cls, event: CaseEvent) -> EventShape:
        return cls(id=event.id, kind=event.kind, text=event.text, at=event.at, author=event.author, data=event.data)


class TimelineItem(Shape):
    """One thing on the timeline; `kind` is `mail`, `reply` or that of an entry. `text` is a preview for mails."""

    id: UUID
    at: Moment
    kind: str
    text: str
    author: str
    message: MessageShape | None = None
    data: dict[str, Any] | None = None


class ChangeShape(Shape):
    """Something a person did to the case."""

    id: UUID
    kind: str
    message_id: UUID | None
    author: str
    at: Moment
    before: dict[str, Any]
    after: dict[str, Any]
    undone_at: Moment | None

    @classmethod
    def of(cls, change: CaseChange) -> ChangeShape:
        return cls.model_validate(change)
