"""One at a time: whoever changes cases, be it a batch of mails or a person, does it alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kit.database import AsyncSession, Database

CONSUMER = "case-threader"
FILING_LOCK = f"consumer.{CONSUMER}"
"""The lock under which the runner hands out batches (`Subscription.lock`)."""


@asynccontextmanager
async def changing_cases(database: Database) -> AsyncIterator[AsyncSession]:
    """A transaction in which nobody else files, merges, moves or numbers. SQLite has one writer anyway.

    A batch takes a tenth of a second and what a person does less, so waiting is short; and nothing can deadlock or be decided
    on what has just changed.
    """
    async with database.transaction() as session:
        await database.lock(session, FILING_LOCK)
        yield session
