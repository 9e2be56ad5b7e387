"""One database per service: SQLite to begin with, PostgreSQL to grow; the commit happens here and nowhere else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal, Self

import sqlalchemy.ext.asyncio
import sqlalchemy.orm
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.orm.session import Session

from kit import engines
from kit.announcing import Speaker, give_voice, write_announced
from kit.bulk import insert_ignoring_conflicts, insert_many, upsert_many
from kit.clock import Clock, SystemClock
from kit.columns import JsonDocument, UtcDateTime
from kit.file_lock import FileLock
from kit.migrating import upgrade

__all__ = [
    "AsyncSession",
    "Database",
    "JsonDocument",
    "UtcDateTime",
    "insert_ignoring_conflicts",
    "insert_many",
    "upsert_many",
]


class _SyncSession(Session):
    execute = sqlalchemy.orm.Session.execute


class _Session(AsyncSession):
    """SQLModel's session, but `execute` is SQLAlchemy's again: SQLModel warns of it, the hot path is Core statements."""

    sync_session_class = _SyncSession
    execute = sqlalchemy.ext.asyncio.AsyncSession.execute


class Database:
    """Sessions for one service's own tables.

    On SQLite there is one writer at a time and one process per file; on PostgreSQL each service has a schema.
    """

    def __init__(self, url: str, *, schema: str, clock: Clock | None = None) -> None:
        self.url = engines.with_async_driver(url)
        self.dialect: Literal["sqlite", "postgresql"] = engines.dialect_of(self.url)
        self.schema = schema
        self.clock = clock or SystemClock()
        self._file_lock: FileLock | None = None
        if self.dialect == "sqlite":
            self._file_lock = FileLock.beside(engines.sqlite_path(self.url))
        self._writing_engine, self._reading_engine = self._engines()
        self._writer = asyncio.Lock()
        self._writing_tasks: set[asyncio.Task[Any]] = set()
        self._when_announced: list[Callable[[], None]] = []

    @classmethod
    def open(cls, url: str, *, schema: str, clock: Clock | None = None) -> Self:
        """`sqlite+aiosqlite:///path` or `postgresql+asyncpg://…` (`sqlite:///`, `postgresql://` will do).

        Connects lazily, but takes the lock of an SQLite file at once: DatabaseInUse when another process has it.
        """
        return cls(url, schema=schema, clock=clock)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session that writes. Leaving it normally commits it together with what was announced; an exception undoes all.

        Nothing is retried. A second transaction inside of the first, in the same task, is refused (RuntimeError): on SQLite
        it would wait for ever.
        """
        task = asyncio.current_task()
        assert task is not None
        if task in self._writing_tasks:
            raise RuntimeError("This task has a transaction open already; hand its session on instead.")
        self._writing_tasks.add(task)
        try:
            async with self._only_writer():
                announced = 0
                async with _Session(self._writing_engine, expire_on_commit=False) as session:
                    give_voice(session, Speaker(source=self.source, now=self.clock.now))
                    yield session
                    announced = await write_announced(session)
                    await session.commit()
        finally:
            self._writing_tasks.discard(task)
        if announced:
            for wake in self._when_announced:
                wake()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads; the database refuses writes in it. It never waits for the writer."""
        async with _Session(self._reading_engine, expire_on_commit=False) as session:
            yield session

    @property
    def source(self) -> str:
        """How this service is named in the events it says (CloudEvents `source`): `/mail-ingest`."""
        return "/" + self.schema.replace("_", "-")

    def on_announced(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit that announced something."""
        self._when_announced.append(wake)

    async def lock(self, session: AsyncSession, name: str) -> None:
        """Wait until no other transaction of this service holds the lock `name`; it is held until this one ends."""
        if self.dialect == "postgresql":
            await session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": self._lock_name(name)}
            )

    @asynccontextmanager
    async def leadership(self, name: str) -> AsyncIterator[Callable[[], Awaitable[None]] | None]:
        """Be the only one of all replicas that does `name`, or be given None.

        What is given is an async function that raises when the leadership was lost with its connection.
        """
        if self.dialect == "sqlite":
            yield _alone
            return
        locks = await self.advisory_locks()
        try:
            leads = await locks.take(name)
            yield locks.check if leads else None
            if leads:
                await locks.give_back(name)
        finally:
            await locks.close()

    async def advisory_locks(self) -> "AdvisoryLocks":
        """Locks among all replicas that live as long as a connection of their own (PostgreSQL only)."""
        plain = await self._writing_engine.connect()
        return AdvisoryLocks(await plain.execution_options(isolation_level="AUTOCOMMIT"), self._lock_name)

    async def migrate(self, package: str) -> None:
        """Bring the schema to the newest version in `<package>/migrations/versions`; others who start now wait for it."""
        if self.dialect == "postgresql":
            await engines.create_schema(self.url, self.schema)
        engine = engines.migrating_engine(self.url, self.schema)
        try:
            async with engine.begin() as connection:
                if self.dialect == "postgresql":
                    await connection.execute(
                        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
                        {"name": self._lock_name("migrate")},
                    )
                await connection.run_sync(upgrade, package)
                if self.dialect == "sqlite":
                    await _check_foreign_keys(connection)
        finally:
            await engine.dispose()

    async def now(self) -> datetime:
        """The database's own time on PostgreSQL, so that replicas agree; a clock that was handed in goes before it."""
        if self.dialect == "sqlite" or not isinstance(self.clock, SystemClock):
            return self.clock.now()
        async with self._reading_engine.connect() as connection:
            moment = await connection.scalar(text("SELECT clock_timestamp()"))
        assert isinstance(moment, datetime)
        return moment

    async def ping(self) -> None:
        """Raises when the database does not answer."""
        async with self._reading_engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def dispose(self) -> None:
        """Close every connection and let go of the file."""
        await self._writing_engine.dispose()
        await self._reading_engine.dispose()
        if self.dialect == "sqlite":
            await engines.threads_ended(self._writing_engine, self._reading_engine)
        if self._file_lock is not None:
            self._file_lock.release()

    @property
    def engine(self) -> AsyncEngine:
        """The engine of the writer, for tests and tools that need the connection itself."""
        return self._writing_engine

    def _engines(self) -> engines.Engines:
        return engines.engines_for(self.url, self.schema)

    @asynccontextmanager
    async def _only_writer(self) -> AsyncIterator[None]:
        if self.dialect == "postgresql":
            yield
            return
        async with self._writer:
            yield

    def _lock_name(self, name: str) -> str:
        return f"goniec.{self.schema}.{name}"


class AdvisoryLocks:
    """Named locks of one PostgreSQL connection, which it loses when it is lost."""

    def __init__(self, connection: AsyncConnection, full_name: Callable[[str], str]) -> None:
        self._connection = connection
        self._full_name = full_name

    async def take(self, name: str) -> bool:
        """Whether nobody else has the lock. The same connection may take it again."""
        query = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
        return bool(await self._connection.scalar(query, {"name": self._full_name(name)}))

    async def give_back(self, name: str) -> None:
        query = text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))")
        await self._connection.execute(query, {"name": self._full_name(name)})

    async def check(self) -> None:
        """Raises when the connection was lost, and with it every lock."""
        await self._connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close the connection itself: in the pool it would keep its locks."""
        await self._connection.invalidate()
        await self._connection.close()


async def _alone() -> None:
    """On SQLite there is nobody to lose the leadership to."""


async def _check_foreign_keys(connection: AsyncConnection) -> None:
    broken = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
    if broken is not None:
        raise RuntimeError(f"The migration left rows of {broken[0]} that point at missing rows of {broken[2]}.")
