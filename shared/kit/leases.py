"""Being the only one at something, such as fetching one mailbox, among all replicas of a service.

A lease spares double work; that nothing is *done* twice is up to constraints in the database, because a lease can be lost
while its holder still believes in it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy import exc

from kit.database import AdvisoryLocks, Database

log = structlog.get_logger()

_LONGEST_LOOK = 5.0


class LeaseTaken(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"Somebody else holds {name}.")


class Lease:
    """Held until `lost` is set; a holder that works for long looks at `is_held` between two pieces of work."""

    def __init__(self, name: str, ttl: timedelta) -> None:
        self.name = name
        self.ttl = ttl
        self.lost = asyncio.Event()

    @property
    def is_held(self) -> bool:
        return not self.lost.is_set()


class Leases(Protocol):
    def hold(self, name: str, ttl: timedelta, *, wait: bool = True) -> AbstractAsyncContextManager[Lease]:
        """Wait until nobody else holds `name`, then hold it; without `wait`, LeaseTaken. A loss is noticed within `ttl`."""
        ...

    async def close(self) -> None: ...


def leases_for(database: Database) -> "Leases":
    """In the process on SQLite, which has one process per service; through the database on PostgreSQL.

    Not through the broker: mail is fetched whether it is there or not.
    """
    return LocalLeases() if database.dialect == "sqlite" else DatabaseLeases(database)


class LocalLeases:
    """Leases among the tasks of one process."""

    def __init__(self) -> None:
        self._held: dict[str, Lease] = {}
        self._given_back = asyncio.Condition()

    @asynccontextmanager
    async def hold(self, name: str, ttl: timedelta, *, wait: bool = True) -> AsyncIterator[Lease]:
        async with self._given_back:
            if name in self._held and not wait:
                raise LeaseTaken(name)
            await self._given_back.wait_for(lambda: name not in self._held)
            lease = self._held[name] = Lease(name, ttl)
        try:
            yield lease
        finally:
            self._held.pop(name, None)
            async with self._given_back:
                self._given_back.notify_all()

    def lose(self, name: str) -> None:
        """What a test does to see its holder stop."""
        if lease := self._held.get(name):
            lease.lost.set()

    async def close(self) -> None:
        """Nothing is kept outside of the process."""


class DatabaseLeases:
    """Leases among replicas: advisory locks of one PostgreSQL connection, gone with the process at the latest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._among_ourselves = LocalLeases()
        self._locks: AdvisoryLocks | None = None
        self._using = asyncio.Lock()
        self._held: set[Lease] = set()
        self._watching: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def hold(self, name: str, ttl: timedelta, *, wait: bool = True) -> AsyncIterator[Lease]:
        async with self._among_ourselves.hold(name, ttl, wait=wait) as lease:
            while not await self._try_lock(name):
                if not wait:
                    raise LeaseTaken(name)
                await asyncio.sleep(_look_every(lease))
            self._held.add(lease)
            if self._watching is None or self._watching.done():
                self._watching = asyncio.create_task(self._watch(), name="leases")
            try:
                yield lease
            finally:
                self._held.discard(lease)
                if lease.is_held:
                    await self._unlock(name)

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        async with self._using:
            if self._locks is not None:
                await self._locks.close()
                self._locks = None

    async def _try_lock(self, name: str) -> bool:
        async with self._using:
            try:
                if self._locks is None:
                    self._locks = await self._database.advisory_locks()
                return await self._locks.take(f"lease.{name}")
            except (exc.SQLAlchemyError, OSError) as error:
                await self._lose_all(error)
                return False

    async def _unlock(self, name: str) -> None:
        async with self._using:
            if self._locks is None:
                return
            try:
                await self._locks.give_back(f"lease.{name}")
            except (exc.SQLAlchemyError, OSError) as error:
                await self._lose_all(error)

    async def _watch(self) -> None:
        """One for all leases: they share a connection, and a watcher stopped in mid-question would cut it."""
        while self._held:
            await asyncio.sleep(min(_look_every(lease) for lease in self._held))
            async with self._using:
                if self._locks is None:
                    return
                try:
                    await self._locks.check()
                except (exc.SQLAlchemyError, OSError) as error:
                    await self._lose_all(error)

    async def _lose_all(self, error: Exception) -> None:
        """The connection is gone, and with it every lock it had."""
        if self._held:
            log.warning("leases_lost", names=[lease.name for lease in self._held], reason=str(error))
        for lease in self._held:
            lease.lost.set()
        if self._locks is not None:
            locks, self._locks = self._locks, None
            await locks.close()


def _look_every(lease: Lease) -> float:
    return min(lease.ttl.total_seconds() / 3, _LONGEST_LOOK)
