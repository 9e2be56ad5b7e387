"""A person decides: the ask policy, duplicates, several invitations in one mail, a subset of tasks (features E4-E29)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from tasks_office import ORGANIZER, Office, a_mail_with, an_event, at

from contracts.addresses import Address
from contracts.tasks import InvitationDecided, InvitationWaiting, TaskCancelled, TaskCreated
from kit.ids import new_id
from tasks_api.desk import CONSUMER
from tasks_api.handlers import subscription

UID = "spotkanie-1@mlyn.example"
LATER = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


async def test_under_ask_an_invitation_waits_for_a_person(office: Office) -> None:
    account = await office.account("Młyn", ORGANIZER)
    request = a_mail_with("REQUEST", an_event(UID), invitation_policy="ask")
    await office.hear(request)
    (record,) = await office.records(request)
    assert (record["outcome"], record["would"], record["actions"]) == (
        "waiting",
        "created",
        ["create_task", "confirm", "dismiss"],
    )
    assert record["account_match"]["account_id"] == account
    assert await office.tasks() == []
    assert [str(one.invitation_id) for one in await office.announced(InvitationWaiting)] == [record["id"]]

    answer = await office.post(f"/v1/invitations/{record['id']}/tasks", {}, expect=201)
    assert (answer["result"], answer["warnings"]) == ("created", [])
    (task,) = await office.tasks(uid=UID)
    assert answer["task_ids"] == [task["id"]]
    assert task["account_id"] == account
    (record,) = await office.records(request)
    assert (record["outcome"], record["decided_by"], record["task_ids"]) == ("created", "tester", [task["id"]])
    (decided,) = await office.announced(InvitationDecided)
    assert (decided.outcome, [str(one) for one in decided.task_ids]) == ("created", [task["id"]])


async def test_a_task_is_made_all_the_same_when_nobody_is_found(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID), invitation_policy="ask")
    await office.hear(request)
    (record,) = await office.records(request)
    answer = await office.post(f"/v1/invitations/{record['id']}/tasks", {}, expect=201)
    assert answer["warnings"] == ["account_not_found"]


async def test_an_invitation_that_was_used_asks_first(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID))
    await office.hear(request)
    (record,) = await office.records(request)
    path = f"/v1/invitations/{record['id']}/tasks"
    refused = await office.post(path, {}, expect=409)
    assert refused["code"] == "invitation_already_used"
    assert refused["existing_task_ids"] == record["task_ids"]
    assert refused["update_available"] is False
    assert await office.post(path, {"on_duplicate": "maybe"}, expect=422)

    again = await office.post(path, {"on_duplicate": "create"}, expect=201)
    tasks = await office.tasks(uid=UID)
    assert len(tasks) == 2
    assert again["task_ids"] == [tasks[1]["id"]]
    assert tasks[1]["number"] == "CRM/2/2026"
    third = await office.post(path, {"on_duplicate": "create"}, expect=201)
    assert len(await office.tasks(uid=UID)) == 3
    assert len(third["invitation"]["task_ids"]) == 3


async def test_a_later_version_can_be_taken_over(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID), invitation_policy="ask")
    await office.hear(request)
    await office.post(f"/v1/invitations/{(await office.records(request))[0]['id']}/tasks", {}, expect=201)
    moved = a_mail_with("REQUEST", an_event(UID, sequence=1, dtstamp=LATER, starts=at("2026-12-02T09:00"), ends=at("2026-12-02T10:00")),
                        invitation_policy="ask")  # fmt: skip
    await office.hear(moved)
    (record,) = await office.records(moved)
    assert (record["outcome"], record["would"]) == ("waiting", "updated")
    path = f"/v1/invitations/{record['id']}/tasks"
    assert (await office.post(path, {}, expect=409))["update_available"] is True
    answer = await office.post(path, {"on_duplicate": "update"}, expect=200)
    assert answer["result"] == "updated"
    (task,) = await office.tasks(uid=UID)
    assert (task["starts_at"], task["version"]) == ("2026-12-02T08:00:00Z", 2)


async def test_nothing_can_be_updated_before_it_was_made(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID), invitation_policy="ask")
    await office.hear(request)
    (record,) = await office.records(request)
    refused = await office.post(f"/v1/invitations/{record['id']}/tasks", {"on_duplicate": "update"}, expect=409)
    assert refused["code"] == "nothing_to_update"


async def test_under_ask_a_cancellation_is_confirmed(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID), invitation_policy="ask")
    await office.hear(request)
    (first,) = await office.records(request)
    await office.post(f"/v1/invitations/{first['id']}/tasks", {}, expect=201)
    cancel = a_mail_with(
        "CANCEL", an_event(UID, sequence=1, dtstamp=LATER, status="CANCELLED"), invitation_policy="ask"
    )
    await office.hear(cancel)
    (record,) = await office.records(cancel)
    assert (record["outcome"], record["would"], record["actions"]) == (
        "waiting",
        "cancelled",
        ["cancel_tasks", "confirm", "dismiss"],
    )
    assert (await office.tasks())[0]["status"] == "planned"
    path = f"/v1/invitations/{record['id']}/cancellation"
    assert (await office.post(path, {"confirm": False}, expect=422))["code"] == "confirmation_required"
    assert (await office.post(path, {}, expect=422))["code"] == "invalid"
    answer = await office.post(path, {"confirm": True})
    assert answer["result"] == "cancelled"
    (task,) = await office.tasks()
    assert (task["status"], task["status_code"]) == ("cancelled", "a")
    assert len(await office.announced(TaskCancelled)) == 1
    assert (await office.records(cancel))[0]["outcome"] == "cancelled"


async def test_a_cancellation_may_concern_some_of_several_tasks(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID), invitation_policy="ask")
    await office.hear(request)
    path = f"/v1/invitations/{(await office.records(request))[0]['id']}/tasks"
    kept = (await office.post(path, {}, expect=201))["task_ids"][0]
    gone = (await office.post(path, {"on_duplicate": "create"}, expect=201))["task_ids"][0]
    cancel = a_mail_with(
        "CANCEL", an_event(UID, sequence=1, dtstamp=LATER, status="CANCELLED"), invitation_policy="ask"
    )
    await office.hear(cancel)
    path = f"/v1/invitations/{(await office.records(cancel))[0]['id']}/cancellation"
    refused = await office.post(path, {"confirm": True, "task_ids": [str(uuid4())]}, expect=422)
    assert refused["code"] == "tasks_not_of_invitation"
    await office.post(path, {"confirm": True, "task_ids": [gone]})
    assert {task["id"]: task["status"] for task in await office.tasks()} == {kept: "planned", gone: "cancelled"}
    await office.post(path, {"confirm": True})
    assert {task["status"] for task in await office.tasks()} == {"cancelled"}


async def test_what_was_called_off_before_it_became_a_task_warns(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID), invitation_policy="ask")
    cancel = a_mail_with(
        "CANCEL", an_event(UID, sequence=1, dtstamp=LATER, status="CANCELLED"), invitation_policy="ask"
    )
    await office.hear(request, cancel)
    (record,) = await office.records(request)
    refused = await office.post(f"/v1/invitations/{record['id']}/tasks", {}, expect=409)
    assert refused["code"] == "invitation_cancelled"
    (record,) = await office.records(cancel)
    refused = await office.post(f"/v1/invitations/{record['id']}/cancellation", {"confirm": True}, expect=409)
    assert refused["code"] == "nothing_to_cancel"


async def test_every_invitation_of_a_mail_gets_its_own_result(office: Office) -> None:
    mail = new_id()
    one = a_mail_with("REQUEST", an_event("a@mlyn.example"), an_event("b@mlyn.example", starts=at("2026-12-01T10:00"), ends=at("2026-12-01T11:00")),
                      message_id=mail, part=1, parts=2, invitation_policy="ask")  # fmt: skip
    other = a_mail_with(
        "REQUEST", an_event("c@mlyn.example"), message_id=mail, part=2, parts=2, invitation_policy="ask"
    )
    await office.hear(one, other)
    first = (await office.records(one))[0]
    await office.post(f"/v1/invitations/{first['id']}/tasks", {}, expect=201)
    items = (await office.post(f"/v1/messages/{mail}/tasks", {}))["items"]
    assert [item["result"] for item in items] == ["duplicate", "created", "created"]
    assert items[0]["code"] == "invitation_already_used"
    assert {task["uid"] for task in await office.tasks()} == {"a@mlyn.example", "b@mlyn.example", "c@mlyn.example"}
    forced = (await office.post(f"/v1/messages/{mail}/tasks", {"on_duplicate": "create"}))["items"]
    assert [item["result"] for item in forced] == ["created"] * 3
    assert len(await office.announced(TaskCreated)) == 6
    assert (await office.post(f"/v1/messages/{new_id()}/tasks", {}, expect=404))["code"] == "message_has_no_invitations"


async def test_a_date_of_a_series_is_answered_by_itself(office: Office) -> None:
    await office.hear(a_mail_with("REQUEST", an_event(UID, rrule="FREQ=WEEKLY;COUNT=3")))
    moved = an_event(
        UID,
        recurrence_id=at("2026-12-07T10:00"),
        sequence=1,
        dtstamp=LATER,
        starts=at("2026-12-08T15:00"),
        ends=at("2026-12-08T16:00"),
    )
    mail = a_mail_with("REQUEST", moved, sender=Address(email="obcy@zly.example"))
    await office.hear(mail)
    (record,) = await office.records(mail)
    assert record["outcome"] == "review"
    await office.post(f"/v1/invitations/{record['id']}/tasks", {})
    assert {task["recurrence_id"] for task in await office.tasks(uid=UID)} == {None, "2026-12-07T09:00:00Z"}


async def test_what_cannot_become_a_task(office: Office) -> None:
    reply = a_mail_with("REPLY", an_event(UID))
    await office.hear(reply)
    (record,) = await office.records(reply)
    assert (await office.post(f"/v1/invitations/{record['id']}/tasks", {}, expect=409))["code"] == "not_an_invitation"
    refused = await office.post(f"/v1/invitations/{record['id']}/cancellation", {"confirm": True}, expect=409)
    assert refused["code"] == "not_a_cancellation"
    assert (await office.post(f"/v1/invitations/{new_id()}/tasks", {}, expect=404))["code"] == "invitation_not_found"


async def test_a_record_has_a_version(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID), invitation_policy="ask")
    await office.hear(request)
    (record,) = await office.records(request)
    path = f"/v1/invitations/{record['id']}"
    answer = await office.client.get(path)
    assert (answer.headers["etag"], answer.json()) == ('"1"', record)
    await office.post(f"{path}/tasks", {}, expect=412, headers={"if-match": '"9"'})
    await office.post(f"{path}/tasks", {}, expect=201, headers={"if-match": '"1"'})
    await office.post(f"{path}/tasks", {"on_duplicate": "create"}, expect=412, headers={"if-match": '"1"'})


async def test_what_waits_can_be_dismissed_once(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID), invitation_policy="ask")
    await office.hear(request)
    (record,) = await office.records(request)
    path = f"/v1/invitations/{record['id']}/dismissal"
    dismissed = await office.post(path, {})
    assert (dismissed["outcome"], dismissed["reason"], dismissed["decided_by"]) == (
        "ignored",
        "dismissed_by_hand",
        "tester",
    )
    assert [one.outcome for one in await office.announced(InvitationDecided)] == ["ignored"]
    assert (await office.post(path, {}, expect=409))["code"] == "nothing_to_decide"
    await office.post(f"/v1/invitations/{record['id']}/tasks", {}, expect=201)


async def test_what_waits_can_simply_be_confirmed(office: Office) -> None:
    await office.hear(a_mail_with("REQUEST", an_event(UID)))
    forged = a_mail_with(
        "REQUEST",
        an_event(UID, sequence=3, dtstamp=LATER, summary="Nowy temat"),
        sender=Address(email="obcy@zly.example"),
    )
    await office.hear(forged)
    (record,) = await office.records(forged)
    assert record["outcome"] == "review"
    answer = await office.post(f"/v1/invitations/{record['id']}/confirmation", {})
    assert answer["result"] == "updated"
    assert (await office.tasks(uid=UID))[0]["title"] == "Nowy temat"
    assert (await office.post(f"/v1/invitations/{record['id']}/confirmation", {}, expect=409))[
        "code"
    ] == "nothing_to_confirm"


async def test_two_people_deciding_at_once_make_one_task(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID), invitation_policy="ask")
    await office.hear(request)
    path = f"/v1/invitations/{(await office.records(request))[0]['id']}/tasks"
    answers = await asyncio.gather(*(office.client.post(path, json={}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await office.tasks(uid=UID)) == 1


def test_people_and_mail_wait_for_each_other(office: Office) -> None:
    assert subscription(office.parts.desk).lock == f"consumer.{CONSUMER}"
