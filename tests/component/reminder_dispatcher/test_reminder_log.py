"""The log of reminders, and what a person does with one of them."""

from datetime import timedelta
from uuid import uuid4

from reminder_desk import ACCOUNT, ANNA, DAY_BEFORE, EMAIL, NOW, SMS, START, Desk, clients, created, operators

DUE = START - DAY_BEFORE


async def test_log_is_filtered_and_paged(desk: Desk) -> None:
    await desk.set_up()
    tasks = [created(reminders=clients(SMS, EMAIL)) for _ in range(4)]
    await desk.hear(*tasks)
    task_id = str(tasks[0].task.task_id)
    assert len(await desk.reminders(task_id=task_id)) == 2
    assert len(await desk.reminders(status="armed", channel="sms")) == 4
    assert await desk.reminders(status="sent") == []
    assert len(await desk.reminders(account_id=str(ACCOUNT), about="task")) == 8
    assert await desk.reminders(employee_id=str(ANNA)) == []
    assert await desk.reminders(case_number=1) == []
    assert (await desk.http.get("/v1/reminders", params={"audience": "nobody"})).status_code == 422
    first = (await desk.http.get("/v1/reminders", params={"limit": 5})).json()
    rest = (await desk.http.get("/v1/reminders", params={"limit": 5, "cursor": first["next"]})).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (5, 3, None)
    assert not {one["id"] for one in first["items"]} & {one["id"] for one in rest["items"]}
    assert (await desk.http.get("/v1/reminders", params={"status": "lost"})).status_code == 422
    assert first["items"][0]["recipient"] in ("+48601000001", "jan@klient.example")  # where it would go now
    counts = (await desk.http.get("/v1/reminders/counts")).json()
    assert {(one["channel"], one["status"], one["reminders"]) for one in counts} == {
        ("sms", "armed", 4),
        ("email", "armed", 4),
    }


async def test_single_reminder_has_the_shape_of_the_contract(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created())
    listed = await desk.only()
    shown = (await desk.http.get(f"/v1/reminders/{listed['id']}")).json()
    assert shown == listed
    assert {"id", "task_id", "recurrence_id", "audience", "channel", "recipient", "due_at", "status", "attempts",
            "rfc_message_id"} <= shown.keys()  # fmt: skip
    missing = await desk.http.get(f"/v1/reminders/{uuid4()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "reminder_not_found")


async def test_cancelled_by_hand_stays_cancelled(desk: Desk) -> None:
    from reminder_desk import changed

    await desk.set_up()
    task = created()
    await desk.hear(task)
    url = f"/v1/reminders/{(await desk.only())['id']}"
    assert (await desk.http.post(f"{url}/cancel")).json()["reason"] == "cancelled_by_hand"
    assert (await desk.http.post(f"{url}/cancel")).status_code == 409
    await desk.hear(changed(task, title="Inny tytuł"))
    await desk.at(DUE)
    assert desk.gateway.taken == []


async def test_snoozed_reminder_leaves_later(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=operators(SMS)))
    url = f"/v1/reminders/{(await desk.only())['id']}/snooze"
    later = DUE + timedelta(hours=2)
    assert (await desk.http.post(url, json={"until": later.isoformat()})).status_code == 200
    await desk.at(DUE)
    assert desk.gateway.taken == []
    await desk.set_up(quiet_hours={"from": "20:00", "to": "08:00"})  # what a person planned is not planned anew
    await desk.at(later)
    reminder = await desk.only()
    assert (reminder["status"], reminder["late"]) == ("sent", False)
    for body in ({}, {"for": "PT1H", "until": later.isoformat()}, {"until": NOW.isoformat()}, {"for": "1 hour"}):
        assert (await desk.http.post(url, json=body)).status_code in (409, 422)


async def test_client_cannot_be_snoozed_past_the_start(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created())
    url = f"/v1/reminders/{(await desk.only())['id']}/snooze"
    assert (await desk.http.post(url, json={"until": START.isoformat()})).status_code == 422


async def test_failed_reminder_is_sent_again_on_request(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(account_id=None, contact_ids=[]))
    await desk.at(DUE)
    failed = await desk.only()
    assert failed["status"] == "failed"
    from contracts.tasks import TaskState, TaskUpdated

    # somebody put the address right meanwhile
    known = TaskState.model_validate(
        {"task_id": failed["task_id"], "version": 2, "starts_at": START, "account_id": ACCOUNT, "title": "X",
         "reminders": clients(SMS).model_dump()}
    )  # fmt: skip
    await desk.hear(TaskUpdated(task=known))
    await desk.at(DUE + timedelta(hours=3))
    assert (await desk.http.post(f"/v1/reminders/{failed['id']}/resend")).status_code == 202
    await desk.dispatch()
    again = await desk.only()
    assert (again["id"], again["status"], len(again["attempts"])) == (failed["id"], "sent", 2)


async def test_sent_reminder_leaves_twice_only_when_asked_for_by_name(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=clients(EMAIL)))
    await desk.at(DUE)
    url = f"/v1/reminders/{(await desk.only())['id']}/resend"
    assert (await desk.http.post(url)).json()["code"] == "already_sent"
    answer = await desk.http.post(url, json={"again": True})
    assert answer.status_code == 202
    await desk.dispatch()
    first, second = await desk.reminders()
    assert (first["generation"], second["generation"], second["status"]) == (1, 2, "sent")
    assert len({mail["Message-ID"] for mail in desk.mails()}) == 2
