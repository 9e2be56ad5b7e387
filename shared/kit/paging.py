"""Lists in pages: `{"items": […], "next": "<cursor>"}`, by the key of the last row and never by offset.

A cursor is opaque to clients: base64url of the sort key as JSON. Rows that come or go while somebody turns pages never
shift the others.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Integer, Select, TypeDecorator, bindparam, literal, tuple_

from kit.errors import Invalid
from kit.schemas import is_storable

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_CURSOR_LENGTH = 2048
_LARGEST_INTEGER = 2**63 - 1

T = TypeVar("T")
R = TypeVar("R")
SortKey = tuple[UUID | datetime | date | int | str, ...]


class BadCursor(Invalid):
    code = "bad_cursor"

    def __init__(self) -> None:
        super().__init__("The cursor is not one that this list gave out.")


class Page(BaseModel, Generic[T]):
    """One page of a list; `next` is the `cursor` of the following page, null on the last one."""

    items: list[T]
    next: str | None = None


# Kept, since pydantic makes a parametrised class anew each time nobody holds it: milliseconds for every list.
_AnyPage = Page[Any]


@dataclass(frozen=True, slots=True)
class Paging:
    """How many rows are wanted, and after which one."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


async def _paging(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items at most.")] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR_LENGTH, description="`next` of the page before.")] = None,
) -> Paging:
    return Paging(limit, cursor)


PageWanted = Annotated[Paging, Depends(_paging)]
"""The `limit` and `cursor` of a list request: `paging: PageWanted`."""


def one_page(query: Select[Any], paging: Paging, *order: ColumnElement[Any], descending: bool = False) -> Select[Any]:
    """`query` sorted by `order` (unique together and never null; the last is usually the id), from the cursor on.

    It asks for one row more than wanted, by which `page_of` knows whether there is a next page. Raises BadCursor.
    """
    after = None
    if paging.cursor is not None:
        known = _key_in(paging.cursor, order)
        after = [literal(value, column.type) for value, column in zip(known, order, strict=True)]
    return _paged(query, order, after, paging.limit + 1, descending=descending)


def any_page(query: Select[Any], *order: ColumnElement[Any], goes_on: bool, descending: bool = False) -> Select[Any]:
    """The same for `kit.prepared`: which page it is, is said by `page_parameters`. `goes_on`: there is a cursor."""
    after = [bindparam(f"after_{i}", type_=column.type) for i, column in enumerate(order)] if goes_on else None
    return _paged(query, order, after, bindparam("at_most", type_=Integer), descending=descending)


def page_parameters(paging: Paging, *order: ColumnElement[Any]) -> dict[str, Any]:
    """The parameters of `any_page`. Raises BadCursor."""
    after = _key_in(paging.cursor, order) if paging.cursor is not None else ()
    return {"at_most": paging.limit + 1, **{f"after_{i}": value for i, value in enumerate(after)}}


def _paged(
    query: Select[Any],
    order: Sequence[ColumnElement[Any]],
    after: Sequence[ColumnElement[Any]] | None,
    at_most: Any,
    *,
    descending: bool,
) -> Select[Any]:
    if after is not None:
        position, bound = tuple_(*order), tuple_(*after)
        query = query.where(position < bound if descending else position > bound)
    return query.order_by(*(column.desc() if descending else column.asc() for column in order)).limit(at_most)


def page_of(rows: Sequence[R], paging: Paging, *, key: Callable[[R], SortKey], shape: Callable[[R], T]) -> Page[T]:
    """The page made of the rows `one_page` found; `key` gives the same values that were sorted by."""
    shown = rows[: paging.limit]
    following = cursor_of(key(shown[-1])) if len(rows) > paging.limit else None
    return _AnyPage.model_construct(items=[shape(row) for row in shown], next=following)


def cursor_of(key: SortKey) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([_written(value) for value in key])).rstrip(b"=").decode()


def key_of(cursor: str, kinds: Sequence[type]) -> SortKey:
    """The sort key in a cursor, if it has values of exactly these kinds; BadCursor otherwise."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(values, list):
            raise TypeError(values)
        return tuple(_read(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise BadCursor from None


def _key_in(cursor: str, order: Sequence[ColumnElement[Any]]) -> SortKey:
    return key_of(cursor, [_kind_of(column) for column in order])


def _kind_of(column: ColumnElement[Any]) -> type:
    written_as = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return written_as.python_type


def _written(value: object) -> object:
    if isinstance(value, UUID | date):
        return str(value) if isinstance(value, UUID) else value.isoformat()
    return value


def _read(value: object, kind: type) -> UUID | datetime | date | int | str:
    if kind is int:
        if type(value) is not int or abs(value) > _LARGEST_INTEGER:
            raise ValueError(value)
        return value
    if not isinstance(value, str) or not is_storable(value):
        raise TypeError(value)
    if kind is UUID:
        return UUID(value)
    if kind is datetime:
        return _aware(datetime.fromisoformat(value))
    return date.fromisoformat(value) if kind is date else value


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(moment)
    return moment.astimezone(UTC)
