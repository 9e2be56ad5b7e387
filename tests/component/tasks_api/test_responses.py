"""We answer invitations of others (issue 3; RFC 5546 section 3.2.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sent_calendars import calendar_in
from tasks_office import MAILBOX, ORGANIZER, Office, a_mail_account, a_mail_with, an_event, at

from contracts.calendar import Attendee

UID = "spotkanie-1@mlyn.example"
SALES = "sprzedaz@nasza.example"
LATER = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


async def invited(office: Office, **fields: Any) -> Any:
    """Two mailboxes of ours; the second one got the invitation."""
    sales = a_mail_account(SALES, can_send=True)
    await office.hear(a_mail_account(can_send=True), sales)
    fields.setdefault("attendees", [Attendee(email=SALES, name="Sprzedaż")])
    await office.hear(
        a_mail_with(
            "REQUEST",
            an_event(UID, **fields),
            mail_account_id=sales.mail_account_id,
            mailbox=SALES,
            own_addresses=[SALES],
        )
    )
    return (await office.tasks(uid=UID))[0]


async def respond(office: Office, task: Any, response: str, **body: Any) -> Any:
    return await office.post(f"/v1/tasks/{task['id']}/response", {"response": response, **body}, expect=202)


async def test_the_mailbox_that_was_invited_accepts(office: Office) -> None:
    task = await invited(office, sequence=3)
    answer = await respond(office, task, "accept", comment="Będziemy")
    assert (answer["attendee"], answer["sender"]["reason"]) == (SALES, "invited_here")
    assert [(one["email"], one["partstat"]) for one in answer["task"]["attendees"]] == [(SALES, "ACCEPTED")]
    (mail,) = await office.letters(1)
    assert (mail["From"].addresses[0].addr_spec, mail["To"], mail["Subject"]) == (
        SALES,
        ORGANIZER,
        "Przyjęte: Przegląd umowy",
    )
    method, (event,) = calendar_in(mail)
    assert (method, event.uid, event.sequence, event.comment) == ("REPLY", UID, 3, "Będziemy")
    assert event.organizer is not None
    assert event.organizer.email == ORGANIZER
    assert [(one.email, one.partstat) for one in event.attendees] == [(SALES, "ACCEPTED")]


async def test_our_answer_does_not_make_the_next_update_look_old(office: Office) -> None:
    task = await invited(office)
    await respond(office, task, "accept")
    renamed = a_mail_with("REQUEST", an_event(UID, summary="Inny", dtstamp=LATER, attendees=[Attendee(email=SALES)]))
    await office.hear(renamed)
    (shown,) = await office.tasks(uid=UID)
    assert (shown["title"], shown["attendees"][0]["partstat"]) == ("Inny", "ACCEPTED")
    moved = a_mail_with(
        "REQUEST",
        an_event(UID, sequence=1, starts=at("2026-12-01T10:00"), ends=None, attendees=[Attendee(email=SALES)]),
    )
    await office.hear(moved)
    (shown,) = await office.tasks(uid=UID)
    assert shown["attendees"][0]["partstat"] == "NEEDS-ACTION"


async def test_what_all_of_us_decline_is_cancelled_here_and_can_be_taken_back(office: Office) -> None:
    task = await invited(office)
    declined = await respond(office, task, "decline")
    assert (declined["task"]["status"], declined["task"]["status_code"]) == ("cancelled", "a")
    accepted = await respond(office, task, "tentative")
    assert accepted["task"]["status"] == "planned"
    mails = await office.letters(2)
    assert [calendar_in(mail)[1][0].attendees[0].partstat for mail in mails] == ["DECLINED", "TENTATIVE"]


async def test_while_a_colleague_goes_the_meeting_stays(laptop: Office) -> None:
    jan = await laptop.employee("Jan", "jan@nasza.example")
    task = await invited(laptop, attendees=[Attendee(email=SALES), Attendee(email="jan@nasza.example")])
    declined = await respond(laptop, task, "decline")
    assert declined["task"]["status"] == "planned"
    assert declined["task"]["assignee_ids"] == [jan]


async def test_a_colleague_without_a_mailbox_is_spoken_for(laptop: Office) -> None:
    await laptop.employee("Jan", "jan@nasza.example")
    task = await invited(laptop, attendees=[Attendee(email="jan@nasza.example", name="Jan")])
    answer = await respond(laptop, task, "accept")
    assert (answer["attendee"], answer["sender"]["email"]) == ("jan@nasza.example", SALES)
    (mail,) = await laptop.letters(1)
    _, (event,) = calendar_in(mail)
    assert [(one.email, one.sent_by) for one in event.attendees] == [("jan@nasza.example", SALES)]


async def test_one_date_of_a_series_is_answered_by_itself(laptop: Office) -> None:
    series = await invited(laptop, rrule="FREQ=WEEKLY;COUNT=4")
    path = f"/v1/tasks/{series['id']}/occurrences"
    date = await laptop.post(path, {"recurrence_id": "2026-12-07T09:00:00Z"}, expect=201)
    declined = await respond(laptop, date, "decline")
    assert declined["task"]["status"] == "cancelled"
    (mail,) = await laptop.letters(1)
    _, (event,) = calendar_in(mail)
    assert event.recurrence_id is not None
    assert event.recurrence_id.at == datetime(2026, 12, 7, 9, tzinfo=UTC)
    statuses = {one["recurrence_id"]: one["status"] for one in await laptop.tasks(uid=UID)}
    assert statuses == {None: "planned", "2026-12-07T09:00:00Z": "cancelled"}


async def test_what_cannot_be_answered(laptop: Office) -> None:
    ours = await laptop.task("Nasze")
    refused = await laptop.post(f"/v1/tasks/{ours['id']}/response", {"response": "accept"}, expect=409)
    assert refused["code"] == "not_invited"
    await laptop.hear(a_mail_with("REQUEST", an_event(UID)))
    (task,) = await laptop.tasks(uid=UID)
    refused = await laptop.post(f"/v1/tasks/{task['id']}/response", {"response": "accept"}, expect=409)
    assert refused["code"] == "mail_account_not_configured"
    await laptop.hear(a_mail_account(MAILBOX, can_send=True))
    await laptop.hear(a_mail_with("CANCEL", an_event(UID, sequence=1, status="CANCELLED")))
    refused = await laptop.post(f"/v1/tasks/{task['id']}/response", {"response": "accept"}, expect=409)
    assert refused["code"] == "task_cancelled"
    assert laptop.postbox.mails == []
