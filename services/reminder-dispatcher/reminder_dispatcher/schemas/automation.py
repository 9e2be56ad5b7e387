"""The reminder settings as they travel: what GET gives is what PUT takes."""

from datetime import time, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import available_timezones

import holidays
from pydantic import AfterValidator, Field, PlainSerializer, field_serializer, model_validator

from contracts.tasks import ChannelPlan
from kit.schemas import Body, Moment, Shape
from reminder_dispatcher.automation import AudienceDefaults, AutomationSettings
from reminder_dispatcher.schemas.values import Length

_CHANNELS = 10


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not the IANA name of a time zone, such as Europe/Warsaw")
    return name


def _known_country(code: str) -> str:
    if code not in holidays.list_supported_countries():
        raise ValueError("is not a country whose holidays are known")
    return code


def _to_the_minute(clock: time) -> time:
    if clock.tzinfo is not None or clock.second or clock.microsecond:
        raise ValueError("must be a plain time of the day such as 20:00")
    return clock


ClockTime = Annotated[
    time, AfterValidator(_to_the_minute), PlainSerializer(lambda clock: f"{clock:%H:%M}", return_type=str)
]


class QuietHoursBody(Body):
    """Nobody is disturbed between `from` and `to`, and on public holidays when `holidays` is set (features R77)."""

    begins: ClockTime = Field(alias="from")
    ends: ClockTime = Field(alias="to")
    timezone: Annotated[str, AfterValidator(_known_zone)] | None = Field(
        default=None, description="Zone of these times; default: that of the installation."
    )
    holidays: bool = False
    country: Annotated[str, AfterValidator(_known_country)] = "PL"
    channels: list[Literal["sms", "email"]] = Field(default=["sms"], min_length=1, max_length=2)
    audiences: list[Literal["client", "operator"]] = Field(default=["client"], min_length=1, max_length=2)
    when_too_late: Literal["early", "miss"] = Field(
        default="early", description="What becomes of a reminder that would have to wait until the task has begun."
    )

    @model_validator(mode="after")
    def _some_time_is_quiet(self) -> Self:
        if self.begins == self.ends and not self.holidays:
            raise ValueError("from and to are the same, and holidays are not quiet either: leave quiet_hours null")
        return self


class ChannelBody(Body):
    """One way of telling an audience: how early, and by which template (null: the default one)."""

    channel: Literal["sms", "email"]
    template_id: UUID | None = None
    lead_time: Length = timedelta(hours=24)


class AudienceBody(Body):
    use_as_default: bool = Field(default=False, description="New tasks begin with these channels switched on.")
    channels: list[ChannelBody] = Field(default=[], max_length=_CHANNELS)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({(channel.channel, channel.lead_time) for channel in self.channels}) < len(self.channels):
            raise ValueError("the same channel stands there twice with the same lead time")
        return self


class SettingsBody(Body):
    """`PUT /v1/reminder-settings`: the whole of it; what is left out is off or at its default."""

    enabled: bool = False
    mail_account_id: UUID | None = None
    quiet_hours: QuietHoursBody | None = None
    late_grace: Length = timedelta(minutes=30)
    client: AudienceBody = Field(default_factory=AudienceBody)
    operator: AudienceBody = Field(default_factory=AudienceBody)

    def settings(self, version: int) -> AutomationSettings:
        return AutomationSettings(
            version=version,
            enabled=self.enabled,
            mail_account_id=self.mail_account_id,
            quiet_hours=self.quiet_hours.model_dump(mode="json", by_alias=True) if self.quiet_hours else None,
            late_grace=self.late_grace,
            client=_defaults(self.client),
            operator=_defaults(self.operator),
        )


def _defaults(audience: AudienceBody) -> AudienceDefaults:
    plans = (
        ChannelPlan(channel=one.channel, template_id=one.template_id, lead_time=one.lead_time)
        for one in audience.channels
    )
    return AudienceDefaults(use_as_default=audience.use_as_default, channels=tuple(plans))


class ChannelShape(Shape):
    channel: Literal["sms", "email"]
    template_id: UUID | None
    lead_time: Length


class AudienceShape(Shape):
    use_as_default: bool
    channels: list[ChannelShape]


class SettingsShape(Shape):
    enabled: bool
    mail_account_id: UUID | None
    quiet_hours: dict[str, Any] | None
    late_grace: Length
    client: AudienceShape
    operator: AudienceShape

    @field_serializer("quiet_hours")
    def _as_told(self, quiet_hours: dict[str, Any] | None) -> dict[str, Any] | None:
        return quiet_hours

    @classmethod
    def of(cls, settings: AutomationSettings) -> Self:
        return cls.model_validate(settings)


class StepShape(Shape):
    """One step of setting the automation up (features R31). `required` ones keep it from working while not done."""

    step: str
    done: bool
    required: bool
    detail: str


class ReadinessShape(Shape):
    ready: bool
    steps: list[StepShape]


class ChannelStateShape(Shape):
    """A channel at work: `paused_until` is set while it rests because it refuses us as a whole."""

    channel: str
    kind: str
    paused_until: Moment | None = None
    reason: str | None = None
    detail: str | None = None
