"""The reminder settings as they travel: what GET gives is what PUT takes."""

from collections.abc import Sequence
from datetime import time, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import available_timezones

import holidays
from pydantic import AfterValidator, Field, PlainSerializer, field_serializer, model_validator

from contracts.tasks import ChannelPlan, ReminderChannel
from kit.schemas import Body, Moment, Shape
from reminder_dispatcher.automation import AudienceDefaults, AutomationSettings, WaitingRule
from reminder_dispatcher.schemas.values import Length, SenderName

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


class OperatorChannelBody(Body):
    """One way of telling operators: how early, and by which template (null: the default one). `app` shows it where they work."""

    channel: ReminderChannel
    template_id: UUID | None = None
    lead_time: Length = timedelta(hours=24)


class ClientChannelBody(Body):
    """One way of telling clients: how early, and by which template (null: the default one)."""

    channel: Literal["sms", "email"]
    template_id: UUID | None = None
    lead_time: Length = timedelta(hours=24)


def _each_once(channels: Sequence[OperatorChannelBody | ClientChannelBody]) -> None:
    if len({(channel.channel, channel.lead_time) for channel in channels}) < len(channels):
        raise ValueError("the same channel stands there twice with the same lead time")


_USE_AS_DEFAULT = Field(default=False, description="New tasks begin with these channels switched on.")
_BY_SMS = "Left out while `use_as_default` is ticked: an SMS a day before (features R35)."


class OperatorDefaultsBody(Body):
    use_as_default: bool = _USE_AS_DEFAULT
    channels: list[OperatorChannelBody] = Field(default=[], max_length=_CHANNELS, description=_BY_SMS)

    @model_validator(mode="after")
    def _usual(self) -> Self:
        if self.use_as_default and "channels" not in self.model_fields_set:
            self.channels = [OperatorChannelBody(channel="sms")]
        _each_once(self.channels)
        return self


class ClientDefaultsBody(Body):
    use_as_default: bool = _USE_AS_DEFAULT
    channels: list[ClientChannelBody] = Field(default=[], max_length=_CHANNELS, description=_BY_SMS)

    @model_validator(mode="after")
    def _usual(self) -> Self:
        if self.use_as_default and "channels" not in self.model_fields_set:
            self.channels = [ClientChannelBody(channel="sms")]
        _each_once(self.channels)
        return self


class WaitingChannelBody(Body):
    channel: ReminderChannel
    template_id: UUID | None = None


class WaitingBody(Body):
    """Reminders of what waits for one of us: a case without an answer, an invitation nobody has decided about."""

    enabled: bool = False
    after: Annotated[Length, Field(ge=timedelta(minutes=1))] = timedelta(hours=24)
    channels: list[WaitingChannelBody] = Field(default=[], max_length=_CHANNELS)
    employee_ids: list[UUID] = Field(
        default=[], max_length=50, description="Who is told; of a case that somebody leads, only they are."
    )

    def rule(self) -> WaitingRule:
        plans = {one.channel: ChannelPlan(**dict(one), lead_time=timedelta(0)) for one in self.channels}
        return WaitingRule(
            enabled=self.enabled,
            after=self.after,
            channels=tuple(plans.values()),
            employee_ids=tuple(dict.fromkeys(self.employee_ids)),
        )


class SettingsBody(Body):
    """`PUT /v1/reminder-settings`: the whole of it; what is left out is off or at its default."""

    enabled: bool = False
    mail_account_id: UUID | None = None
    quiet_hours: QuietHoursBody | None = None
    late_grace: Length = timedelta(minutes=30)
    client: ClientDefaultsBody = Field(default_factory=ClientDefaultsBody)
    operator: OperatorDefaultsBody = Field(default_factory=OperatorDefaultsBody)
    unanswered_cases: WaitingBody = Field(default_factory=WaitingBody)
    waiting_invitations: WaitingBody = Field(default_factory=WaitingBody)
    sms_sender: SenderName | None = Field(
        default=None,
        description="Sender of SMS in place of the one in GONIEC_SMS_URL, once it is approved: see /v1/sender-names "
        "(features R74, R75).",
    )
    run_as_user_id: UUID | None = Field(
        default=None,
        description="The user on whose behalf reminders are sent and logged (features R32); null: the automation itself.",
    )

    def settings(self, version: int) -> AutomationSettings:
        return AutomationSettings(
            version=version,
            enabled=self.enabled,
            mail_account_id=self.mail_account_id,
            quiet_hours=self.quiet_hours.model_dump(mode="json", by_alias=True) if self.quiet_hours else None,
            late_grace=self.late_grace,
            client=_defaults(self.client),
            operator=_defaults(self.operator),
            unanswered_cases=self.unanswered_cases.rule(),
            waiting_invitations=self.waiting_invitations.rule(),
            sms_sender=self.sms_sender,
            run_as_user_id=self.run_as_user_id,
        )


def _defaults(audience: ClientDefaultsBody | OperatorDefaultsBody) -> AudienceDefaults:
    plans = (
        ChannelPlan(channel=one.channel, template_id=one.template_id, lead_time=one.lead_time)
        for one in audience.channels
    )
    return AudienceDefaults(use_as_default=audience.use_as_default, channels=tuple(plans))


class ChannelShape(Shape):
    channel: ReminderChannel
    template_id: UUID | None
    lead_time: Length


class AudienceShape(Shape):
    use_as_default: bool
    channels: list[ChannelShape]


class WaitingChannelShape(Shape):
    channel: ReminderChannel
    template_id: UUID | None


class WaitingShape(Shape):
    enabled: bool
    after: Length
    channels: list[WaitingChannelShape]
    employee_ids: list[UUID]


class SettingsShape(Shape):
    enabled: bool
    mail_account_id: UUID | None
    quiet_hours: dict[str, Any] | None
    late_grace: Length
    client: AudienceShape
    operator: AudienceShape
    unanswered_cases: WaitingShape
    waiting_invitations: WaitingShape
    sms_sender: str | None
    run_as_user_id: UUID | None

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
