"""The ladder for case-threader: clock → database → mail server → parts → a running service → an office with clients."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from case_threader.app import app_of, threader_parts
from case_threader.settings import Settings
from kit.database import Database
from kit.ids import new_id
from kit.testing import FixedClock
from kit.testing.smtp_sink import SmtpSink
from kit.testing.templates import Templates
from kit.testing.web import client_of, parts_for_tests

sys.path.insert(0, str(Path(__file__).parent))  # case_office

from case_office import (
    ANNA,
    BIURO,
    EWA,
    JAN,
    LOOP_MARK,
    NOWAK,
    PIOTR,
    SERWIS,
    Siblings,
    Threader,
    a_contact,
    a_mailbox,
    an_account,
    an_employee,
)  # fmt: skip

StartThreader = Callable[..., AbstractAsyncContextManager[Threader]]


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with SmtpSink() as listening:
        yield listening


def _starter(
    open_database: Callable[[str], Awaitable[Database]], clock: FixedClock, sink: SmtpSink, folder: Path
) -> StartThreader:
    siblings = Siblings(sink)

    @asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[Threader]:
        database = await open_database("case_threader")
        parts = parts_for_tests(
            Settings(data=folder, loop_mark=LOOP_MARK, tag_prefix="Acme", **settings), database, clock,
            transport=httpx.MockTransport(siblings.answer), make=threader_parts,
        )  # fmt: skip
        async with client_of(app_of(parts)) as client:
            yield Threader(client, parts, clock, database, sink, siblings)

    return start


@pytest.fixture
def start_threader(
    open_database: Callable[[str], Awaitable[Database]], clock: FixedClock, sink: SmtpSink, tmp_path: Path
) -> StartThreader:
    """`async with start_threader() as threader:`; a second time is a restart, or on PostgreSQL a replica."""
    return _starter(open_database, clock, sink, tmp_path)


@pytest.fixture
async def threader(start_threader: StartThreader) -> AsyncIterator[Threader]:
    """A service that knows nobody yet, on both databases."""
    async with start_threader() as running:
        yield running


@pytest.fixture
async def office(threader: Threader) -> Threader:
    """Two mailboxes, two employees, the firms Kowalski (with Ewa as contact) and Nowak; on both databases."""
    return await _furnished(threader)


@pytest.fixture
async def quick_office(
    open_database_sqlite: Callable[[str], Awaitable[Database]], clock: FixedClock, sink: SmtpSink, tmp_path: Path
) -> AsyncIterator[Threader]:
    """The same office on SQLite only, for decisions that do not depend on the engine."""
    async with _starter(open_database_sqlite, clock, sink, tmp_path)() as running:
        yield await _furnished(running)


@pytest.fixture
def start_replicas(
    postgresql_url: str, database_templates: Templates, clock: FixedClock, sink: SmtpSink, tmp_path: Path
) -> StartThreader:
    """`async with start_replicas(2) as replicas:`: several services on one PostgreSQL database, the office known."""

    @asynccontextmanager
    async def start(count: int) -> AsyncIterator[list[Threader]]:
        opened: list[Database] = []

        async def open_one(package: str) -> Database:
            opened.append(await database_templates.open(postgresql_url, package, clock))
            return opened[-1]

        async with AsyncExitStack() as stack:
            start_one = _starter(open_one, clock, sink, tmp_path)
            replicas = [await stack.enter_async_context(start_one()) for _ in range(count)]
            await _furnished(replicas[0])
            yield replicas

    return start


async def _furnished(threader: Threader) -> Threader:
    threader.kowalski, threader.ewa, threader.nowak = new_id(), new_id(), new_id()
    await threader.hear(
        a_mailbox(BIURO), a_mailbox(SERWIS), an_employee(ANNA), an_employee(PIOTR),
        an_account("Kowalski sp. z o.o.", JAN, "biuro@kowalski.example", id=threader.kowalski),
        a_contact(threader.kowalski, "Ewa Lis", EWA, id=threader.ewa),
        an_account("Nowak", NOWAK, id=threader.nowak),
    )  # fmt: skip
    return threader
