"""How each of the two databases is opened, so that what is committed is on the disk and writers do not collide."""

from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, NullPool, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from kit.columns import json_text, json_value
from kit.sqlite_driver import SqliteDriver, begin_with

POOL_SIZE = 10
SQLITE_READERS = 4
_BUSY_MILLISECONDS = 10_000
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


def with_async_driver(url: str) -> URL:
    """The URL with the driver we use; libpq's `sslmode` is handed to asyncpg under its own name."""
    parsed = make_url(url)
    scheme = parsed.drivername.partition("+")[0]
    if scheme not in _DRIVERS:
        raise ValueError(f"A database is sqlite:///… or postgresql://…, not {scheme}://…")
    parsed = parsed.set(drivername=_DRIVERS[scheme])
    if "sslmode" in parsed.query:
        sslmode = parsed.query["sslmode"]
        parsed = parsed.difference_update_query(["sslmode"]).update_query_dict({"ssl": sslmode})
    return parsed


def dialect_of(url: URL) -> Literal["sqlite", "postgresql"]:
    return "sqlite" if url.drivername.startswith("sqlite") else "postgresql"


def sqlite_path(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise ValueError("A service keeps its data in a file; an SQLite database in memory has none.")
    return Path(url.database)


Engines = tuple[AsyncEngine, AsyncEngine]
"""The one that writes and the one that reads."""


def engines_for(url: URL, schema: str) -> Engines:
    return sqlite_engines(url) if dialect_of(url) == "sqlite" else postgresql_engines(url, schema)


def sqlite_engines(url: URL) -> Engines:
    """One connection that writes and a few that read beside it (WAL)."""
    sqlite_path(url).parent.mkdir(parents=True, exist_ok=True)
    writing = _sqlite_engine(url, begin="BEGIN IMMEDIATE", pragmas=_PRAGMAS, pool_size=1, max_overflow=0)
    reading = _sqlite_engine(
        url,
        begin="BEGIN",
        pragmas={**_PRAGMAS, "query_only": "ON", "cache_size": "-4000"},
        pool_size=SQLITE_READERS,
        max_overflow=0,
    )
    return writing, reading


def postgresql_engines(url: URL, schema: str) -> Engines:
    """Two views of one pool: the reading one opens its transactions READ ONLY."""
    writing = _postgresql_engine(url, schema, pool_size=POOL_SIZE, max_overflow=POOL_SIZE, pool_pre_ping=True)
    return writing, writing.execution_options(postgresql_readonly=True)


def migrating_engine(url: URL, schema: str) -> AsyncEngine:
    """One connection for migrations; on SQLite without foreign keys, since changing a table means building it anew."""
    if dialect_of(url) == "sqlite":
        pragmas = {**_PRAGMAS, "foreign_keys": "OFF"}
        return _sqlite_engine(url, begin="BEGIN IMMEDIATE", pragmas=pragmas, poolclass=NullPool)
    return _postgresql_engine(url, schema, poolclass=NullPool)


async def create_schema(url: URL, schema: str) -> None:
    """Must come before the first connection of an engine: SQLAlchemy asks for the default schema only once."""
    import asyncpg  # 3 MB that an installation on SQLite does not need

    connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        if await connection.fetchval("SELECT 1 FROM pg_namespace WHERE nspname = $1", schema):
            return
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('goniec.create_schema', 0))")
            quoted = schema.replace('"', '""')
            await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{quoted}"')
    finally:
        await connection.close()


_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": str(_BUSY_MILLISECONDS),
    "temp_store": "MEMORY",
    "cache_size": "-16000",
    "journal_size_limit": str(64 * 1024 * 1024),
}


def _sqlite_engine(url: URL, *, begin: str, pragmas: dict[str, str], **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        url,
        module=SqliteDriver(only_reads="query_only" in pragmas),
        # Our driver sees to it that one thread at a time uses a connection.
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": _BUSY_MILLISECONDS / 1000},
        hide_parameters=True,  # an error message must not quote what people wrote
        json_serializer=json_text,
        json_deserializer=json_value,
        **options,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for name, value in pragmas.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        begin_with(connection, begin)

    return engine


def _postgresql_engine(url: URL, schema: str, **options: Any) -> AsyncEngine:
    quoted = schema.replace('"', '""')
    return create_async_engine(
        url,
        connect_args={
            "server_settings": {
                "search_path": f'"{quoted}"',
                "application_name": f"goniec-{schema}",
                "timezone": "UTC",
                "jit": "off",
                "idle_in_transaction_session_timeout": "120000",
            },
        },
        hide_parameters=True,  # an error message must not quote what people wrote
        json_serializer=json_text,
        json_deserializer=json_value,
        **options,
    )


async def threads_ended(*engines: AsyncEngine) -> None:
    """Nothing of disposed SQLite engines runs any more."""
    for engine in engines:
        driver = engine.dialect.dbapi
        if isinstance(driver, SqliteDriver):
            await driver.ended()
