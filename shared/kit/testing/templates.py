"""Empty and migrated databases for tests: a package is migrated once, a file of SQLite is then copied for every test."""

import shutil
from pathlib import Path
from uuid import uuid4

import asyncpg
from sqlalchemy import URL, make_url

from kit.clock import Clock
from kit.database import Database
from kit.engines import with_async_driver
from kit.testing.engine_shelf import EngineShelf
from kit.testing.shared_database import SharedDatabase


class Templates:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shelf = EngineShelf()
        self._sqlite: dict[str, Path] = {}
        self._filled: set[tuple[str, str]] = set()
        self._shared: dict[str, SharedDatabase] = {}

    async def open(self, url: str, package: str, clock: Clock) -> Database:
        """The database of `package` under `url`, migrated; the same data when it is opened again."""
        if url.startswith("sqlite"):
            await self._fill_sqlite(url, package, clock)
        url = _one_file_per_package(url, package)
        database = self._shelf.open(url, schema=package, clock=clock)
        shared = self._shared.get(url)
        if shared is None and database.dialect == "postgresql":
            await database.migrate(package)
        elif shared is not None and not shared.use(package):
            await database.migrate(package)
            shared.remember(package)
        return database

    def share(self, database: SharedDatabase) -> str:
        """The URL of a database of which this one knows what is migrated in it."""
        url = database.url.render_as_string(hide_password=False)
        self._shared[url] = database
        return url

    async def _fill_sqlite(self, url: str, package: str, clock: Clock) -> None:
        if (url, package) in self._filled:
            return
        self._filled.add((url, package))
        if package not in self._sqlite:
            template = self._folder / f"{package}.sqlite3"
            database = Database.open(f"sqlite+aiosqlite:///{template}", schema=package, clock=clock)
            await database.migrate(package)
            await database.dispose()
            self._sqlite[package] = template
        target = Path(str(make_url(_one_file_per_package(url, package)).database))
        shutil.copyfile(self._sqlite[package], target)

    async def create_postgresql(self, server: str) -> str:
        name = f"test_{uuid4().hex[:12]}"
        await _run(server, f'CREATE DATABASE "{name}"')
        return with_async_driver(server).set(database=name).render_as_string(hide_password=False)

    async def drop_postgresql(self, server: str, url: str) -> None:
        await _run(server, f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')


def _one_file_per_package(url: str, package: str) -> str:
    parsed: URL = make_url(url)
    if not parsed.drivername.startswith("sqlite"):
        return url
    path = Path(str(parsed.database))
    return parsed.set(database=str(path.with_name(f"{path.stem}-{package}.sqlite3"))).render_as_string()


async def _run(server: str, statement: str) -> None:
    url = with_async_driver(server).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
