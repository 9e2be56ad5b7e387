"""`GET /v1/events`: everything that was said, in order, once, to those who may know it, and on from where one stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import orjson
import pytest
from fastapi import Request
from tests.component.kit.telling_parrot import EARSHOT, PARROT, Parrot, parrot_with

from kit.bell import Bell
from kit.database import AsyncSession, Database
from kit.errors import Forbidden
from kit.event_log import BEGINNING, LoggedEvent, Place, end_of_log, events_after
from kit.live_events import Earshot, live_router
from kit.outbox import Relay
from kit.testing import FixedClock, InMemoryBus
from kit.testing.fixtures import OpenDatabase
from kit.testing.streams import Stream, stream_of
from kit.testing.waiting import until
from kit.testing.web import signed_token
from kit.tokens import Caller, authorized, requires

pytestmark = pytest.mark.storage


@pytest.fixture
async def database(open_database: OpenDatabase) -> Database:
    return await open_database(PARROT)


@pytest.fixture
async def parrot(database: Database, clock: FixedClock, bus: InMemoryBus) -> AsyncIterator[Parrot]:
    async with parrot_with(database, clock, bus) as parrot:
        yield parrot


def listening(
    parrot: Parrot, query: str = "", *, scope: str = "mail:read", after: str | None = None
) -> AbstractAsyncContextManager[Stream]:
    headers = {"authorization": f"Bearer {signed_token(scope)}"} | ({"last-event-id": after} if after else {})
    return stream_of(parrot.app, "/v1/events", query=query, headers=headers)


def numbers(events: Sequence[dict[str, str]]) -> list[int]:
    return [orjson.loads(event["data"])["data"]["n"] for event in events]


async def test_what_is_said_while_somebody_listens(parrot: Parrot) -> None:
    await parrot.say(1)
    await until(parrot.all_published)
    async with listening(parrot) as stream:
        await parrot.say(2)
        await parrot.say(3, 4)
        events = await stream.has(3)
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert numbers(events) == [2, 3, 4]
    assert {event["event"] for event in events} == {"mail.parroted.v1"}
    envelope = orjson.loads(events[0]["data"])
    assert (envelope["specversion"], envelope["type"]) == ("1.0", "goniec.mail.parroted.v1")


async def test_who_comes_back_goes_on_where_they_stopped(parrot: Parrot) -> None:
    async with listening(parrot) as stream:
        await parrot.say(*range(5))
        seen = await stream.has(5)
    await parrot.say(*range(5, 500))
    await until(parrot.all_published)
    async with listening(parrot, after=seen[2]["id"]) as stream:
        assert numbers(await stream.has(497)) == list(range(3, 500))


async def test_who_does_not_stay_is_told_what_is_there(parrot: Parrot) -> None:
    async with listening(parrot) as stream:
        await parrot.say(*range(300))
        (first, *_) = await stream.has(300)
    async with listening(parrot, "follow=false", after=first["id"]) as stream:
        await until(lambda: stream.is_over)
        assert numbers(stream.events()) == list(range(1, 300))


async def test_only_the_types_asked_for(parrot: Parrot) -> None:
    for query, expected in (("types=mail.echoed", [2]), ("types=mail.*", [1, 2]), ("types=mail.parroted.v1", [1])):
        async with listening(parrot, query) as stream:
            await parrot.say(1)
            await parrot.echo(2)
            assert numbers(await stream.has(len(expected))) == expected
    answer = await parrot.http.get("/v1/events?types=mail.sung")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_event_types")
    assert "mail.echoed.v1" in answer.json()["detail"]


async def test_rights_are_looked_at_before_and_while(database: Database, clock: FixedClock, bus: InMemoryBus) -> None:
    async def even_ones(_: AsyncSession, caller: Caller, events: Sequence[LoggedEvent]) -> list[LoggedEvent]:
        assert caller.subject == "tester"
        return [event for event in events if event.data()["n"] % 2 == 0]

    class no_birds(requires):  # noqa: N801 - as `requires`
        async def __call__(self, request: Request) -> Caller:
            caller = await authorized(request)
            if caller.has("bird"):
                raise Forbidden("Birds are told nothing.")
            return caller

    async with parrot_with(database, clock, bus, earshot=Earshot(EARSHOT.scopes, even_ones, no_birds())) as parrot:
        async with listening(parrot) as stream:
            await parrot.say(1, 2, 3, 4)
            assert numbers(await stream.has(2)) == [2, 4]
        for scope, code in (("cases:read", "missing_scope"), ("bird", "forbidden")):
            async with listening(parrot, scope=scope) as stream:
                assert (stream.status, orjson.loads(stream.text)["code"]) == (403, code)
        async with stream_of(parrot.app, "/v1/events", headers={}) as stream:
            assert stream.status == 401


def test_the_longest_rule_counts_and_none_is_missing() -> None:
    earshot = Earshot({"mail": ("mail:read",), "mail.echoed": ("mail:read", "echoes:read")})
    reader, listener = Caller("a", frozenset({"mail:read"})), Caller("b", frozenset({"mail:read", "echoes:read"}))
    said = frozenset({"mail.parroted.v1", "mail.echoed.v1"})
    assert earshot.types_for(reader, said) == {"mail.parroted.v1"}
    assert earshot.types_for(listener, said) == said
    with pytest.raises(ValueError, match="Who may know case"):
        live_router(["mail.echoed.v1", "case.opened.v1"], earshot, Bell())


@pytest.mark.parametrize("after", ["", "x", "1", "9-", "99999999999999999-1", "-5-1"])
async def test_an_id_nobody_gave_out_is_refused(parrot: Parrot, after: str) -> None:
    answer = await parrot.http.get("/v1/events", headers={"last-event-id": after})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_event_id")


async def test_a_gap_is_told(parrot: Parrot, clock: FixedClock) -> None:
    """After more than seven days something may be forgotten; a client that was away so long reads its lists anew."""
    async with listening(parrot) as stream:
        await parrot.say(1)
        (seen,) = await stream.has(1)
    clock.advance(timedelta(days=8))
    await parrot.say(2)
    await until(parrot.all_published)
    async with listening(parrot, after=seen["id"]) as stream:
        gap, event = await stream.has(2)
    assert gap["event"] == "gap"
    assert numbers([event]) == [2]


async def test_streams_end_when_the_service_stops(parrot: Parrot) -> None:
    async with listening(parrot) as stream:
        parrot.end_streams()
        await until(lambda: stream.is_over)


async def test_the_log_has_the_order_of_the_broker_and_no_late_comers(database: Database, bus: InMemoryBus) -> None:
    """Two relays that overlap, and a transaction that commits late: nothing appears before a place that was read already."""
    relay, other = Relay(database, bus), Relay(database, bus)
    places: list[Place] = []
    parrot = Parrot.without_app(database)
    for round_of in range(4):
        await parrot.say(round_of)
        await (relay if round_of % 2 else other).publish_waiting()
        async with database.reading() as session:
            places.append(await end_of_log(session))
    assert places == sorted(set(places))
    async with database.reading() as session:
        assert [event.data()["n"] for event in await events_after(session, BEGINNING)] == [0, 1, 2, 3]
        assert [event.data()["n"] for event in await events_after(session, places[1])] == [2, 3]
    assert await relay.replay(since=places[0].at) == 4
    await relay.publish_waiting()
    async with database.reading() as session:
        assert await events_after(session, places[-1]) == []
