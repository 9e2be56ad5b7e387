"""Which reminders a new task begins with (features R6, R7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from contracts.tasks import AudiencePlan, ChannelPlan, ReminderPlan
from tasks_api.task import NO_REMINDERS

SWITCHED_OFF = AudiencePlan()
STANDARD_CHANNELS = (ChannelPlan(channel="sms", lead_time=timedelta(hours=24)),)
"""What somebody who only ticks the switch gets, when the automation names nothing (features R35)."""


@dataclass(frozen=True, slots=True)
class AutomationSettings:
    """What the reminder automation's settings say, as far as tasks need it."""

    enabled: bool = False
    has_mail_account: bool = False
    client_use_as_default: bool = False
    client: AudiencePlan = SWITCHED_OFF
    operator_use_as_default: bool = False
    operator: AudiencePlan = SWITCHED_OFF


AUTOMATION_OFF = AutomationSettings()


def plan_of_new_task(settings: AutomationSettings, *, kind: str = "task") -> ReminderPlan:
    """A copy of the defaults of each audience that is ticked in the settings; the others are off and can be switched on.

    Later changes of the settings do not reach the task (features R6: the settings are copied).
    """
    if not settings.enabled or kind == "interaction":
        return NO_REMINDERS
    client = settings.client if settings.client_use_as_default else SWITCHED_OFF
    operator = settings.operator if settings.operator_use_as_default else SWITCHED_OFF
    if not client.channels and not operator.channels:
        return NO_REMINDERS
    return ReminderPlan(client=_switched_on(client), operator=_switched_on(operator))


def without_sms(plan: ReminderPlan) -> ReminderPlan:
    """The plan without what costs money and wakes people: a stranger's mail must not send SMS (reliability C6)."""
    if not any(one.channel == "sms" for audience in (plan.client, plan.operator) for one in audience.channels):
        return plan
    client, operator = (
        _switched_on(AudiencePlan(channels=[one for one in audience.channels if one.channel != "sms"]))
        for audience in (plan.client, plan.operator)
    )
    return plan.model_copy(update={"client": client, "operator": operator})


def _switched_on(plan: AudiencePlan) -> AudiencePlan:
    return AudiencePlan(enabled=bool(plan.channels), channels=plan.channels)
