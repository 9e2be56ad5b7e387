"""On whose behalf reminders are sent (features R32), and who took one back, put it off or sent it again (issue 6, point 5)."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from reminder_desk import (
    ANNA,
    BOSS,
    DAY_BEFORE,
    EMAIL,
    FORMER,
    NOW,
    OFFICE,
    SMS,
    START,
    Desk,
    clients,
    created,
    operators,
)

from contracts.directory import CardErased, EmployeeChanged, UserChanged
from contracts.mail import MailAccountChanged
from contracts.reminders import ReminderDelivered, ReminderSent, ReminderSettingsChanged
from contracts.tasks import ChannelPlan
from kit.testing.web import signed_token
from reminder_dispatcher.delivery_reports import DeliveryReport
from reminder_dispatcher.reporting import take_reports
from reminder_dispatcher.repository import automation as repository
from reminder_dispatcher.settings_keeping import tell_again_after_upgrade

DUE = START - DAY_BEFORE
KASIA = UUID(int=0xD1)


def as_user(user_id: UUID = KASIA, name: str = "Kasia", **more: Any) -> dict[str, str]:
    token = signed_token("reminders:read", "reminders:write", user_id=user_id, name=name, **more)
    return {"authorization": f"Bearer {token}"}


async def acting(desk: Desk) -> dict[str, Any]:
    steps = (await desk.http.get("/v1/reminder-settings/readiness")).json()["steps"]
    found: dict[str, Any] = next(step for step in steps if step["step"] == "run_as")
    return found


# ---- on whose behalf


async def test_reminders_are_sent_on_behalf_of_a_user(desk: Desk) -> None:
    await desk.set_up(run_as_user_id=str(BOSS))
    assert (await desk.http.get("/v1/reminder-settings")).json()["run_as_user_id"] == str(BOSS)
    await desk.hear(created(reminders=clients(SMS, EMAIL)))
    await desk.at(DUE)
    for one in await desk.reminders():
        assert one["attempts"][0]["run_as"] == {"user_id": str(BOSS), "name": "Szef"}
    assert {one.user_id for one in await desk.announced(ReminderSent)} == {BOSS}
    sms = next(one for one in await desk.reminders() if one["channel"] == "sms")
    async with desk.database.transaction() as session:
        await take_reports(session, [DeliveryReport("delivered", "404", UUID(sms["id"]))], now=DUE)
    assert [one.user_id for one in await desk.announced(ReminderDelivered)] == [BOSS]


async def test_a_user_who_left_is_shown_and_holds_nothing_up(desk: Desk) -> None:
    await desk.set_up(run_as_user_id=str(BOSS))
    assert await acting(desk) == {
        "step": "run_as", "done": True, "required": False, "detail": "Reminders are sent on behalf of Szef.",
    }  # fmt: skip
    await desk.hear(UserChanged(user_id=BOSS, version=2, name="Szef", active=False))
    assert not (await acting(desk))["done"]
    await desk.hear(created())
    await desk.at(DUE)
    assert await desk.statuses() == ["sent"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"run_as_user_id": str(uuid4())}, "/run_as_user_id"),
        ({"run_as_user_id": str(FORMER)}, "/run_as_user_id"),
        ({"mail_account_id": str(uuid4())}, "/mail_account_id"),
    ],
)
async def test_who_is_not_there_is_refused_when_saved(desk: Desk, body: dict[str, Any], pointer: str) -> None:
    answer = await desk.http.put("/v1/reminder-settings", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "unusable_settings")
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_what_was_heard_counts_before_anybody_is_asked(desk: Desk) -> None:
    gone = MailAccountChanged(
        mail_account_id=OFFICE, name="Biuro", address="b@firma.example", timezone="UTC", deleted=True
    )
    await desk.hear(gone, UserChanged(user_id=KASIA, name="Kasia"))
    refused = await desk.http.put("/v1/reminder-settings", json={"mail_account_id": str(OFFICE)})
    assert refused.json()["errors"][0]["pointer"] == "/mail_account_id"
    taken = await desk.http.put("/v1/reminder-settings", json={"run_as_user_id": str(KASIA)})
    assert taken.status_code == 200


async def test_an_upgraded_installation_says_its_settings_once_more(desk: Desk) -> None:
    """features R33: so that mail-ingest knows which account it must keep."""
    await desk.set_up()
    said = len(await desk.announced(ReminderSettingsChanged))
    for expected in (True, False):
        async with desk.database.transaction() as session:
            if expected:
                await repository.note_told_shape(session, 0)
            assert await tell_again_after_upgrade(session) is expected
    told = await desk.announced(ReminderSettingsChanged)
    assert (len(told), told[-1].mail_account_id) == (said + 1, OFFICE)


# ---- who did it


@pytest.mark.storage
async def test_the_log_says_who_did_what(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(), created())
    first, second = await desk.reminders()
    until = (NOW + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    url = "/v1/reminders"
    await desk.http.post(f"{url}/{first['id']}/snooze", json={"until": until}, headers=as_user())
    await desk.http.post(f"{url}/{second['id']}/cancel", headers=as_user(BOSS, "Szef"))
    await desk.at(NOW + timedelta(hours=1))
    again = await desk.http.post(f"{url}/{first['id']}/resend", json={"again": True}, headers=as_user(BOSS, "Szef"))
    assert again.status_code == 202
    log = {one["id"]: one["history"] for one in await desk.reminders()}
    kasia, boss = {"user_id": str(KASIA), "name": "Kasia"}, {"user_id": str(BOSS), "name": "Szef"}
    assert [(one["action"], one["by"], one["until"]) for one in log[first["id"]]] == [
        ("snoozed", kasia, until),
        ("resent", boss, None),
    ]
    assert [(one["action"], one["by"]) for one in log[second["id"]]] == [("cancelled", boss)]
    assert [(one["action"], one["by"]) for one in log[again.json()["id"]]] == [("resent", boss)]
    program = await desk.http.post(f"{url}/{first['id']}/resend", json={"again": True})
    assert program.status_code == 409  # one waits already
    shown = (await desk.http.get(f"{url}/{second['id']}")).json()["history"][0]
    assert shown["at"] == NOW.isoformat().replace("+00:00", "Z")


async def test_operators_put_away_what_they_were_told(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=operators(ChannelPlan(channel="app", lead_time=DAY_BEFORE))))
    await desk.at(DUE)
    notice = await desk.only()
    anna = as_user(KASIA, "Anna", employee_id=ANNA)
    later = await desk.http.post(f"/v1/me/reminders/{notice['id']}/snooze", json={"for": "PT10M"}, headers=anna)
    await desk.at(DUE + timedelta(minutes=10))
    for _ in range(2):
        await desk.http.post(f"/v1/me/reminders/{later.json()['id']}/dismiss", headers=anna)
    log = {one["id"]: [did["action"] for did in one["history"]] for one in await desk.reminders()}
    assert log == {notice["id"]: ["snoozed"], later.json()["id"]: ["snoozed", "dismissed"]}


@pytest.mark.storage
async def test_an_erased_person_has_no_name_in_the_log(desk: Desk) -> None:
    """reliability D13."""
    await desk.set_up(run_as_user_id=str(BOSS))
    await desk.hear(EmployeeChanged(employee_id=ANNA, version=2, name="Anna Nowak", user_id=BOSS), created(), created())
    await desk.http.post(f"/v1/reminders/{(await desk.reminders())[0]['id']}/cancel", headers=as_user(BOSS, "Szef"))
    await desk.at(DUE)
    await desk.hear(
        CardErased(kind="employee", card_id=ANNA), UserChanged(user_id=BOSS, version=9, name="", active=False)
    )
    assert "Szef" not in str(await desk.reminders())
