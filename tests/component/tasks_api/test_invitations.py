"""Invitations by mail: what becomes of them, whose account they belong to, and what a stranger can see of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tasks_office import (
    MAILBOX,
    ORGANIZER,
    Office,
    a_held_part,
    a_mail_account,
    a_mail_with,
    an_event,
    app_of,
    at,
    on,
    parts_under_test,
    reminder_settings,
)

from contracts.addresses import Address
from contracts.calendar import Attendee, Organizer
from contracts.tasks import (
    AudiencePlan,
    ChannelPlan,
    InvitationWaiting,
    TaskCancelled,
    TaskCreated,
    TaskDeleted,
    TaskUpdated,
)
from kit.ids import new_id
from kit.testing import FixedClock
from kit.testing.fixtures import OpenDatabase
from kit.testing.web import client_of, signed_token
from kit.workers import WorkerFailed
from tasks_api.repository import heard
from tasks_api.settings import Settings

UID = "spotkanie-1@mlyn.example"
LATER = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


async def test_a_meeting_is_made_moved_and_called_off(office: Office) -> None:
    account = await office.account("Młyn")
    anna = await office.contact(account, "Anna", ORGANIZER)
    request = a_mail_with("REQUEST", an_event(UID, location="Sala 2", description="Porządek obrad"))
    await office.hear(request)
    (record,) = await office.records(request)
    assert (record["outcome"], record["method"], record["uid"], record["organizer"]) == (
        "created",
        "REQUEST",
        UID,
        ORGANIZER,
    )
    assert record["account_match"]["match"] == "contact"
    (task,) = await office.tasks(uid=UID)
    assert record["task_ids"] == [task["id"]]
    assert (task["title"], task["location"], task["status"], task["number"]) == (
        "Przegląd umowy",
        "Sala 2",
        "planned",
        "CRM/1/2026",
    )
    assert (task["starts_at"], task["starts_local"]) == ("2026-11-30T09:00:00Z", "2026-11-30T10:00:00")
    assert (task["account_id"], task["contact_ids"]) == (account, [anna])
    assert task["source"] == {"kind": "invitation", "message_id": str(request.message_id), "document": None}
    assert task["attendees"] == [{"email": MAILBOX, "name": "", "partstat": "NEEDS-ACTION"}]

    moved = a_mail_with(
        "REQUEST", an_event(UID, sequence=1, dtstamp=LATER, starts=at("2026-12-01T12:00"), ends=at("2026-12-01T13:00"))
    )
    await office.hear(moved)
    assert (await office.records(moved))[0]["outcome"] == "updated"
    (task,) = await office.tasks(uid=UID)
    assert (task["starts_at"], task["version"]) == ("2026-12-01T11:00:00Z", 2)

    cancel = a_mail_with("CANCEL", an_event(UID, sequence=2, dtstamp=LATER, status="CANCELLED"))
    await office.hear(cancel)
    assert (await office.records(cancel))[0]["outcome"] == "cancelled"
    (task,) = await office.tasks(uid=UID)
    assert (task["status"], task["status_code"]) == ("cancelled", "a")

    names = [name for name in await office.announced_names() if name.startswith("task.")]
    assert names == ["task.created.v1", "task.updated.v1", "task.cancelled.v1"]
    (updated,) = await office.announced(TaskUpdated)
    assert {"starts_at", "ends_at"} <= set(updated.changed)
    assert updated.by == f"mail:{moved.message_id}"
    assert updated.task.occurrences[0].starts_at == datetime(2026, 12, 1, 11, tzinfo=UTC)
    history = (await office.get(f"/v1/tasks/{task['id']}/history"))["items"]
    assert [entry["happened"] for entry in history] == ["cancelled", "updated", "created"]


async def test_a_batch_with_the_whole_life_of_a_meeting_ends_the_same(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID))
    moved = a_mail_with("REQUEST", an_event(UID, sequence=1, dtstamp=LATER, summary="Nowy temat"))
    cancel = a_mail_with("CANCEL", an_event(UID, sequence=2, dtstamp=LATER, status="CANCELLED"))
    others = [a_mail_with("REQUEST", an_event(f"inne-{n}@mlyn.example")) for n in range(5)]
    await office.hear(request, others[0], moved, *others[1:3], cancel, *others[3:])
    outcomes = [(await office.records(mail))[0]["outcome"] for mail in (request, moved, cancel, *others)]
    assert outcomes == ["created", "updated", "cancelled", *["created"] * 5]
    (task,) = await office.tasks(uid=UID)
    assert (task["status"], task["title"], task["version"]) == ("cancelled", "Nowy temat", 3)
    assert len(await office.tasks()) == 6
    assert sorted(int(task["number"].split("/")[1]) for task in await office.tasks()) == [1, 2, 3, 4, 5, 6]
    told = [event.task.version for kind in (TaskCreated, TaskUpdated, TaskCancelled)
            for event in await office.announced(kind) if event.task.uid == UID]  # fmt: skip
    assert told == [1, 2, 3]


async def test_the_same_event_under_another_id_leaves_nothing_new(office: Office) -> None:
    request = a_mail_with("REQUEST")
    await office.hear(request)
    await office.hear(request)
    await office.hear(request, request)
    assert len(await office.records(request)) == 1
    assert len(await office.tasks()) == 1
    assert len(await office.announced(TaskCreated)) == 1


async def test_the_records_of_a_mail_appear_together(office: Office) -> None:
    mail = new_id()
    first = a_mail_with("REQUEST", an_event("a@mlyn.example"), message_id=mail, part=1, parts=2)
    second = a_held_part(message_id=mail, part=2, parts=2, detail="nic tu nie ma")
    await office.hear(first)
    assert await office.records(first) == []
    await office.hear(second)
    records = await office.records(first)
    assert [(one["outcome"], one["reason"]) for one in records][1] == ("ignored", "no_method")
    assert records[0]["outcome"] == "created"
    assert records[1]["details"] == {"detail": "nic tu nie ma"}


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [("in_bounce", "ignored"), ("in_sent", "ignored"), ("unreadable", "review"), ("winmail_without_event", "review")],
)
async def test_a_held_part_leaves_a_record_and_no_task(office: Office, reason: str, verdict: str) -> None:
    held = a_held_part(reason, verdict)
    await office.hear(held)
    (record,) = await office.records(held)
    assert (record["outcome"], record["reason"]) == (verdict, reason)
    assert record["actions"] == (["dismiss"] if verdict == "review" else [])
    assert await office.tasks() == []
    waiting = await office.announced(InvitationWaiting)
    assert len(waiting) == (1 if verdict == "review" else 0)


async def test_a_uid_nothing_could_be_found_by_waits_for_a_person(office: Office) -> None:
    mail = a_mail_with("REQUEST", an_event("ż" * 900))
    await office.hear(mail)
    (record,) = await office.records(mail)
    assert (record["outcome"], record["reason"]) == ("review", "uid_too_long")


async def test_a_cancellation_that_overtakes_its_request_is_remembered(office: Office) -> None:
    cancel = a_mail_with("CANCEL", an_event(UID, sequence=1, status="CANCELLED"))
    request = a_mail_with("REQUEST", an_event(UID))
    await office.hear(cancel)
    await office.hear(request)
    (record,) = await office.records(request)
    assert record["outcome"] in {"stale", "unchanged", "cancelled", "ignored"}
    assert [task for task in await office.tasks(uid=UID) if task["status"] != "cancelled"] == []


async def test_a_stranger_cannot_cancel(office: Office) -> None:
    await office.hear(a_mail_with("REQUEST", an_event(UID)))
    forged = a_mail_with(
        "CANCEL", an_event(UID, sequence=5, status="CANCELLED"), sender=Address(email="obcy@zly.example")
    )
    await office.hear(forged)
    (record,) = await office.records(forged)
    assert record["outcome"] == "review"
    assert "cancel_tasks" in record["actions"]
    (task,) = await office.tasks(uid=UID)
    assert (task["status"], task["version"]) == ("planned", 1)
    assert [str(waiting.invitation_id) for waiting in await office.announced(InvitationWaiting)] == [record["id"]]
    assert [one["id"] for one in (await office.get("/v1/invitations", outcome="review"))["items"]] == [record["id"]]
    answer = await office.post(f"/v1/invitations/{record['id']}/cancellation", {"confirm": True})
    assert answer["result"] == "cancelled"
    assert (await office.tasks(uid=UID))[0]["status"] == "cancelled"


# ---- whose account


async def test_an_unknown_sender_makes_a_task_without_an_account(office: Office) -> None:
    request = a_mail_with("REQUEST")
    await office.hear(request)
    assert (await office.tasks())[0]["account_id"] is None
    assert (await office.records(request))[0]["account_match"]["match"] == "none"


async def test_an_ambiguous_sender_is_not_guessed(office: Office) -> None:
    shared = "ksiegowa@biuro.example"
    mill, bakery = await office.account("Młyn", shared), await office.account("Piekarnia", shared)
    request = a_mail_with("REQUEST", an_event(organizer=Organizer(email=shared)), sender=Address(email=shared))
    await office.hear(request)
    match = (await office.records(request))[0]["account_match"]
    assert match["match"] == "ambiguous"
    assert {one["id"] for one in match["candidates"]} == {mill, bakery}
    assert (await office.tasks())[0]["account_id"] is None


async def test_where_the_sender_says_nothing_sure_the_organizer_is_asked(office: Office) -> None:
    mill = await office.account("Młyn", ORGANIZER)
    request = a_mail_with("REQUEST", sender=Address(email="sekretariat@biuro.example"))
    await office.hear(request)
    assert (await office.tasks())[0]["account_id"] == mill
    assert (await office.records(request))[0]["account_match"]["by"] == "organizer"


async def test_a_learned_address_is_known_from_then_on(office: Office) -> None:
    mill = await office.account("Młyn")
    await office.hear(a_mail_with("REQUEST", an_event("a@mlyn.example")))
    await office.post(f"/v1/accounts/{mill}/emails", {"email": ORGANIZER})
    await office.hear(a_mail_with("REQUEST", an_event("b@mlyn.example")))
    assert [task["account_id"] for task in await office.tasks()] == [None, mill]


async def test_invited_employees_carry_the_task_out(office: Office) -> None:
    jan = await office.employee("Jan", "jan@nasza.example")
    ewa = await office.employee("Ewa", "ewa@nasza.example")
    box = await office.employee("Biuro", MAILBOX)
    guests = [Attendee(email="jan@nasza.example"), Attendee(email="ewa@nasza.example", partstat="DECLINED")]
    await office.hear(a_mail_with("REQUEST", an_event(attendees=guests)))
    (task,) = await office.tasks()
    assert task["assignee_ids"] == [jan, box]
    assert ewa not in task["assignee_ids"]
    assert (await office.announced(TaskCreated))[0].task.assignee_ids == [UUID(jan), UUID(box)]


# ---- what is ours survives


async def test_what_a_person_decided_survives_an_update(office: Office) -> None:
    ewa = await office.employee("Ewa")
    await office.hear(reminder_settings())
    await office.hear(a_mail_with("REQUEST", an_event(UID)))
    (task,) = await office.tasks(uid=UID)
    path = f"/v1/tasks/{task['id']}"
    await office.patch(path, {"assignee_ids": [ewa], "note": "weź umowę", "color": "red", "percent_complete": 30})
    await office.put(
        f"{path}/reminders/client", {"enabled": True, "channels": [{"channel": "sms", "phone": "601234567"}]}
    )
    await office.hear(
        a_mail_with(
            "REQUEST",
            an_event(UID, sequence=1, dtstamp=LATER, starts=at("2026-12-02T09:00"), ends=at("2026-12-02T10:00")),
        )
    )
    task = await office.get(path)
    assert task["starts_at"] == "2026-12-02T08:00:00Z"
    assert (task["assignee_ids"], task["note"], task["color"], task["percent_complete"]) == (
        [ewa],
        "weź umowę",
        "red",
        30,
    )
    assert task["reminders"]["client"]["channels"][0]["phone"] == "+48601234567"


async def test_a_stranger_sends_nobody_an_sms(laptop: Office) -> None:
    by_both = AudiencePlan(enabled=True, channels=[ChannelPlan(channel="sms"), ChannelPlan(channel="email")])
    await laptop.hear(reminder_settings(operator_use_as_default=True, operator=by_both, client_use_as_default=True))
    request = a_mail_with("REQUEST", an_event("a@mlyn.example"), invitation_policy="ask")
    await laptop.hear(a_mail_with("REQUEST", an_event("b@mlyn.example")), request)
    (record,) = await laptop.records(request)
    await laptop.post(f"/v1/invitations/{record['id']}/tasks", {}, expect=201)  # a person vouches for it
    by_mail, by_hand = (one.task.reminders for one in await laptop.announced(TaskCreated))
    assert [one.channel for one in by_mail.operator.channels] == ["email"]
    assert not by_mail.client.enabled
    assert [one.channel for one in by_hand.operator.channels] == ["sms", "email"]


async def test_new_meetings_of_a_stranger_wait_when_there_are_too_many(laptop: Office) -> None:
    await laptop.account("Młyn", "znany@mlyn.example")
    flood = [a_mail_with("REQUEST", an_event(f"{n}@mlyn.example")) for n in range(22)]
    known = [
        a_mail_with("REQUEST", an_event(f"k{n}@mlyn.example"), sender=Address(email="znany@mlyn.example"))
        for n in range(22)
    ]
    await laptop.hear(*flood[:11])
    await laptop.hear(*flood[11:], *known)
    outcomes = [(record["outcome"], record["reason"]) for one in flood for record in await laptop.records(one)]
    assert outcomes == [("created", "new")] * 20 + [("waiting", "too_many_from_strangers")] * 2
    assert [record["outcome"] for one in known for record in await laptop.records(one)] == ["created"] * 22
    laptop.clock.advance(timedelta(hours=1))
    later = a_mail_with("REQUEST", an_event("pozniej@mlyn.example"))
    await laptop.hear(later)
    assert [record["outcome"] for record in await laptop.records(later)] == ["created"]


async def test_updates_and_cancellations_of_a_stranger_are_no_flood(laptop: Office) -> None:
    await laptop.hear(*(a_mail_with("REQUEST", an_event(f"{n}@mlyn.example")) for n in range(20)))
    cancel = a_mail_with("CANCEL", an_event("3@mlyn.example", sequence=1, status="CANCELLED"))
    await laptop.hear(cancel)
    assert [record["outcome"] for record in await laptop.records(cancel)] == ["cancelled"]


async def test_defaults_of_reminders_reach_tasks_made_from_mail_but_not_imported_history(office: Office) -> None:
    await office.account("Młyn", ORGANIZER)
    await office.hear(reminder_settings(client_use_as_default=True))
    await office.hear(a_mail_with("REQUEST", an_event("a@mlyn.example")))
    await office.hear(a_mail_with("REQUEST", an_event("b@mlyn.example"), imported=True))
    first, second = await office.announced(TaskCreated)
    assert first.task.reminders.client.enabled
    assert not second.task.reminders.client.enabled


# ---- series


async def test_a_series_with_a_moved_date(office: Office) -> None:
    weekly = an_event(UID, rrule="FREQ=WEEKLY;COUNT=4", summary="Co tydzień")
    moved = an_event(
        UID,
        recurrence_id=at("2026-12-07T10:00"),
        starts=at("2026-12-08T15:00"),
        ends=at("2026-12-08T16:00"),
        summary="Co tydzień",
    )
    await office.hear(a_mail_with("REQUEST", weekly, moved))
    tasks = {task["recurrence_id"]: task for task in await office.tasks(uid=UID)}
    assert set(tasks) == {None, "2026-12-07T09:00:00Z"}
    assert tasks[None]["recurrence"]["rrule"] == "FREQ=WEEKLY;COUNT=4"
    told = {event.task.recurrence_id: event.task for event in await office.announced(TaskCreated)}
    assert [one.recurrence_id for one in told[None].occurrences] == [
        "2026-11-30T09:00:00Z",
        "2026-12-14T09:00:00Z",
        "2026-12-21T09:00:00Z",
    ]
    assert told["2026-12-07T09:00:00Z"].occurrences[0].starts_at == datetime(2026, 12, 8, 14, tzinfo=UTC)
    shown = (
        await office.get("/v1/calendar", uid=UID, **{"from": "2026-11-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"})
    )["items"]
    assert [entry["starts_at"] for entry in shown] == [
        "2026-11-30T09:00:00Z",
        "2026-12-08T14:00:00Z",
        "2026-12-14T09:00:00Z",
        "2026-12-21T09:00:00Z",
    ]


async def test_one_cancelled_date_leaves_the_series_and_its_listeners_hear_it(office: Office) -> None:
    await office.hear(a_mail_with("REQUEST", an_event(UID, rrule="FREQ=WEEKLY;COUNT=4")))
    gone = an_event(UID, recurrence_id=at("2026-12-14T10:00"), starts=at("2026-12-14T10:00"), ends=at("2026-12-14T11:00"),
                    sequence=1, dtstamp=LATER, status="CANCELLED")  # fmt: skip
    cancel = a_mail_with("CANCEL", gone)
    await office.hear(cancel)
    (record,) = await office.records(cancel)
    assert (record["outcome"], record["recurrence_id"]) == ("cancelled", "2026-12-14T09:00:00Z")
    shown = (
        await office.get("/v1/calendar", uid=UID, **{"from": "2026-11-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"})
    )["items"]
    assert [entry["starts_at"][:10] for entry in shown] == ["2026-11-30", "2026-12-07", "2026-12-21"]
    series = [event.task for kind in (TaskCreated, TaskUpdated) for event in await office.announced(kind)
              if event.task.recurrence_id is None][-1]  # fmt: skip
    assert [one.recurrence_id for one in series.occurrences] == [
        "2026-11-30T09:00:00Z",
        "2026-12-07T09:00:00Z",
        "2026-12-21T09:00:00Z",
    ]
    assert next(task for task in await office.tasks(uid=UID) if task["recurrence_id"] is None)["status"] == "planned"


async def test_a_date_deleted_by_hand_goes_back_to_its_series(office: Office) -> None:
    weekly = an_event(UID, rrule="FREQ=WEEKLY;COUNT=2")
    moved = an_event(
        UID, recurrence_id=at("2026-12-07T10:00"), starts=at("2026-12-08T15:00"), ends=at("2026-12-08T16:00")
    )
    await office.hear(a_mail_with("REQUEST", weekly, moved))
    override = next(task for task in await office.tasks(uid=UID) if task["recurrence_id"])
    await office.client.delete(f"/v1/tasks/{override['id']}")
    assert len(await office.announced(TaskDeleted)) == 1
    told = (await office.announced(TaskUpdated))[-1]
    assert told.changed == ["occurrences"]
    assert [one.recurrence_id for one in told.task.occurrences] == ["2026-11-30T09:00:00Z", "2026-12-07T09:00:00Z"]
    shown = (
        await office.get("/v1/calendar", uid=UID, **{"from": "2026-11-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"})
    )["items"]
    assert [entry["starts_at"][:10] for entry in shown] == ["2026-11-30", "2026-12-07"]


async def test_a_series_cancelled_or_deleted_by_hand_takes_its_dates_with_it(office: Office) -> None:
    weekly = an_event(UID, rrule="FREQ=WEEKLY;COUNT=3")
    moved = an_event(
        UID, recurrence_id=at("2026-12-07T10:00"), starts=at("2026-12-08T15:00"), ends=at("2026-12-08T16:00")
    )
    await office.hear(a_mail_with("REQUEST", weekly, moved))
    series = next(task for task in await office.tasks(uid=UID) if task["recurrence_id"] is None)
    await office.post(f"/v1/tasks/{series['id']}/cancel")
    assert {task["status"] for task in await office.tasks(uid=UID)} == {"cancelled"}
    assert len(await office.announced(TaskCancelled)) == 2
    await office.client.delete(f"/v1/tasks/{series['id']}")
    assert await office.tasks(uid=UID) == []


async def test_an_all_day_invitation_has_days(office: Office) -> None:
    await office.hear(a_mail_with("REQUEST", an_event(UID, starts=on("2026-12-24"), ends=on("2026-12-27"))))
    (task,) = await office.tasks(uid=UID)
    assert (task["starts_at"], task["ends_at"], task["all_day"]) == ("2026-12-24", "2026-12-27", True)
    assert (await office.announced(TaskCreated))[0].task.starts_at == datetime(2026, 12, 23, 23, tzinfo=UTC)


# ---- ours or theirs


async def test_an_answer_to_a_meeting_of_ours_is_kept(office: Office) -> None:
    await office.hear(a_mail_account(MAILBOX, aliases=["kierownik@nasza.example"]))
    ics = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:nasze-1@nasza.example\r\nDTSTAMP:20261120T080000Z\r\n"
        "DTSTART:20261130T090000Z\r\nDTEND:20261130T100000Z\r\nSUMMARY:Nasze\r\nORGANIZER:mailto:kierownik@nasza.example\r\n"
        "ATTENDEE:mailto:anna@mlyn.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    await office.client.post("/v1/calendar", content=ics, headers={"content-type": "text/calendar"})
    answer = an_event("nasze-1@nasza.example", organizer=Organizer(email="kierownik@nasza.example"),
                      attendees=[Attendee(email=ORGANIZER, partstat="ACCEPTED")], dtstamp=LATER)  # fmt: skip
    reply = a_mail_with("REPLY", answer)
    await office.hear(reply)
    assert (await office.records(reply))[0]["outcome"] == "replied"
    (task,) = await office.tasks(uid="nasze-1@nasza.example")
    assert task["attendees"] == [{"email": ORGANIZER, "name": "", "partstat": "ACCEPTED"}]
    request = a_mail_with(
        "CANCEL", an_event("nasze-1@nasza.example", organizer=Organizer(email="kierownik@nasza.example"), sequence=9)
    )
    await office.hear(request)
    assert (await office.tasks(uid="nasze-1@nasza.example"))[0]["status"] == "planned"


async def test_an_address_of_a_removed_mail_account_is_no_longer_ours(office: Office) -> None:
    account = a_mail_account("dawny@nasza.example")
    await office.hear(account)
    async with office.database.reading() as session:
        assert await heard.mailbox_addresses(session, ["dawny@nasza.example"]) == {"dawny@nasza.example"}
    await office.hear(account.model_copy(update={"deleted": True}))
    async with office.database.reading() as session:
        assert await heard.mailbox_addresses(session, ["dawny@nasza.example"]) == set()


async def test_the_window_of_an_event_is_62_days(office: Office) -> None:
    await office.hear(a_mail_with("REQUEST", an_event(UID, rrule="FREQ=WEEKLY")))
    (told,) = await office.announced(TaskCreated)
    assert told.task.occurrences[-1].starts_at < office.clock.now() + timedelta(days=62)
    assert len(told.task.occurrences) == 8


async def test_a_rule_that_may_be_slow_is_a_workers_job(office: Office) -> None:
    await office.hear(a_mail_with("REQUEST", an_event(UID, rrule="FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1")))
    (told,) = await office.announced(TaskCreated)
    assert [one.recurrence_id for one in told.task.occurrences] == ["2026-11-30T09:00:00Z", "2026-12-28T09:00:00Z"]
    assert office.parts.workers.asked == ["ical.recurrence:expand_job"]  # type: ignore[attr-defined]


async def test_a_rule_that_is_too_much_for_the_worker_costs_only_its_own_dates(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(function: str, arguments: list[bytes]) -> list[WorkerFailed]:
        return [WorkerFailed("timeout", function) for _ in arguments]

    monkeypatch.setattr(office.parts.workers, "run", killed)
    bomb = a_mail_with("REQUEST", an_event("bomba@zly.example", rrule="FREQ=HOURLY;COUNT=9999"))
    await office.hear(bomb, a_mail_with("REQUEST", an_event(UID, rrule="FREQ=WEEKLY;COUNT=2")))
    tasks = {task["uid"]: task for task in await office.tasks()}
    assert UID in tasks
    told = {event.task.uid: event.task.occurrences for event in await office.announced(TaskCreated)}
    assert len(told[UID]) == 2
    assert told.get("bomba@zly.example", []) == []


async def test_invitations_are_for_those_who_see_all_tasks(office: Office) -> None:
    restricted = {"authorization": f"Bearer {signed_token('tasks:read', 'tasks:write')}"}
    assert (await office.client.get("/v1/invitations", headers=restricted)).status_code == 403
    unrestricted = {"authorization": f"Bearer {signed_token('tasks:read', 'tasks:all', 'activities:all')}"}
    assert (await office.client.get("/v1/invitations", headers=unrestricted)).status_code == 200


@pytest.mark.parametrize(
    ("setting", "stranger", "known"),
    [("anyone", "created", "created"), ("known", "waiting", "created"), ("nobody", "waiting", "waiting")],
)
async def test_whose_invitations_become_tasks_by_themselves_is_a_setting(
    open_database: OpenDatabase, clock: FixedClock, settings: Settings, setting: str, stranger: str, known: str
) -> None:
    narrowed = settings.model_copy(update={"auto_create_from": setting})
    database = await open_database("tasks_api")
    parts = parts_under_test(narrowed, database, clock)
    app = app_of(parts)
    async with client_of(app) as client:
        office = Office(app, parts, client, clock, database)
        await office.account("Piekarnia", "biuro@piekarnia.example")
        mails = [
            a_mail_with("REQUEST", an_event("a@mlyn.example")),
            a_mail_with(
                "REQUEST",
                an_event("b@piekarnia.example", organizer=Organizer(email="biuro@piekarnia.example")),
                sender=Address(email="biuro@piekarnia.example"),
            ),
        ]
        await office.hear(*mails)
        assert [(await office.records(mail))[0]["outcome"] for mail in mails] == [stranger, known]
