"""Reminders where operators work: shown, streamed, put away, told again; those people set for themselves; trials of templates."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from reminder_desk import ANNA, DAY_BEFORE, EMAIL, NOW, PIOTR, SMS, START, Desk, changed, clients, created, operators

from contracts.directory import EmployeeChanged
from contracts.reminders import ReminderDelivered, ReminderDue
from contracts.tasks import ChannelPlan, PersonalReminder, ReminderPlan
from kit.testing.web import signed_token
from reminder_dispatcher.channels.role import NotEver
from reminder_dispatcher.notices import watch_notices

DUE = START - DAY_BEFORE
APP = ChannelPlan(channel="app", lead_time=DAY_BEFORE)


def as_employee(employee: UUID) -> dict[str, str]:
    return {"authorization": f"Bearer {signed_token('reminders:read', employee_id=employee)}"}


async def shown(desk: Desk, employee: UUID) -> list[dict[str, Any]]:
    answer = await desk.http.get("/v1/me/reminders/due", headers=as_employee(employee))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_operator_sees_what_is_due_and_puts_it_away(desk: Desk) -> None:
    """features R59: `reminder.due` is said of every channel; `app` needs neither number nor address."""
    await desk.set_up()
    await desk.hear(EmployeeChanged(employee_id=ANNA, version=2, name="Anna Nowak"))
    await desk.hear(created(reminders=operators(APP), assignee_ids=[ANNA]))
    await desk.hear(created(reminders=operators(SMS), assignee_ids=[PIOTR], title="Bez numeru"))
    assert await shown(desk, ANNA) == []
    await desk.at(DUE)
    (notice,) = await shown(desk, ANNA)
    assert (notice["title"], notice["channel"], notice["status"]) == ("Przegląd pieca", "app", "delivered")
    assert (
        notice["text"]
        == "Zadanie CRM/1/2026: Przegląd pieca, poniedziałek, 23 listopada 2026, 13:00. Klient sp. z o.o."
    )
    assert [one.channel for one in await desk.announced(ReminderDue) if one.employee_id == ANNA] == ["app"]
    assert [one.channel for one in await desk.announced(ReminderDelivered)] == ["app"]
    assert [one["title"] for one in await shown(desk, PIOTR)] == ["Bez numeru"]  # told here, though no SMS could leave
    url = f"/v1/me/reminders/{notice['id']}/dismiss"
    assert (await desk.http.post(url, headers=as_employee(PIOTR))).status_code == 404
    assert (await desk.http.post(url, headers=as_employee(ANNA))).json()["dismissed_at"] is not None
    assert await shown(desk, ANNA) == []
    nobody = {"authorization": f"Bearer {signed_token('reminders:read')}"}
    assert (await desk.http.get("/v1/me/reminders/due", headers=nobody)).json()["code"] == "no_employee"
    assert desk.mails() == []


async def test_snoozed_notice_comes_again(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=operators(APP)))
    await desk.at(DUE)
    (notice,) = await shown(desk, ANNA)
    url = f"/v1/me/reminders/{notice['id']}/snooze"
    again = await desk.http.post(url, json={"for": "PT10M"}, headers=as_employee(ANNA))
    assert (again.status_code, again.json()["status"]) == (200, "armed")
    assert await shown(desk, ANNA) == []
    assert (await desk.http.post(url, json={"for": "PT10M"}, headers=as_employee(ANNA))).status_code == 409
    await desk.at(DUE + timedelta(minutes=10))
    (second,) = await shown(desk, ANNA)
    assert (second["id"], second["late"]) == (again.json()["id"], False)


async def test_stream_tells_each_reminder_as_it_comes(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(
        created(reminders=operators(APP)), created(reminders=operators(APP), starts_at=START + timedelta(hours=1))
    )
    told: list[str] = []

    async def watch() -> None:
        since = NOW - timedelta(days=1)
        async for notice in watch_notices(desk.database, desk.parts.bell, ANNA, since=since):
            if notice is not None:
                told.append(str(notice.reminder.id))
            if len(told) == 2:
                return

    watching = asyncio.create_task(watch())
    await desk.at(DUE)
    await desk.at(DUE + timedelta(hours=1))
    await asyncio.wait_for(watching, 3)
    assert told == [one["id"] for one in await desk.reminders()]


async def test_stream_is_made_of_server_sent_events(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=operators(APP)))
    await desk.at(DUE)
    headers = {**as_employee(ANNA), "last-event-id": NOW.isoformat()}
    desk.parts.bell.close()  # the service stops: whoever watches is told what there is and goes home
    desk.parts.bell.is_closed = False

    async def stop() -> None:
        await asyncio.sleep(0.2)
        desk.parts.bell.close()

    stopping = asyncio.create_task(stop())
    answer = await desk.http.get("/v1/me/reminders/stream", headers=headers)
    await stopping
    assert answer.headers["content-type"].startswith("text/event-stream")
    (event,) = [block for block in answer.text.split("\n\n") if block.startswith("event: reminder.due")]
    data = orjson.loads(event.partition("data: ")[2])
    assert data["title"] == "Przegląd pieca"
    assert f"id: {DUE.isoformat()}" in event


async def test_own_reminders_are_for_one_person_and_change_with_the_task(desk: Desk) -> None:
    """features W26, W6."""
    await desk.set_up()
    own = [
        PersonalReminder(employee_id=ANNA, channel="app", lead_time=timedelta(hours=2)),
        PersonalReminder(employee_id=ANNA, channel="sms", lead_time=timedelta(minutes=15)),
        PersonalReminder(employee_id=PIOTR, channel="email", at=NOW + timedelta(hours=5)),
    ]
    task = created(reminders=ReminderPlan(personal=own))
    await desk.hear(task)
    assert [(one["employee_id"], one["channel"], one["lead_time"]) for one in await desk.reminders()] == [
        (str(PIOTR), "email", None),
        (str(ANNA), "app", "PT120M"),
        (str(ANNA), "sms", "PT15M"),
    ]
    await desk.at(NOW + timedelta(hours=5))
    assert [mail["To"].addresses[0].addr_spec for mail in desk.mails()] == ["piotr@firma.example"]
    await desk.hear(changed(task, reminders=ReminderPlan(personal=own[:1])))
    assert [one["status"] for one in await desk.reminders()] == ["sent", "armed", "suppressed"]


async def test_template_is_tried_before_anybody_gets_it(desk: Desk) -> None:
    await desk.set_up(sms_sender="Firma XYZ")
    await desk.http.put("/v1/sender-names/Firma XYZ/statement", json={"statement": "To nasza firma"})
    items = (await desk.http.get("/v1/templates", params={"context": "client"})).json()["items"]
    by_channel = {one["channel"]: f"/v1/templates/{one['id']}/test" for one in items if one["locale"] == "pl"}
    sms = (await desk.http.post(by_channel["sms"], json={"to": "600 100 300"})).json()
    assert (sms["outcome"], sms["recipient"], sms["segments"]) == ("sent", "+48600100300", 1)
    assert desk.gateway.taken[0].sender == "Firma XYZ"  # features R75
    mail = (await desk.http.post(by_channel["email"], json={"to": "ja@firma.example"})).json()
    assert mail["outcome"] == "sent"
    assert desk.mails()[0]["Subject"].startswith("[Próba] Przypomnienie: Spotkanie")
    assert desk.mails()[0]["Message-ID"] == f"<{mail['rfc_message_id']}>"
    desk.gateway.answers = [NotEver("no_credit", "SMSAPI 103", whole_channel=True)]
    refused = (await desk.http.post(by_channel["sms"], json={"to": "600 100 300"})).json()
    assert (refused["outcome"], refused["reason"]) == ("refused", "no_credit")
    for url, to in ((by_channel["sms"], "+44 7700 900123"), (by_channel["email"], "nikt")):
        wrong = await desk.http.post(url, json={"to": to})
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "#/to")
    assert await desk.reminders() == []


async def test_empty_merge_fields_are_told_in_the_log(desk: Desk) -> None:
    """features R82."""
    await desk.set_up()
    body = {"name": "T", "channel": "sms", "body": "{{tytul}} {{miejsce}}", "contexts": ["client"], "is_default": True}
    assert (await desk.http.post("/v1/templates", json=body)).status_code == 201
    await desk.hear(created())
    await desk.at(DUE)
    assert "Empty: task.location." in (await desk.only())["attempts"][0]["detail"]


async def test_ticked_defaults_are_sms_unless_something_else_is_said(desk: Desk) -> None:
    """features R35."""
    answer = await desk.http.put("/v1/reminder-settings", json={"client": {"use_as_default": True}})
    assert answer.json()["client"]["channels"] == [{"channel": "sms", "template_id": None, "lead_time": "PT24H"}]
    in_app = {"client": {"channels": [{"channel": "app"}]}}
    assert (await desk.http.put("/v1/reminder-settings", json=in_app)).status_code == 422
    await desk.set_up(operator={"channels": [{"channel": "app"}]})


async def test_clients_are_not_shown_in_anybodys_list(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=clients(EMAIL)))
    await desk.at(DUE)
    assert await shown(desk, ANNA) == []
