"""The relay with a real database and the bus's twin: everything announced arrives, whatever happens to the broker."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from kit.bus import BusUnavailable
from kit.database import Database
from kit.inbox import remember
from kit.outbox import Relay, announce
from kit.runner import Runner, Subscription
from kit.tables import inbox, outbox
from kit.testing import FixedClock, InMemoryBus
from kit.testing.parrot import Parroted, keep, kept
from kit.testing.waiting import until

PARROT = "kit.testing.parrot"


@pytest.fixture
async def database(open_database) -> Database:
    return await open_database(PARROT)


@pytest.fixture
def relay(database: Database, bus: InMemoryBus) -> Relay:
    return Relay(database, bus)


async def say(database: Database, *ns: int) -> None:
    async with database.transaction() as session:
        for n in ns:
            announce(session, Parroted(n=n))


def heard(bus: InMemoryBus) -> list[int]:
    return [event.n for event in bus.events(Parroted)]


async def test_what_was_announced_is_published_in_order_once(
    database: Database, bus: InMemoryBus, relay: Relay
) -> None:
    await say(database, *range(700))
    assert await relay.depth() == 700
    while await relay.publish_waiting():
        pass
    assert heard(bus) == list(range(700))
    assert await relay.depth() == 0


async def test_a_round_takes_few_large_events(database: Database, bus: InMemoryBus, relay: Relay) -> None:
    async with database.transaction() as session:
        for n in range(8):
            announce(session, Parroted(n=n, text="x" * 3_000_000))
    rounds = [await relay.publish_waiting() for _ in range(4)]
    assert rounds == [3, 3, 2, 0]
    assert heard(bus) == list(range(8))


async def test_the_envelope_says_who_spoke_when_and_about_what(
    database: Database, bus: InMemoryBus, relay: Relay, clock: FixedClock
) -> None:
    await say(database, 1)
    await relay.publish_waiting()
    (envelope,) = bus.heard()
    assert (envelope.source, envelope.at, envelope.event) == ("/kit.testing.parrot", clock.now(), Parroted(n=1))


async def test_without_a_broker_it_waits_and_then_catches_up(
    database: Database, bus: InMemoryBus, relay: Relay
) -> None:
    bus.disconnect()
    await say(database, 1, 2)
    with pytest.raises(BusUnavailable):
        await relay.publish_waiting()
    assert await relay.depth() == 2
    bus.reconnect()
    await relay.publish_waiting()
    assert heard(bus) == [1, 2]


async def test_it_wakes_after_a_commit_and_outlives_a_broker_that_goes(
    database: Database, bus: InMemoryBus, relay: Relay
) -> None:
    running = asyncio.create_task(relay.run())
    await say(database, 1)
    await until(lambda: heard(bus) == [1])
    bus.disconnect()
    await say(database, 2)
    bus.reconnect()
    await until(lambda: heard(bus) == [1, 2])
    running.cancel()
    await asyncio.wait([running])


async def test_dying_between_publishing_and_noting_it_only_repeats(
    database: Database, bus: InMemoryBus, relay: Relay, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(database, 1)

    async def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(relay, "_mark", dies)
    with pytest.raises(KeyboardInterrupt):
        await relay.publish_waiting()
    await Relay(database, bus).publish_waiting()
    assert heard(bus) == [1]

    await say(database, 2)
    with pytest.raises(KeyboardInterrupt):
        await relay.publish_waiting()
    clock.advance(timedelta(minutes=3))  # longer than the broker knows duplicates
    await Relay(database, bus).publish_waiting()
    assert heard(bus) == [1, 2, 2]


async def test_an_emptied_broker_is_refilled(database: Database, bus: InMemoryBus, relay: Relay) -> None:
    """DESIGN 2.1"""
    await say(database, 1, 2)
    await relay.publish_waiting()
    bus.lose_everything()
    await say(database, 3)
    await relay.publish_waiting()
    assert heard(bus) == [1, 2, 3]


async def test_a_broker_restored_from_an_old_backup_is_refilled(
    database: Database, bus: InMemoryBus, relay: Relay
) -> None:
    await say(database, 1)
    await relay.publish_waiting()
    backup = list(bus._stored)
    await say(database, 2)
    await relay.publish_waiting()
    bus._stored = backup
    bus._known.clear()
    bus.reconnect()
    await relay.publish_waiting()
    assert heard(bus) == [1, 1, 2]


async def test_a_lost_store_is_noticed_after_a_restart_of_the_service_too(
    database: Database, bus: InMemoryBus, relay: Relay
) -> None:
    await say(database, 1)
    await relay.publish_waiting()
    bus.lose_everything()
    await Relay(database, bus).publish_waiting()
    assert heard(bus) == [1]


async def test_the_store_lost_in_mid_run_loses_nothing_and_does_nothing_twice(
    database: Database, bus: InMemoryBus, relay: Relay
) -> None:
    """reliability A16, G4, on the twin."""
    runner = Runner(database, bus, Subscription("parrot", (Parroted,), keep))
    working = [asyncio.create_task(relay.run()), asyncio.create_task(runner.run())]
    for batch in range(20):
        await say(database, *range(batch * 10, batch * 10 + 10))
        if batch in (5, 11, 12):
            bus.lose_everything()

    async def everything_is_kept() -> bool:
        return len(await kept(database)) >= 200 and await relay.depth() == 0

    await until(everything_is_kept)
    for task in working:
        task.cancel()
    await asyncio.wait(working)
    assert sorted(await kept(database)) == list(range(200))


async def test_replay_publishes_again_what_was_announced_since(
    database: Database, bus: InMemoryBus, relay: Relay, clock: FixedClock
) -> None:
    await say(database, 1)
    since = clock.advance(timedelta(hours=1))
    await say(database, 2, 3)
    await relay.publish_waiting()
    clock.advance(timedelta(hours=1))
    assert await relay.replay(since) == 2
    await relay.publish_waiting()
    assert heard(bus) == [1, 2, 3, 2, 3]


async def test_published_events_are_kept_for_seven_days(
    database: Database, bus: InMemoryBus, relay: Relay, clock: FixedClock
) -> None:
    async def rows() -> int:
        async with database.reading() as session:
            return await session.scalar(select(func.count()).select_from(outbox)) or 0

    await say(database, 1)
    clock.advance(timedelta(days=5))  # it was said, but the broker was away
    await relay.publish_waiting()
    clock.advance(timedelta(days=6, hours=23))
    await relay.publish_waiting()
    assert await rows() == 1
    clock.advance(timedelta(hours=2))
    await relay.publish_waiting()
    assert await rows() == 0


async def test_what_was_never_published_is_never_forgotten(
    database: Database, bus: InMemoryBus, relay: Relay, clock: FixedClock
) -> None:
    await say(database, 1)
    clock.advance(timedelta(days=100))
    await relay.publish_waiting()
    assert heard(bus) == [1]


async def test_what_was_heard_is_remembered_longer_than_it_can_be_repeated(
    database: Database, relay: Relay, clock: FixedClock
) -> None:
    from kit.ids import new_id

    async def remembered() -> int:
        async with database.reading() as session:
            return await session.scalar(select(func.count()).select_from(inbox)) or 0

    async with database.transaction() as session:
        await remember(session, "parrot", [new_id()], now=clock.now())
    clock.advance(timedelta(days=14))
    await relay.publish_waiting()
    assert await remembered() == 1
    clock.advance(timedelta(days=2))
    await relay.publish_waiting()
    assert await remembered() == 0


async def test_two_relays_publish_in_turn_not_at_once(postgresql_url: str, bus: InMemoryBus) -> None:
    databases = [Database.open(postgresql_url, schema=PARROT) for _ in range(2)]
    await databases[0].migrate(PARROT)
    running = [asyncio.create_task(Relay(database, bus).run()) for database in databases]
    for n in range(50):
        await say(databases[n % 2], n)
    await until(lambda: len(heard(bus)) >= 50)
    assert heard(bus) == list(range(50))
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    for database in databases:
        await database.dispose()


async def test_postgresql_cuts_every_connection_in_mid_run(postgresql_url: str, bus: InMemoryBus) -> None:
    """reliability A15, G5"""
    database, killer = (Database.open(postgresql_url, schema=schema) for schema in ("one", "killer"))
    await database.migrate(PARROT)
    working = [
        asyncio.create_task(Relay(database, bus).run()),
        asyncio.create_task(Runner(database, bus, Subscription("parrot", (Parroted,), keep)).run()),
    ]
    for n in range(60):
        async with asyncio.timeout(20):
            while True:
                try:
                    await say(database, n)
                    break
                except SQLAlchemyError:  # as a client would repeat a request answered with 5xx
                    continue
        if n % 20 == 10:
            async with killer.transaction() as session:
                await session.execute(
                    text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'goniec-one'")
                )

    async def everything_is_kept() -> bool:
        return set(await kept(database)) == set(range(60))

    await until(everything_is_kept)
    assert await kept(database) == list(range(60))
    for task in working:
        task.cancel()
    await asyncio.wait(working)
    await database.dispose()
    await killer.dispose()


async def test_an_event_about_nothing_the_stream_takes_is_refused_when_it_is_said(database: Database) -> None:
    from typing import ClassVar

    from kit.events import Event

    class Misplaced(Event):
        subject: ClassVar[str] = "weather.changed.v1"

    async with database.transaction() as session:
        with pytest.raises(ValueError, match="no stream takes"):
            announce(session, Misplaced())


async def test_an_event_too_large_for_the_broker_is_refused_when_it_is_said(database: Database) -> None:
    async with database.transaction() as session:
        with pytest.raises(ValueError, match="too large"):
            announce(session, Parroted(n=1, text="x" * (4 * 1024 * 1024)))
