"""Reminders as people see them: the promise, its state, and every attempt."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from kit.schemas import Body, Moment, Shape
from reminder_dispatcher.schemas.values import Length
from reminder_dispatcher.statuses import Status


class AttemptShape(Shape):
    """One dispatch. `outcome` is null while it goes on; `unknown` when the answer was lost."""

    number: int
    channel: str
    recipient: str
    started_at: Moment
    finished_at: Moment | None = None
    outcome: Literal["sent", "not_now", "refused", "unknown"] | None = None
    reason: str | None = None
    detail: str | None = None
    gateway_id: str | None = None
    text: str | None = None


class ReminderShape(Shape):
    id: UUID
    task_id: UUID
    recurrence_id: str | None
    audience: Literal["client", "operator"]
    channel: Literal["sms", "email"]
    employee_id: UUID | None
    account_id: UUID | None
    recipient: str | None = Field(description="Where it went; before that, where it would go now.")
    lead_time: str | None = Field(description="ISO 8601; null for the moment set on the task itself.")
    starts_at: Moment
    due_at: Moment
    planned_at: Moment = Field(description="`due_at`, unless quiet hours or a person moved it.")
    next_at: Moment | None = Field(description="When it is tried next; null when it is over.")
    status: Status
    reason: str | None
    late: bool
    attempts: list[AttemptShape]
    rfc_message_id: str | None
    template_id: UUID | None
    subject: str | None
    text: str | None
    segments: int | None
    sent_at: Moment | None
    delivered_at: Moment | None
    generation: int


class ResendBody(Body):
    """`again` is needed for a reminder that was sent already: a second one leaves."""

    again: bool = False


class SnoozeBody(Body):
    """Either a length from now on, or a moment."""

    snooze_for: Annotated[Length | None, Field(alias="for")] = None
    until: Moment | None = None


class CountShape(Shape):
    channel: Literal["sms", "email"]
    status: Status
    reminders: int
    segments: int
