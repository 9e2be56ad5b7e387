"""A task of ours goes out as an invitation, and what follows: answers, changes, proposals, questions (features E33-E36)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sent_calendars import calendar_in
from tasks_office import MAILBOX, Office, a_mail_account, a_mail_with, an_event, at

from contracts.addresses import Address
from contracts.calendar import Attendee, Organizer
from contracts.tasks import InvitationReplied, InvitationSent, InvitationUndelivered, TaskUpdated
from kit.smtp import SmtpPermanent
from kit.smtp_outcomes import Reply

FIRM, ANNA = "biuro@mlyn.example", "anna@mlyn.example"
START = "2026-11-30T10:00:00+01:00"


async def a_meeting(office: Office, **fields: Any) -> Any:
    """A meeting with Anna of the mill, and a mail account to invite her from."""
    await office.hear(a_mail_account(name="Biuro", can_send=True, aliases=["info@nasza.example"]))
    account = await office.account("Młyn", FIRM)
    contact = await office.contact(account, "Anna", ANNA)
    given = {
        "account_id": account,
        "contact_ids": [contact],
        "starts_at": START,
        "ends_at": "2026-11-30T11:00:00+01:00",
        **fields,
    }
    return await office.task("Przegląd umowy", **given)


async def sent_out(office: Office, task: Any, **body: Any) -> Any:
    return await office.post(f"/v1/tasks/{task['id']}/invitations", body, expect=202)


def an_answer(task: Any, partstat: str, *, who: str = ANNA, method: str = "REPLY", **fields: Any) -> Any:
    event = an_event(
        task["uid"], organizer=Organizer(email=MAILBOX), attendees=[Attendee(email=who, partstat=partstat)], **fields
    )
    return a_mail_with(method, event, sender=Address(email=who))


async def test_a_task_goes_out_as_an_invitation(office: Office) -> None:
    task = await a_meeting(office, description="Porządek", location="Sala 1")
    answer = await sent_out(office, task)
    assert answer["recipients"][0]["email"] == ANNA
    assert answer["recipients"][0]["reason"] == "contact"
    assert (answer["sender"]["email"], answer["sender"]["reason"]) == (MAILBOX, "only_one")
    assert (answer["task"]["organizer"], answer["task"]["uid"]) == (MAILBOX, task["uid"])
    assert [(one["email"], one["partstat"]) for one in answer["task"]["attendees"]] == [(ANNA, "NEEDS-ACTION")]

    (mail,) = await office.letters(1)
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        f"Biuro <{MAILBOX}>",
        f"Anna <{ANNA}>",
        "Zaproszenie: Przegląd umowy",
    )
    assert mail["X-Loop"] == "goniec"
    method, (event,) = calendar_in(mail)
    assert (method, event.uid, event.summary, event.description, event.location) == (
        "REQUEST", task["uid"], "Przegląd umowy", "Porządek", "Sala 1",
    )  # fmt: skip
    assert event.starts is not None
    assert (event.starts.at, event.starts.timezone) == (datetime(2026, 11, 30, 9, tzinfo=UTC), "Europe/Warsaw")
    (told,) = await office.announced(InvitationSent)
    assert (told.method, told.recipients, str(told.task_id)) == ("REQUEST", [ANNA], task["id"])
    (letter,) = (await office.get(f"/v1/tasks/{task['id']}/invitations"))["items"]
    assert (letter["status"], letter["kind"], letter["recipients"]) == ("sent", "invitation", [ANNA])
    raw = await office.client.get(f"/v1/letters/{letter['id']}/raw")
    assert b"X-Loop: goniec\r\n" in raw.content


async def test_who_would_be_invited_is_told_before(laptop: Office) -> None:
    task = await a_meeting(laptop)
    plan = await laptop.get(f"/v1/tasks/{task['id']}/invitations/recipients")
    assert ([one["email"] for one in plan["recipients"]], plan["sender"]["email"]) == ([ANNA], MAILBOX)
    assert laptop.postbox.mails == []


async def test_changes_and_the_end_follow_by_themselves(office: Office) -> None:
    task = await a_meeting(office)
    await sent_out(office, task)
    await office.patch(f"/v1/tasks/{task['id']}", {"starts_at": "2026-12-01T12:00:00+01:00"})
    await office.patch(f"/v1/tasks/{task['id']}", {"location": "Sala 2"})
    await office.patch(f"/v1/tasks/{task['id']}", {"note": "nasza sprawa", "percent_complete": 10})
    await office.post(f"/v1/tasks/{task['id']}/cancel")
    mails = await office.letters(4)
    told = [(method, event.sequence, event.location) for method, (event,) in map(calendar_in, mails)]
    assert told == [
        ("REQUEST", 0, None), ("REQUEST", 1, None), ("REQUEST", 1, "Sala 2"), ("CANCEL", 2, "Sala 2"),
    ]  # fmt: skip
    assert mails[3]["Subject"] == "Odwołane: Przegląd umowy"
    assert {calendar_in(mail)[1][0].uid for mail in mails} == {task["uid"]}
    _, (cancelled,) = calendar_in(mails[3])
    assert cancelled.status == "CANCELLED"


async def test_a_deleted_task_is_called_off(laptop: Office) -> None:
    task = await a_meeting(laptop)
    await sent_out(laptop, task)
    await laptop.client.delete(f"/v1/tasks/{task['id']}")
    mails = await laptop.letters(2)
    assert calendar_in(mails[1])[0] == "CANCEL"


async def test_the_answer_comes_back(office: Office) -> None:
    task = await a_meeting(office)
    await sent_out(office, task)
    reply = an_answer(task, "ACCEPTED", comment="Będę")
    await office.hear(reply)
    (record,) = await office.records(reply)
    assert record["outcome"] == "replied"
    (shown,) = await office.tasks(uid=task["uid"])
    assert [(one["email"], one["partstat"]) for one in shown["attendees"]] == [(ANNA, "ACCEPTED")]
    (told,) = await office.announced(InvitationReplied)
    assert (told.attendee, told.partstat, told.comment) == (ANNA, "ACCEPTED", "Będę")
    await office.letters(1)  # an answer is answered by nothing

    await office.patch(f"/v1/tasks/{task['id']}", {"starts_at": "2026-12-01T12:00:00+01:00"})
    late = an_answer(task, "DECLINED", dtstamp=datetime(2026, 11, 21, tzinfo=UTC))
    await office.hear(late)
    (record,) = await office.records(late)
    assert (record["outcome"], record["reason"]) == ("stale", "answers_older_version")
    (shown,) = await office.tasks(uid=task["uid"])
    assert shown["attendees"][0]["partstat"] == "NEEDS-ACTION"  # another time, another question


async def test_a_proposal_is_declined_or_followed(office: Office) -> None:
    task = await a_meeting(office)
    await sent_out(office, task)
    later = {"starts": at("2026-11-30T14:00"), "ends": at("2026-11-30T15:00")}
    counter = an_answer(task, "TENTATIVE", method="COUNTER", **later)
    again = an_answer(task, "TENTATIVE", method="COUNTER", dtstamp=datetime(2026, 11, 21, tzinfo=UTC), **later)
    await office.hear(counter, again)
    (first,), (second,) = await office.records(counter), await office.records(again)
    assert "decline" in first["actions"]
    declined = await office.post(f"/v1/invitations/{first['id']}/decline", {"comment": "Mamy inne spotkanie."})
    assert (declined["outcome"], declined["reason"]) == ("ignored", "proposal_declined")
    await office.post(f"/v1/invitations/{first['id']}/decline", {}, expect=409)
    mails = await office.letters(2)
    method, (event,) = calendar_in(mails[1])
    assert (method, event.comment, mails[1]["To"]) == ("DECLINECOUNTER", "Mamy inne spotkanie.", f"Anna <{ANNA}>")

    await office.post(f"/v1/invitations/{second['id']}/confirmation")
    mails = await office.letters(3)
    method, (event,) = calendar_in(mails[2])
    assert event.starts is not None
    assert (method, event.sequence, event.starts.at) == ("REQUEST", 1, datetime(2026, 11, 30, 13, tzinfo=UTC))


async def test_who_was_invited_may_ask_how_things_stand(office: Office) -> None:
    task = await a_meeting(office)
    await sent_out(office, task)
    await office.letters(1)
    stranger = an_answer(task, "NEEDS-ACTION", who="obcy@atak.example", method="REFRESH")
    await office.hear(stranger)
    office.clock.advance(timedelta(minutes=10))
    refresh, repeated = (an_answer(task, "NEEDS-ACTION", method="REFRESH") for _ in range(2))
    await office.hear(refresh)
    await office.hear(repeated)
    outcomes = [
        (one["outcome"], one["reason"]) for mail in (stranger, refresh, repeated) for one in await office.records(mail)
    ]
    assert outcomes == [("ignored", "refresh_asked"), ("ignored", "refresh_answered"), ("ignored", "refresh_asked")]
    mails = await office.letters(2)
    method, (event,) = calendar_in(mails[1])
    assert (method, event.sequence, mails[1]["To"]) == ("REQUEST", 0, f"Anna <{ANNA}>")


async def test_a_series_goes_out_whole_and_its_dates_one_by_one(office: Office) -> None:
    task = await a_meeting(office, recurrence={"rrule": "FREQ=WEEKLY;COUNT=4"})
    date = await office.post(
        f"/v1/tasks/{task['id']}/occurrences", {"recurrence_id": "2026-12-07T09:00:00Z"}, expect=201
    )
    await office.patch(f"/v1/tasks/{date['id']}", {"title": "Wyjątkowo w Łodzi"})
    await sent_out(office, task)
    await office.post(f"/v1/tasks/{task['id']}/occurrences/2026-12-14T09:00:00Z/cancel")
    reply = an_answer(task, "DECLINED", recurrence_id=at("2026-11-30T10:00"))
    await office.hear(reply)
    mails = await office.letters(2)
    method, (series, moved) = calendar_in(mails[0])
    assert (method, series.rrule, moved.summary) == ("REQUEST", "FREQ=WEEKLY;COUNT=4", "Wyjątkowo w Łodzi")
    method, (event,) = calendar_in(mails[1])
    assert event.recurrence_id is not None
    assert (method, event.recurrence_id.at) == ("CANCEL", datetime(2026, 12, 14, 9, tzinfo=UTC))
    answers = {
        one["recurrence_id"]: [a["partstat"] for a in one["attendees"]] for one in await office.tasks(uid=task["uid"])
    }
    assert answers["2026-11-30T09:00:00Z"] == ["DECLINED"]
    assert answers[None] == ["NEEDS-ACTION"]


async def test_one_invitation_is_taken_back(laptop: Office) -> None:
    task = await a_meeting(laptop)
    people = [{"email": ANNA, "name": "Anna"}, {"email": "ewa@mlyn.example"}]
    await sent_out(laptop, task, to=people)
    path = f"/v1/tasks/{task['id']}/invitations"
    await laptop.post(f"{path}/ewa@mlyn.example/withdrawal", {}, expect=202)
    await laptop.post(f"{path}/ewa@mlyn.example/withdrawal", {}, expect=404)
    mails = await laptop.letters(2)
    method, (event,) = calendar_in(mails[1])
    assert (method, event.status, [one.email for one in event.attendees]) == ("CANCEL", None, ["ewa@mlyn.example"])
    assert mails[1]["To"] == "ewa@mlyn.example"
    (shown,) = await laptop.tasks(uid=task["uid"])
    assert ([one["email"] for one in shown["attendees"]], shown["status"]) == ([ANNA], "planned")


async def test_what_cannot_be_delivered_is_said_and_can_be_sent_again(laptop: Office) -> None:
    task = await a_meeting(laptop)
    laptop.postbox.refusing = SmtpPermanent("recipient", Reply(550, "no such user"))
    sent = await sent_out(laptop, task)
    path = f"/v1/letters/{sent['letter']['id']}"
    while (await laptop.get(path))["status"] != "failed":
        await laptop.parts.letter_sender.send_due()
    (told,) = await laptop.announced(InvitationUndelivered)
    assert (told.recipients, told.detail) == ([ANNA], "no such user")
    assert [one["id"] for one in (await laptop.get("/v1/letters", status="failed"))["items"]] == [sent["letter"]["id"]]
    laptop.postbox.refusing = None
    await laptop.post(f"{path}/retry")
    await laptop.letters(1)
    await laptop.post(f"{path}/retry", expect=409)


@pytest.mark.parametrize(
    ("fields", "body", "status", "code"),
    [
        ({"starts_at": None, "ends_at": None}, {}, 409, "task_without_start"),
        ({"account_id": None, "contact_ids": []}, {}, 409, "nobody_to_invite"),
        ({}, {"from_account_id": str(uuid4())}, 422, "mail_account_cannot_send"),
        ({}, {"to": [{"email": "a@b.example\r\nBcc: x@y.example"}]}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_sent_out(laptop: Office, fields: Any, body: Any, status: int, code: str) -> None:
    task = await a_meeting(laptop, **fields)
    refused = await laptop.post(f"/v1/tasks/{task['id']}/invitations", body, expect=status)
    assert refused["code"] == code
    assert laptop.postbox.mails == []


async def test_nothing_goes_out_without_a_mail_account(laptop: Office) -> None:
    account = await laptop.account("Młyn", FIRM)
    task = await laptop.task(account_id=account, starts_at=START)
    refused = await laptop.post(f"/v1/tasks/{task['id']}/invitations", {}, expect=409)
    assert refused["code"] == "mail_account_not_configured"


async def test_a_meeting_of_others_is_not_ours_to_send(laptop: Office) -> None:
    await laptop.hear(a_mail_account(can_send=True), a_mail_with("REQUEST", an_event("u@mlyn.example")))
    (task,) = await laptop.tasks(uid="u@mlyn.example")
    refused = await laptop.post(f"/v1/tasks/{task['id']}/invitations", {"to": [{"email": ANNA}]}, expect=409)
    assert refused["code"] == "organized_by_others"


async def test_listeners_hear_the_new_number_with_the_change(laptop: Office) -> None:
    task = await a_meeting(laptop)
    await sent_out(laptop, task)
    await laptop.patch(f"/v1/tasks/{task['id']}", {"starts_at": "2026-12-01T12:00:00+01:00"})
    told = (await laptop.announced(TaskUpdated))[-1]
    assert (told.task.sequence, "sequence" in told.changed) == (1, True)


async def test_letters_to_somebody_who_is_erased_are_gone(office: Office) -> None:
    task = await a_meeting(office)
    await sent_out(office, task)
    await sent_out(office, task, to=[{"email": "inna@mlyn.example"}])
    await office.letters(2)
    await office.post(f"/v1/contacts/{task['contact_ids'][0]}/erasure", {"confirm": True})
    assert [one["recipients"] for one in (await office.get("/v1/letters"))["items"]] == [["inna@mlyn.example"]]
    (shown,) = await office.tasks(uid=task["uid"])
    assert [one["email"] for one in shown["attendees"]] == ["inna@mlyn.example"]
