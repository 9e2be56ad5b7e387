"""The settings of the reminder automation as values: who is told by default, by what, how early, and when nobody is disturbed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.reminders import ReminderSettingsChanged
from contracts.tasks import AudiencePlan, ChannelPlan
from reminder_dispatcher.quiet_hours import QuietHours


@dataclass(frozen=True, slots=True)
class AudienceDefaults:
    """What a new task is given for one audience when `use_as_default` is set (features R6, R7, R34)."""

    use_as_default: bool = False
    channels: tuple[ChannelPlan, ...] = ()

    def plan(self) -> AudiencePlan:
        return AudiencePlan(enabled=self.use_as_default, channels=list(self.channels))


@dataclass(frozen=True, slots=True)
class WaitingRule:
    """Who is told, and by what, of something that has waited for one of us for so long: off until somebody wants it."""

    enabled: bool = False
    after: timedelta = timedelta(hours=24)
    channels: tuple[ChannelPlan, ...] = ()
    employee_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class AutomationSettings:
    """`quiet_hours` is kept as it was told (see `quiet` for what it means). `sms_sender` stands above that of the gateway's
    address (features R75). `run_as_user_id`: on whose behalf reminders are sent; None: the automation's own (features R32)."""

    version: int = 1
    enabled: bool = False
    mail_account_id: UUID | None = None
    quiet_hours: Mapping[str, Any] | None = None
    late_grace: timedelta = timedelta(minutes=30)
    client: AudienceDefaults = field(default_factory=AudienceDefaults)
    operator: AudienceDefaults = field(default_factory=AudienceDefaults)
    unanswered_cases: WaitingRule = field(default_factory=WaitingRule)
    waiting_invitations: WaitingRule = field(default_factory=WaitingRule)
    sms_sender: str | None = None
    run_as_user_id: UUID | None = None

    def plans(self) -> Iterator[tuple[str, int, ChannelPlan]]:
        """Every channel the settings name: whose it is, its place there, and its plan."""
        for name in ("client", "operator", "unanswered_cases", "waiting_invitations"):
            for place, plan in enumerate(getattr(self, name).channels):
                yield name, place, plan

    def quiet(self, default_zone: str) -> QuietHours | None:
        if self.quiet_hours is None:
            return None
        told = self.quiet_hours
        return QuietHours(
            start=time.fromisoformat(told["from"]),
            end=time.fromisoformat(told["to"]),
            zone=zone_named(told.get("timezone"), default_zone),
            holidays=told["holidays"],
            country=told["country"],
            channels=frozenset(told["channels"]),
            audiences=frozenset(told["audiences"]),
            when_too_late=told["when_too_late"],
        )

    def fact(self) -> ReminderSettingsChanged:
        """The settings as tasks-api hears them."""
        return ReminderSettingsChanged(
            version=self.version,
            enabled=self.enabled,
            mail_account_id=self.mail_account_id,
            client_use_as_default=self.client.use_as_default,
            client=self.client.plan(),
            operator_use_as_default=self.operator.use_as_default,
            operator=self.operator.plan(),
        )


def zone_named(name: str | None, default: str) -> ZoneInfo:
    """The zone of that name, or the default one when there is none."""
    try:
        return ZoneInfo(name or default)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(default)
