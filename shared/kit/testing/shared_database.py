"""One PostgreSQL database that tests have one after the other: emptied between them, which is quicker than a new one."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from uuid import uuid4

import asyncpg

from kit.engines import with_async_driver

T = TypeVar("T")

_SHAPE = """
    SELECT coalesce(string_agg(concat_ws(' ', c.oid, c.relname, c.relnatts, c.relchecks), ',' ORDER BY c.oid), '')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = ANY ($2)
"""
_RELATIONS = "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = $1"
_SEQUENCES = (
    "SELECT sequencename AS name, start_value AS start, last_value AS last FROM pg_sequences WHERE schemaname = $1"
)
_COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
_OTHER_SCHEMAS = """
    SELECT nspname FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('public', 'information_schema', 'as_migrated') AND nspname <> ALL ($1)
"""
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass(frozen=True)
class _AsMigrated:
    """How a package's schema was when its migrations had run."""

    relations: list[str]
    tables: set[str]
    shape: str
    empty: str
    """The statements that bring its rows and sequences back."""


class SharedDatabase:
    """A database on `server`; its packages stay migrated, and what a test left in them is removed after it."""

    def __init__(self, server: str) -> None:
        self.url = with_async_driver(server).set(database=f"tests_{uuid4().hex[:12]}")
        self._server = server
        # A loop of its own: fixtures that are not async empty it, and async ones whose loop runs already.
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.new_event_loop()
        self._connection: asyncpg.Connection | None = None
        self._migrated: dict[str, _AsMigrated] = {}
        self._used: set[str] = set()

    def __enter__(self) -> Self:
        self._run(_on(self._server, f'CREATE DATABASE "{self.url.database}"'))
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._run(self._connection.close())
        self._run(_on(self._server, f'DROP DATABASE "{self.url.database}" WITH (FORCE)'))
        self._thread.shutdown()
        self._loop.close()

    def use(self, package: str) -> bool:
        """The package is used by this test from now on; whether it is migrated already."""
        self._used.add(package)
        return package in self._migrated

    def remember(self, package: str) -> None:
        """The package has just been migrated and holds nothing else: so it is to be for the next test."""
        self._run(self._remember(package))

    def give_back(self) -> None:
        """The test is over: everything it did is undone, and who is still connected is thrown out."""
        self._run(self._give_back())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._thread.submit(self._loop.run_until_complete, work).result()

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(_plain(self.url.render_as_string(hide_password=False)))
        return self._connection

    async def _remember(self, package: str) -> None:
        connection = await self._connected()
        relations = [row["relname"] for row in await connection.fetch(_RELATIONS, package)]
        tables = {row["tablename"] for row in await connection.fetch(_TABLES, package)}
        statements = ["SET LOCAL session_replication_role = replica"]  # no foreign keys, so the order does not matter
        statements += [f"DELETE FROM {_quoted(package, table)}" for table in tables]  # noqa: S608 - our own names
        await connection.execute("CREATE SCHEMA IF NOT EXISTS as_migrated")
        for table in tables:
            name, kept = _quoted(package, table), _quoted("as_migrated", f"{package}.{table}")
            columns = ", ".join(f'"{row["attname"]}"' for row in await connection.fetch(_COLUMNS, name))
            copy = f"SELECT {columns} FROM "  # noqa: S608 - our own names
            if await connection.fetchrow(f"{copy}{name} LIMIT 1") is not None:
                await connection.execute(f"DROP TABLE IF EXISTS {kept}; CREATE TABLE {kept} AS {copy}{name}")
                statements.append(f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE {copy}{kept}")
        for sequence in await connection.fetch(_SEQUENCES, package):
            value, called = (sequence["start"], "false") if sequence["last"] is None else (sequence["last"], "true")
            statements.append(f"SELECT setval('{_quoted(package, sequence['name'])}', {value}, {called})")
        shape = await connection.fetchval(_SHAPE, package, relations)
        self._migrated[package] = _AsMigrated(relations, tables, shape, ";\n".join(statements))

    async def _give_back(self) -> None:
        if not self._used:
            return
        connection = await self._connected()
        await connection.execute(_END_OTHERS)
        for package in self._used & set(self._migrated):
            was = self._migrated[package]
            for row in await connection.fetch(_TABLES, package):
                if row["tablename"] not in was.tables:
                    await connection.execute(f"DROP TABLE {_quoted(package, row['tablename'])} CASCADE")
            if await connection.fetchval(_SHAPE, package, was.relations) == was.shape:
                await connection.execute(was.empty)
            else:
                del self._migrated[package]
        for row in await connection.fetch(_OTHER_SCHEMAS, list(self._migrated)):
            await connection.execute(f'DROP SCHEMA "{row["nspname"]}" CASCADE')
        self._used.clear()


async def _on(server: str, statement: str) -> None:
    connection = await asyncpg.connect(_plain(server))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _plain(url: str) -> str:
    return with_async_driver(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _quoted(schema: str, name: str) -> str:
    return f'"{schema}"."{name}"'
