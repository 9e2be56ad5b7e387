"""Templates over HTTP: kept, checked, previewed, one default for each place."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from reminder_desk import DAY_BEFORE, SMS, START, Desk, clients, created

from contracts.reminders import TemplateChanged

DUE = START - DAY_BEFORE


async def template_named(desk: Desk, name: str) -> dict[str, Any]:
    items = (await desk.http.get("/v1/templates")).json()["items"]
    found: dict[str, Any] = next(one for one in items if one["name"] == name)
    return found


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
