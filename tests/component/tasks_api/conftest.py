"""The ladder for tasks-api: clock → database → parts → a running office."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from kit.database import Database
from kit.testing import FixedClock
from kit.testing.fixtures import OpenDatabase
from kit.testing.templates import Templates
from kit.testing.web import client_of
from tasks_api.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))  # tasks_office

from tasks_office import ADMIN_PASSWORD, Office, app_of, parts_under_test


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, admin_password=ADMIN_PASSWORD)


@pytest_asyncio.fixture
async def office(open_database: OpenDatabase, clock: FixedClock, settings: Settings) -> AsyncIterator[Office]:
    """tasks-api, started, on SQLite and on PostgreSQL; its client may do everything."""
    async with _running(await open_database("tasks_api"), clock, settings) as office:
        yield office


@pytest_asyncio.fixture
async def laptop(
    sqlite_url: str, database_templates: Templates, clock: FixedClock, settings: Settings
) -> AsyncIterator[Office]:
    """The same on SQLite alone, for stories in which the database does not matter."""
    database = await database_templates.open(sqlite_url, "tasks_api", clock)
    async with _running(database, clock, settings) as office:
        yield office
    await database.dispose()


@asynccontextmanager
async def _running(database: Database, clock: FixedClock, settings: Settings) -> AsyncIterator[Office]:
    parts = parts_under_test(settings, database, clock)
    app = app_of(parts)
    async with client_of(app) as client:
        yield Office(app, parts, client, clock, database)
