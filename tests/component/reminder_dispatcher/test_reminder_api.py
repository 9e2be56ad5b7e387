"""Settings, templates and the delivery log over HTTP."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from reminder_desk import ACCOUNT, ANNA, DAY_BEFORE, EMAIL, NOW, OFFICE, SMS, START, Desk, clients, created, operators

from contracts.reminders import ReminderSettingsChanged, TemplateChanged
from kit.testing.web import signed_token

DUE = START - DAY_BEFORE


async def put(desk: Desk, body: dict[str, Any], **headers: str) -> Any:
    return await desk.http.put("/v1/reminder-settings", json=body, headers=headers)


async def template_named(desk: Desk, name: str) -> dict[str, Any]:
    items = (await desk.http.get("/v1/templates")).json()["items"]
    found: dict[str, Any] = next(one for one in items if one["name"] == name)
    return found


# ---- settings


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
    await desk.set_up(mail_account_id=str(uuid4()), client={"channels": [{"channel": "email"}]})
    assert await open_steps() == ["mail_account"]


# ---- templates


@pytest.mark.parametrize(
    ("template", "pointer", "detail"),
    [
        ({"body": "{{termin}}"}, "/body", "There is no merge field {{termin}}. Did you mean {{termin_od}}?"),
        ({"body": "{% if x %}"}, "/body", "{% stands alone."),
        ({"body": "x", "subject": "{{foo.bar}}"}, "/subject", "There is no merge field {{foo.bar}}."),
        ({"body": "x", "html": "<b>{{ 7*7 }}</b>"}, "/html", "There is no merge field {{7*7}}."),
    ],
)
async def test_unknown_merge_fields_are_refused_when_saved(
    desk: Desk, template: dict[str, Any], pointer: str, detail: str
) -> None:
    answer = await desk.http.post("/v1/templates", json={"name": "T", "channel": "email", **template})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "unusable_template"
    assert problem["errors"][0]["pointer"] == pointer
    assert problem["errors"][0]["detail"].startswith(detail)


@pytest.mark.parametrize(
    "template",
    [
        {"name": "", "channel": "sms", "body": "x"},
        {"name": "a\nb", "channel": "sms", "body": "x"},
        {"name": "T", "channel": "sms", "body": ""},
        {"name": "T", "channel": "sms", "body": "x" * 2_001},
        {"name": "T", "channel": "sms", "body": "x", "subject": "an SMS has none"},
        {"name": "T", "channel": "sms", "body": "x", "bcc": ["a@b.pl"]},
        {"name": "T", "channel": "email", "body": "x", "bcc": ["a@b.pl\r\nTo: c@d.pl"]},
        {"name": "T", "channel": "email", "body": "x", "subject": "a\r\nBcc: c@d.pl"},
        {"name": "T", "channel": "email", "body": "x", "contexts": ["No Way"]},
        {"name": "T", "channel": "email", "body": "x", "contexts": []},
        {"name": "T", "channel": "email", "body": "x\u0000"},
        {"name": "T", "channel": "email", "body": "x", "id": str(uuid4())},
    ],
)
async def test_templates_that_cannot_be(desk: Desk, template: dict[str, Any]) -> None:
    assert (await desk.http.post("/v1/templates", json=template)).status_code == 422


async def test_one_default_for_each_place_and_language(desk: Desk) -> None:
    """features R79, R81."""
    body = {"name": "Nasz SMS", "channel": "sms", "body": "{{tytul}}", "contexts": ["client"], "is_default": True}
    mine = (await desk.http.post("/v1/templates", json=body)).json()
    assert mine["is_default"] is True
    assert (await template_named(desk, "Przypomnienie dla klienta (SMS)"))["is_default"] is False
    assert (await template_named(desk, "Reminder to the client (SMS)"))["is_default"] is True
    told = {one.template_id: one.is_default for one in await desk.announced(TemplateChanged)}
    assert list(told.values()).count(False) == 1

    url = f"/v1/templates/{mine['id']}"
    changed = await desk.http.patch(url, json={"contexts": ["operator"], "body": "{{numer}}"})
    assert (changed.json()["is_default"], changed.json()["version"]) == (True, 2)
    assert (await template_named(desk, "Przypomnienie dla operatora (SMS)"))["is_default"] is False
    off = await desk.http.patch(url, json={"is_default": False})
    assert off.json()["is_default"] is False
    assert (await desk.http.patch(url, json={"name": None})).status_code == 422
    assert (await desk.http.patch(url, json={"subject": "x"})).status_code == 422
    stale = await desk.http.patch(url, json={"name": "X"}, headers={"if-match": '"1"'})
    assert stale.status_code == 412


async def test_deleted_template_gives_way_to_the_default(desk: Desk) -> None:
    await desk.set_up()
    body = {"name": "Krótki", "channel": "sms", "body": "Tylko tytuł: {{tytul}}"}
    mine = (await desk.http.post("/v1/templates", json=body)).json()
    await desk.hear(created(reminders=clients(SMS.model_copy(update={"template_id": UUID(mine["id"])}))))
    await desk.set_up(client={"channels": [{"channel": "sms", "template_id": mine["id"]}]})
    used = await desk.http.delete(f"/v1/templates/{mine['id']}")
    assert (used.status_code, used.json()["code"]) == (409, "template_in_use")
    await desk.set_up()
    assert (await desk.http.delete(f"/v1/templates/{mine['id']}")).status_code == 204
    assert (await desk.http.get(f"/v1/templates/{mine['id']}")).status_code == 404
    await desk.at(DUE)
    assert desk.gateway.taken[0].text.startswith("Przypominamy o terminie")


async def test_chosen_template_is_used(desk: Desk) -> None:
    await desk.set_up()
    body = {"name": "Z ogonkami", "channel": "sms", "body": "Żółty {{tytul}}", "diacritics": "keep", "max_segments": 1}
    mine = (await desk.http.post("/v1/templates", json=body)).json()
    await desk.hear(created(reminders=clients(SMS.model_copy(update={"template_id": UUID(mine["id"])}))))
    await desk.at(DUE)
    assert (desk.gateway.taken[0].text, desk.gateway.taken[0].encoding) == ("Żółty Przegląd pieca", "UCS-2")


async def test_preview_shows_text_and_price(desk: Desk) -> None:
    """features R76."""
    body = {"channel": "sms", "body": "Żółty {{tytul}} {{miejsce}} " + "ą" * 60}
    folded = (await desk.http.post("/v1/templates/preview", json=body)).json()
    assert folded["text"].startswith("Zolty Spotkanie w sprawie umowy")
    assert (folded["sms"]["encoding"], folded["sms"]["segments"]) == ("GSM-7", 1)
    kept = (await desk.http.post("/v1/templates/preview", json={**body, "diacritics": "keep"})).json()
    assert (kept["sms"]["encoding"], kept["sms"]["segments"]) == ("UCS-2", 2)

    await desk.hear(*[created(title="Prawdziwe zadanie", account_id=None, contact_ids=[])])
    task = (await desk.reminders())[0]["task_id"]
    real = {
        "channel": "email",
        "subject": "{{tytul}}",
        "body": "{{termin_od}} {{kontrahent}}",
        "html": "<p>{{tytul}}</p>",
    }
    shown = (await desk.http.post("/v1/templates/preview", json={**real, "task_id": task, "locale": "en"})).json()
    assert shown["subject"] == "Prawdziwe zadanie"
    assert shown["text"].strip() == "Monday, 23 November 2026, 13:00"
    assert (shown["html"], shown["empty_fields"], shown["sms"]) == ("<p>Prawdziwe zadanie</p>", ["account.name"], None)

    saved = await template_named(desk, "Przypomnienie dla klienta (SMS)")
    assert (await desk.http.post("/v1/templates/preview", json={"template_id": saved["id"]})).json()["sms"][
        "segments"
    ] == 1
    for wrong, status in (
        ({"body": "x"}, 422),
        ({**body, "body": "{{x}}"}, 422),
        ({**body, "task_id": str(uuid4())}, 404),
    ):
        assert (
            await desk.http.post("/v1/templates/preview", json={**body, **wrong} if "channel" in wrong else wrong)
        ).status_code == status


async def test_merge_fields_are_listed(desk: Desk) -> None:
    fields = {one["name"]: one for one in (await desk.http.get("/v1/merge-fields")).json()}
    assert fields["task.start"]["aliases"] == ["termin_od"]
    assert fields["task.end"]["sample"] == "poniedziałek, 30 listopada 2026, 10:00"


# ---- the log


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


# ---- doors


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/reminder-settings", "reminders:read"),
        ("PUT", "/v1/reminder-settings", "reminders:write"),
        ("GET", "/v1/reminder-settings/readiness", "reminders:read"),
        ("GET", "/v1/reminder-channels", "reminders:read"),
        ("GET", "/v1/templates", "reminders:read"),
        ("POST", "/v1/templates", "reminders:write"),
        ("POST", "/v1/templates/preview", "reminders:read"),
        ("GET", "/v1/merge-fields", "reminders:read"),
        ("GET", "/v1/reminders", "reminders:read"),
        ("GET", "/v1/reminders/counts", "reminders:read"),
        ("POST", f"/v1/reminders/{UUID(int=1)}/resend", "reminders:write"),
        ("POST", f"/v1/reminders/{UUID(int=1)}/cancel", "reminders:write"),
        ("POST", f"/v1/reminders/{UUID(int=1)}/snooze", "reminders:write"),
    ],
)
async def test_every_door_asks_for_a_token_with_the_right_scope(desk: Desk, method: str, path: str, scope: str) -> None:
    body = {} if method in ("POST", "PUT") else None

    async def status(token: str | None) -> int:
        headers = {"authorization": f"Bearer {token}"} if token else {"authorization": ""}
        return (await desk.http.request(method, path, json=body, headers=headers)).status_code

    assert await status(None) == 401
    assert await status("nonsense") == 401
    assert await status(signed_token("tasks:read")) == 403
    assert await status(signed_token(scope)) not in (401, 403, 500)


async def test_documents_and_health_are_served(desk: Desk) -> None:
    assert (await desk.http.get("/openapi.json")).status_code == 200
    asyncapi = (await desk.http.get("/asyncapi.json")).text
    assert "reminder.sent.v1" in asyncapi
    assert "task.created.v1" in asyncapi
    assert (await desk.http.get("/health/ready")).status_code == 200
    assert "goniec_reminder_attempts" in (await desk.http.get("/metrics")).text


# ---- quiet hours and digests


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


async def test_owner_is_told_in_one_mail_what_was_missed(desk: Desk) -> None:
    """reliability B7."""
    from contracts.directory import EmployeeChanged

    await desk.set_up()
    boss, user = uuid4(), uuid4()
    await desk.hear(EmployeeChanged(employee_id=boss, name="Szef", email="szef@firma.example", user_id=user))
    await desk.hear(*(created(title=f"Zadanie {n}", created_by=user) for n in range(3)), created(title="Nie jego"))
    await desk.hear(created(starts_at=NOW + timedelta(hours=1), title="Za późno zaplanowane", created_by=user))
    await desk.at(DUE + timedelta(hours=2))
    assert await desk.parts.digests.tell() == 0  # gathered for a while
    desk.clock.advance(timedelta(minutes=3))
    assert await desk.parts.digests.tell() == 2
    assert await desk.parts.digests.tell() == 0
    mails = {mail["To"].addresses[0].addr_spec: mail for mail in desk.mails()}
    assert mails["szef@firma.example"]["Subject"] == "Niewysłane przypomnienia: 3"
    text = mails["szef@firma.example"].get_content()
    assert "Zadanie 0, początek 23.11.2026, 13:00: klient, SMS (termin wysyłki 22.11.2026, 13:00)" in text
    assert "Za późno" not in text
    assert mails["anna@firma.example"]["Subject"] == "Niewysłane przypomnienia: 1"


async def test_digest_waits_for_a_mail_server_that_is_away(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(assignee_ids=[ANNA]))
    await desk.at(DUE + timedelta(hours=2))
    desk.clock.advance(timedelta(minutes=3))
    desk.sink.answer("EHLO", "421 away")
    assert await desk.parts.digests.tell() == 0
    desk.sink.behave()
    desk.clock.advance(timedelta(minutes=8))
    assert await desk.parts.digests.tell() == 1
    assert len(desk.mails()) == 1
