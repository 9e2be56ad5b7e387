"""The settings of the automation over HTTP, and what is missing before it works (features R1-R7, R31, R34-R37)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from reminder_desk import DAY_BEFORE, EMAIL, OFFICE, SMS, START, Desk, clients, created, mail_account

from contracts.reminders import ReminderSettingsChanged, TemplateChanged

DUE = START - DAY_BEFORE


async def put(desk: Desk, body: dict[str, Any], **headers: str) -> Any:
    return await desk.http.put("/v1/reminder-settings", json=body, headers=headers)


async def template_named(desk: Desk, name: str) -> dict[str, Any]:
    items = (await desk.http.get("/v1/templates")).json()["items"]
    found: dict[str, Any] = next(one for one in items if one["name"] == name)
    return found


async def test_a_new_installation_has_reminders_off_and_templates_ready(desk: Desk) -> None:
    answer = await desk.http.get("/v1/reminder-settings")
    assert answer.json() == {
        "enabled": False,
        "mail_account_id": None,
        "quiet_hours": None,
        "late_grace": "PT30M",
        "client": {"use_as_default": False, "channels": []},
        "operator": {"use_as_default": False, "channels": []},
        "unanswered_cases": {"enabled": False, "after": "PT24H", "channels": [], "employee_ids": []},
        "waiting_invitations": {"enabled": False, "after": "PT24H", "channels": [], "employee_ids": []},
        "sms_sender": None,
        "run_as_user_id": None,
    }
    items = (await desk.http.get("/v1/templates")).json()["items"]
    places = {
        (one["channel"], context, one["locale"]) for one in items for context in one["contexts"] if one["is_default"]
    }
    audiences = ("client", "operator", "case", "invitation")
    assert places == {(c, a, lang) for c in ("sms", "email") for a in audiences for lang in ("pl", "en")}
    told = await desk.announced(TemplateChanged)
    assert len(told) == 16
    assert {one.default_contexts[0] for one in told} == set(audiences)


async def test_what_get_gives_is_what_put_takes(desk: Desk) -> None:
    sms = await template_named(desk, "Przypomnienie dla klienta (SMS)")
    body = {
        "enabled": True,
        "mail_account_id": str(OFFICE),
        "quiet_hours": {"from": "20:00", "to": "08:00"},
        "late_grace": "PT15M",
        "client": {
            "use_as_default": True,
            "channels": [
                {"channel": "sms", "template_id": sms["id"], "lead_time": "P1D"},
                {"channel": "email", "lead_time": "PT1H30M"},
            ],
        },
        "operator": {"use_as_default": False, "channels": [{"channel": "email", "lead_time": "PT0S"}]},
    }
    answer = await put(desk, body)
    assert answer.status_code == 200
    shown = answer.json()
    assert [one["lead_time"] for one in shown["client"]["channels"]] == ["PT24H", "PT1H30M"]
    assert shown["operator"]["channels"][0] == {"channel": "email", "template_id": None, "lead_time": "PT0M"}
    assert shown["quiet_hours"]["when_too_late"] == "early"
    again = await put(desk, (await desk.http.get("/v1/reminder-settings")).json())
    assert again.json() == shown
    told = (await desk.announced(ReminderSettingsChanged))[-1]
    assert (told.enabled, told.client_use_as_default, told.operator_use_as_default) == (True, True, False)
    assert told.client.channels[0].lead_time == timedelta(days=1)


async def test_settings_are_guarded_by_their_version(desk: Desk) -> None:
    etag = (await desk.http.get("/v1/reminder-settings")).headers["etag"]
    assert (await put(desk, {"enabled": False}, **{"if-match": etag})).status_code == 200
    refused = await put(desk, {"enabled": False}, **{"if-match": etag})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"enabled": True, "colour": "red"}, None, None),
        ({"late_grace": "-PT5M"}, None, None),
        ({"late_grace": "PT5S"}, None, None),
        ({"client": {"channels": [{"channel": "fax"}]}}, None, None),
        ({"client": {"channels": [{"channel": "sms"}, {"channel": "sms", "lead_time": "P1D"}]}}, None, None),
        ({"quiet_hours": {"from": "20:00"}}, None, None),
        ({"quiet_hours": {"from": "20:00", "to": "20:00"}}, None, None),
        ({"quiet_hours": {"from": "20:00", "to": "08:00", "timezone": "Mars/Base"}}, None, None),
        ({"quiet_hours": {"from": "20:00", "to": "08:00", "country": "XX"}}, None, None),
        ({"operator": {"channels": [{"channel": "email"}]}}, "mail_account_required", "/operator/channels/0"),
        (
            {"client": {"channels": [{"channel": "sms", "template_id": str(uuid4())}]}},
            "unusable_settings",
            "/client/channels/0/template_id",
        ),
    ],
)
async def test_settings_that_cannot_be(desk: Desk, body: dict[str, Any], code: str | None, pointer: str | None) -> None:
    answer = await put(desk, body)
    assert answer.status_code == 422, answer.text
    if code is not None:
        assert answer.json()["code"] == code
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_template_of_the_other_channel_is_refused(desk: Desk) -> None:
    mail = await template_named(desk, "Przypomnienie dla klienta (e-mail)")
    answer = await put(desk, {"client": {"channels": [{"channel": "sms", "template_id": mail["id"]}]}})
    assert (answer.status_code, answer.json()["code"]) == (422, "unusable_settings")


async def test_readiness_lists_what_is_missing(desk: Desk) -> None:
    """features R31."""

    async def open_steps() -> list[str]:
        told = (await desk.http.get("/v1/reminder-settings/readiness")).json()
        assert told["ready"] is not any(step["required"] and not step["done"] for step in told["steps"])
        return [step["step"] for step in told["steps"] if not step["done"]]

    assert await open_steps() == ["mail_account", "enabled"]
    await desk.set_up(client={"channels": [{"channel": "email"}, {"channel": "sms"}]})
    assert await open_steps() == [], "the desk's gateway stands for a real one"
    await desk.set_up(client={"channels": [{"channel": "email"}]})
    await desk.hear(mail_account(OFFICE, deleted=True))
    assert await open_steps() == ["mail_account"]


async def test_new_quiet_hours_hold_what_is_armed_already(desk: Desk) -> None:
    """features R39, R77."""
    await desk.set_up()
    night = datetime.fromisoformat("2026-11-24T21:00:00+01:00")
    await desk.hear(created(starts_at=night + timedelta(days=1), reminders=clients(SMS, EMAIL)))
    assert {one["planned_at"] == one["due_at"] for one in await desk.reminders()} == {True}
    await desk.set_up(quiet_hours={"from": "20:00", "to": "08:00"})
    planned = {one["channel"]: one["planned_at"] for one in await desk.reminders()}
    assert planned == {"email": "2026-11-24T20:00:00Z", "sms": "2026-11-25T07:00:00Z"}
    await desk.at(night)
    assert desk.gateway.taken == []
    await desk.at(datetime.fromisoformat("2026-11-25T08:00:00+01:00"))
    assert len(desk.gateway.taken) == 1
    assert (await desk.only(channel="sms"))["late"] is False
    await desk.set_up(quiet_hours=None)
    await desk.hear(created(starts_at=night + timedelta(days=3)))
    assert (await desk.only(status="armed"))["planned_at"] == "2026-11-26T20:00:00Z"
