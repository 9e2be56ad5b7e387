"""aiosqlite with one change of thread for each statement instead of four.

aiosqlite runs every call of a connection in a thread of its own, and SQLAlchemy's adapter calls it four times for a
statement: open a cursor, execute, fetch, close. Changing threads is what most of the time goes to. Here all four happen in
one call, BEGIN travels with the statement after it, and what waits for nobody is done on the spot: statements of a writer that
has its lock, look-ups by key, the ROLLBACK of a reader.
"""

# ruff: noqa: SLF001 - an adapter reaches into what it adapts, as SQLAlchemy's own does

import asyncio
import sqlite3
from collections import deque
from collections.abc import Sequence
from threading import Thread
from typing import Any, cast
from weakref import WeakSet

import aiosqlite
from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util import EMPTY_DICT
from sqlalchemy.util.concurrency import await_

MANY = 200
"""More rows than these are written in the connection's own thread even where it is another one."""

_ENDS_WITHIN = 2.0

_Outcome = tuple[Sequence[Any], Any, int, int | None]


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Executes, fetches and closes in one go; what is fetched waits here."""

    __slots__ = ("_description", "_lastrowid", "_rowcount", "_size")

    def __init__(self, adapt_connection: "_Connection") -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = deque()
        self._description: Any = None
        self._rowcount = -1
        self._lastrowid: int | None = None
        self._size = 1

    @property
    def description(self) -> Any:
        return self._description

    @property
    def rowcount(self) -> int:
        return self._rowcount

    @property
    def lastrowid(self) -> int:
        return cast(int, self._lastrowid)

    @property
    def arraysize(self) -> int:
        return self._size

    @arraysize.setter
    def arraysize(self, value: int) -> None:
        self._size = value

    async def _async_soft_close(self) -> None:
        """It is closed already."""

    def close(self) -> None:
        self._rows.clear()

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        return await self._run(_execute, operation, parameters)

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        return await self._run(_execute_many, operation, seq_of_parameters)

    async def execute_prepared(self, operation: str, parameters: Any, *, by_key: bool) -> None:
        """For `kit.prepared`, as the next one."""
        await self._run_near(_execute, operation, parameters, by_key=by_key)

    async def execute_many_prepared(self, operation: str, rows: Sequence[Any]) -> None:
        if len(rows) > MANY:
            await self._run(_execute_many, operation, rows)
        else:
            await self._run_near(_execute_many, operation, rows)

    async def _run_near(self, how: Any, operation: str, parameters: Any, *, by_key: bool = False) -> None:
        """Without a change of thread where nothing can keep us waiting: inside of a transaction that has its lock, and where
        a reader looks up rows by their keys."""
        connection = cast(_Connection, self._adapt_connection)
        waits_for_nobody = by_key if connection.only_reads else connection.begin_with is None
        if not waits_for_nobody or connection.was_cut_off or connection._execute_mutex.locked():
            await self._run(how, operation, parameters)
        else:
            begin, connection.begin_with = connection.begin_with, None
            self._take(how(self._connection._conn, begin, operation, parameters))

    async def _run(self, how: Any, operation: str, parameters: Any) -> "_Cursor":
        connection = cast(_Connection, self._adapt_connection)
        async with connection._execute_mutex:
            begin, connection.begin_with = connection.begin_with, None
            try:
                outcome = await self._connection._execute(how, self._connection._conn, begin, operation, parameters)
            except asyncio.CancelledError:
                connection.was_cut_off = True  # the thread may still be at it
                raise
        self._take(outcome)
        return self

    def _take(self, outcome: _Outcome) -> None:
        rows, self._description, self._rowcount, self._lastrowid = outcome
        self._rows = deque(rows)


def _execute(connection: sqlite3.Connection, begin: str | None, operation: str, parameters: Any) -> _Outcome:
    if begin:
        connection.execute(begin)
    cursor = connection.execute(operation, parameters or ())
    try:
        rows = cursor.fetchall() if cursor.description else ()
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()


def _execute_many(connection: sqlite3.Connection, begin: str | None, operation: str, parameters: Any) -> _Outcome:
    if begin:
        connection.execute(begin)
    cursor = connection.executemany(operation, parameters)
    try:
        return (), None, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("begin_with", "only_reads", "was_cut_off")

    _cursor_cls = _Cursor  # type: ignore[assignment]

    def __init__(self, dbapi: Any, connection: Any, *, only_reads: bool) -> None:
        super().__init__(dbapi, connection)
        self.begin_with: str | None = None
        self.only_reads = only_reads
        self.was_cut_off = False

    def commit(self) -> None:
        if self.begin_with is None:
            super().commit()
        self.begin_with = None

    def rollback(self) -> None:
        begun = self.begin_with is None
        self.begin_with = None
        if not begun:
            return
        if self.only_reads and self._connection._connection:
            if self.was_cut_off:
                self._connection._tx.put_nowait((None, self._connection._connection.rollback))
            else:
                self._connection._connection.rollback()
        else:
            super().rollback()


def begin_with(connection: Connection, statement: str) -> None:
    """Begin the transaction of this connection with `statement`, as soon as there is something to do in it."""
    cast(_Connection, connection.connection.dbapi_connection).begin_with = statement


class SqliteDriver(AsyncAdapt_aiosqlite_dbapi):
    """For `create_async_engine(…, module=…)`."""

    def __init__(self, *, only_reads: bool = False) -> None:
        super().__init__(aiosqlite, sqlite3)
        self.only_reads = only_reads
        self._threads: WeakSet[Thread] = WeakSet()

    def connect(self, *arg: Any, **kw: Any) -> _Connection:
        connection = aiosqlite.connect(*arg, **kw)
        connection._thread.daemon = True
        self._threads.add(connection._thread)
        return _Connection(self, await_(connection), only_reads=self.only_reads)

    async def ended(self) -> None:
        """Wait for the threads of closed connections: one that was cut off in mid-statement answers a loop that may be gone."""
        for thread in [thread for thread in self._threads if thread.is_alive()]:
            await asyncio.to_thread(thread.join, _ENDS_WITHIN)
