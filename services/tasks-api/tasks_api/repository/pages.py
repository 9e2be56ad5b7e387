"""`kit.paging.one_page` for SQLModel's typed selects."""

from typing import Any, TypeVar, cast

from sqlmodel.sql.expression import SelectOfScalar

from kit.paging import Paging, one_page

T = TypeVar("T")


def rows_of_page(query: SelectOfScalar[T], paging: Paging, *order: Any, descending: bool = False) -> SelectOfScalar[T]:
    """The query sorted by `order`, from the cursor on, with one row more than wanted."""
    return cast("SelectOfScalar[T]", one_page(query, paging, *order, descending=descending))
