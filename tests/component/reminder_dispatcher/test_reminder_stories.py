"""What a client and an operator see of the reminders of a task, from its creation to its end."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from reminder_desk import (
    ANNA,
    DAY_BEFORE,
    EMAIL,
    NOW,
    PIOTR,
    SMS,
    START,
    Desk,
    cancelled,
    changed,
    clients,
    created,
    operators,
)

from contracts.reminders import ReminderArmed, ReminderDue, ReminderFailed, ReminderMissed, ReminderSent
from contracts.tasks import ChannelPlan, ReminderPlan, TaskDeleted, TaskParticipant, TaskReopened
from reminder_dispatcher.lanes import Lane


async def test_client_is_reminded_by_sms_and_email_in_time_and_once(desk: Desk) -> None:
    await desk.set_up()
    task = created(reminders=clients(SMS, EMAIL))
    await desk.hear(task)
    assert await desk.statuses() == ["armed", "armed"]
    assert len(await desk.announced(ReminderArmed)) == 2

    await desk.at(START - DAY_BEFORE - timedelta(seconds=1))
    assert desk.gateway.taken == []
    assert desk.mails() == []

    await desk.at(START - DAY_BEFORE)
    await desk.dispatch()
    (sms,) = desk.gateway.taken
    assert sms.number == "+48601000001"
    assert sms.text == "Przypominamy o terminie: Przeglad pieca, 23.11.2026, 13:00. Biuro Demo"
    (mail,) = desk.mails()
    assert mail["To"].addresses[0].addr_spec == "jan@klient.example"
    assert mail["From"] == "Biuro Demo <biuro@firma.example>"
    assert mail["Subject"] == "Przypomnienie: Przegląd pieca, poniedziałek, 23 listopada 2026"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Loop"] == "mark-of-this-test"
    assert "poniedziałek, 23 listopada 2026, 13:00" in mail.get_content()

    assert await desk.statuses() == ["sent", "sent"]
    by_mail, by_sms = await desk.reminders()
    assert mail["Message-ID"] == f"<{by_mail['rfc_message_id']}>"
    assert by_mail["recipient"] == "jan@klient.example"
    assert by_mail["late"] is False
    assert by_sms["text"] == sms.text
    assert by_sms["segments"] == 1
    assert [(one["number"], one["outcome"], one["text"]) for one in by_sms["attempts"]] == [(1, "sent", sms.text)]

    sent = await desk.announced(ReminderSent)
    assert {one.channel for one in sent} == {"sms", "email"}
    assert {one.rfc_message_id for one in sent} == {None, by_mail["rfc_message_id"]}
    assert {one.preview for one in sent} == {sms.text, mail["Subject"]}
    assert len(await desk.announced(ReminderDue)) == 2
    assert "example" not in "".join(one.model_dump_json() for one in sent if one.channel == "sms")


async def test_operators_are_told_each_in_their_language(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=operators(EMAIL), assignee_ids=[ANNA, PIOTR]))
    await desk.at(START - DAY_BEFORE)
    subjects = {mail["To"].addresses[0].addr_spec: mail["Subject"] for mail in desk.mails()}
    assert subjects == {
        "anna@firma.example": "Zadanie CRM/1/2026: Przegląd pieca, poniedziałek, 23 listopada 2026",
        "piotr@firma.example": "Task CRM/1/2026: Przegląd pieca, Monday, 23 November 2026",
    }


async def test_participant_row_outranks_the_card_and_the_flag_decides(desk: Desk) -> None:
    await desk.set_up()
    people = [
        TaskParticipant(employee_id=ANNA, email="anna.prywatnie@dom.example"),
        TaskParticipant(employee_id=PIOTR, remind=False),
    ]
    await desk.hear(created(reminders=operators(EMAIL), assignee_ids=[ANNA, PIOTR], participants=people))
    await desk.at(START - DAY_BEFORE)
    assert [mail["To"].addresses[0].addr_spec for mail in desk.mails()] == ["anna.prywatnie@dom.example"]


async def test_moved_task_moves_its_reminder(desk: Desk) -> None:
    await desk.set_up()
    task = created()
    await desk.hear(task)
    before = await desk.only()
    later = START + timedelta(days=2)
    await desk.hear(changed(task, starts_at=later))
    after = await desk.only()
    assert (after["id"], after["generation"]) == (before["id"], 2)
    assert after["due_at"] == (later - DAY_BEFORE).isoformat().replace("+00:00", "Z")
    await desk.at(START - DAY_BEFORE)
    assert desk.gateway.taken == []
    await desk.at(later - DAY_BEFORE)
    assert [sms.text for sms in desk.gateway.taken] == [
        "Przypominamy o terminie: Przeglad pieca, 25.11.2026, 13:00. Biuro Demo"
    ]


async def test_task_moved_after_its_reminder_is_told_of_again(desk: Desk) -> None:
    await desk.set_up()
    task = created()
    await desk.hear(task)
    await desk.at(START - DAY_BEFORE)
    moved = changed(task, starts_at=START + timedelta(days=2))
    await desk.hear(moved)
    assert await desk.statuses() == ["sent", "armed"]
    await desk.hear(changed(moved, starts_at=START))  # back to what the client was told
    assert await desk.statuses() == ["sent", "suppressed"]
    assert len(desk.gateway.taken) == 1


async def test_cancelled_task_withdraws_what_waits_and_leaves_what_was_sent(desk: Desk) -> None:
    await desk.set_up()
    task = created(reminders=clients(SMS, ChannelPlan(channel="sms", lead_time=timedelta(hours=1))))
    await desk.hear(task)
    await desk.at(START - DAY_BEFORE)
    await desk.hear(cancelled(task))
    first, second = await desk.reminders()
    assert first["status"] == "sent"
    assert (second["status"], second["reason"]) == ("suppressed", "task_cancelled")
    await desk.at(START - timedelta(hours=1))
    assert len(desk.gateway.taken) == 1


async def test_reopened_task_arms_again(desk: Desk) -> None:
    await desk.set_up()
    task = created()
    gone = cancelled(task)
    await desk.hear(task, gone)
    await desk.hear(changed(gone, TaskReopened, status="in_progress"))
    assert await desk.statuses() == ["armed"]
    await desk.at(START - DAY_BEFORE)
    assert len(desk.gateway.taken) == 1


async def test_deleted_task_and_changed_plan_withdraw(desk: Desk) -> None:
    await desk.set_up()
    one, other = created(), created()
    await desk.hear(one, other)
    await desk.hear(changed(one, TaskDeleted), changed(other, reminders=clients(EMAIL)))
    reminders = {(r["task_id"], r["channel"]): (r["status"], r["reason"]) for r in await desk.reminders()}
    assert reminders == {
        (str(one.task.task_id), "sms"): ("suppressed", "task_deleted"),
        (str(other.task.task_id), "sms"): ("suppressed", "not_planned"),
        (str(other.task.task_id), "email"): ("armed", None),
    }


async def test_older_word_about_a_task_changes_nothing(desk: Desk) -> None:
    await desk.set_up()
    task = created()
    newer = cancelled(task)
    await desk.hear(newer)
    await desk.hear(task)
    assert await desk.reminders() == []


async def test_cancelling_between_claim_and_intent_stops_the_sms(desk: Desk) -> None:
    """reliability B11: after the CANCEL is committed none starts."""
    await desk.set_up()
    task = created()
    await desk.hear(task)
    desk.clock.set(START - DAY_BEFORE)
    lane = next(lane for lane in desk.parts.dispatcher.lanes if lane.rules.channel == "sms")
    async with _all_places(lane):
        await lane.look()  # claimed, and waiting for a place to be sent from
        assert await desk.statuses() == ["sending"]
        await desk.hear(cancelled(task))
    await desk.dispatch()
    assert desk.gateway.taken == []
    assert (await desk.only())["reason"] == "task_cancelled"


async def test_moving_while_it_is_on_its_way_tells_of_the_new_start_too(desk: Desk) -> None:
    await desk.set_up()
    task = created()
    await desk.hear(task)

    async def moved_meanwhile() -> object:
        await desk.hear(changed(task, starts_at=START + timedelta(days=1)))
        from reminder_dispatcher.channels.role import Accepted

        return Accepted(gateway_id="g")

    desk.gateway.answers = [moved_meanwhile]
    await desk.at(START - DAY_BEFORE)
    assert await desk.statuses() == ["sent", "armed"]
    await desk.at(START)
    assert await desk.statuses() == ["sent", "sent"]


async def test_moment_on_the_task_reminds_those_who_do_it_and_want_it(desk: Desk) -> None:
    await desk.set_up()
    from contracts.directory import EmployeeChanged

    off = EmployeeChanged(
        employee_id=PIOTR, version=2, name="Piotr", email="piotr@firma.example", reminders_enabled=False
    )
    await desk.hear(off)
    at = NOW + timedelta(hours=5)
    await desk.hear(created(reminders=ReminderPlan(remind_at=at), assignee_ids=[ANNA, PIOTR]))
    await desk.at(at)
    assert [mail["To"].addresses[0].addr_spec for mail in desk.mails()] == ["anna@firma.example"]
    reasons = {r["employee_id"]: (r["status"], r["reason"]) for r in await desk.reminders()}
    assert reasons == {str(ANNA): ("sent", None), str(PIOTR): ("suppressed", "opted_out")}


async def test_nobody_to_tell_is_a_visible_failure(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(account_id=None, contact_ids=[]), created(reminders=operators(EMAIL), assignee_ids=[]))
    await desk.at(START - DAY_BEFORE)
    reasons = {r["audience"]: (r["status"], r["reason"]) for r in await desk.reminders()}
    assert reasons == {"client": ("failed", "no_recipient"), "operator": ("failed", "no_assignee")}
    client = await desk.only(audience="client")
    assert client["attempts"][0]["detail"] == "Neither the task, its contacts nor its account have a number for SMS."
    assert {one.reason for one in await desk.announced(ReminderFailed)} == {"no_recipient", "no_assignee"}


async def test_failure_of_one_audience_never_holds_up_the_other(desk: Desk) -> None:
    await desk.set_up()
    both = ReminderPlan(client=clients(SMS).client, operator=operators(EMAIL).operator)
    await desk.hear(created(reminders=both, account_id=None, contact_ids=[]))
    await desk.at(START - DAY_BEFORE)
    assert await desk.statuses(audience="client") == ["failed"]
    assert await desk.statuses(audience="operator") == ["sent"]


async def test_automation_that_is_off_sends_nothing(desk: Desk) -> None:
    await desk.set_up(enabled=False)
    await desk.hear(created())
    await desk.at(START - DAY_BEFORE)
    reminder = await desk.only()
    assert (reminder["status"], reminder["reason"]) == ("suppressed", "automation_off")
    assert desk.gateway.taken == []


async def test_late_within_the_grace_is_sent_and_marked(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created())
    await desk.at(START - DAY_BEFORE + timedelta(minutes=29))
    assert (await desk.only())["late"] is True
    assert [one.late for one in await desk.announced(ReminderSent)] == [True]


async def test_later_than_the_grace_is_missed(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created())
    await desk.at(START - DAY_BEFORE + timedelta(minutes=30))
    reminder = await desk.only()
    assert (reminder["status"], reminder["reason"]) == ("missed", "late")
    assert [one.reason for one in await desk.announced(ReminderMissed)] == ["late"]
    assert desk.gateway.taken == []


async def test_client_is_never_reminded_of_what_has_begun(desk: Desk) -> None:
    await desk.set_up()
    soon = ChannelPlan(channel="sms", lead_time=timedelta(minutes=5))
    await desk.hear(created(reminders=clients(soon)), created(reminders=operators(soon)))
    await desk.at(START)
    assert [(r["audience"], r["status"]) for r in await desk.reminders()] == [
        ("client", "missed"),
        ("operator", "sent"),
    ]


async def test_task_made_at_short_notice_shows_that_its_plan_came_too_late(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(starts_at=NOW + timedelta(hours=3)))
    await desk.dispatch()
    reminder = await desk.only()
    assert (reminder["status"], reminder["reason"]) == ("missed", "armed_too_late")


async def test_each_date_of_a_series_reminds_and_keeps_its_own_story(desk: Desk) -> None:
    from contracts.tasks import Occurrence

    await desk.set_up()
    days = [START + timedelta(days=n) for n in range(3)]
    dates = [Occurrence(recurrence_id=day.isoformat().replace("+00:00", "Z"), starts_at=day) for day in days]
    series = created(rrule="FREQ=DAILY;COUNT=3", occurrences=dates)
    await desk.hear(series)
    assert [r["recurrence_id"] for r in await desk.reminders()] == [date.recurrence_id for date in dates]
    await desk.at(days[0] - DAY_BEFORE)
    assert await desk.statuses() == ["sent", "armed", "armed"]
    # the second date was cancelled by an exception, the third moved by three hours
    moved = dates[2].model_copy(update={"starts_at": days[2] + timedelta(hours=3)})
    await desk.hear(changed(series, occurrences=[dates[0], moved]))
    assert await desk.statuses() == ["sent", "suppressed", "armed"]
    await desk.at(days[2] + timedelta(hours=3) - DAY_BEFORE)
    assert await desk.statuses() == ["sent", "suppressed", "sent"]
    # the window moves on: the past date is no longer told, and nothing is taken back
    await desk.hear(changed(series, version=9, occurrences=[moved]))
    assert await desk.statuses() == ["sent", "suppressed", "sent"]


async def test_all_day_task_reminds_in_the_morning(desk: Desk) -> None:
    await desk.set_up()
    midnight = START.replace(hour=23) - timedelta(days=1)  # midnight in Warsaw
    await desk.hear(created(starts_at=midnight, all_day=True))
    assert (await desk.only())["due_at"] == "2026-11-22T07:00:00Z"


async def test_the_story_keeps_one_correlation_id(desk: Desk) -> None:
    from kit.testing import announced_envelopes

    await desk.set_up()
    await desk.hear(created())
    await desk.at(START - DAY_BEFORE)
    told = [one for one in await announced_envelopes(desk.database) if one.event.subject.startswith("reminder.")]
    assert [one.event.subject for one in told] == ["reminder.armed.v1", "reminder.due.v1", "reminder.sent.v1"]
    assert {one.correlation_id for one in told} == {"test"}


@asynccontextmanager
async def _all_places(lane: Lane) -> AsyncIterator[None]:
    """Takes every place of a lane, so that what it claims cannot be sent yet."""
    async with AsyncExitStack() as stack:
        for _ in range(lane.rules.places):
            await stack.enter_async_context(lane._intended.place(""))
        yield


async def test_employee_a_task_is_with_is_reminded_as_a_client_is(desk: Desk) -> None:
    """features R13."""
    await desk.set_up()
    with_piotr = {"account_id": None, "contact_ids": [], "party_employee_id": PIOTR, "assignee_ids": [ANNA]}
    await desk.hear(created(reminders=clients(EMAIL), **with_piotr))
    await desk.at(START - DAY_BEFORE)
    (mail,) = desk.mails()
    assert str(mail["To"]) == "Piotr Nowak <piotr@firma.example>"
    assert mail["Content-Language"] == "en"
    assert (await desk.only())["audience"] == "client"
