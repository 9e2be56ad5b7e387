"""The ladder for reminder-dispatcher: clock → database → parts → a desk."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kit.testing import FixedClock
from kit.testing.fixtures import OpenDatabase
from kit.testing.smtp_sink import SmtpSink
from kit.testing.web import client_of

sys.path.insert(0, str(Path(__file__).parent))  # reminder_desk

from reminder_desk import NOW, Desk, FakeGateway, desk_parts, desk_settings, make_app


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with SmtpSink() as running:
        yield running


@pytest_asyncio.fixture
async def desk(open_database: OpenDatabase, clock: FixedClock, sink: SmtpSink, tmp_path: Path) -> AsyncIterator[Desk]:
    """The service, started, on SQLite and on PostgreSQL; dispatched by hand."""
    database = await open_database("reminder_dispatcher")
    gateway = FakeGateway()
    parts = desk_parts(desk_settings(tmp_path), database, clock, sink, gateway)
    app = make_app(parts)
    async with client_of(app) as http:
        yield Desk(database, clock, parts, app, http, sink, gateway)
