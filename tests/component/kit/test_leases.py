import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from kit.database import Database
from kit.leases import DatabaseLeases, Leases, LeaseTaken, LocalLeases, leases_for
from kit.testing.waiting import until

TTL = timedelta(seconds=1)


@pytest_asyncio.fixture(params=["local", "database", "two replicas"])
async def two(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Leases, Leases]]:
    """Two who want the same thing: of one process, or of two."""
    if request.param == "local":
        leases = LocalLeases()
        yield leases, leases
        return
    url = request.getfixturevalue("postgresql_url")
    databases = [Database.open(url, schema="one") for _ in range(2 if request.param == "two replicas" else 1)]
    made = [DatabaseLeases(database) for database in databases]
    yield made[0], made[-1]
    for leases, database in zip(made, databases, strict=True):
        await leases.close()
        await database.dispose()


async def test_only_one_holds_it(two: tuple[Leases, Leases]) -> None:
    one, other = two
    async with one.hold("mail-account.1", TTL) as lease:
        assert lease.is_held
        with pytest.raises(LeaseTaken, match=r"mail-account\.1"):
            async with other.hold("mail-account.1", TTL, wait=False):
                pass
        async with other.hold("mail-account.2", TTL, wait=False):
            pass
    async with other.hold("mail-account.1", TTL, wait=False) as lease:
        assert lease.is_held


async def test_who_waits_gets_it_when_it_is_given_back(two: tuple[Leases, Leases]) -> None:
    one, other = two
    order: list[str] = []

    async def second() -> None:
        async with other.hold("x", TTL):
            order.append("second")

    async with one.hold("x", TTL):
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.01)
        order.append("first")
    await asyncio.wait_for(waiting, 10)
    assert order == ["first", "second"]


async def test_an_exception_gives_it_back(two: tuple[Leases, Leases]) -> None:
    one, other = two
    with pytest.raises(ZeroDivisionError):
        async with one.hold("x", TTL):
            raise ZeroDivisionError
    async with other.hold("x", TTL, wait=False):
        pass


async def test_a_holder_learns_that_its_connection_was_lost(postgresql_url: str) -> None:
    database, other = (Database.open(postgresql_url, schema="one") for _ in range(2))
    leases = DatabaseLeases(database)
    async with leases.hold("x", timedelta(milliseconds=100)) as lease:
        killer = Database.open(postgresql_url, schema="killer")
        async with killer.transaction() as session:
            await session.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'goniec-one'")
            )
        await killer.dispose()
        await until(lambda: not lease.is_held)
        elsewhere = DatabaseLeases(other)
        async with elsewhere.hold("x", TTL, wait=False) as taken:
            assert taken.is_held
        await elsewhere.close()
    async with leases.hold("y", TTL) as lease:
        assert lease.is_held
    await leases.close()
    await database.dispose()
    await other.dispose()


async def test_a_test_can_take_it_away() -> None:
    leases = LocalLeases()
    async with leases.hold("x", TTL) as lease:
        leases.lose("x")
        assert not lease.is_held


async def test_sqlite_needs_none_and_postgresql_has_its_own(sqlite_url: str, postgresql_url: str) -> None:
    for url, kind in ((sqlite_url, LocalLeases), (postgresql_url, DatabaseLeases)):
        database = Database.open(url, schema="one")
        assert isinstance(leases_for(database), kind)
        await database.dispose()
