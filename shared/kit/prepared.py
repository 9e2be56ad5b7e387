"""Statements that are asked thousands of times a minute: compiled once for each database, then handed to the driver itself.

SQLAlchemy spends some three hundred function calls on a statement and a dozen on each row, which is several times what the
database needs for it. Here the SQL and the conversion of values are still SQLAlchemy's (types, casts, dialects), and so are
the transaction and the errors; only the way between them is short. For statements that are rare, use the session.
"""

# ruff: noqa: SLF001 - the short way leads past the public one

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar, cast
from uuid import UUID, SafeUUID
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import StatementError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator
from sqlalchemy.util.concurrency import greenlet_spawn
from sqlmodel.ext.asyncio.session import AsyncSession

Row = Mapping[str, Any]
Process = Callable[[Any], Any]
Values = TypeVar("Values")

_CONNECTION = "kit.prepared.connection"


class Prepared:
    """One statement with named parameters. `make` is given the name of the dialect (`sqlite`, `postgresql`).

    `keys` are the columns of an INSERT whose values are not part of it. `by_key`: it reads a few rows by their keys, which takes
    no longer than a change of thread would: on SQLite it is asked on the spot, also where nothing else is.
    """

    def __init__(
        self, make: Callable[[str], Executable], *, keys: Sequence[str] | None = None, by_key: bool = False
    ) -> None:
        self._make = make
        self._keys = keys
        self._by_key = by_key
        self._compiled: WeakKeyDictionary[Dialect, _Compiled] = WeakKeyDictionary()

    async def rows(self, session: AsyncSession, **parameters: Any) -> list[Any]:
        """Execute it once; what it returns, each row as a named tuple of Python values."""
        connection = await _connection_of(session)
        compiled = self._on(connection.dialect)
        values = compiled.converted(compiled.one, parameters)
        cursor = _cursor(connection)
        try:
            if _is_asyncpg(connection):
                await cursor._prepare_and_execute(compiled.sql, values)
            else:
                await cursor.execute_prepared(compiled.sql, values, by_key=self._by_key)
        except BaseException as error:
            await _tell(connection, error, compiled.sql)
            raise
        return compiled.read(cursor._rows)

    async def many(self, session: AsyncSession, rows: Sequence[Row]) -> None:
        """Execute it for each of these rows; nothing is returned."""
        connection = await _connection_of(session)
        compiled = self._on(connection.dialect)
        values = compiled.converted(compiled.many, rows)
        cursor = _cursor(connection)
        execute = cursor._executemany if _is_asyncpg(connection) else cursor.execute_many_prepared
        try:
            await execute(compiled.sql, values)
        except BaseException as error:
            await _tell(connection, error, compiled.sql)
            raise

    def can_be_asked_of(self, session: AsyncSession) -> bool:
        """False for a table whose columns have defaults that SQLAlchemy would fill in for each row."""
        return self._on(session.get_bind().dialect).is_plain

    def _on(self, dialect: Dialect) -> "_Compiled":
        found = self._compiled.get(dialect)
        if found is None:
            found = self._compiled[dialect] = _Compiled(self._make(dialect.name), dialect, self._keys)
        return found


def among(dialect: str, column: Column[Any], name: str) -> ColumnElement[bool]:
    """True where `column` is one of the values of the parameter `name`; the text is the same however many they are."""
    if dialect == "postgresql":
        return column == any_(bindparam(name, type_=ARRAY(column.type)))
    each = func.json_each(bindparam(name, type_=_JsonArray)).table_valued("value")
    return column.in_(select(literal_column("value")).select_from(each))


class _JsonArray(TypeDecorator[Any]):
    """Values as `json_each` of SQLite takes them apart again; UUIDs as their column holds them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        return orjson.dumps([each.hex if isinstance(each, UUID) else each for each in value]).decode()


class _Compiled:
    def __init__(self, statement: Executable, dialect: Dialect, keys: Sequence[str] | None) -> None:
        compiled = cast(Any, statement).compile(dialect=dialect, column_keys=keys)
        assert isinstance(compiled, SQLCompiler)
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise TypeError("A prepared statement has the same text each time: use `among` instead of an expanding IN.")
        names = compiled.positiontup or []
        processors = cast(dict[str, Process], compiled._bind_processors)
        self.sql = str(compiled)
        self.is_plain = not compiled.insert_prefetch and not compiled.update_prefetch
        self._constants = {
            name: bind.effective_value
            for name, bind in compiled.binds.items()
            if not (bind.required or name in (keys or ()))
        }
        self._binds = [(name, processors.get(name)) for name in names]
        self._columns = [_result_processor(entry[3], dialect) for entry in compiled._result_columns]
        names_of_columns = [entry[0] for entry in compiled._result_columns]
        row: Any = namedtuple("Row", names_of_columns, rename=True)  # type: ignore[misc]
        self._row: Callable[[Any], Any] = row._make

    def converted(self, convert: Callable[[Any], Values], given: Any) -> Values:
        """What a column refuses is told as a session would: the value itself is not quoted."""
        try:
            return convert(given)
        except (ValueError, TypeError, KeyError, ArithmeticError) as error:
            sentence = f"({type(error).__name__}) {error}"
            raise StatementError(sentence, self.sql, None, error, hide_parameters=True) from error

    def one(self, parameters: Row) -> tuple[Any, ...]:
        given = {**self._constants, **parameters} if self._constants else parameters
        return tuple(process(given[name]) if process else given[name] for name, process in self._binds)

    def many(self, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        """Column by column: the loops over the rows run in C."""
        if self._constants:
            return [self.one(row) for row in rows]
        columns = []
        for name, process in self._binds:
            values = map(itemgetter(name), rows)
            columns.append(map(process, values) if process else values)
        return list(zip(*columns, strict=True))

    def read(self, rows: Any) -> list[Any]:
        """Column by column, as `many`."""
        if not rows or not any(self._columns):
            return list(map(self._row, rows))
        values = zip(*rows, strict=True)
        columns = [
            map(process, column) if process else column for process, column in zip(self._columns, values, strict=True)
        ]
        return list(map(self._row, zip(*columns, strict=True)))


def _result_processor(type_: Any, dialect: Dialect) -> Process | None:
    if isinstance(type_, Uuid) and type_.as_uuid and not dialect.supports_native_uuid:
        return _uuid_of
    processor: Process | None = type_._cached_result_processor(dialect, None)
    return processor


def _uuid_of(digits: str | None) -> UUID | None:
    """As `UUID(digits)`, which spends most of its time on other ways to write one; lists have hundreds of them."""
    if digits is None:
        return None
    uuid = object.__new__(UUID)
    object.__setattr__(uuid, "int", int(digits, 16))
    object.__setattr__(uuid, "is_safe", SafeUUID.unknown)
    return uuid


async def _connection_of(session: AsyncSession) -> Connection:
    """The connection of the session's transaction: SQLAlchemy takes its time over it, so it is asked once in each.

    A savepoint is another transaction: asking for its connection is what sets it.
    """
    transaction = session.sync_session._transaction
    known: tuple[Any, Connection] | None = session.info.get(_CONNECTION)
    if known is not None and known[0] is transaction and not known[1].closed:
        return known[1]
    connection = (await session.connection()).sync_connection
    assert connection is not None
    session.info[_CONNECTION] = (session.sync_session._transaction, connection)
    return connection


def _cursor(connection: Connection) -> Any:
    """A cursor of SQLAlchemy's adapter for the driver, of which we use the asynchronous half."""
    driver: Any = connection.connection.dbapi_connection
    cursor = driver.cursor()
    if _is_asyncpg(connection):
        dialect: Any = connection.dialect
        cursor._invalidate_schema_cache_asof = dialect._invalidate_schema_cache_asof
    return cursor


def _is_asyncpg(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


async def _tell(connection: Connection, error: BaseException, sql: str) -> None:
    """Raise the error as SQLAlchemy would have: wrapped, and a connection that is lost or cut off is not used again."""
    await greenlet_spawn(_raise_wrapped, connection, error, sql)


def _raise_wrapped(connection: Connection, error: BaseException, sql: str) -> None:
    is_database_error = isinstance(error, connection.dialect.loaded_dbapi.Error)
    try:
        raise error
    except BaseException as raised:  # noqa: BLE001 - whatever it is, it goes on its way from there
        connection._handle_dbapi_exception(raised, sql if is_database_error else None, None, None, None)
