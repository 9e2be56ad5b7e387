"""The reminders of one task: defaults copied, channels, numbers and who can be reached (features R2-R22)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tasks_office import Office, reminder_settings

from contracts.tasks import AudiencePlan, ChannelPlan, TaskCreated, TaskUpdated


@pytest.fixture
def office(laptop: Office) -> Office:
    return laptop


SMS_2H = AudiencePlan(enabled=True, channels=[ChannelPlan(channel="sms", lead_time=timedelta(hours=2))])


async def test_without_the_automation_there_is_no_tab(office: Office) -> None:
    task = await office.task()
    assert task["reminders"] is None
    path = f"/v1/tasks/{task['id']}/reminders"
    for audience in ("client", "operator"):
        refused = await office.put(f"{path}/{audience}", {"enabled": True}, expect=409)
        assert refused["code"] == "automat_disabled"
    assert (await office.client.get(path)).json()["code"] == "automat_disabled"


async def test_ticked_defaults_are_copied_into_a_new_task_each_audience_by_itself(office: Office) -> None:
    await office.hear(reminder_settings(client_use_as_default=True, client=SMS_2H))
    task = await office.task()
    assert task["reminders"]["client"] == {
        "enabled": True,
        "channels": [
            {
                "channel": "sms",
                "template_id": None,
                "lead_time": "PT2H",
                "address": None,
                "phone": None,
                "phone_origin": None,
            }
        ],
    }
    assert task["reminders"]["operator"] == {"enabled": False, "channels": []}
    assert (await office.announced(TaskCreated))[0].task.reminders.client == SMS_2H
    await office.hear(reminder_settings(version=2))
    assert (await office.get(f"/v1/tasks/{task['id']}"))["reminders"]["client"]["enabled"]
    assert not (await office.task())["reminders"]["client"]["enabled"]


async def test_older_settings_do_not_replace_newer_ones(office: Office) -> None:
    await office.hear(reminder_settings(version=5))
    await office.hear(reminder_settings(version=4, enabled=False))
    assert (await office.task())["reminders"] is not None


async def test_the_form_is_decided_on_the_task(office: Office) -> None:
    await office.hear(reminder_settings())
    task = await office.task()
    path = f"/v1/tasks/{task['id']}/reminders"
    plan = {"enabled": True, "channels": [{"channel": "sms", "lead_time": "PT30M", "phone": "601 234 567"}]}
    kept = await office.put(f"{path}/client", plan)
    assert kept["channels"][0]["phone"] == "+48601234567"
    assert kept["channels"][0]["phone_origin"] == "manual"
    (told,) = await office.announced(TaskUpdated)
    assert told.changed == ["reminders"]
    assert told.task.reminders.client.channels[0].lead_time == timedelta(minutes=30)
    await office.put(f"{path}/operator", {"enabled": True, "channels": [{"channel": "sms"}]})
    both = await office.get(path)
    assert (both["client"]["enabled"], both["operator"]["enabled"]) == (True, True)
    await office.put(f"{path}/client", {"enabled": False}, expect=412, headers={"if-match": '"1"'})


async def test_what_is_refused(office: Office) -> None:
    await office.hear(reminder_settings(mail_account_id=None))
    account = await office.account("Młyn")
    anna = await office.contact(account, "Anna")
    task = await office.task()
    path = f"/v1/tasks/{task['id']}/reminders"

    async def refused(audience: str, channel: dict[str, Any]) -> Any:
        return await office.put(f"{path}/{audience}", {"enabled": True, "channels": [channel]}, expect=422)

    assert (await refused("client", {"channel": "email"}))["code"] == "mail_account_required"
    assert (await refused("operator", {"channel": "sms", "phone": "601234567"}))["errors"][0][
        "pointer"
    ] == "#/channels/0/phone"
    assert (await refused("client", {"channel": "sms", "phone": "brak"}))["errors"][0][
        "pointer"
    ] == "#/channels/0/phone"
    assert (await refused("client", {"channel": "fax"}))["code"] == "invalid"
    assert (await refused("client", {"channel": "sms", "lead_time": "-PT1H"}))["code"] == "invalid"
    body = {"title": "Telefon", "kind": "interaction", "account_id": account, "contact_ids": [anna]}
    call = await office.post("/v1/tasks", body)
    answer = await office.put(f"/v1/tasks/{call['id']}/reminders/client", {"enabled": True}, expect=422)
    assert answer["code"] == "reminders_only_for_tasks"
    await office.post(f"/v1/tasks/{task['id']}/complete")
    assert (await office.put(f"{path}/client", {"enabled": True}, expect=409))["code"] == "task_completed"


async def test_numbers_of_the_contact_come_first(office: Office) -> None:
    await office.hear(reminder_settings())
    account = await office.account("Młyn", phone="221234567", sms_phone="600100100")
    anna = await office.contact(account, "Anna", sms_phone="601000001", mobile="601000002", phone="601000003")
    task = await office.task(account_id=account)
    path = f"/v1/tasks/{task['id']}/reminders/client/phone-options"

    async def options() -> list[tuple[str, str, bool]]:
        return [(one["phone"], one["origin"], one["default"]) for one in (await office.get(path))["items"]]

    assert await options() == [
        ("+48600100100", "account.sms_phone", True),
        ("+48221234567", "account.phone", False),
    ]
    await office.patch(f"/v1/tasks/{task['id']}", {"contact_ids": [anna]})
    assert await options() == [
        ("+48601000001", "contact.sms_phone", True),
        ("+48601000002", "contact.mobile", False),
        ("+48601000003", "contact.phone", False),
    ]
    plan = {"enabled": True, "channels": [{"channel": "sms", "phone": "601000002"}]}
    chosen = await office.put(f"/v1/tasks/{task['id']}/reminders/client", plan)
    assert chosen["channels"][0]["phone_origin"] == "contact.mobile"
    await office.patch(f"/v1/contacts/{anna}", {"active": False})
    assert await options() == []


async def test_who_is_to_be_reminded_must_be_reachable(office: Office) -> None:
    await office.hear(reminder_settings())
    jan = await office.employee("Jan", "jan@nasza.example")
    ewa = await office.employee("Ewa", phone="601234567")
    task = await office.task(participants=[{"employee_id": jan}, {"employee_id": ewa}])
    both = {"enabled": True, "channels": [{"channel": "sms"}, {"channel": "email"}]}
    path = f"/v1/tasks/{task['id']}/reminders/operator"
    refused = await office.put(path, both, expect=422)
    assert refused["code"] == "participant_unreachable"
    assert [one["pointer"] for one in refused["errors"]] == ["#/participants/0/phone", "#/participants/1/email"]
    people = [{"employee_id": jan, "phone": "602234567"}, {"employee_id": ewa, "remind": False}]
    await office.patch(f"/v1/tasks/{task['id']}", {"participants": people})
    await office.put(path, both)
    refused = await office.patch(f"/v1/tasks/{task['id']}", {"participants": [{"employee_id": ewa}]}, expect=422)
    assert refused["errors"][0]["pointer"] == "#/participants/0/email"


async def test_a_moment_to_be_reminded_at(office: Office) -> None:
    await office.hear(reminder_settings())
    task = await office.task(remind_at="2026-12-01T08:00:00+01:00")
    assert task["reminders"]["remind_at"] == "2026-12-01T07:00:00Z"
    assert (await office.announced(TaskCreated))[0].task.reminders.remind_at is not None
    changed = await office.patch(f"/v1/tasks/{task['id']}", {"remind_at": None})
    assert changed["reminders"]["remind_at"] is None
