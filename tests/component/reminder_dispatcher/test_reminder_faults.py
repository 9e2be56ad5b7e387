"""What becomes of reminders when mail servers, gateways, processes and clocks do not behave (reliability B1-B15)."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from reminder_desk import (
    ANNA,
    DAY_BEFORE,
    EMAIL,
    NOW,
    SMS,
    START,
    Desk,
    cancelled,
    changed,
    clients,
    created,
    operators,
)

from contracts.reminders import ReminderFailed, ReminderMissed, ReminderSent
from contracts.tasks import ChannelPlan, TaskUpdated
from kit.testing.waiting import until
from reminder_dispatcher.channels.role import Accepted, NotEver, NotNow, OutcomeUnknown
from reminder_dispatcher.claiming import LEASE, Appetite, claim_due
from reminder_dispatcher.composing import circumstances_of, compose
from reminder_dispatcher.lanes import Lane
from reminder_dispatcher.ledger import SENDING_LEASE, Intent, write_intents
from reminder_dispatcher.outcomes import SEND_ANEW_AFTER

DUE = START - DAY_BEFORE
MINUTE = timedelta(minutes=1)


async def died_after(desk: Desk, step: str, channel: str) -> None:
    """Leave the database as a process leaves it that is killed after this step."""
    lane = desk.restarted_lane(channel)
    appetite = Appetite(limit=100, backlog_before=NOW, backlog_limit=100)
    async with desk.database.transaction() as session:
        claims = await claim_due(session, channel, appetite, now=desk.clock.now(), default_zone="Europe/Warsaw")
    if step == "claim":
        return
    async with desk.database.reading() as session:
        given = await circumstances_of(session, [one.reminder for one in claims.taken])
    intents = [
        Intent(one, compose(one.reminder, given, lane._language))  # type: ignore[arg-type]
        for one in claims.taken
    ]
    async with desk.database.transaction() as session:
        assert all(await write_intents(session, intents, now=desk.clock.now()))
    if step == "send":
        for intent in intents:
            await lane._channel.send(intent.composed.message)


async def armed(desk: Desk, *channels: ChannelPlan) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=clients(*channels)))
    desk.clock.set(DUE)


# ---- processes that die


@pytest.mark.parametrize("plan", [SMS, EMAIL])
async def test_death_after_the_claim_costs_a_lease_and_nothing_else(desk: Desk, plan: ChannelPlan) -> None:
    """reliability B1."""
    await armed(desk, plan)
    await died_after(desk, "claim", plan.channel)
    await desk.at(DUE + LEASE - timedelta(seconds=1))
    assert await desk.statuses() == ["sending"]
    await desk.at(DUE + LEASE + timedelta(seconds=1))
    reminder = await desk.only()
    assert (reminder["status"], len(reminder["attempts"])) == ("sent", 1)
    assert len(desk.gateway.taken) + len(desk.mails()) == 1


@pytest.mark.parametrize("step", ["intent", "send"])
async def test_email_whose_sender_died_is_sent_once_more_under_the_same_id(desk: Desk, step: str) -> None:
    """reliability B2."""
    await armed(desk, EMAIL)
    await died_after(desk, step, "email")
    await desk.at(DUE + SENDING_LEASE + timedelta(seconds=1))
    reminder = await desk.only()
    assert reminder["status"] == "sent"
    assert [(one["outcome"], one["reason"]) for one in reminder["attempts"]] == [
        ("unknown", "process_gone"),
        ("sent", None),
    ]
    copies = [mail["Message-ID"] for mail in desk.mails()]
    assert copies == [f"<{reminder['rfc_message_id']}>"] * (2 if step == "send" else 1)


@pytest.mark.parametrize("step", ["intent", "send"])
async def test_sms_whose_sender_died_is_shown_and_not_sent_again(desk: Desk, step: str) -> None:
    await armed(desk, SMS)
    await died_after(desk, step, "sms")
    await desk.at(DUE + SENDING_LEASE + timedelta(seconds=1))
    reminder = await desk.only()
    assert (reminder["status"], reminder["reason"]) == ("unknown", "process_gone")
    assert len(desk.gateway.taken) == (1 if step == "send" else 0)
    assert [one.reason for one in await desk.announced(ReminderFailed)] == ["outcome_unknown"]


async def test_sms_through_a_gateway_that_knows_our_reference_is_sent_again(desk: Desk) -> None:
    desk.gateway.may_repeat = True
    await armed(desk, SMS)
    await died_after(desk, "send", "sms")
    await desk.at(DUE + SENDING_LEASE + timedelta(seconds=1))
    assert await desk.statuses() == ["sent"]
    assert {sms.reference for sms in desk.gateway.taken} == {UUID((await desk.only())["id"]).hex}


async def test_on_sqlite_a_new_process_takes_up_at_once_what_the_old_one_left(desk: Desk) -> None:
    if desk.database.dialect != "sqlite":
        pytest.skip("on PostgreSQL another replica may be sending it: the lease decides")
    await armed(desk, EMAIL)
    await died_after(desk, "send", "email")
    await desk.parts.dispatcher.adopt()
    await desk.dispatch()
    assert await desk.statuses() == ["sent"]


async def test_what_was_withdrawn_while_its_sender_died_is_not_sent_again(desk: Desk) -> None:
    await desk.set_up()
    task = created(reminders=clients(EMAIL))
    await desk.hear(task)
    desk.clock.set(DUE)
    await died_after(desk, "intent", "email")
    await desk.hear(cancelled(task))
    await desk.at(DUE + SENDING_LEASE + timedelta(seconds=1))
    assert (await desk.only())["status"] == "unknown"
    assert desk.mails() == []


# ---- mail servers


async def test_fifty_lost_answers_are_fifty_mails_sent_in_the_end(desk: Desk) -> None:
    """reliability B3, G3: each first 250 is lost; every copy bears the Message-ID of its reminder."""
    await desk.set_up()
    await desk.hear(*(created(reminders=clients(EMAIL)) for _ in range(50)))
    desk.sink.cut("MESSAGE", times=50)
    await desk.at(DUE)
    assert set(await desk.statuses()) == {"armed"}
    await desk.at(DUE + SEND_ANEW_AFTER)
    assert set(await desk.statuses()) == {"sent"}
    ids = [mail["Message-ID"] for mail in desk.mails()]
    assert (len(ids), len(set(ids))) == (100, 50)
    assert len(await desk.announced(ReminderSent)) == 50
    counts = await desk.counts(lost_answers=50)
    assert counts == {"sent": 50, "late": 0, "missed": 0, "duplicate": 0, "lost": 0}


async def test_answer_lost_twice_is_unknown_for_good(desk: Desk) -> None:
    await armed(desk, EMAIL)
    desk.sink.cut("MESSAGE")
    await desk.dispatch()
    await desk.at(DUE + SEND_ANEW_AFTER)
    await desk.at(DUE + timedelta(hours=1))
    assert (await desk.only())["status"] == "unknown"
    assert len(desk.mails()) == 2


async def test_greylisted_recipient_is_tried_again_under_the_same_id(desk: Desk) -> None:
    """reliability B4."""
    await armed(desk, EMAIL)
    desk.sink.answer("RCPT", "451 4.7.1 Greylisted, try again", about="jan@klient.example", times=2)
    await desk.dispatch()
    first = await desk.only()
    assert (first["status"], first["reason"]) == ("armed", "smtp_not_now")
    assert DUE + 4 * MINUTE < datetime.fromisoformat(first["next_at"]) < DUE + 6 * MINUTE
    await desk.at(datetime.fromisoformat(first["next_at"]))
    second = await desk.only()
    await desk.at(datetime.fromisoformat(second["next_at"]))
    reminder = await desk.only()
    assert (reminder["status"], reminder["late"]) == ("sent", True)
    assert [one["outcome"] for one in reminder["attempts"]] == ["not_now", "not_now", "sent"]
    assert [mail["Message-ID"] for mail in desk.mails()] == [f"<{first['rfc_message_id']}>"]


async def test_trying_ends_at_the_deadline(desk: Desk) -> None:
    await armed(desk, EMAIL)
    desk.sink.answer("RCPT", "450 4.2.1 Mailbox busy")
    for _ in range(10):
        await desk.dispatch()
        reminder = await desk.only()
        if reminder["status"] != "armed":
            break
        desk.clock.set(datetime.fromisoformat(reminder["next_at"]))
    assert (reminder["status"], reminder["reason"]) == ("failed", "smtp_not_now")
    assert 3 <= len(reminder["attempts"]) <= 4
    assert desk.clock.now() < DUE + timedelta(minutes=30)
    assert [one.reason for one in await desk.announced(ReminderFailed)] == ["smtp_not_now"]


async def test_refused_recipient_fails_at_once_and_holds_up_nobody(desk: Desk) -> None:
    """reliability B5, first half."""
    await desk.set_up()
    await desk.hear(created(reminders=clients(EMAIL)), created(reminders=operators(EMAIL)))
    desk.sink.answer("RCPT", "550 5.1.1 No such user", about="jan@klient.example")
    await desk.at(DUE)
    client, operator = await desk.reminders()
    assert (client["status"], client["reason"]) == ("failed", "smtp_refused")
    assert client["attempts"][0]["detail"] == "550 5.1.1 No such user"
    assert operator["status"] == "sent"


async def test_server_that_refuses_us_makes_the_channel_rest_with_one_alarm(desk: Desk) -> None:
    """reliability B5, second half: reminders wait, and leave when the account works again."""
    await desk.set_up()
    await desk.hear(*(created(reminders=clients(EMAIL)) for _ in range(20)), created(reminders=clients(SMS)))
    desk.sink.answer("MAIL", "550 5.7.1 Sender rejected")
    await desk.at(DUE)
    emails = await desk.reminders(channel="email")
    assert {one["status"] for one in emails} == {"armed"}
    assert await desk.statuses(channel="sms") == ["sent"]
    (channel,) = [c for c in (await desk.http.get("/v1/reminder-channels")).json() if c["channel"] == "email"]
    assert (channel["reason"], channel["detail"]) == ("smtp_sender", "550 5.7.1 Sender rejected")
    readiness = (await desk.http.get("/v1/reminder-settings/readiness")).json()
    assert "channel_email" in [step["step"] for step in readiness["steps"] if not step["done"]]

    await desk.at(DUE + timedelta(seconds=30))
    assert {one["status"] for one in await desk.reminders(channel="email")} == {"armed"}
    desk.sink.behave()
    await desk.at(datetime.fromisoformat(channel["paused_until"]))
    assert {one["status"] for one in await desk.reminders(channel="email")} == {"sent"}
    assert len(desk.mails()) == 20
    assert (await desk.http.get("/v1/reminder-settings/readiness")).json()["ready"] is True


async def test_mail_server_that_is_away_is_asked_by_one_reminder_at_a_time(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(*(created(reminders=clients(EMAIL)) for _ in range(30)))
    desk.sink.answer("EHLO", "421 4.3.2 Service not available")
    await desk.at(DUE)
    tried = sum(len(one["attempts"]) for one in await desk.reminders())
    really = sum(one["reason"] == "smtp_connect" for reminder in await desk.reminders() for one in reminder["attempts"])
    assert really <= 8  # one for each connection; the others were called off
    await desk.at(DUE + timedelta(seconds=20))
    assert sum(len(one["attempts"]) for one in await desk.reminders()) == tried + 1
    desk.sink.behave()
    await desk.at(DUE + timedelta(minutes=5))
    assert set(await desk.statuses()) == {"sent"}


async def test_mail_account_nobody_knows_makes_reminders_wait(desk: Desk) -> None:
    await desk.set_up(mail_account_id=str(uuid4()))
    await desk.hear(created(reminders=clients(EMAIL)))
    await desk.at(DUE)
    reminder = await desk.only()
    assert (reminder["status"], reminder["reason"]) == ("armed", "mail_account_refused")
    await desk.at(DUE + timedelta(minutes=31))
    assert (await desk.only())["status"] == "failed"


async def test_slow_mail_server_holds_up_no_sms(desk: Desk) -> None:
    """reliability B6."""
    await desk.set_up()
    await desk.hear(created(reminders=clients(EMAIL)), created(reminders=clients(SMS)))
    desk.sink.hold("DATA", 3)
    desk.clock.set(DUE)
    slow = asyncio.create_task(desk.dispatch())

    async def sms_is_sent() -> bool:
        return await desk.statuses(channel="sms") == ["sent"]

    await until(sms_is_sent, within=2)
    assert await desk.statuses(channel="email") == ["sending"]
    await slow
    assert await desk.statuses(channel="email") == ["sent"]


async def test_copy_goes_to_the_bcc_of_the_template_and_not_into_the_header(desk: Desk) -> None:
    """features R18, R19, R24."""
    await desk.set_up()
    template = {
        "name": "Z kopią", "channel": "email", "subject": "{{tytul}}", "body": "{{termin_od}}", "contexts": ["client"],
        "bcc": ["archiwum@firma.example"], "from_address": "kto.inny@firma.example", "is_default": True,
    }  # fmt: skip
    assert (await desk.http.post("/v1/templates", json=template)).status_code == 201
    await desk.hear(created(reminders=clients(EMAIL)))
    await desk.at(DUE)
    (sunk,) = desk.sink.mails
    assert sunk.recipients == ["jan@klient.example", "archiwum@firma.example"]
    assert sunk.envelope_from == "biuro@firma.example"
    assert b"archiwum" not in sunk.content
    assert b"kto.inny" not in sunk.content


# ---- gateways


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (NotEver("blacklisted"), "failed", "blacklisted"),
        (NotNow("too_many"), "armed", "too_many"),
        (OutcomeUnknown("answer_lost"), "unknown", "answer_lost"),
        (NotEver("no_credit", whole_channel=True), "armed", "no_credit"),
        (Accepted(gateway_id="1", delivered=True), "delivered", None),
        (RuntimeError("a bug in an adapter"), "unknown", "internal_error"),
    ],
)
async def test_answers_of_a_gateway(desk: Desk, answer: Accepted | Exception, status: str, reason: str | None) -> None:
    await armed(desk, SMS)
    desk.gateway.answers = [answer]
    await desk.dispatch()
    reminder = await desk.only()
    assert (reminder["status"], reminder["reason"]) == (status, reason)
    await desk.dispatch()
    assert len(desk.gateway.taken) == 1


async def test_gateway_without_credit_is_tried_again_after_its_rest(desk: Desk) -> None:
    await armed(desk, SMS)
    desk.gateway.answers = [NotEver("no_credit", whole_channel=True)]
    await desk.dispatch()
    await desk.at(DUE + timedelta(minutes=1))
    assert await desk.statuses() == ["sent"]
    assert len({sms.reference for sms in desk.gateway.taken}) == 1


@pytest.mark.parametrize(("knows_references", "sent"), [(True, 50), (False, 0)])
async def test_fifty_time_outs_of_a_gateway_bring_nobody_two_sms(desk: Desk, knows_references: bool, sent: int) -> None:
    """reliability B2, B13: the SMS was taken, its answer was lost. Sent again only where a repeated reference is known."""
    desk.gateway.may_repeat = knows_references
    await desk.set_up()
    await desk.hear(*(created() for _ in range(50)))
    desk.gateway.answers = [OutcomeUnknown("answer_lost", "ReadTimeout") for _ in range(50)]
    await desk.at(DUE)
    await desk.at(DUE + SEND_ANEW_AFTER)
    statuses = await desk.statuses()
    assert (statuses.count("sent"), statuses.count("unknown")) == (sent, 50 - sent)
    assert len({sms.reference for sms in desk.gateway.taken}) == 50
    assert (await desk.counts())["lost"] == 0


# ---- replicas


async def test_three_dispatchers_send_each_reminder_once(desk: Desk) -> None:
    """reliability B12."""
    await desk.set_up()
    await desk.hear(*(created() for _ in range(300)))
    desk.clock.set(DUE)
    await asyncio.gather(*(desk.restarted_lane("sms").drain() for _ in range(3)))
    assert len(desk.gateway.taken) == 300
    assert len({sms.reference for sms in desk.gateway.taken}) == 300
    assert set(await desk.statuses()) == {"sent"}
    counts = await desk.counts()
    assert (counts["duplicate"], counts["lost"]) == (0, 0)


async def test_tasks_that_move_while_they_are_dispatched_are_told_of_their_last_start_once(desk: Desk) -> None:
    """reliability B11: moves and cancellations race with three dispatchers; no reminder leaves twice, none is stuck."""
    await desk.set_up()
    chance = random.Random(7)
    tasks = [created() for _ in range(60)]
    await desk.hear(*tasks)
    desk.clock.set(DUE)
    last = {task.task.task_id: task for task in tasks}

    async def move() -> None:
        for _ in range(25):
            chosen = chance.sample(list(last), 8)
            for task_id in chosen:
                before = last[task_id]
                last[task_id] = (
                    cancelled(before)
                    if chance.random() < 0.2
                    else changed(
                        before, TaskUpdated, status="planned", starts_at=START + chance.choice((0, 1, 2)) * MINUTE
                    )
                )
            await desk.hear(*(last[task_id] for task_id in chosen))

    lanes = [desk.restarted_lane("sms") for _ in range(3)]

    async def dispatch(lane: Lane) -> None:
        while not moving.done():
            await lane.drain()

    moving = asyncio.create_task(move())
    await asyncio.gather(moving, *(dispatch(lane) for lane in lanes))
    desk.clock.set(DUE + 3 * MINUTE)
    await lanes[0].drain()
    references = [sms.reference for sms in desk.gateway.taken]
    assert len(references) == len(set(references))
    by_task: dict[str, list[dict[str, Any]]] = {}
    for reminder in await desk.reminders():
        by_task.setdefault(reminder["task_id"], []).append(reminder)
    for task_id, event in last.items():
        told = [one for one in by_task[str(task_id)] if one["status"] == "sent"]
        assert not [one for one in by_task[str(task_id)] if one["status"] in ("armed", "sending")]
        if event.task.status != "cancelled":
            newest = max(told, key=lambda one: one["generation"])
            assert datetime.fromisoformat(newest["starts_at"]) == event.task.starts_at


async def test_the_same_events_again_arm_nothing_twice(desk: Desk) -> None:
    await desk.set_up()
    task = created(reminders=clients(SMS, EMAIL))
    await desk.hear(task, task)
    await desk.hear(task)
    await desk.at(DUE)
    await desk.hear(task)
    await desk.dispatch()
    assert await desk.statuses() == ["sent", "sent"]
    assert (len(desk.gateway.taken), len(desk.mails())) == (1, 1)


# ---- clocks


async def test_clock_set_back_makes_nothing_early_and_nothing_twice(desk: Desk) -> None:
    """reliability B8."""
    await desk.set_up()
    await desk.hear(created(), created(starts_at=START + timedelta(hours=2)))
    await desk.at(DUE)
    assert len(desk.gateway.taken) == 1
    await desk.at(DUE - timedelta(hours=1))
    await desk.at(DUE)
    assert len(desk.gateway.taken) == 1
    await desk.at(DUE + timedelta(hours=1))  # stepped forward, and back again
    await desk.at(DUE + timedelta(minutes=30))
    assert len(desk.gateway.taken) == 1
    await desk.at(DUE + timedelta(hours=2))
    assert len(desk.gateway.taken) == 2
    assert await desk.counts() == {"sent": 2, "late": 0, "missed": 0, "duplicate": 0, "lost": 0}


@pytest.mark.parametrize("night", ["2027-03-27T20:00:00+00:00", "2027-10-30T20:00:00+00:00"])
async def test_both_nights_of_warsaw_pass_with_each_reminder_once_and_in_time(desk: Desk, night: str) -> None:
    """reliability B9: appointments every half hour through the missing and the repeated hour, a day and an hour ahead."""
    begins = datetime.fromisoformat(night).astimezone(UTC)
    desk.clock.set(begins - timedelta(days=2))
    await desk.set_up()
    plans = clients(SMS, ChannelPlan(channel="sms", lead_time=timedelta(hours=1)))
    starts = [begins + timedelta(minutes=30 * n) for n in range(20)]
    await desk.hear(*(created(starts_at=moment, reminders=plans) for moment in starts))
    reminders = await desk.reminders()
    assert len(reminders) == 40
    due = {UUID(one["id"]).hex: datetime.fromisoformat(one["due_at"]) for one in reminders}
    lane = desk.restarted_lane("sms")
    sent_at: list[tuple[datetime, str]] = []
    for moment in sorted({when + step for when in due.values() for step in (timedelta(seconds=-1), timedelta(0))}):
        desk.clock.set(moment)
        await lane.drain()
        sent_at += [(moment, sms.reference) for sms in desk.gateway.taken[len(sent_at) :]]
    assert len(sent_at) == len({reference for _, reference in sent_at}) == 40
    assert all(when == due[reference] for when, reference in sent_at)
    assert await desk.counts() == {"sent": 40, "late": 0, "missed": 0, "duplicate": 0, "lost": 0}


async def test_six_hours_down_end_every_reminder_in_exactly_one_way(desk: Desk) -> None:
    """reliability B7: late ones within the grace leave at no more than 60 a minute, the rest is missed and told."""
    await desk.set_up()
    back = DUE + timedelta(hours=6)
    moments = [DUE + timedelta(minutes=3 * n) for n in range(120)]  # every three minutes until now
    await desk.hear(*(created(starts_at=moment + DAY_BEFORE) for moment in moments))
    desk.clock.set(back)
    lane = desk.restarted_lane("sms", backlog_per_minute=300)
    await lane.look()
    statuses = await desk.statuses()
    assert statuses.count("missed") == 111
    assert statuses.count("armed") >= 4  # they follow at the pace of the backlog: five a second here
    assert len(await desk.announced(ReminderMissed)) == 111

    async def all_sent() -> bool:
        await lane.drain()
        return (await desk.statuses()).count("sent") == 9

    await until(all_sent)
    assert {one["late"] for one in await desk.reminders(status="sent")} == {True}
    assert len(desk.gateway.taken) == 9
    assert await desk.counts() == {"sent": 9, "late": 9, "missed": 111, "duplicate": 0, "lost": 0}


async def test_a_running_dispatcher_wakes_up_for_the_next_moment_and_for_what_is_armed(desk: Desk) -> None:
    await desk.set_up()
    running = asyncio.create_task(desk.run())
    await until(lambda: all(lane.last_look is not None for lane in desk.parts.dispatcher.lanes))
    desk.clock.set(DUE)
    await desk.hear(created())  # arming wakes the lane
    await until(lambda: len(desk.gateway.taken) == 1)
    await desk.hear(created(starts_at=START + timedelta(seconds=0.5)))

    async def armed_later() -> bool:
        return sorted(await desk.statuses()) == ["armed", "sent"]

    await until(armed_later)
    desk.clock.advance(timedelta(seconds=1))
    await until(lambda: len(desk.gateway.taken) == 2, within=5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_stopping_lets_arrive_what_is_on_its_way(desk: Desk) -> None:
    await armed(desk, EMAIL)
    desk.sink.hold("DATA", 1)
    running = asyncio.create_task(desk.run())

    async def on_its_way() -> bool:
        return await desk.statuses() == ["sending"]

    await until(on_its_way)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await desk.statuses() == ["sent"]


async def test_operator_with_a_broken_number_is_shown_with_the_reason(desk: Desk) -> None:
    from contracts.directory import EmployeeChanged

    await desk.set_up()
    await desk.hear(EmployeeChanged(employee_id=ANNA, version=2, name="Anna", phone="12345"))
    await desk.hear(created(reminders=operators(SMS)))
    await desk.at(DUE)
    assert (await desk.only())["reason"] == "bad_number"
