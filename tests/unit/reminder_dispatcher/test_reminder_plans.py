"""Which reminders a task wants, and how the armed ones become those."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from contracts.tasks import AudiencePlan, ChannelPlan, Occurrence, ReminderPlan, TaskParticipant, TaskState
from reminder_dispatcher.arming_changes import Changes, Standing, changes
from reminder_dispatcher.reminder_plan import Key, Wanted, wanted_reminders

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = datetime(2026, 11, 30, 8, tzinfo=UTC)
TASK, ANNA, PIOTR = UUID(int=1), UUID(int=2), UUID(int=3)
SMS = ChannelPlan(channel="sms", lead_time=timedelta(hours=24))
EMAIL = ChannelPlan(channel="email", lead_time=timedelta(hours=2))


def plan(*channels: ChannelPlan, enabled: bool = True) -> AudiencePlan:
    return AudiencePlan(enabled=enabled, channels=list(channels))


def a_task(**fields: Any) -> TaskState:
    given = {"task_id": TASK, "version": 1, "starts_at": START, "timezone": "Europe/Warsaw", **fields}
    return TaskState(**given)


def wanted(task: TaskState, now: datetime = NOW) -> list[Wanted]:
    return wanted_reminders(task, now=now, day_begins_at=time(8), zone=ZoneInfo(task.timezone))


def keys(task: TaskState) -> list[tuple[str, ...]]:
    return [(w.key.occurrence, w.key.audience, w.key.recipient_key, w.key.channel, w.key.rule) for w in wanted(task)]


def test_each_audience_has_its_own_switch() -> None:
    reminders = ReminderPlan(client=plan(SMS, EMAIL), operator=plan(EMAIL))
    assert keys(a_task(reminders=reminders, assignee_ids=[ANNA])) == [
        ("", "client", "client", "sms", "PT1440M"),
        ("", "client", "client", "email", "PT120M"),
        ("", "operator", ANNA.hex, "email", "PT120M"),
    ]
    off = ReminderPlan(client=plan(SMS, enabled=False), operator=plan(EMAIL))
    assert keys(a_task(reminders=off, assignee_ids=[ANNA])) == [("", "operator", ANNA.hex, "email", "PT120M")]


@pytest.mark.parametrize("fields", [{"status": "cancelled"}, {"status": "completed"}, {"kind": "interaction"}])
def test_what_never_reminds(fields: dict[str, Any]) -> None:
    assert wanted(a_task(reminders=ReminderPlan(client=plan(SMS)), **fields)) == []


def test_work_that_has_begun_still_reminds() -> None:
    assert len(wanted(a_task(reminders=ReminderPlan(client=plan(SMS)), status="in_progress"))) == 1


def test_a_series_wants_one_set_for_each_date() -> None:
    dates = [
        Occurrence(recurrence_id=f"2026-11-{day}T08:00:00Z", starts_at=START.replace(day=day)) for day in (25, 26, 27)
    ]
    found = wanted(a_task(rrule="FREQ=DAILY", occurrences=dates, reminders=ReminderPlan(client=plan(SMS))))
    assert [(one.key.occurrence, one.due_at) for one in found] == [
        (date.recurrence_id, date.starts_at - timedelta(days=1)) for date in dates
    ]


def test_flagged_participants_and_assignees_without_a_row_are_told() -> None:
    people = [TaskParticipant(employee_id=ANNA, remind=False), TaskParticipant(employee_id=PIOTR)]
    task = a_task(reminders=ReminderPlan(operator=plan(EMAIL)), participants=people, assignee_ids=[ANNA, UUID(int=4)])
    assert [one.employee_id for one in wanted(task)] == [PIOTR, UUID(int=4)]


def test_a_task_of_nobody_has_one_reminder_that_will_fail_visibly() -> None:
    assert keys(a_task(reminders=ReminderPlan(operator=plan(EMAIL)))) == [("", "operator", "nobody", "email", "PT120M")]


def test_several_reminders_by_one_channel() -> None:
    several = plan(SMS, ChannelPlan(channel="sms", lead_time=timedelta(hours=1)), SMS)
    assert [key[4] for key in keys(a_task(reminders=ReminderPlan(client=several)))] == ["PT1440M", "PT60M"]


def test_two_addresses_at_the_same_time_are_two_reminders() -> None:
    both = plan(EMAIL.model_copy(update={"address": "a@b.pl"}), EMAIL.model_copy(update={"address": "c@d.pl"}))
    assert [key[2] for key in keys(a_task(reminders=ReminderPlan(client=both)))] == ["client", "client.2"]


def test_the_moment_on_the_task_is_for_those_who_do_it() -> None:
    at = NOW + timedelta(days=1)
    task = a_task(reminders=ReminderPlan(remind_at=at), assignee_ids=[ANNA, PIOTR], created_by=uuid4())
    found = wanted(task)
    assert [(one.employee_id, one.due_at, one.key.rule, one.key.channel) for one in found] == [
        (ANNA, at, "remind_at", "email"),
        (PIOTR, at, "remind_at", "email"),
    ]
    by_sms = ReminderPlan(remind_at=at, operator=plan(SMS, enabled=False))
    assert [one.key.channel for one in wanted(a_task(reminders=by_sms, assignee_ids=[ANNA]))] == ["sms"]


def test_dates_long_past_want_nothing() -> None:
    assert wanted(a_task(reminders=ReminderPlan(client=plan(SMS))), now=START + timedelta(days=1)) == []


# ---- from the armed ones to the wanted ones


def one_wanted(*, starts_at: datetime = START, **fields: Any) -> Wanted:
    key = Key(TASK, "", "client", "client", "sms", "PT1440M")
    due = starts_at - timedelta(days=1)
    return Wanted(key=key, starts_at=starts_at, ends_at=None, begins_at=starts_at, due_at=due, **fields)


def standing(**fields: Any) -> Standing:
    starts_at = fields.pop("starts_at", START)
    want = one_wanted(starts_at=starts_at)
    given: dict[str, Any] = {
        "id": uuid4(), "key": want.key, "generation": 1, "status": "armed", "reason": None, "starts_at": starts_at,
        "begins_at": starts_at, "due_at": want.due_at, "planned_at": want.due_at, "template_id": None, "address": None,
        "attempts": 0, "in_flight": False, **fields,
    }  # fmt: skip
    return Standing(**given)


def told_anew(want: Wanted | None, *rows: Standing, now: datetime = NOW) -> Changes:
    return changes([want] if want else [], rows, now=now, reason_to_withdraw="task_cancelled")


MOVED = START + timedelta(days=1)


def test_new_reminder_is_armed() -> None:
    assert told_anew(one_wanted()) == Changes(insert=[(one_wanted(), 1)])


def test_nothing_changes_when_nothing_changed() -> None:
    assert told_anew(one_wanted(), standing()) == Changes()


@pytest.mark.parametrize("status", ["sent", "delivered", "unknown", "failed", "missed"])
def test_what_is_over_stays_over(status: str) -> None:
    assert told_anew(one_wanted(), standing(status=status, attempts=1)) == Changes()


def test_moved_task_moves_its_reminder() -> None:
    row = standing()
    assert told_anew(one_wanted(starts_at=MOVED), row) == Changes(rearm=[(row.id, one_wanted(starts_at=MOVED), 2)])


def test_claimed_but_not_begun_is_moved_as_well() -> None:
    row = standing(status="sending")
    assert told_anew(one_wanted(starts_at=MOVED), row).rearm == [(row.id, one_wanted(starts_at=MOVED), 2)]


def test_after_the_first_was_sent_a_moved_task_is_told_of_again() -> None:
    row = standing(status="sent", attempts=1)
    assert told_anew(one_wanted(starts_at=MOVED), row) == Changes(insert=[(one_wanted(starts_at=MOVED), 2)])


def test_what_is_on_its_way_is_left_and_followed_by_a_new_one() -> None:
    row = standing(status="sending", attempts=1, in_flight=True)
    result = told_anew(one_wanted(starts_at=MOVED), row)
    assert result == Changes(insert=[(one_wanted(starts_at=MOVED), 2)], mark=[(row.id, "moved")])


def test_moved_back_to_what_the_client_was_told_says_nothing() -> None:
    told = standing(status="sent", attempts=1)
    armed = standing(generation=2, starts_at=MOVED)
    assert told_anew(one_wanted(), told, armed) == Changes(withdraw=[(armed.id, "already_told")])


def test_moved_back_after_the_other_date_was_told_too_is_told_again() -> None:
    rows = (standing(status="sent", attempts=1), standing(status="sent", attempts=1, generation=2, starts_at=MOVED))
    assert told_anew(one_wanted(), *rows) == Changes(insert=[(one_wanted(), 3)])


def test_retried_reminder_of_a_moved_task_gives_way_to_a_new_one() -> None:
    row = standing(attempts=1)
    result = told_anew(one_wanted(starts_at=MOVED), row)
    assert result == Changes(insert=[(one_wanted(starts_at=MOVED), 2)], withdraw=[(row.id, "moved")])


def test_cancelled_task_withdraws_what_waits() -> None:
    armed, claimed, flying = (
        standing(),
        standing(status="sending"),
        standing(status="sending", attempts=1, in_flight=True),
    )
    sent = standing(status="sent", attempts=1)
    assert told_anew(None, armed) == Changes(withdraw=[(armed.id, "task_cancelled")])
    assert told_anew(None, claimed) == Changes(withdraw=[(claimed.id, "task_cancelled")])
    assert told_anew(None, flying) == Changes(mark=[(flying.id, "task_cancelled")])
    assert told_anew(None, sent) == Changes()


def test_reopened_task_arms_what_was_withdrawn() -> None:
    row = standing(status="suppressed", reason="task_cancelled")
    assert told_anew(one_wanted(), row) == Changes(rearm=[(row.id, one_wanted(), 2)])


@pytest.mark.parametrize("reason", ["cancelled_by_hand", "automation_off", "opted_out"])
def test_what_a_person_took_back_stays_back(reason: str) -> None:
    row = standing(status="suppressed", reason=reason)
    assert told_anew(one_wanted(), row) == Changes()
    assert told_anew(one_wanted(starts_at=MOVED), row).insert == [(one_wanted(starts_at=MOVED), 2)]


def test_changed_template_is_taken_over_before_sending() -> None:
    row, template = standing(), uuid4()
    assert told_anew(one_wanted(template_id=template), row).rearm == [(row.id, one_wanted(template_id=template), 2)]
    assert told_anew(one_wanted(template_id=template), standing(attempts=1)) == Changes()


def test_task_that_begins_does_not_take_back_what_is_being_sent() -> None:
    row = standing()
    assert told_anew(one_wanted(), row, now=START + timedelta(seconds=1)) == Changes()
    assert told_anew(one_wanted(), now=START + timedelta(seconds=1)) == Changes()  # and arms nothing new
