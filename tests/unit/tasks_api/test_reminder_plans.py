"""Which reminders a new task begins with (features R3, R6, R7)."""

from __future__ import annotations

from contracts.tasks import AudiencePlan, ChannelPlan, ReminderPlan
from tasks_api.reminder_plans import AUTOMATION_OFF, AutomationSettings, plan_of_new_task

SMS = AudiencePlan(enabled=True, channels=[ChannelPlan(channel="sms")])
EMAIL = AudiencePlan(enabled=True, channels=[ChannelPlan(channel="email")])
OFF = AudiencePlan()


def test_nothing_while_the_automation_is_off() -> None:
    assert plan_of_new_task(AUTOMATION_OFF) == ReminderPlan()


def test_ticked_audiences_are_copied_each_by_itself() -> None:
    settings = AutomationSettings(enabled=True, client=SMS, client_use_as_default=True, operator=EMAIL)
    assert plan_of_new_task(settings) == ReminderPlan(client=SMS, operator=OFF)
    both = AutomationSettings(
        enabled=True, client=SMS, client_use_as_default=True, operator=EMAIL, operator_use_as_default=True
    )
    assert plan_of_new_task(both) == ReminderPlan(client=SMS, operator=EMAIL)


def test_a_ticked_audience_is_switched_on_even_where_the_settings_leave_the_switch_out() -> None:
    settings = AutomationSettings(enabled=True, client=AudiencePlan(channels=SMS.channels), client_use_as_default=True)
    assert plan_of_new_task(settings).client.enabled


def test_interactions_are_not_reminded_of() -> None:
    settings = AutomationSettings(enabled=True, client=SMS, client_use_as_default=True)
    assert plan_of_new_task(settings, kind="interaction") == ReminderPlan()
