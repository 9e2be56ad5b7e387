"""Webhooks: told once what they want to hear, signed, again until it arrives, and everything can be looked up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook
from tests.component.kit.telling_parrot import PARROT, Parrot, Receiver, a_receiver, parrot_with

from kit.database import Database
from kit.testing import FixedClock, InMemoryBus
from kit.testing.fixtures import OpenDatabase
from kit.testing.waiting import until
from kit.testing.web import signed_token

pytestmark = pytest.mark.storage
DAY = timedelta(days=1)


@pytest.fixture
async def database(open_database: OpenDatabase) -> Database:
    return await open_database(PARROT)


@pytest.fixture
async def parrot(database: Database, clock: FixedClock, bus: InMemoryBus) -> AsyncIterator[Parrot]:
    clock.set(datetime.now(UTC))  # receivers check the time of signatures by their own clock
    async with parrot_with(database, clock, bus) as parrot:
        yield parrot


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with a_receiver() as receiver:
        yield receiver


async def add(parrot: Parrot, url: str, *types: str) -> dict[str, Any]:
    answer = await parrot.http.post("/v1/webhooks", json={"url": url, "types": list(types) or ["*"]})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/webhooks/{answer.json()['id']}"
    return dict(answer.json())


async def shown(parrot: Parrot, webhook: dict[str, Any]) -> dict[str, Any]:
    return dict((await parrot.http.get(f"/v1/webhooks/{webhook['id']}")).json())


async def deliveries(parrot: Parrot, webhook: dict[str, Any], **wanted: str) -> list[dict[str, Any]]:
    answer = await parrot.http.get(f"/v1/webhooks/{webhook['id']}/deliveries", params=wanted)
    return list(answer.json()["items"])


async def whole(parrot: Parrot, webhook: dict[str, Any], delivery: dict[str, Any]) -> dict[str, Any]:
    return dict((await parrot.http.get(f"/v1/webhooks/{webhook['id']}/deliveries/{delivery['id']}")).json())


async def test_each_event_is_told_once_in_order_and_signed(parrot: Parrot, receiver: Receiver) -> None:
    await parrot.say(0)
    await until(parrot.all_published)
    webhook = await add(parrot, receiver.url, "mail.parroted")
    await parrot.say(1)
    await parrot.echo(2)
    await parrot.say(3, 4)
    await until(lambda: len(receiver.calls) >= 3)
    assert receiver.numbers() == [1, 3, 4]
    for call in receiver.calls:
        assert Webhook(webhook["secret"]).verify(call.body, call.headers)["id"] == call.headers["webhook-id"]
    await until(lambda: _all_in(parrot, webhook, "delivered", 3))
    first = (await deliveries(parrot, webhook))[-1]
    log = (await whole(parrot, webhook, first))["log"]
    assert [(attempt["status"], attempt["detail"]) for attempt in log] == [(204, "")]
    assert (first["type"], first["due_at"], first["attempts"]) == ("mail.parroted.v1", None, 1)
    assert "secret" not in await shown(parrot, webhook)
    assert 'goniec_webhook_posts_total{outcome="2xx"} 3.0' in (await parrot.http.get("/metrics")).text


async def _all_in(parrot: Parrot, webhook: dict[str, Any], state: str, count: int) -> bool:
    return len(await deliveries(parrot, webhook, state=state)) == count


async def test_what_fails_is_tried_again_until_the_url_is_given_up(
    parrot: Parrot, receiver: Receiver, clock: FixedClock
) -> None:
    receiver.answer = lambda call: (503, {"retry-after": "600"}) if call == 1 else (500, {})
    webhook = await add(parrot, receiver.url)
    await parrot.say(1)
    await until(lambda: _attempts(parrot, webhook, 1))
    (waiting,) = await deliveries(parrot, webhook, state="waiting")
    assert datetime.fromisoformat(waiting["due_at"]) - clock.now() >= timedelta(seconds=600)
    for attempts in range(2, 7):
        assert (await shown(parrot, webhook))["state"] == "active"
        clock.advance(timedelta(hours=27))
        parrot.wake_webhooks()
        await until(lambda attempts=attempts: _attempts(parrot, webhook, attempts))  # type: ignore[misc]
    assert (await shown(parrot, webhook))["state"] == "disabled"
    assert "Nothing has reached it since" in (await shown(parrot, webhook))["reason"]
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1


async def _attempts(parrot: Parrot, webhook: dict[str, Any], count: int) -> bool:
    return [delivery["attempts"] for delivery in await deliveries(parrot, webhook)] == [count]


async def test_gone_is_gone_until_somebody_says_otherwise(parrot: Parrot, receiver: Receiver) -> None:
    receiver.answer = lambda call: (410, {}) if call == 1 else (200, {})
    webhook = await add(parrot, receiver.url)
    await parrot.say(1, 2)

    async def is_disabled() -> bool:
        return bool((await shown(parrot, webhook))["state"] == "disabled")

    await until(is_disabled)
    assert (await shown(parrot, webhook))["reason"] == "The receiver answered 410 Gone."
    await parrot.say(3)
    await until(parrot.all_published)
    assert len(receiver.calls) == 1
    answer = await parrot.http.patch(f"/v1/webhooks/{webhook['id']}", json={"state": "active"})
    assert (answer.json()["state"], answer.json()["reason"]) == ("active", None)
    await until(lambda: len(receiver.calls) >= 3)
    assert receiver.numbers() == [1, 2, 3]  # the first one is due again only later


async def test_a_slow_receiver_keeps_nobody_waiting(parrot: Parrot, receiver: Receiver) -> None:
    async with a_receiver() as slow:
        held = slow.hold()
        await add(parrot, slow.url)
        await add(parrot, receiver.url)
        await parrot.say(*range(20))
        await until(lambda: len(receiver.calls) == 20)
        assert len(slow.calls) == 1
        held.set()
        await until(lambda: len(slow.calls) == 20)
        assert slow.numbers() == receiver.numbers() == list(range(20))


async def test_what_was_on_its_way_when_the_service_stopped(
    database: Database, clock: FixedClock, bus: InMemoryBus, receiver: Receiver
) -> None:
    """It is sent again, under the same id: at least once."""
    held = receiver.hold()
    async with parrot_with(database, clock, bus) as parrot:
        webhook = await add(parrot, receiver.url)
        await parrot.say(1, 2)
        await until(lambda: len(receiver.calls) == 1)
    held.set()
    async with parrot_with(database, clock, bus) as parrot:
        await until(lambda: _all_in(parrot, webhook, "delivered", 2))
    assert receiver.numbers() == [1, 1, 2]
    assert receiver.calls[0].headers["webhook-id"] == receiver.calls[1].headers["webhook-id"]


async def test_paused_ones_miss_nothing(parrot: Parrot, receiver: Receiver) -> None:
    webhook = await add(parrot, receiver.url)
    path = f"/v1/webhooks/{webhook['id']}"
    assert (await parrot.http.patch(path, json={"state": "paused"})).json()["state"] == "paused"
    await parrot.say(1, 2)
    await until(parrot.all_published)
    assert receiver.calls == []
    await parrot.http.patch(path, json={"state": "active", "types": ["mail.*"]})
    await until(lambda: len(receiver.calls) == 2)


async def test_secrets_are_exchanged_without_a_pause(parrot: Parrot, receiver: Receiver, clock: FixedClock) -> None:
    webhook = await add(parrot, receiver.url)
    exchanged = (await parrot.http.post(f"/v1/webhooks/{webhook['id']}/secret")).json()
    assert exchanged["secret"] != webhook["secret"]
    await parrot.say(1)
    await until(lambda: len(receiver.calls) == 1)
    for secret in (webhook["secret"], exchanged["secret"]):
        Webhook(secret).verify(receiver.calls[0].body, receiver.calls[0].headers)
    clock.advance(2 * DAY)
    await parrot.say(2)
    await until(lambda: len(receiver.calls) == 2)
    assert len(receiver.calls[1].headers["webhook-signature"].split()) == 1


async def test_tried_at_once_and_delivered_again(parrot: Parrot, receiver: Receiver) -> None:
    webhook = await add(parrot, receiver.url, "mail.echoed")
    tried = (await parrot.http.post(f"/v1/webhooks/{webhook['id']}/test")).json()
    assert (tried["state"], tried["type"], tried["log"][0]["status"]) == ("delivered", "webhook.test.v1", 204)
    assert tried["content"]["data"] == {"webhook_id": webhook["id"]}
    await parrot.echo(1)
    await until(lambda: _all_in(parrot, webhook, "delivered", 2))
    (delivery,) = await deliveries(parrot, webhook, type="mail.echoed.v1")
    again = f"/v1/webhooks/{webhook['id']}/deliveries/{delivery['id']}/redeliver"
    assert (await parrot.http.post(again)).status_code == 202
    await until(lambda: len(receiver.calls) == 3)
    assert receiver.calls[1].headers["webhook-id"] == receiver.calls[2].headers["webhook-id"]
    await until(lambda: _all_in(parrot, webhook, "delivered", 2))
    assert len((await whole(parrot, webhook, delivery))["log"]) == 2


async def test_a_test_that_fails_tells_why(parrot: Parrot) -> None:
    webhook = await add(parrot, "http://127.0.0.1:9/nobody")
    tried = (await parrot.http.post(f"/v1/webhooks/{webhook['id']}/test")).json()
    assert (tried["state"], tried["log"][0]["status"]) == ("failed", None)
    assert "ConnectError" in tried["log"][0]["detail"]


@pytest.mark.parametrize(
    "url", ["https://10.0.0.8/x", "https://169.254.169.254/latest", "https://[::ffff:10.0.0.1]/", "https://0x7f.1/"]
)
async def test_inner_hosts_are_closed(parrot: Parrot, url: str) -> None:
    """reliability D6: whoever may name a URL cannot look around in our network."""
    answer = await parrot.http.post("/v1/webhooks", json={"url": url})
    assert (answer.status_code, answer.json()["code"]) == (422, "host_refused")


async def test_only_administrators_and_only_known_types(parrot: Parrot, receiver: Receiver) -> None:
    token = {"authorization": f"Bearer {signed_token('mail:read')}"}
    assert (await parrot.http.get("/v1/webhooks", headers=token)).status_code == 403
    answer = await parrot.http.post("/v1/webhooks", json={"url": receiver.url, "types": ["case.*"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_event_types")
    webhook = await add(parrot, receiver.url)
    path = f"/v1/webhooks/{webhook['id']}"
    assert (await parrot.http.patch(path, json={"types": ["x"]})).json()["code"] == "unknown_event_types"
    assert (await parrot.http.patch(path, json={"state": "paused"}, headers={"if-match": '"9"'})).status_code == 412
    assert [each["id"] for each in (await parrot.http.get("/v1/webhooks")).json()["items"]] == [webhook["id"]]
    assert (await parrot.http.delete(path)).status_code == 204
    for gone in (path, f"{path}/deliveries"):
        assert (await parrot.http.get(gone)).json()["code"] == "webhook_not_found"


async def test_the_log_is_kept_for_a_month(parrot: Parrot, receiver: Receiver, clock: FixedClock) -> None:
    webhook = await add(parrot, receiver.url)
    await parrot.say(1)
    await until(lambda: _all_in(parrot, webhook, "delivered", 1))
    clock.advance(31 * DAY)
    await parrot.say(2)

    await until(lambda: len(receiver.calls) == 2)

    async def only_the_new_one() -> bool:
        kept = [each["event_id"] for each in await deliveries(parrot, webhook)]
        return kept == [receiver.calls[1].headers["webhook-id"]]

    await until(only_the_new_one)
