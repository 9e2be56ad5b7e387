"""pytest fixtures, a ladder: clock → database → bus. Enable with `pytest_plugins = ["kit.testing.fixtures"]`.

What asks for `database_url` or `open_database` runs twice, on SQLite and on PostgreSQL, each time on an empty database.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from kit.database import Database
from kit.testing.clock import FixedClock
from kit.testing.in_memory_bus import InMemoryBus
from kit.testing.servers import NatsServer, running_postgresql
from kit.testing.shared_database import SharedDatabase
from kit.testing.templates import Templates

OpenDatabase = Callable[[str], Awaitable[Database]]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def bus(clock: FixedClock) -> InMemoryBus:
    return InMemoryBus(clock)


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A real broker with an empty store, to be killed and robbed at will."""
    server = NatsServer(tmp_path / "nats")
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of one PostgreSQL server for all tests."""
    with running_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def database_templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Migrated databases to copy from: a package is migrated once, not once per test."""
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite3'}"


@pytest.fixture
def postgresql_url(postgresql_server: str, database_templates: Templates) -> Iterator[str]:
    """An empty PostgreSQL database, dropped after the test."""
    with ThreadPoolExecutor(1) as apart:  # an async fixture may ask for this one while its own loop runs
        url = apart.submit(asyncio.run, database_templates.create_postgresql(postgresql_server)).result()
        yield url
        apart.submit(asyncio.run, database_templates.drop_postgresql(postgresql_server, url)).result()


@pytest.fixture(scope="session")
def shared_postgresql(postgresql_server: str) -> Iterator[SharedDatabase]:
    """The PostgreSQL database that the tests of this process have one after the other."""
    with SharedDatabase(postgresql_server) as shared:
        yield shared


@pytest.fixture
def lent_postgresql_url(shared_postgresql: SharedDatabase, database_templates: Templates) -> Iterator[str]:
    """Like `postgresql_url` for what opens its database with `open_database`, but at once: nothing is made anew."""
    yield database_templates.share(shared_postgresql)
    shared_postgresql.give_back()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of each kind without any rows, to hand to a service's settings."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "lent_postgresql_url"))


@pytest_asyncio.fixture
async def open_database(
    database_url: str, clock: FixedClock, database_templates: Templates
) -> AsyncIterator[OpenDatabase]:
    """`await open_database("case_threader")`: that service's database, migrated, on the test's clock.

    Opening the same package again in one test gives the same data, as after a restart; the first one must be disposed.
    """
    async with _opener(database_url, clock, database_templates) as opener:
        yield opener


@pytest_asyncio.fixture
async def open_database_sqlite(
    sqlite_url: str, clock: FixedClock, database_templates: Templates
) -> AsyncIterator[OpenDatabase]:
    """The same on SQLite only, for what does not depend on the engine."""
    async with _opener(sqlite_url, clock, database_templates) as opener:
        yield opener


@asynccontextmanager
async def _opener(url: str, clock: FixedClock, templates: Templates) -> AsyncIterator[OpenDatabase]:
    opened: list[Database] = []

    async def open_migrated(package: str) -> Database:
        database = await templates.open(url, package, clock)
        opened.append(database)
        return database

    try:
        yield open_migrated
    finally:
        for database in opened:
            await database.dispose()
