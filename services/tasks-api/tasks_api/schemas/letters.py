"""Invitations of ours and answers of ours."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from kit.schemas import Body, Line, Moment, Shape
from tasks_api.invitees import Invitee
from tasks_api.models.letters import Letter
from tasks_api.responding import Responded, Response
from tasks_api.schemas.tasks import TaskShape
from tasks_api.schemas.values import Email, Stripped
from tasks_api.sending_accounts import Sender
from tasks_api.sending_out import Plan, SentOut

Comment = Annotated[str, Stripped, Field(max_length=2000)]
Status = Literal["queued", "sending", "sent", "failed", "unknown"]


class PersonBody(Body):
    email: Email
    name: Annotated[Line, Stripped, Field(max_length=200)] = ""


class InvitationsBody(Body):
    """Nobody named: the task's contacts, or its account (features E33). No account named: the one that fits best."""

    to: Annotated[list[PersonBody], Field(min_length=1, max_length=100)] | None = None
    from_account_id: UUID | None = None
    comment: Comment | None = None

    @property
    def people(self) -> list[tuple[str, str]] | None:
        return None if self.to is None else [(one.email, one.name) for one in self.to]


class ResponseBody(Body):
    response: Response
    comment: Comment | None = None


class CommentBody(Body):
    comment: Comment | None = None


class AttemptShape(Shape):
    at: str
    outcome: str
    code: int | None
    detail: str


class LetterShape(Shape):
    """One calendar message of ours. `kind` is what it says in words; `in_answer_to`: the invitation record it answers."""

    id: UUID
    version: int
    task_id: UUID
    method: Literal["REQUEST", "CANCEL", "REPLY", "DECLINECOUNTER"]
    kind: str
    uid: str
    recurrence_id: str | None
    sequence: int
    from_account_id: UUID = Field(validation_alias="mail_account_id")
    rfc_message_id: str
    subject: str
    recipients: list[str]
    status: Status
    attempts: list[AttemptShape]
    next_attempt_at: Moment | None
    created_at: Moment
    sent_at: Moment | None
    author: str
    in_answer_to: UUID | None

    @classmethod
    def of(cls, letter: Letter) -> "LetterShape":
        return cls.model_validate(letter)


class SenderShape(Shape):
    """The mail account that writes, and why this one: named, sent_before, organizer, own_address, only_one, oldest."""

    from_account_id: UUID
    email: str
    reason: str

    @classmethod
    def of(cls, sender: Sender) -> "SenderShape":
        return cls(from_account_id=sender.account.id, email=sender.email, reason=sender.reason)


class InviteeShape(Shape):
    """An address and why it was chosen (features E33)."""

    email: str
    name: str
    reason: str
    account_id: UUID | None
    contact_id: UUID | None

    @classmethod
    def of(cls, invitee: Invitee) -> "InviteeShape":
        return cls.model_validate(invitee)


class PlanShape(Shape):
    """`sender` is null when no mail account can send; `without_address`: cards nobody can write to."""

    sender: SenderShape | None
    recipients: list[InviteeShape]
    without_address: list[UUID]

    @classmethod
    def of(cls, plan: Plan) -> "PlanShape":
        return cls(
            sender=SenderShape.of(plan.sender) if plan.sender else None,
            recipients=[InviteeShape.of(one) for one in plan.choice.invitees],
            without_address=list(plan.choice.missing),
        )


class SentOutShape(Shape):
    task: TaskShape
    letter: LetterShape
    sender: SenderShape
    recipients: list[InviteeShape]

    @classmethod
    def of(cls, sent: SentOut, *, with_reminders: bool) -> "SentOutShape":
        return cls(
            task=TaskShape.of(sent.task, with_reminders=with_reminders),
            letter=LetterShape.of(sent.letter),
            sender=SenderShape.of(sent.sender),
            recipients=[InviteeShape.of(one) for one in sent.invitees],
        )


class RespondedShape(Shape):
    """`attendee`: the invited address that answers."""

    task: TaskShape
    letter: LetterShape
    sender: SenderShape
    attendee: str

    @classmethod
    def of(cls, responded: Responded, *, with_reminders: bool) -> "RespondedShape":
        return cls(
            task=TaskShape.of(responded.task, with_reminders=with_reminders),
            letter=LetterShape.of(responded.letter),
            sender=SenderShape.of(responded.answerer.sender),
            attendee=responded.answerer.attendee,
        )
