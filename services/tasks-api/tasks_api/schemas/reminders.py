"""Reminders of one task."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from contracts.tasks import ChannelPlan, PersonalReminder, ReminderChannel
from kit.schemas import Body, Moment, Shape
from tasks_api.schemas.tasks import ChannelShape
from tasks_api.schemas.values import Email, Phone

LeadTime = Annotated[
    timedelta, Field(ge=timedelta(0), le=timedelta(days=366), description="ISO 8601 duration before the start: PT24H.")
]


MOST_CHANNELS = 10
MOST_OWN = 10


class OperatorChannelBody(Body):
    """Operators are reached as their card or their row among the participants says (features R11, R15, R20); `app` shows the
    reminder where they work."""

    channel: ReminderChannel
    template_id: UUID | None = None
    lead_time: LeadTime = timedelta(hours=24)


class ClientChannelBody(Body):
    """`address` and `phone` replace those of the card (features R14, R17)."""

    channel: Literal["sms", "email"]
    template_id: UUID | None = None
    lead_time: LeadTime = timedelta(hours=24)
    address: Email | None = None
    phone: Phone | None = None


_CHANNELS = Field(
    default=None, description="Left out: the channels of the automation, else an SMS a day before (features R35)."
)


class OperatorBody(Body):
    enabled: bool
    channels: Annotated[list[OperatorChannelBody], Field(max_length=MOST_CHANNELS)] | None = _CHANNELS

    def plans(self) -> list[ChannelPlan] | None:
        return None if self.channels is None else [ChannelPlan(**dict(one)) for one in self.channels]


class ClientBody(Body):
    enabled: bool
    channels: Annotated[list[ClientChannelBody], Field(max_length=MOST_CHANNELS)] | None = _CHANNELS

    def plans(self) -> list[ChannelPlan] | None:
        return None if self.channels is None else [ChannelPlan(**dict(one)) for one in self.channels]


class OwnReminderBody(Body):
    """Either so long before the start, or at a moment."""

    channel: ReminderChannel = "app"
    lead_time: LeadTime | None = None
    at: Moment | None = None
    template_id: UUID | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.lead_time is None) == (self.at is None):
            raise ValueError("name either lead_time or at")
        return self


class OwnRemindersBody(Body):
    """Everything the caller wants to be reminded of about this task; an empty list takes it all back (features W26)."""

    reminders: Annotated[list[OwnReminderBody], Field(max_length=MOST_OWN)]

    def of(self, employee_id: UUID) -> list[PersonalReminder]:
        wanted = [PersonalReminder(employee_id=employee_id, **dict(one)) for one in self.reminders]
        return list({(one.channel, one.lead_time, one.at): one for one in wanted}.values())


class OwnReminderShape(Shape):
    channel: ReminderChannel
    lead_time: timedelta | None
    at: Moment | None
    template_id: UUID | None


class OwnRemindersShape(Shape):
    reminders: list[OwnReminderShape]

    @classmethod
    def of(cls, reminders: Sequence[PersonalReminder], employee_id: UUID) -> Self:
        own = [OwnReminderShape.model_validate(one) for one in reminders if one.employee_id == employee_id]
        return cls(reminders=own)


class PlannedChannelShape(ChannelShape):
    """`bcc` is what the template says, and changes with it (features R18, R19)."""

    bcc: list[str]


class PlannedAudienceShape(Shape):
    enabled: bool
    channels: list[PlannedChannelShape]


class PlannedRemindersShape(Shape):
    client: PlannedAudienceShape
    operator: PlannedAudienceShape
    remind_at: Moment | None


class PhoneOptionShape(Shape):
    """`origin`: the field of the card, such as `contact.sms_phone`. Any other number may be typed in (features R14)."""

    phone: str
    origin: str
    name: str
    contact_id: UUID | None
    default: bool = Field(validation_alias="is_default")


class PhoneOptionsShape(Shape):
    items: list[PhoneOptionShape]


class EmailOptionShape(Shape):
    """`origin`: `contact.email` or `account.email`. Any other address may be typed in (features R17)."""

    address: str
    origin: str
    name: str
    contact_id: UUID | None
    default: bool = Field(validation_alias="is_default")


class EmailOptionsShape(Shape):
    items: list[EmailOptionShape]


class TimelineEntryShape(Shape):
    """Something that happened to the task, or a reminder of it; `data` has what is particular to the kind."""

    id: UUID
    kind: Literal["change", "sms", "email", "app"]
    at: Moment
    text: str
    by: str | None
    data: dict[str, Any]
