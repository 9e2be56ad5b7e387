"""Many rows in one statement, the same on both databases. An ORM flush per row is some thirty times dearer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ARRAY, Executable, FromClause, String, Table, Text, bindparam, column, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.prepared import Prepared

FEW = 3
"""Rows that PostgreSQL takes one after the other; more of them travel as one array for each column."""

Rows = Sequence[Mapping[str, Any]]
AnyTable = Table | type[SQLModel]


async def insert_many(session: AsyncSession, table: AnyTable, rows: Rows) -> None:
    """Insert all rows, each with the same keys; what the session holds back is flushed first."""
    await _execute(session, rows, _Kind(_core(table)))


async def insert_ignoring_conflicts(
    session: AsyncSession, table: AnyTable, rows: Rows, index_elements: Sequence[str]
) -> None:
    """Insert the rows whose `index_elements` (a unique key) are not there yet; the others stay as they are."""
    await _execute(session, rows, _Kind(_core(table), tuple(index_elements)))


async def upsert_many(
    session: AsyncSession, table: AnyTable, rows: Rows, index_elements: Sequence[str], *, update: Sequence[str]
) -> None:
    """Insert the rows; where `index_elements` are there already, the columns in `update` take the new values."""
    await _execute(session, rows, _Kind(_core(table), tuple(index_elements), tuple(update)))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a bulk statement does: without `unique` a conflict is an error, without `update` it is passed over."""

    table: Table
    unique: tuple[str, ...] = ()
    update: tuple[str, ...] = ()

    def statement(self, dialect: str) -> Executable:
        module: Any = postgresql if dialect == "postgresql" else sqlite
        return self._told_what_to_do(module.insert(self.table).inline())

    def from_arrays(self, keys: Sequence[str]) -> Executable:
        """For PostgreSQL: one array for each column, in one statement, in the order of the rows."""
        arrays = [bindparam(key, type_=ARRAY(_in_array(self.table.c[key].type), dimensions=1)) for key in keys]
        rows = func.unnest(*arrays).table_valued(*(column(key) for key in keys)).render_derived()
        fresh = postgresql.insert(self.table).from_select(list(keys), select(*rows.c), include_defaults=False)
        return self._told_what_to_do(fresh)

    def _told_what_to_do(self, fresh: Any) -> Executable:
        if self.update:
            taken = {column: fresh.excluded[column] for column in self.update}
            return cast(Executable, fresh.on_conflict_do_update(index_elements=list(self.unique), set_=taken))
        if self.unique:
            return cast(Executable, fresh.on_conflict_do_nothing(index_elements=list(self.unique)))
        return cast(Executable, fresh)


def _in_array(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Text without a length: as a cast, `varchar(300)[]` would cut off what the column refuses."""
    return Text() if isinstance(type_, String) else type_


@lru_cache(maxsize=1024)
def _prepared(kind: _Kind, keys: tuple[str, ...]) -> Prepared:
    return Prepared(kind.statement, keys=keys)


@lru_cache(maxsize=1024)
def _from_arrays(kind: _Kind, keys: tuple[str, ...]) -> Prepared:
    return Prepared(lambda _: kind.from_arrays(keys))


async def _execute(session: AsyncSession, rows: Rows, kind: _Kind) -> None:
    if not rows:
        return
    await _flush(session)
    keys, dialect = tuple(rows[0]), session.get_bind().dialect.name
    prepared = _prepared(kind, keys)
    if not prepared.can_be_asked_of(session):
        await session.execute(kind.statement(dialect), list(rows))
    elif dialect == "postgresql" and len(rows) > FEW and not kind.update:  # a statement may not update a row twice
        await _from_arrays(kind, keys).rows(session, **{key: [row[key] for row in rows] for key in keys})
    else:
        await prepared.many(session, rows)


def _core(table: AnyTable) -> Table:
    if isinstance(table, Table):
        return table
    core: FromClause = table.__table__  # type: ignore[attr-defined]
    assert isinstance(core, Table)
    return core


async def _flush(session: AsyncSession) -> None:
    if session.new or session.dirty or session.deleted:
        await session.flush()
