"""The runner with a real database and the bus's twin: once, in order, whatever fails in between."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import OperationalError
from tests.component.forked_processes import end_of, start_program

from kit.attempts import MOST_FAILURES
from kit.bulk import insert_many
from kit.bus import Outgoing
from kit.database import AsyncSession, Database
from kit.dead_letters import (
    DeadLetterNotFound,
    DeadLetterStillFails,
    get_dead_letter,
    list_dead_letters,
    retry_dead_letter,
)
from kit.errors import Refuse, Retry
from kit.events import Event, Heard, envelope_bytes, wire_subject
from kit.ids import new_id
from kit.outbox import Relay
from kit.runner import Runner, Subscription
from kit.tables import handling_attempt, inbox
from kit.testing import FixedClock, InMemoryBus, announced, announced_envelopes
from kit.testing.parrot import Echoed, Parroted, echo, keep, kept

PARROT = "kit.testing.parrot"


class Parrot:
    """A service with a handler whose moods a test decides."""

    def __init__(self, database: Database, bus: InMemoryBus) -> None:
        self.database = database
        self.bus = bus
        self.batches: list[list[int]] = []
        self.moods: dict[int, Exception] = {}
        self.subscription = Subscription("parrot", (Parroted,), self.handle)
        self.runner = Runner(database, bus, self.subscription)

    async def handle(self, session: AsyncSession, events: Sequence[Heard[Event]], now: datetime) -> None:
        ns = [heard.event.n for heard in events]
        self.batches.append(ns)
        await keep(session, events, now)
        for n in ns:
            if n in self.moods:
                raise self.moods[n]

    async def is_told(self, *ns: int) -> None:
        await self.bus.publish([an_outgoing(n) for n in ns])

    async def hears(self) -> list[int]:
        """Take in what there is; returns all that has had its effect so far."""
        while await self.runner.run_once():
            pass
        return await kept(self.database)

    async def dead(self) -> list[str]:
        async with self.database.reading() as session:
            return [letter.reason for letter in await list_dead_letters(session)]

    async def count(self, table: object) -> int:
        async with self.database.reading() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0


def an_outgoing(n: int, *, event_id: object = None) -> Outgoing:
    event, event_id = Parroted(n=n), event_id or new_id()
    at = FixedClock().now()
    payload = envelope_bytes(event, event_id=event_id, source="/test", at=at, correlation_id=f"story-{n}")
    return Outgoing(event_id, wire_subject(event), payload)


@pytest.fixture
async def parrot(open_database, bus: InMemoryBus) -> Parrot:
    return Parrot(await open_database(PARROT), bus)


async def test_a_batch_is_one_call_of_the_handler_in_order(parrot: Parrot) -> None:
    await parrot.is_told(*range(150))
    assert await parrot.hears() == list(range(150))
    assert parrot.batches == [list(range(150))]


async def test_effects_memory_and_announcements_are_there_together(parrot: Parrot) -> None:
    await parrot.is_told(1, 2)
    await parrot.hears()
    assert await announced(parrot.database, Echoed) == [Echoed(n=1), Echoed(n=2)]
    assert [heard.correlation_id for heard in await announced_envelopes(parrot.database)] == ["story-1", "story-2"]
    assert await parrot.count(inbox) == 2


async def test_what_comes_twice_has_one_effect(parrot: Parrot, clock: FixedClock) -> None:
    message = an_outgoing(1)
    await parrot.bus.publish([message])
    await parrot.hears()
    clock.advance(timedelta(minutes=3))  # the broker does not recognise it any more
    await parrot.bus.publish([message, an_outgoing(2)])
    assert await parrot.hears() == [1, 2]
    assert parrot.batches == [[1], [2]]


async def test_the_same_event_twice_in_one_batch_has_one_effect(parrot: Parrot, clock: FixedClock) -> None:
    message = an_outgoing(1)
    await parrot.bus.publish([message])
    clock.advance(timedelta(minutes=3))
    await parrot.bus.publish([message])
    assert await parrot.hears() == [1]


async def test_a_lost_acknowledgement_is_no_second_effect(parrot: Parrot) -> None:
    """reliability A18: dies after the commit, before the acknowledgement."""
    await parrot.is_told(1, 2)
    ear = await parrot.bus.listen("parrot", parrot.subscription.filters, heard=None)

    async def forgets_to_acknowledge(_: object) -> None: ...

    ear.acknowledge = forgets_to_acknowledge
    parrot.runner._ear = ear
    await parrot.runner.run_once()
    assert await kept(parrot.database) == [1, 2]
    again = Parrot(parrot.database, parrot.bus)
    assert await again.hears() == [1, 2]
    assert again.batches == []


async def test_after_the_broker_was_emptied_and_refilled_nothing_happens_twice(parrot: Parrot) -> None:
    messages = [an_outgoing(n) for n in range(20)]
    await parrot.bus.publish(messages[:10])
    await parrot.hears()
    parrot.bus.lose_everything()
    await parrot.bus.publish(messages)
    assert await parrot.hears() == list(range(20))


async def test_a_database_restored_from_a_backup_hears_again_what_came_after_it(
    open_database_sqlite, bus: InMemoryBus, tmp_path: Path
) -> None:
    """reliability E9, G14: the broker believes that all of it was heard."""
    parrot = Parrot(await open_database_sqlite(PARROT), bus)
    await parrot.is_told(1, 2)
    await parrot.hears()
    backup = str(tmp_path / "backup.sqlite3")
    with (
        closing(sqlite3.connect(str(parrot.database.url.database))) as source,
        closing(sqlite3.connect(backup)) as copy,
    ):
        source.backup(copy)
    await parrot.is_told(3, 4)
    assert await parrot.hears() == [1, 2, 3, 4]
    await parrot.database.dispose()

    restored = Parrot(Database.open(f"sqlite:///{backup}", schema=PARROT, clock=parrot.database.clock), bus)
    assert await restored.hears() == [1, 2, 3, 4]
    assert restored.batches == [[3, 4]]
    await restored.is_told(5)
    assert await restored.hears() == [1, 2, 3, 4, 5]
    await restored.database.dispose()


async def test_what_was_put_off_when_the_backup_was_made_is_heard_after_it_is_restored(
    open_database_sqlite, bus: InMemoryBus, tmp_path: Path, clock: FixedClock
) -> None:
    parrot = Parrot(await open_database_sqlite(PARROT), bus)
    parrot.moods[1] = Retry("later")
    await parrot.is_told(1, 2)
    assert await parrot.hears() == [2]
    backup = str(tmp_path / "backup.sqlite3")
    with (
        closing(sqlite3.connect(str(parrot.database.url.database))) as source,
        closing(sqlite3.connect(backup)) as copy,
    ):
        source.backup(copy)
    del parrot.moods[1]
    clock.advance(timedelta(seconds=1))
    assert await parrot.hears() == [2, 1]
    await parrot.database.dispose()

    restored = Parrot(Database.open(f"sqlite:///{backup}", schema=PARROT, clock=clock), bus)
    assert await restored.hears() == [2, 1]
    await restored.database.dispose()


async def test_an_emptied_database_hears_everything_again(
    open_database_sqlite, bus: InMemoryBus, tmp_path: Path
) -> None:
    parrot = Parrot(await open_database_sqlite(PARROT), bus)
    await parrot.is_told(1, 2)
    await parrot.hears()
    fresh = Parrot(Database.open(f"sqlite:///{tmp_path / 'fresh.sqlite3'}", schema=PARROT), bus)
    await fresh.database.migrate(PARROT)
    assert await fresh.hears() == [1, 2]
    await fresh.database.dispose()


async def test_a_restart_does_not_hear_again_what_was_set_aside_or_repeated(parrot: Parrot, clock: FixedClock) -> None:
    parrot.moods[2] = Refuse("no")
    message = an_outgoing(1)
    await parrot.bus.publish([message, an_outgoing(2), Outgoing(new_id(), "mail.parroted.v1.x", b"not json")])
    await parrot.hears()
    clock.advance(timedelta(minutes=3))
    await parrot.bus.publish([message])
    await parrot.hears()
    again = Parrot(parrot.database, parrot.bus)
    assert await again.runner.run_once() == 0


async def test_one_bad_event_does_not_hold_up_the_others(parrot: Parrot) -> None:
    parrot.moods[37] = ValueError("cannot say 37")
    await parrot.is_told(*range(100))
    assert await parrot.hears() == [n for n in range(100) if n != 37]
    assert len(parrot.batches) <= 2 * 7 + 2, "it is found by halving, not one by one"


async def test_refused_is_set_aside_at_once_with_its_reason(parrot: Parrot) -> None:
    parrot.moods[2] = Refuse("nobody knows 2")
    await parrot.is_told(1, 2, 3)
    assert await parrot.hears() == [1, 3]
    assert await parrot.dead() == ["nobody knows 2"]
    assert await parrot.count(handling_attempt) == 0


async def test_a_dead_letter_is_announced_on_its_own_subject(parrot: Parrot) -> None:
    parrot.moods[2] = Refuse("nobody knows 2")
    await parrot.is_told(2)
    await parrot.hears()
    await Relay(parrot.database, parrot.bus).publish_waiting()
    ((subject, payload),) = parrot.bus.dead()
    assert subject == "dead.parrot"
    assert b'"n":2' in payload


async def test_a_failing_event_is_tried_with_growing_delays_and_set_aside_the_eighth_time(
    parrot: Parrot, clock: FixedClock
) -> None:
    parrot.moods[1] = ValueError("no")
    await parrot.is_told(1)
    await parrot.hears()
    for tries, delay in enumerate((1, 5, 30, 120, 600, 600, 600), start=1):
        assert await parrot.dead() == []
        clock.advance(timedelta(seconds=delay - 1))
        await parrot.hears()
        assert len(parrot.batches) == tries
        clock.advance(timedelta(seconds=1))
        await parrot.hears()
        assert len(parrot.batches) == tries + 1
    assert await parrot.dead() == ["It failed 8 times. ValueError: no"]
    assert len(parrot.batches) == MOST_FAILURES
    clock.advance(timedelta(days=1))
    await parrot.hears()
    assert len(parrot.batches) == MOST_FAILURES


async def test_a_failing_event_that_recovers_has_its_effect_once_and_is_forgotten(
    parrot: Parrot, clock: FixedClock
) -> None:
    parrot.moods[1] = ValueError("not yet")
    await parrot.is_told(1)
    await parrot.hears()
    del parrot.moods[1]
    clock.advance(timedelta(seconds=1))
    assert await parrot.hears() == [1]
    assert await parrot.count(handling_attempt) == 0


async def test_an_event_in_trouble_is_handled_alone(parrot: Parrot, clock: FixedClock) -> None:
    parrot.moods[1] = Retry("later")
    await parrot.is_told(1)
    await parrot.hears()
    parrot.batches.clear()
    clock.advance(timedelta(seconds=1))
    await parrot.is_told(2, 3)
    assert await parrot.hears() == [2, 3]
    assert parrot.batches == [[1], [2, 3]]


async def test_retry_says_when(parrot: Parrot, clock: FixedClock) -> None:
    parrot.moods[1] = Retry("the directory is away", after=timedelta(minutes=7))
    await parrot.is_told(1)
    await parrot.hears()
    del parrot.moods[1]
    clock.advance(timedelta(minutes=6))
    assert await parrot.hears() == []
    clock.advance(timedelta(minutes=1))
    assert await parrot.hears() == [1]


async def test_retry_is_patient(parrot: Parrot, clock: FixedClock) -> None:
    parrot.moods[1] = Retry("the directory is away")
    await parrot.is_told(1)
    for _ in range(50):
        await parrot.hears()
        clock.advance(timedelta(hours=1))
    assert await parrot.dead() == []
    del parrot.moods[1]
    assert await parrot.hears() == [1]


async def test_retry_that_would_outlive_the_stream_is_set_aside(parrot: Parrot, clock: FixedClock) -> None:
    parrot.moods[1] = Retry("the directory is away")
    await parrot.is_told(1)
    for _ in range(110):
        await parrot.hears()
        clock.advance(timedelta(minutes=10))
    assert await parrot.dead() == ["It asked to be tried later 100 times. the directory is away"]


async def test_a_wait_is_kept_over_a_restart(parrot: Parrot, clock: FixedClock) -> None:
    parrot.moods[1] = Retry("later", after=timedelta(minutes=5))
    await parrot.is_told(1)
    await parrot.hears()
    restarted = Parrot(parrot.database, parrot.bus)
    clock.advance(timedelta(seconds=1))
    await restarted.hears()
    assert restarted.batches == []
    clock.advance(timedelta(minutes=5))
    assert await restarted.hears() == [1]


async def test_failures_are_remembered_when_the_consumer_was_deleted(parrot: Parrot, clock: FixedClock) -> None:
    parrot.moods[1] = ValueError("no")
    await parrot.is_told(1)
    for _ in range(MOST_FAILURES):
        await parrot.hears()
        parrot.bus.delete_consumer("parrot")
        clock.advance(timedelta(minutes=10))
    assert await parrot.dead() == ["It failed 8 times. ValueError: no"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"not json", "This is no mail.parroted.v1"),
        (b'{"specversion":"1.0"}', "This is no mail.parroted.v1: id (missing)"),
        (b"\x00\xff", "This is no mail.parroted.v1"),
    ],
)
async def test_what_cannot_be_read_is_kept_among_the_dead_letters(parrot: Parrot, payload: bytes, reason: str) -> None:
    await parrot.bus.publish([Outgoing(new_id(), "mail.parroted.v1.x", payload), an_outgoing(1)])
    assert await parrot.hears() == [1]
    (found,) = await parrot.dead()
    assert found.startswith(reason)
    async with parrot.database.reading() as session:
        (letter,) = await list_dead_letters(session)
    assert letter.payload == payload


async def test_what_cannot_be_read_is_kept_once(parrot: Parrot, clock: FixedClock) -> None:
    for _ in range(2):
        await parrot.bus.publish([Outgoing(new_id(), "mail.parroted.v1.x", b"not json")])
        await parrot.hears()
    assert len(await parrot.dead()) == 1


async def test_a_dead_letter_can_be_tried_again(parrot: Parrot) -> None:
    parrot.moods[1] = Refuse("no")
    await parrot.is_told(1)
    await parrot.hears()
    async with parrot.database.reading() as session:
        (letter,) = await list_dead_letters(session)
    assert (letter.subject, letter.correlation_id, letter.content()["data"]["n"]) == (
        "mail.parroted.v1.1",
        "story-1",
        1,
    )
    now = parrot.database.clock.now()

    parrot.moods[1] = ValueError("still not")
    with pytest.raises(DeadLetterStillFails, match="still not"):
        await retry_dead_letter(parrot.database, parrot.subscription, letter.id, now=now)
    assert await parrot.dead() == ["ValueError: still not"]
    assert await kept(parrot.database) == []

    del parrot.moods[1]
    resolved = await retry_dead_letter(parrot.database, parrot.subscription, letter.id, now=now)
    assert resolved.resolved_at == now
    assert await kept(parrot.database) == [1]
    assert await parrot.dead() == []

    await retry_dead_letter(parrot.database, parrot.subscription, letter.id, now=now)
    assert await kept(parrot.database) == [1]
    async with parrot.database.reading() as session:
        assert (await get_dead_letter(session, letter.id)).resolved_at == now
        assert [each.id for each in await list_dead_letters(session, resolved=True)] == [letter.id]


async def test_dead_letters_are_listed_page_by_page_newest_first(parrot: Parrot) -> None:
    parrot.moods |= {n: Refuse(f"no {n}") for n in range(5)}
    await parrot.is_told(*range(5))
    await parrot.hears()
    async with parrot.database.reading() as session:
        first = await list_dead_letters(session, limit=3)
        rest = await list_dead_letters(session, limit=3, before=first[-1].id)
    assert [letter.reason for letter in (*first, *rest)] == [f"no {n}" for n in (4, 3, 2, 1, 0)]


async def test_an_unknown_dead_letter_is_not_found(parrot: Parrot) -> None:
    with pytest.raises(DeadLetterNotFound):
        await retry_dead_letter(parrot.database, parrot.subscription, new_id(), now=parrot.database.clock.now())


async def test_a_reason_with_what_postgresql_cannot_store_is_stored(parrot: Parrot) -> None:
    parrot.moods[1] = Refuse("a \x00 and a \ud800")
    await parrot.is_told(1)
    await parrot.hears()
    assert await parrot.dead() == ["a \ufffd and a ?"]


async def test_while_the_database_is_away_nothing_is_counted_against_the_event(parrot: Parrot) -> None:
    away = OperationalError("INSERT", {}, Exception("database or disk is full"))
    parrot.moods[1] = away
    await parrot.is_told(1)
    hearing = asyncio.create_task(parrot.hears())
    async with asyncio.timeout(20):
        while len(parrot.batches) < 3:
            await asyncio.sleep(0.01)
    del parrot.moods[1]
    assert await hearing == [1]
    assert await parrot.dead() == []
    assert await parrot.count(handling_attempt) == 0


async def test_a_handlers_own_connection_error_is_its_own(parrot: Parrot) -> None:
    parrot.moods[1] = ConnectionRefusedError("the SMS gateway")
    await parrot.is_told(1, 2)
    assert await parrot.hears() == [2]
    assert await parrot.count(handling_attempt) == 1


async def test_the_runner_outlives_a_broker_that_comes_and_goes(parrot: Parrot) -> None:
    running = asyncio.create_task(parrot.runner.run())
    await parrot.is_told(1)
    async with asyncio.timeout(20):
        while await kept(parrot.database) != [1]:
            await asyncio.sleep(0.01)
        parrot.bus.disconnect()
        await asyncio.sleep(0.05)
        parrot.bus.reconnect()
        await parrot.is_told(2)
        while await kept(parrot.database) != [1, 2]:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])


async def test_a_runner_stopped_in_mid_batch_hands_it_back(parrot: Parrot) -> None:
    begun = asyncio.Event()

    async def never_ends(session: AsyncSession, events: Sequence[Heard[Event]], now: datetime) -> None:
        await keep(session, events, now)
        begun.set()
        await asyncio.Event().wait()

    await parrot.is_told(1)
    slow = Runner(parrot.database, parrot.bus, Subscription("parrot", (Parroted,), never_ends))
    running = asyncio.create_task(slow.run())
    await begun.wait()
    running.cancel()
    await asyncio.wait([running])
    assert await kept(parrot.database) == []
    assert await parrot.hears() == [1]


@pytest.mark.parametrize(
    ("failpoint", "kept_before_restart"), [("runner.before_commit", []), ("runner.after_commit", [1, 2, 3])]
)
async def test_a_process_killed_around_the_commit(
    tmp_path: Path, open_database_sqlite, failpoint: str, kept_before_restart: list[int]
) -> None:
    """reliability A18, E2: killed for real, in a process of its own."""
    database = await open_database_sqlite(PARROT)
    url = database.url.render_as_string()
    await database.dispose()
    program, log = tmp_path / "hears_three.py", tmp_path / "log"
    program.write_text(_HEARS_THREE)
    told = {**os.environ, "DATABASE": url}
    died = await end_of(start_program(program, {**told, "GONIEC_FAILPOINT": failpoint}, log))
    assert died == -signal.SIGKILL, log.read_text()
    database = Database.open(url, schema=PARROT)
    assert await kept(database) == kept_before_restart
    await database.dispose()
    assert await end_of(start_program(program, told, log)) == 0, log.read_text()
    database = Database.open(url, schema=PARROT)
    assert await kept(database) == [1, 2, 3]
    await database.dispose()


_HEARS_THREE = """
import asyncio, os
from uuid import UUID
from kit.bus import Outgoing
from kit.clock import SystemClock
from kit.database import Database
from kit.events import envelope_bytes, wire_subject
from kit.runner import Runner, Subscription
from kit.testing import InMemoryBus
from kit.testing.parrot import Parroted, keep

async def main():
    database, bus = Database.open(os.environ["DATABASE"], schema="kit.testing.parrot"), InMemoryBus()
    for n in (1, 2, 3):
        event, event_id = Parroted(n=n), UUID(int=n)
        payload = envelope_bytes(event, event_id=event_id, source="/t", at=SystemClock().now(), correlation_id="c")
        await bus.publish([Outgoing(event_id, wire_subject(event), payload)])
    await Runner(database, bus, Subscription("parrot", (Parroted,), keep)).run_once()
    await database.dispose()

asyncio.run(main())
"""


async def test_an_event_that_ends_the_process_is_found_and_set_aside(parrot: Parrot, clock: FixedClock) -> None:
    """reliability section 4 rule 3: counted before it is handled, so that it cannot take the count with it."""
    await parrot.is_told(*range(40))
    deaths = 0
    while await kept(parrot.database) != [n for n in range(40) if n != 7]:
        deaths += 1
        assert deaths < 8
        await _one_life(parrot, killer=7)
        clock.advance(timedelta(minutes=2))
    while not await parrot.dead():
        deaths += 1
        assert deaths < 8
        await _one_life(parrot, killer=7)
        clock.advance(timedelta(minutes=2))
    assert await parrot.dead() == ["3 attempts to handle it ended the process."]
    assert deaths <= 5


async def _one_life(parrot: Parrot, *, killer: int) -> None:
    """The runner of one process, which the event `killer` ends: nothing after that point runs, nothing is rolled back
    by hand; the database does that."""
    life = Parrot(parrot.database, parrot.bus)

    class Death(BaseException):
        pass

    life.moods[killer] = Death()
    try:
        await life.hears()
    except Death:
        return


async def test_an_innocent_neighbour_of_a_killed_process_is_just_handled(parrot: Parrot, clock: FixedClock) -> None:
    await parrot.is_told(*range(40))
    await _one_life(parrot, killer=7)
    clock.advance(timedelta(minutes=2))
    assert await parrot.hears() == list(range(40))
    assert await parrot.count(handling_attempt) == 0


async def test_replicas_share_the_work_without_doing_it_twice(postgresql_url: str) -> None:
    databases = [Database.open(postgresql_url, schema=PARROT) for _ in range(3)]
    await databases[0].migrate(PARROT)
    bus = InMemoryBus()
    subscription = Subscription("parrot", (Parroted,), keep, batch=7)
    messages = [an_outgoing(n) for n in range(100)]
    await bus.publish(messages)
    runners = [Runner(database, bus, subscription) for database in databases]

    async def hear_all(runner: Runner) -> None:
        while await runner.run_once():
            pass

    await asyncio.gather(*(hear_all(runner) for runner in runners))
    assert sorted(await kept(databases[0])) == list(range(100))
    for database in databases:
        await database.dispose()


async def test_the_inbox_is_the_guard_even_against_an_emptied_effect(parrot: Parrot) -> None:
    """What was heard is a fact of its own: deleting the effect by hand does not bring it back."""
    message = an_outgoing(1)
    await parrot.bus.publish([message])
    await parrot.hears()
    async with parrot.database.transaction() as session:
        await session.execute(delete(echo))
    parrot.bus.lose_everything()
    await parrot.bus.publish([message])
    assert await parrot.hears() == []
    async with parrot.database.transaction() as session:
        await insert_many(session, echo, [{"n": 5, "text": ""}])
    assert await kept(parrot.database) == [5]
