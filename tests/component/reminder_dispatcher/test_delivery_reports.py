"""Gateways tell whether an SMS arrived (features R78, reliability B15)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from reminder_desk import DAY_BEFORE, START, Desk, FakeGateway, created, desk_parts, desk_settings, make_app

from contracts.reminders import ReminderDelivered, ReminderFailed
from kit.testing import FixedClock
from kit.testing.fixtures import OpenDatabase
from kit.testing.smtp_sink import SmtpSink
from kit.testing.web import client_of

SECRET = "a-secret-of-the-gateway"
DUE = START - DAY_BEFORE


@pytest_asyncio.fixture
async def desk(open_database: OpenDatabase, clock: FixedClock, sink: SmtpSink, tmp_path: Path) -> AsyncIterator[Desk]:
    database = await open_database("reminder_dispatcher")
    gateway = FakeGateway()
    settings = desk_settings(tmp_path, report_secret=SECRET, public_url="https://x.example")
    parts = desk_parts(settings, database, clock, sink, gateway)
    app = make_app(parts)
    async with client_of(app) as http:
        yield Desk(database, clock, parts, app, http, sink, gateway)


async def test_report_makes_a_sent_sms_delivered_once(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created())
    await desk.at(DUE)
    query = {"MsgId": "g-1", "status": "404", "idx": desk.gateway.taken[0].reference}
    url = f"/v1/delivery-reports/smsapi/{SECRET}"
    for _ in range(2):
        answer = await desk.http.get(url, params=query, headers={"authorization": ""})
        assert (answer.status_code, answer.text) == (200, "OK")
    reminder = await desk.only()
    assert reminder["status"] == "delivered"
    assert reminder["delivered_at"] is not None
    assert len(await desk.announced(ReminderDelivered)) == 1
    await desk.http.get(url, params={**query, "status": "405"})  # afterwards nothing changes
    assert (await desk.only())["status"] == "delivered"


async def test_undelivered_sms_is_failed(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created())
    await desk.at(DUE)
    form = {"MessageSid": "g-1", "MessageStatus": "undelivered"}
    assert (await desk.http.post(f"/v1/delivery-reports/twilio/{SECRET}", data=form)).status_code == 200
    reminder = await desk.only()
    assert (reminder["status"], reminder["reason"]) == ("failed", "undelivered")
    assert [one.reason for one in await desk.announced(ReminderFailed)] == ["undelivered undelivered"]


async def test_serwersms_pushes_what_became_of_several(desk: Desk) -> None:
    """features R78, reliability B15: by its own id or by our reference, as a form or as a list in JSON."""
    await desk.set_up()
    await desk.hear(created(), created(), created())
    await desk.at(DUE)
    url = f"/v1/delivery-reports/serwersms/{SECRET}"
    assert (await desk.http.post(url, data={"id": "g-1", "status": "delivered"})).status_code == 200
    rest = [
        {"unique_id": desk.gateway.taken[1].reference, "status": "undelivered"},
        {"smsid": "g-3", "stan": "Doręczono"},
        {"id": "nobody-knows-it", "status": "delivered"},
        "garbage",
    ]
    for _ in range(2):
        assert (await desk.http.post(url, json=rest)).status_code == 200
    became = {
        one["gateway_id"]: one["status"] for one in [a | r for r in await desk.reminders() for a in r["attempts"]]
    }
    assert became == {"g-1": "delivered", "g-2": "failed", "g-3": "delivered"}
    assert (await desk.http.post("/v1/delivery-reports/serwersms/wrong", json=rest)).status_code == 404


async def test_report_about_a_lost_answer_settles_it(desk: Desk) -> None:
    from reminder_dispatcher.channels.role import OutcomeUnknown

    await desk.set_up()
    await desk.hear(created())
    desk.gateway.answers = [OutcomeUnknown("answer_lost")]
    await desk.at(DUE)
    assert await desk.statuses() == ["unknown"]
    report = {"reference": (await desk.only())["id"], "status": "delivered"}
    assert (await desk.http.post(f"/v1/delivery-reports/http/{SECRET}", json=report)).status_code == 200
    assert await desk.statuses() == ["delivered"]


async def test_reports_of_strangers_and_about_strangers_change_nothing(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created())
    await desk.at(DUE)
    reference = desk.gateway.taken[0].reference
    wrong = await desk.http.get("/v1/delivery-reports/smsapi/guessed", params={"idx": reference, "status": "404"})
    assert wrong.status_code == 404
    url = f"/v1/delivery-reports/smsapi/{SECRET}"
    for query in ({"idx": "0" * 32, "status": "404"}, {"MsgId": "other", "status": "404"}, {"status": "404"}, {}):
        assert (await desk.http.get(url, params=query)).status_code == 200
    assert (
        await desk.http.post(
            f"/v1/delivery-reports/http/{SECRET}", content=b"{", headers={"content-type": "application/json"}
        )
    ).status_code == 422
    assert await desk.statuses() == ["sent"]


async def test_report_before_anything_was_sent_is_ignored(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created())
    reference = (await desk.only())["id"].replace("-", "")
    await desk.http.get(f"/v1/delivery-reports/smsapi/{SECRET}", params={"idx": reference, "status": "404"})
    assert await desk.statuses() == ["armed"]


async def test_without_a_secret_there_is_no_door(desk: Desk) -> None:
    object.__setattr__(desk.parts.settings, "report_secret", None)
    assert (await desk.http.get("/v1/delivery-reports/smsapi/None")).status_code == 404
