"""Mail servers and gateways that refuse, delay, or lose their answers (reliability B3-B6, B13)."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from reminder_desk import (
    ANNA,
    DAY_BEFORE,
    EMAIL,
    SMS,
    START,
    Desk,
    clients,
    created,
    mail_account,
    operators,
)

from contracts.reminders import ReminderFailed, ReminderSent
from contracts.tasks import ChannelPlan
from kit.testing.waiting import until
from reminder_dispatcher.channels.role import Accepted, NotEver, NotNow, OutcomeUnknown
from reminder_dispatcher.outcomes import SEND_ANEW_AFTER

DUE = START - DAY_BEFORE
MINUTE = timedelta(minutes=1)


async def armed(desk: Desk, *channels: ChannelPlan) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=clients(*channels)))
    desk.clock.set(DUE)


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
    lost = mail_account(uuid4())
    await desk.hear(lost)
    await desk.set_up(mail_account_id=str(lost.mail_account_id))
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


async def test_operator_with_a_broken_number_is_shown_with_the_reason(desk: Desk) -> None:
    from contracts.directory import EmployeeChanged

    await desk.set_up()
    await desk.hear(EmployeeChanged(employee_id=ANNA, version=2, name="Anna", phone="12345"))
    await desk.hear(created(reminders=operators(SMS)))
    await desk.at(DUE)
    assert (await desk.only())["reason"] == "bad_number"
