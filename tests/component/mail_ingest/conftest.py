"""The ladder for mail-ingest: clock → database → workers → service → client."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kit.database import Database
from kit.testing import FixedClock
from kit.testing.web import client_of, parts_for_tests
from kit.workers import WorkerPool
from mail_ingest.app import app_of, mail_ingest_parts
from mail_ingest.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))  # ladder, scripted_imap, sample_mails

from ladder import Ingest, Pauses, StartIngest, WorkersInProcess


@pytest.fixture
def start_ingest(open_database: Callable[[str], Awaitable[Database]], clock: FixedClock, tmp_path: Path) -> StartIngest:
    """`async with start_ingest(max_message_bytes=…) as ingest:`; a second time is a restart on the same data."""

    @asynccontextmanager
    async def start(*, workers: WorkerPool | None = None, **settings: Any) -> AsyncIterator[Ingest]:
        inside, pauses = WorkersInProcess(), Pauses(clock)
        parts = parts_for_tests(
            Settings(data=tmp_path, **settings),
            await open_database("mail_ingest"),
            clock,
            make=mail_ingest_parts,
            workers=workers or inside,
            sleep=pauses,
        )
        async with client_of(app_of(parts)) as client:
            yield Ingest(client, parts, clock, inside, pauses)

    return start


@pytest.fixture
async def ingest(start_ingest: StartIngest) -> AsyncIterator[Ingest]:
    async with start_ingest() as running:
        yield running
