"""Sender names of SMS: pending until their owner stated that they may be used and the gateway agrees (features R74, R75)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from reminder_desk import DAY_BEFORE, START, Desk, FakeGateway, created

from kit.testing.web import signed_token
from reminder_dispatcher.channels.role import NotEver, NotNow, SenderState
from reminder_dispatcher.sender_names import SenderNames

DUE = START - DAY_BEFORE
URL = "/v1/sender-names"
MINE = {"statement": "Nazwa naszej firmy, KRS 0000000001"}


class GatewayWithNames(FakeGateway):
    """One that can be asked: it answers, or raises, what it is told to."""

    says: SenderState | Exception = "pending"

    async def sender_state(self, name: str) -> SenderState:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


def asking(desk: Desk, says: SenderState | Exception) -> GatewayWithNames:
    gateway = GatewayWithNames()
    gateway.says = says
    desk.parts.sender_names = SenderNames(desk.database, gateway)
    return gateway


async def state(desk: Desk, name: str, **headers: str) -> dict[str, Any]:
    answer = await desk.http.put(f"{URL}/{name}/statement", json=MINE, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(desk: Desk) -> dict[str, Any]:
    steps = (await desk.http.get("/v1/reminder-settings/readiness")).json()["steps"]
    found: dict[str, Any] = next(one for one in steps if one["step"] == "sms_sender")
    return found


async def senders(desk: Desk, *, at: int) -> list[str | None]:
    """What the SMS of a new task bears."""
    await desk.hear(created())
    desk.clock.set(DUE)
    await desk.dispatch()
    assert len(desk.gateway.taken) == at
    return [sms.sender for sms in desk.gateway.taken]


async def test_name_is_used_once_its_owner_has_stated_that_it_may_be(desk: Desk) -> None:
    """A gateway that cannot be asked leaves it to the statement."""
    await desk.set_up(sms_sender="Firma XYZ", client={"channels": [{"channel": "sms"}]})
    (waiting,) = (await desk.http.get(URL)).json()["items"]
    assert (waiting["name"], waiting["status"], waiting["statement"]) == ("Firma XYZ", "pending", None)
    assert "the statement of its owner" in (await step(desk))["detail"]
    assert await senders(desk, at=1) == [None]
    assert "'Firma XYZ' is not approved" in (await desk.only())["attempts"][0]["detail"]

    token = signed_token("reminders:write", user_id=UUID(int=7), name="Kasia")
    stated = await state(desk, "firma xyz", authorization=f"Bearer {token}")
    assert (stated["name"], stated["status"], stated["gateway_says"]) == ("Firma XYZ", "approved", None)
    assert stated["statement"]["text"] == MINE["statement"]
    assert stated["statement"]["by"] == {"user_id": str(UUID(int=7)), "name": "Kasia"}
    assert (await step(desk))["done"]
    assert await senders(desk, at=2) == [None, "Firma XYZ"]

    back = await desk.http.delete(f"{URL}/Firma XYZ/statement")
    assert (back.json()["status"], back.json()["statement"]) == ("pending", None)
    assert await senders(desk, at=3) == [None, "Firma XYZ", None]


async def test_gateway_that_can_be_asked_has_the_last_word(desk: Desk) -> None:
    gateway = asking(desk, "unlisted")
    await desk.set_up(sms_sender="Firma", client={"channels": [{"channel": "sms"}]})
    told = await state(desk, "Firma")
    assert (told["status"], told["gateway_says"]) == ("pending", "unlisted")
    assert "the approval of the gateway" in (await step(desk))["detail"]
    gateway.says = NotNow("gateway_away")
    assert (await desk.http.post(f"{URL}/Firma/check")).json() == told
    gateway.says = "approved"
    await desk.parts.sender_names.ask_about_all()
    approved = (await desk.http.get(f"{URL}/Firma")).json()
    assert (approved["status"], approved["gateway_says"], approved["version"]) == ("approved", "approved", 4)
    gateway.says = "refused"
    assert (await desk.http.post(f"{URL}/Firma/check")).json()["status"] == "pending"


async def test_an_approved_name_without_a_statement_is_not_used(desk: Desk) -> None:
    asking(desk, "approved")
    await desk.http.post(URL, json={"name": "Cudza"})
    told = (await desk.http.post(f"{URL}/Cudza/check")).json()
    assert (told["status"], told["gateway_says"]) == ("pending", "approved")


@pytest.mark.storage
async def test_name_that_a_gateway_refuses_is_left_out_of_the_next_attempt(desk: Desk) -> None:
    await desk.set_up(sms_sender="Firma")
    await state(desk, "Firma")
    desk.gateway.answers = [NotEver("sender_refused", "SMSAPI 14", whole_channel=True)]
    assert await senders(desk, at=1) == ["Firma"]
    assert (await desk.http.get(f"{URL}/Firma")).json()["gateway_says"] == "refused"
    (rests,) = [one for one in (await desk.http.get("/v1/reminder-channels")).json() if one["reason"]]

    await desk.at(datetime.fromisoformat(rests["paused_until"]))
    assert [sms.sender for sms in desk.gateway.taken] == ["Firma", None]
    assert await desk.statuses() == ["sent"]


@pytest.mark.storage
async def test_names_are_unique_kept_and_taken_away(desk: Desk) -> None:
    added = await desk.http.post(URL, json={"name": "Firma"})
    assert (added.status_code, added.headers["location"], added.headers["etag"]) == (201, f"{URL}/Firma", '"1"')
    again = await desk.http.post(URL, json={"name": "FIRMA"})
    assert (again.status_code, again.json()["code"]) == (409, "sender_name_exists")
    await desk.http.put("/v1/reminder-settings", json={"sms_sender": "firma"})
    used = await desk.http.delete(f"{URL}/Firma")
    assert (used.status_code, used.json()["code"]) == (409, "sender_name_in_use")
    await desk.http.put("/v1/reminder-settings", json={})
    stale = await desk.http.delete(f"{URL}/Firma", headers={"if-match": '"7"'})
    assert stale.status_code == 412
    assert (await desk.http.delete(f"{URL}/Firma")).status_code == 204
    assert (await desk.http.get(f"{URL}/Firma")).json()["code"] == "sender_name_not_found"


@pytest.mark.parametrize("sender", ["Zażółć", "DwanascieZnak", "a.b", "", " ", " Firma"])
async def test_sender_names_that_gateways_refuse(desk: Desk, sender: str) -> None:
    assert (await desk.http.put("/v1/reminder-settings", json={"sms_sender": sender})).status_code == 422
    assert (await desk.http.post(URL, json={"name": sender})).status_code == 422
