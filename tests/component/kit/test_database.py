"""What `kit.database` promises, on both engines."""

import asyncio
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from tests.component.forked_processes import end_of, start_program

from kit.bulk import insert_ignoring_conflicts, insert_many, upsert_many
from kit.clock import SystemClock
from kit.columns import JsonDocument, UtcDateTime
from kit.correlation import correlation
from kit.database import Database
from kit.file_lock import DatabaseInUse
from kit.ids import new_id
from kit.outbox import announce
from kit.tables import outbox
from kit.testing import FixedClock, announced, announced_envelopes
from kit.testing.parrot import Echoed, Parroted, echo, kept, metadata
from kit.testing.schemas import schema_differences

PARROT = "kit.testing.parrot"

things = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("what", JsonDocument),
)


async def a_database(open_database) -> Database:
    database = await open_database(PARROT)
    async with database.transaction() as session:
        await (await session.connection()).run_sync(things.metadata.create_all)
    return database


async def test_what_is_written_and_announced_is_committed_together(open_database) -> None:
    database = await a_database(open_database)
    async with database.transaction() as session:
        await insert_many(session, echo, [{"n": 1, "text": "a"}])
        announce(session, Parroted(n=1))
    assert await kept(database) == [1]
    assert await announced(database, Parroted) == [Parroted(n=1)]


async def test_an_exception_undoes_both(open_database) -> None:
    database = await a_database(open_database)

    async def write_and_fail() -> None:
        async with database.transaction() as session:
            await insert_many(session, echo, [{"n": 1, "text": "a"}])
            announce(session, Parroted(n=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    assert await kept(database) == []
    assert await announced_envelopes(database) == []


async def test_a_cancelled_transaction_leaves_nothing_and_holds_nothing(open_database) -> None:
    database = await a_database(open_database)
    begun = asyncio.Event()

    async def write_and_wait() -> None:
        async with database.transaction() as session:
            await insert_many(session, echo, [{"n": 1, "text": "a"}])
            begun.set()
            await asyncio.Event().wait()

    writing = asyncio.create_task(write_and_wait())
    await begun.wait()
    writing.cancel()
    await asyncio.wait([writing])
    async with database.transaction() as session:
        await insert_many(session, echo, [{"n": 2, "text": "b"}])
    assert await kept(database) == [2]


async def test_a_statement_cancelled_while_it_runs_leaves_nothing_and_holds_nothing(open_database) -> None:
    database = await a_database(open_database)
    long = {
        "sqlite": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000000) SELECT sum(n) FROM c",
        "postgresql": "SELECT pg_sleep(1)",
    }

    async def write_and_take_long() -> None:
        async with database.transaction() as session:
            await insert_many(session, echo, [{"n": 1, "text": "a"}])
            await session.execute(text(long[database.dialect]))

    writing = asyncio.create_task(write_and_take_long())
    await asyncio.sleep(0.1)
    writing.cancel()
    await asyncio.wait([writing])
    assert writing.cancelled()
    async with database.transaction() as session:
        await insert_many(session, echo, [{"n": 2, "text": "b"}])
    assert await kept(database) == [2]


async def test_a_transaction_in_which_nothing_happens_is_one_too(open_database) -> None:
    database = await a_database(open_database)
    async with database.transaction():
        pass
    async with database.reading():
        pass
    async with database.transaction() as session:
        await insert_many(session, echo, [{"n": 1, "text": ""}])
        await session.rollback()
        await insert_many(session, echo, [{"n": 2, "text": ""}])
    assert await kept(database) == [2]


async def test_a_reader_sees_one_moment_of_the_database(sqlite_url: str) -> None:
    database = Database.open(sqlite_url, schema="one")
    await database.migrate(PARROT)
    async with database.reading() as session:
        before = await session.scalar(select(func.count()).select_from(echo))
        async with database.transaction() as writing:
            await insert_many(writing, echo, [{"n": 1, "text": ""}])
        assert await session.scalar(select(func.count()).select_from(echo)) == before
    assert await kept(database) == [1]
    await database.dispose()


async def test_a_statement_that_fails_says_why_and_the_session_can_go_on(open_database) -> None:
    database = await a_database(open_database)
    async with database.transaction() as session:
        await insert_many(session, things, [{"id": 1, "at": None, "what": None}])
        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                await insert_many(session, things, [{"id": 1, "at": None, "what": None}])
        await insert_many(session, things, [{"id": 2, "at": None, "what": None}])
    async with database.reading() as session:
        assert list(await session.scalars(select(things.c.id).order_by(things.c.id))) == [1, 2]


async def test_a_transaction_inside_of_a_transaction_is_refused(open_database) -> None:
    database = await a_database(open_database)
    async with database.transaction():
        with pytest.raises(RuntimeError, match="transaction open already"):
            async with database.transaction():
                pass


async def test_writers_take_turns_and_none_is_lost(open_database) -> None:
    database = await a_database(open_database)

    async def add(n: int) -> None:
        async with database.transaction() as session:
            await insert_many(session, echo, [{"n": n, "text": ""}])

    await asyncio.gather(*(add(n) for n in range(30)))
    assert sorted(await kept(database)) == list(range(30))


async def test_readers_do_not_wait_for_the_writer_and_see_what_is_committed(open_database) -> None:
    database = await a_database(open_database)
    async with database.transaction() as session:
        await insert_many(session, echo, [{"n": 1, "text": ""}])
        assert await kept(database) == []
    assert await kept(database) == [1]


async def test_a_reading_session_cannot_write(open_database) -> None:
    database = await a_database(open_database)
    with pytest.raises(DBAPIError):
        async with database.reading() as session:
            await session.execute(insert(echo).values(n=1, text=""))


async def test_a_reading_session_cannot_announce(open_database) -> None:
    database = await a_database(open_database)
    async with database.reading() as session:
        with pytest.raises(RuntimeError, match="only reads"):
            announce(session, Parroted(n=1))


async def test_announcing_wakes_whoever_waits_for_it_after_the_commit(open_database) -> None:
    database = await a_database(open_database)
    woken: list[str] = []
    database.on_announced(lambda: woken.append("relay"))
    async with database.transaction() as session:
        await insert_many(session, echo, [{"n": 1, "text": ""}])
    assert woken == []
    async with database.transaction() as session:
        announce(session, Parroted(n=1))
        assert woken == []
    assert woken == ["relay"]


async def test_an_event_announced_again_under_its_id_is_one_event(open_database) -> None:
    database = await a_database(open_database)
    event_id = new_id()
    for _ in range(2):
        async with database.transaction() as session:
            assert announce(session, Parroted(n=1), event_id=event_id) == event_id
    assert await announced(database, Parroted) == [Parroted(n=1)]


async def test_the_correlation_id_is_that_of_the_cause(open_database) -> None:
    database = await a_database(open_database)
    async with database.transaction() as session:
        announce(session, Parroted(n=1))
    (cause,) = await announced_envelopes(database)
    async with database.transaction() as session:
        announce(session, Echoed(n=1), because=cause)
    assert [heard.correlation_id for heard in await announced_envelopes(database)] == [cause.correlation_id] * 2


async def test_a_correlation_id_too_long_to_be_heard_is_cut(open_database) -> None:
    database = await a_database(open_database)
    with correlation("x" * 500):
        async with database.transaction() as session:
            announce(session, Parroted(n=1))
    (heard,) = await announced_envelopes(database)
    assert heard.correlation_id == "x" * 200


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 29, 2, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Warsaw")),
        datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=-12))),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
async def test_a_moment_comes_back_as_the_same_moment_in_utc(open_database, moment: datetime) -> None:
    database = await a_database(open_database)
    async with database.transaction() as session:
        await insert_many(session, things, [{"id": 1, "at": moment, "what": None}])
    async with database.reading() as session:
        (found,) = (await session.execute(select(things.c.at))).one()
    assert found == moment.astimezone(UTC)
    assert found.utcoffset() == timedelta(0)


async def test_a_naive_moment_is_refused(open_database) -> None:
    database = await a_database(open_database)
    with pytest.raises(Exception, match="needs a zone"):
        async with database.transaction() as session:
            await insert_many(session, things, [{"id": 1, "at": datetime(2026, 1, 1), "what": None}])  # noqa: DTZ001


async def test_moments_sort_by_time(open_database) -> None:
    database = await a_database(open_database)
    moments = [datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(seconds=n / 3) for n in (5, 3, 0, 4, 1)]
    async with database.transaction() as session:
        await insert_many(session, things, [{"id": n, "at": at, "what": None} for n, at in enumerate(moments)])
    async with database.reading() as session:
        found = list(await session.scalars(select(things.c.at).order_by(things.c.at)))
        late = await session.scalar(select(func.count()).select_from(things).where(things.c.at > moments[1]))
    assert found == sorted(moments)
    assert late == 2


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, "ą€😀"]}, [], "text", 0, False, {"": ""}])
async def test_a_json_document_comes_back_as_it_was(open_database, value: object) -> None:
    database = await a_database(open_database)
    async with database.transaction() as session:
        await insert_many(session, things, [{"id": 1, "at": None, "what": value}])
    async with database.reading() as session:
        assert (await session.execute(select(things.c.what))).scalar_one() == value


async def test_no_json_document_is_null(open_database) -> None:
    database = await a_database(open_database)
    async with database.transaction() as session:
        await insert_many(session, things, [{"id": 1, "at": None, "what": None}])
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(things).where(things.c.what.is_(None))) == 1


async def test_many_rows_at_once(open_database) -> None:
    database = await a_database(open_database)
    rows = [{"id": n, "at": None, "what": n} for n in range(3)]
    async with database.transaction() as session:
        await insert_many(session, things, rows)
        await insert_ignoring_conflicts(
            session, things, [{"id": 2, "at": None, "what": "other"}, {"id": 3, "at": None, "what": 3}], ["id"]
        )
        await upsert_many(session, things, [{"id": 0, "at": None, "what": "new"}], ["id"], update=["what"])
        await insert_many(session, things, [])
    async with database.reading() as session:
        found = (await session.execute(select(things.c.id, things.c.what).order_by(things.c.id))).all()
    assert [tuple(row) for row in found] == [(0, "new"), (1, 1), (2, 2), (3, 3)]


async def test_migrating_twice_is_migrating_once(open_database) -> None:
    database = await open_database(PARROT)
    await database.migrate(PARROT)
    async with database.reading() as session:
        assert await session.scalar(text("SELECT version_num FROM alembic_version")) == "0001"


async def test_migrations_end_where_the_models_are(open_database) -> None:
    database = await open_database(PARROT)
    assert await schema_differences(database, metadata) == []


async def test_all_who_start_at_once_migrate_one_after_the_other(postgresql_url: str) -> None:
    databases = [Database.open(postgresql_url, schema=PARROT) for _ in range(4)]
    await asyncio.gather(*(database.migrate(PARROT) for database in databases))
    for database in databases:
        assert await kept(database) == []
        await database.dispose()


async def test_a_missing_package_is_named(open_database) -> None:
    database = await open_database(PARROT)
    with pytest.raises(ModuleNotFoundError, match="no_such_service"):
        await database.migrate("no_such_service")


async def test_data_is_there_after_a_restart(open_database) -> None:
    first = await open_database(PARROT)
    async with first.transaction() as session:
        await insert_many(session, echo, [{"n": 1, "text": ""}])
    await first.dispose()
    assert await kept(await open_database(PARROT)) == [1]


async def test_services_do_not_see_each_other_in_one_postgresql_database(postgresql_url: str) -> None:
    one, other = Database.open(postgresql_url, schema="one"), Database.open(postgresql_url, schema='o"ther')
    for database in (one, other):
        await database.migrate(PARROT)
    async with one.transaction() as session:
        await insert_many(session, echo, [{"n": 1, "text": ""}])
    assert (await kept(one), await kept(other)) == ([1], [])
    await one.dispose()
    await other.dispose()


async def test_only_one_replica_leads_until_it_stops(postgresql_url: str) -> None:
    one, other = (Database.open(postgresql_url, schema="one") for _ in range(2))
    async with one.leadership("relay") as leads:
        assert leads is not None
        await leads()
        async with other.leadership("relay") as also:
            assert also is None
        async with other.leadership("something else") as leads_something_else:
            assert leads_something_else is not None
    async with other.leadership("relay") as leads:
        assert leads is not None
    await one.dispose()
    await other.dispose()


async def test_a_lock_keeps_replicas_apart(postgresql_url: str) -> None:
    one, other = (Database.open(postgresql_url, schema="one") for _ in range(2))
    await one.migrate(PARROT)
    order: list[str] = []

    async def second() -> None:
        async with other.transaction() as session:
            await other.lock(session, "consumer")
            order.append("second")

    async with one.transaction() as session:
        await one.lock(session, "consumer")
        waiting = asyncio.create_task(second())
        async with other.transaction() as free:
            await other.lock(free, "another name")
        order.append("first")
    await waiting
    assert order == ["first", "second"]
    await one.dispose()
    await other.dispose()


async def test_the_pool_heals_after_postgresql_has_cut_every_connection(postgresql_url: str) -> None:
    """reliability A15"""
    database = Database.open(postgresql_url, schema="one")
    await database.migrate(PARROT)
    async with database.reading() as session:
        await session.execute(text("SELECT 1"))
    killer = Database.open(postgresql_url, schema="killer")
    async with killer.transaction() as session:
        await session.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'goniec-one'")
        )
    await killer.dispose()
    async with database.transaction() as session:
        await insert_many(session, echo, [{"n": 1, "text": ""}])
    assert await kept(database) == [1]
    await database.dispose()


async def test_the_clock_that_was_handed_in_is_the_time(open_database, clock: FixedClock) -> None:
    database = await open_database(PARROT)
    assert await database.now() == clock.now()


async def test_without_one_the_database_has_the_time(database_url: str) -> None:
    database = Database.open(database_url, schema="one")
    assert abs(await database.now() - SystemClock().now()) < timedelta(seconds=10)
    await database.ping()
    await database.dispose()


async def test_a_second_process_is_refused_the_sqlite_file(sqlite_url: str, tmp_path: Path) -> None:
    """DESIGN 2.5: one process per service."""
    program, log = tmp_path / "somebody_else.py", tmp_path / "log"
    program.write_text(f"from kit.database import Database; Database.open({sqlite_url!r}, schema='one')")
    database = Database.open(sqlite_url, schema="one")
    assert await end_of(start_program(program, os.environ, log)) != 0
    assert "in use by another process" in log.read_text()
    with pytest.raises(DatabaseInUse):
        Database.open(sqlite_url, schema="one")
    await database.dispose()
    assert await end_of(start_program(program, os.environ, log)) == 0


async def test_sqlite_is_durable_and_checks_foreign_keys(sqlite_url: str) -> None:
    database = Database.open(sqlite_url, schema="one")
    async with database.transaction() as session:
        settings = [
            await session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert settings == ["wal", 2, 1]
    await database.dispose()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite+aiosqlite:///:memory:"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"database|file"):
        Database.open(url, schema="one")


def test_the_seq_of_the_outbox_never_starts_again() -> None:
    assert outbox.dialect_options["sqlite"]["autoincrement"] is True
