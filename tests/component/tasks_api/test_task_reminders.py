"""The reminders of one task: defaults copied, channels, numbers and who can be reached (features R2-R22)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tasks_office import Office, reminder_settings

from contracts.reminders import ReminderDelivered, ReminderFact, ReminderFailed, ReminderSent, TemplateChanged
from contracts.tasks import AudiencePlan, ChannelPlan, TaskCreated, TaskUpdated
from kit.testing.web import signed_token


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
                "address_origin": None,
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


# ---- channels, templates, addresses


async def test_a_plan_without_channels_has_those_of_the_automation_or_an_sms(office: Office) -> None:
    """features R7, R8, R35."""
    await office.hear(reminder_settings(operator=AudiencePlan()))
    task = await office.task()
    path = f"/v1/tasks/{task['id']}/reminders"
    client = await office.put(f"{path}/client", {"enabled": True})
    assert [(one["channel"], one["lead_time"]) for one in client["channels"]] == [("sms", "PT2H")]
    operator = await office.put(f"{path}/operator", {"enabled": True})
    assert [(one["channel"], one["lead_time"]) for one in operator["channels"]] == [("sms", "P1D")]
    assert (await office.put(f"{path}/operator", {"enabled": False}))["channels"] == []
    in_app = await office.put(f"{path}/operator", {"enabled": True, "channels": [{"channel": "app"}]})
    assert in_app["channels"][0]["channel"] == "app"
    await office.put(f"{path}/client", {"enabled": True, "channels": [{"channel": "app"}]}, expect=422)


async def test_copies_are_shown_as_the_chosen_template_says(office: Office) -> None:
    """features R18, R19: for both audiences; another template, other copies."""
    usual, chosen = UUID(int=21), UUID(int=22)
    told = {"channel": "email", "locale": "pl"}
    everywhere = {"is_default": True, "default_contexts": ["client", "operator"]}
    await office.hear(
        reminder_settings(),
        TemplateChanged(template_id=usual, name="Zwykły", bcc=["biuro@nasza.example"], **told, **everywhere),
        TemplateChanged(template_id=chosen, name="Z kopią", bcc=["a@nasza.example", "b@nasza.example"], **told),
        TemplateChanged(template_id=UUID(int=23), name="Krótki", channel="sms"),
    )
    path = f"/v1/tasks/{(await office.task())['id']}/reminders"
    for audience in ("client", "operator"):
        plain = await office.put(f"{path}/{audience}", {"enabled": True, "channels": [{"channel": "email"}]})
        assert plain["channels"][0]["bcc"] == ["biuro@nasza.example"]
        other = {"enabled": True, "channels": [{"channel": "email", "template_id": str(chosen)}, {"channel": "sms"}]}
        await office.put(f"{path}/{audience}", other)
        shown = (await office.get(path))[audience]["channels"]
        assert [one["bcc"] for one in shown] == [["a@nasza.example", "b@nasza.example"], []]
    await office.hear(TemplateChanged(template_id=chosen, name="Z kopią", deleted=True, **told))
    assert (await office.get(path))["client"]["channels"][0]["bcc"] == ["biuro@nasza.example"]
    wrong = {"enabled": True, "channels": [{"channel": "email", "template_id": str(UUID(int=23))}]}
    refused = await office.put(f"{path}/client", wrong, expect=422)
    assert refused["errors"][0]["pointer"] == "#/channels/0/template_id"


async def test_address_is_that_of_the_contact_else_of_the_account(office: Office) -> None:
    """features R17."""
    await office.hear(reminder_settings())
    account = await office.account("Młyn", "biuro@mlyn.example")
    anna = await office.contact(account, "Anna", "anna@mlyn.example", "ania@mlyn.example")
    task = await office.task(account_id=account)
    path = f"/v1/tasks/{task['id']}/reminders/client"

    async def options() -> list[tuple[str, str, bool]]:
        items = (await office.get(f"{path}/email-options"))["items"]
        return [(one["address"], one["origin"], one["default"]) for one in items]

    assert await options() == [("biuro@mlyn.example", "account.email", True)]
    await office.patch(f"/v1/tasks/{task['id']}", {"contact_ids": [anna]})
    assert await options() == [
        ("anna@mlyn.example", "contact.email", True),
        ("ania@mlyn.example", "contact.email", False),
        ("biuro@mlyn.example", "account.email", False),
    ]
    addresses = ["ania@mlyn.example", "ktos@inny.example"]
    plan = {"enabled": True, "channels": [{"channel": "email", "address": address} for address in addresses]}
    kept = (await office.put(path, plan))["channels"]
    assert [one["address_origin"] for one in kept] == ["contact.email", "manual"]


async def test_numbers_of_the_employee_a_task_is_with(office: Office) -> None:
    """features R13: an examination of an employee, who is reminded as a client is."""
    await office.hear(reminder_settings())
    jan = await office.employee("Jan", "jan@nasza.example", phone="+48600100200")
    task = await office.task("Badania", party_employee_id=jan)
    assert (task["party_employee_id"], task["account_id"]) == (jan, None)
    path = f"/v1/tasks/{task['id']}/reminders/client"
    (number,) = (await office.get(f"{path}/phone-options"))["items"]
    assert (number["phone"], number["origin"], number["name"], number["default"]) == (
        "+48600100200", "employee.phone", "Jan", True,
    )  # fmt: skip
    (address,) = (await office.get(f"{path}/email-options"))["items"]
    assert (address["address"], address["origin"], address["default"]) == (
        "jan@nasza.example", "employee.email", True,
    )  # fmt: skip
    plan = {"enabled": True, "channels": [{"channel": "sms", "phone": "600 100 200"}]}
    assert (await office.put(path, plan))["channels"][0]["phone_origin"] == "employee.phone"
    assert str((await office.announced(TaskUpdated))[-1].task.party_employee_id) == jan

    account = {"account_id": await office.account()}
    both = await office.patch(f"/v1/tasks/{task['id']}", account, expect=422)
    assert both["errors"][0]["pointer"] == "#/party_employee_id"
    moved = await office.patch(f"/v1/tasks/{task['id']}", {**account, "party_employee_id": None})
    assert (moved["party_employee_id"], moved["account_id"]) == (None, account["account_id"])
    nobody = {"title": "x", "party_employee_id": str(UUID(int=404))}
    assert (await office.post("/v1/tasks", nobody, expect=422))["errors"][0]["pointer"] == "#/party_employee_id"


@pytest.mark.parametrize("number", ["12345", "+44 7700 900123", "+48 60123456", "brak"])
async def test_number_that_no_sms_can_go_to_is_refused_when_saved(office: Office, number: str) -> None:
    """features R14, R71, R72."""
    await office.hear(reminder_settings())
    path = f"/v1/tasks/{(await office.task())['id']}/reminders/client"
    plan = {"enabled": True, "channels": [{"channel": "sms", "phone": number}]}
    assert (await office.put(path, plan, expect=422))["errors"][0]["pointer"] == "#/channels/0/phone"


# ---- reminders of one's own


async def test_own_reminders_are_many_and_nobody_elses(office: Office) -> None:
    """features W26."""
    await office.hear(reminder_settings(mail_account_id=None))
    jan, ewa = await office.employee("Jan"), await office.employee("Ewa")
    task = await office.task(assignee_ids=[jan, ewa])
    path = f"/v1/tasks/{task['id']}/reminders/mine"

    def signed_in(employee: str) -> dict[str, str]:
        token = signed_token("tasks:read", "tasks:write", user_id=UUID(int=9), employee_id=UUID(employee))
        return {"authorization": f"Bearer {token}"}

    at = "2026-12-01T08:00:00Z"
    wanted = {"reminders": [{"lead_time": "P1D"}, {"lead_time": "PT15M", "channel": "sms"}, {"at": at}]}
    kept = await office.put(path, wanted, headers=signed_in(jan))
    assert [(one["channel"], one["lead_time"], one["at"]) for one in kept["reminders"]] == [
        ("app", "P1D", None),
        ("sms", "PT15M", None),
        ("app", None, at),
    ]
    await office.put(path, {"reminders": [{"lead_time": "PT1H"}]}, headers=signed_in(ewa))
    told = (await office.announced(TaskUpdated))[-1].task.reminders.personal
    assert sorted(str(one.employee_id) for one in told) == sorted([jan, jan, jan, ewa])
    assert (await office.client.get(path, headers=signed_in(jan))).json() == kept
    await office.put(path, {"reminders": []}, headers=signed_in(jan))
    assert len((await office.announced(TaskUpdated))[-1].task.reminders.personal) == 1
    for wrong in ({}, {"lead_time": "PT1H", "at": at}, {"lead_time": "-PT1H"}):
        await office.put(path, {"reminders": [wrong]}, headers=signed_in(jan), expect=422)
    by_mail = {"reminders": [{"lead_time": "PT1H", "channel": "email"}]}
    assert (await office.put(path, by_mail, headers=signed_in(jan), expect=422))["code"] == "mail_account_required"
    assert (await office.put(path, {"reminders": []}, expect=409))["code"] == "no_employee"


# ---- what became of them


async def test_reminders_stand_on_the_timeline_of_the_task(office: Office) -> None:
    await office.hear(reminder_settings())
    task = await office.task()
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)

    def told(kind: type[ReminderFact], number: int, minutes: int, **fields: Any) -> ReminderFact:
        values: dict[str, Any] = {"audience": "client", "channel": "sms", **fields}
        at = noon + timedelta(minutes=minutes)
        return kind(reminder_id=UUID(int=number), task_id=UUID(task["id"]), due_at=noon, at=at, **values)

    sent = told(ReminderSent, 1, 0, preview="Przypominamy o terminie", user_id=UUID(int=7))
    await office.hear(sent, told(ReminderFailed, 2, 1, channel="email", audience="operator", reason="smtp_refused"))
    await office.hear(told(ReminderDelivered, 1, 2, user_id=UUID(int=7)), told(ReminderSent, 3, 3, about="case"))
    first = await office.get(f"/v1/tasks/{task['id']}/timeline", limit=2)
    assert [(one["kind"], one["text"], one["data"]["status"]) for one in first["items"]] == [
        ("sms", "Przypominamy o terminie", "delivered"),
        ("email", "", "failed"),
    ]
    assert [one["by"] for one in first["items"]] == [f"user:{UUID(int=7)}", "reminder-dispatcher"]  # features R32
    rest = await office.get(f"/v1/tasks/{task['id']}/timeline", limit=2, cursor=first["next"])
    assert [(one["kind"], one["text"]) for one in rest["items"]] == [("change", "created")]
    assert rest["next"] is None
    assert (await office.client.get(f"/v1/tasks/{UUID(int=5)}/timeline")).status_code == 404
