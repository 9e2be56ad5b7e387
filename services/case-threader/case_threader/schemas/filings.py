from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from case_threader.models import Filing, Message
from case_threader.schemas.cases import MessageShape
from kit.schemas import Body, Line, Moment, Shape

OutcomeName = Literal["new", "append", "duplicate", "bounce", "unassigned", "quarantined", "ignored"]


class FilingShape(Shape):
    """Where a mail belongs, which rule said so and why."""

    message_id: UUID
    outcome: OutcomeName
    case_number: int | None = Field(description="The case in which the mail is now; null when it is in none.")
    rule: str
    reason: str
    evidence: dict[str, Any]
    suggested_case_number: int | None = Field(description="For an unassigned mail: a case it may belong to.")
    held_by: UUID | None = Field(
        description="The message that stands in the case for this mail: itself or its first copy."
    )
    mailbox: str
    received_at: Moment
    decided_at: Moment
    decided_by: str

    @classmethod
    def of(cls, filing: Filing, *, case_number: int | None, suggested_case_number: int | None) -> FilingShape:
        return cls(
            message_id=filing.message_id, outcome=filing.outcome, case_number=case_number, rule=filing.rule,
            reason=filing.reason, evidence=filing.evidence, suggested_case_number=suggested_case_number,
            held_by=filing.held_by, mailbox=filing.mailbox, received_at=filing.received_at, decided_at=filing.decided_at,
            decided_by=filing.decided_by,
        )  # fmt: skip


class MoveBody(Body):
    case_number: int = Field(ge=1)


class NothingBody(Body):
    """An empty object."""


class SuggestedAccount(Shape):
    account_id: UUID
    name: str
    reason: Literal["same_domain", "same_name", "address_on_several_cards"]


class SuggestedCase(Shape):
    number: int
    title: str
    reason: Literal["tag", "answers_the_same", "same_conversation", "sender_takes_part", "same_subject"]


class WaitingShape(Shape):
    """A mail that waits for a person, with what the person may want to choose from and why."""

    message_id: UUID
    rule: str
    reason: str
    message: MessageShape
    suggested_case_number: int | None
    suggested_accounts: list[SuggestedAccount]
    suggested_cases: list[SuggestedCase]

    @classmethod
    def of(
        cls, filing: Filing, message: Message, *, accounts: list[SuggestedAccount], cases: list[SuggestedCase]
    ) -> WaitingShape:
        tagged = next((case.number for case in cases if case.reason == "tag"), None)
        return cls(
            message_id=filing.message_id, rule=filing.rule, reason=filing.reason, message=MessageShape.of(message),
            suggested_case_number=tagged, suggested_accounts=accounts, suggested_cases=cases,
        )  # fmt: skip


class NewAccount(Body):
    """An account to be made for the sender."""

    name: Line = Field(min_length=1, max_length=300)


class NewContact(Body):
    """A person of the chosen account (or that of the case) to be made for the sender."""

    name: Line = Field(min_length=1, max_length=300)


class AssignBody(Body):
    """Exactly one of `account_id` (a new case of it), `new_account`, `case_number` (append) and `spam`."""

    account_id: UUID | None = None
    contact_id: UUID | None = Field(default=None, description="Whose card learns the address; default: the account's.")
    new_account: NewAccount | None = None
    new_contact: NewContact | None = Field(default=None, description="With account_id or case_number only.")
    case_number: int | None = Field(default=None, ge=1)
    spam: bool = False
    learn_address: bool = Field(default=False, description="Write the sender's address on the card, for mail to come.")
    backfill: bool = Field(
        default=False,
        description="The sender's other mail that waits goes the same way: into the case, or each into one of its own.",
    )

    @model_validator(mode="after")
    def _one_decision(self) -> AssignBody:
        decisions = [self.account_id, self.new_account, self.case_number, self.spam or None]
        if sum(decision is not None for decision in decisions) != 1:
            raise ValueError("name exactly one of account_id, new_account, case_number and spam")
        if self.backfill and self.spam:
            raise ValueError("backfill does not go with spam")
        if self.new_contact is not None and self.account_id is None and self.case_number is None:
            raise ValueError("new_contact goes with account_id or case_number")
        if self.new_contact is not None and (self.contact_id is not None or self.learn_address):
            raise ValueError("a new contact has the address already: leave out contact_id and learn_address")
        return self


class AssignedShape(FilingShape):
    address_learned: bool
    backfilled: int = Field(description="How many earlier mails of the sender were put into cases as well.")
