"""Reminders as people see them: the promise, its state, and every attempt."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from contracts.tasks import ReminderChannel
from kit.errors import Invalid
from kit.schemas import Body, Moment, Shape
from reminder_dispatcher.notices import OwnNotice
from reminder_dispatcher.schemas.values import Length
from reminder_dispatcher.statuses import Status


class PersonShape(Shape):
    """Who did something. `user_id` is null for a program; `name` is empty for somebody who was erased."""

    user_id: UUID | None
    name: str


class ActionShape(Shape):
    """What a person did with the reminder; `until` when it was put off."""

    action: Literal["cancelled", "snoozed", "resent", "dismissed"]
    at: Moment
    until: Moment | None
    by: PersonShape


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
    run_as: PersonShape | None = Field(default=None, description="On whose behalf it was sent; null: the automation.")


class ReminderShape(Shape):
    id: UUID
    about: Literal["task", "case", "invitation"] = Field(description="What `task_id` names.")
    task_id: UUID
    recurrence_id: str | None
    audience: Literal["client", "operator"]
    channel: ReminderChannel
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
    history: list[ActionShape] = Field(description="What people did with it, oldest first.")
    rfc_message_id: str | None
    template_id: UUID | None
    subject: str | None
    text: str | None
    segments: int | None
    sent_at: Moment | None
    delivered_at: Moment | None
    dismissed_at: Moment | None = Field(description="When the operator who was told put it away.")
    generation: int


class NoticeShape(Shape):
    """A reminder as the operator it is for sees it. `id` of the stream's events is `told_at`."""

    id: UUID
    about: Literal["task", "case", "invitation"]
    task_id: UUID
    recurrence_id: str | None
    case_number: int | None
    title: str
    text: str
    channel: ReminderChannel
    starts_at: Moment
    due_at: Moment
    told_at: Moment | None
    status: Status
    late: bool
    dismissed_at: Moment | None

    @classmethod
    def of(cls, notice: OwnNotice) -> Self:
        reminder = notice.reminder
        told = {**reminder.model_dump(), "recurrence_id": reminder.occurrence or None, "text": reminder.text or ""}
        return cls.model_validate({**told, "title": notice.title or reminder.subject or ""})


class NoticesShape(Shape):
    items: list[NoticeShape]


class ResendBody(Body):
    """`again` is needed for a reminder that was sent already: a second one leaves."""

    again: bool = False


class SnoozeBody(Body):
    """Either a length from now on, or a moment."""

    snooze_for: Annotated[Length | None, Field(alias="for")] = None
    until: Moment | None = None

    def moment(self, now: datetime) -> datetime:
        if (self.snooze_for is None) == (self.until is None):
            raise Invalid("Say either how long (for) or until when (until).")
        return self.until if self.until is not None else now + (self.snooze_for or now - now)


class CountShape(Shape):
    channel: ReminderChannel
    status: Status
    reminders: int
    segments: int
