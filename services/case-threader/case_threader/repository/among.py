"""`column IN (many values)` as one statement whose text does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Column, ColumnElement, any_, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from kit.database import AsyncSession


def among(session: AsyncSession, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """True where `column` is one of `values`.

    An expanding IN is prepared anew for every count of values; an array (PostgreSQL) or `json_each` (SQLite) is not.
    """
    if is_postgresql(session):
        return column == any_(bindparam(None, list(values), type_=ARRAY(column.type), unique=True))
    written = orjson.dumps([value.hex if isinstance(value, UUID) else value for value in values]).decode()
    each = func.json_each(bindparam(None, written, unique=True)).table_valued("value")
    return column.in_(select(literal_column("value")).select_from(each))


def is_postgresql(session: AsyncSession) -> bool:
    return bool(session.get_bind().dialect.name == "postgresql")
