"""Reminders of one task."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.tasks import AudiencePlan, ChannelPlan
from kit.schemas import Body, Shape
from tasks_api.reminder_planning import PhoneOption
from tasks_api.schemas.values import Email, Phone

LeadTime = Annotated[
    timedelta, Field(ge=timedelta(0), le=timedelta(days=366), description="ISO 8601 duration before the start: PT24H.")
]


class OperatorChannelBody(Body):
    """Operators are reached as their card or their row among the participants says (features R11, R15, R20)."""

    channel: Literal["sms", "email"]
    template_id: UUID | None = None
    lead_time: LeadTime = timedelta(hours=24)


class ClientChannelBody(OperatorChannelBody):
    """`address` and `phone` replace those of the card (features R14, R17)."""

    address: Email | None = None
    phone: Phone | None = None


class OperatorBody(Body):
    enabled: bool
    channels: Annotated[list[OperatorChannelBody], Field(max_length=10)] = Field(default=[])

    def plan(self) -> AudiencePlan:
        return AudiencePlan(enabled=self.enabled, channels=[ChannelPlan(**dict(one)) for one in self.channels])


class ClientBody(Body):
    enabled: bool
    channels: Annotated[list[ClientChannelBody], Field(max_length=10)] = Field(default=[])

    def plan(self) -> AudiencePlan:
        return AudiencePlan(enabled=self.enabled, channels=[ChannelPlan(**dict(one)) for one in self.channels])


class PhoneOptionShape(Shape):
    """`origin`: the field of the card, such as `contact.sms_phone`. Any other number may be typed in (features R14)."""

    phone: str
    origin: str
    name: str
    contact_id: UUID | None
    default: bool

    @classmethod
    def of(cls, option: PhoneOption) -> "PhoneOptionShape":
        return cls(
            phone=option.phone,
            origin=option.origin,
            name=option.name,
            contact_id=option.contact_id,
            default=option.is_default,
        )


class PhoneOptionsShape(Shape):
    items: list[PhoneOptionShape]
