"""Engines that outlive a test: what SQLAlchemy has compiled for one test need not be compiled for the next."""

from collections import defaultdict
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine

from kit.clock import Clock
from kit.database import Database
from kit.engines import Engines, dialect_of, engines_for, sqlite_path, with_async_driver


class EngineShelf:
    """Two databases that are open at the same time never have the same engines."""

    def __init__(self) -> None:
        self._free: dict[tuple[str, str], list[_Shelved]] = defaultdict(list)

    def open(self, url: str, *, schema: str, clock: Clock) -> Database:
        """A database that leaves its engines to the next one of the same schema when it is disposed of."""
        parsed = with_async_driver(url)
        place = "any file" if dialect_of(parsed) == "sqlite" else parsed.render_as_string(hide_password=False)
        return _Borrower(url, schema=schema, clock=clock, shelf=self._free[place, schema])


class _Shelved:
    """Both engines of a database; those of SQLite connect to whichever file they are pointed at."""

    def __init__(self, url: URL, schema: str) -> None:
        self.engines: Engines = engines_for(url, schema)
        self._path = ""
        if dialect_of(url) == "sqlite":
            for engine in self.engines:
                self._redirect(engine)
                event.listen(engine.sync_engine, "connect", _forget_power_cuts)

    def point_at(self, url: URL) -> None:
        if dialect_of(url) == "sqlite":
            path = sqlite_path(url)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._path = str(path)

    def _redirect(self, engine: AsyncEngine) -> None:
        @event.listens_for(engine.sync_engine, "do_connect")
        def to_our_file(_dialect: Any, _record: Any, arguments: list[Any], _options: Any) -> None:
            arguments[0] = self._path


def _forget_power_cuts(connection: Any, _record: Any) -> None:
    """No test survives one, as on PostgreSQL (`kit.testing.servers`)."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()


class _Borrower(Database):
    def __init__(self, url: str, *, schema: str, clock: Clock, shelf: list[_Shelved]) -> None:
        self._shelf = shelf
        self._borrowed: _Shelved | None = None
        super().__init__(url, schema=schema, clock=clock)

    def _engines(self) -> Engines:
        self._borrowed = self._shelf.pop() if self._shelf else _Shelved(self.url, self.schema)
        self._borrowed.point_at(self.url)
        return self._borrowed.engines

    async def dispose(self) -> None:
        await super().dispose()
        if self._borrowed is not None:
            self._shelf.append(self._borrowed)
            self._borrowed = None
