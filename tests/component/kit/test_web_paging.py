"""Turning pages while rows come and go, on both databases."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import APIRouter, Query
from sqlalchemy import Column, Date, Integer, MetaData, String, Table, Uuid, insert, select

from kit.application import AppParts, build_app
from kit.columns import UtcDateTime
from kit.database import Database
from kit.ids import new_id
from kit.paging import BadCursor, Page, PageWanted, Paging, cursor_of, one_page, page_of
from kit.settings import ServiceSettings
from kit.testing import FixedClock
from kit.testing.fixtures import OpenDatabase
from kit.testing.web import client_of, parts_for_tests

PARROT = "kit.testing.parrot"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

pages = Table(
    "pages",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("n", Integer),
    Column("at", UtcDateTime),
    Column("day", Date),
    Column("name", String),
)


@pytest.fixture
async def database(open_database: OpenDatabase) -> Database:
    database = await open_database(PARROT)
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.run_sync(pages.create)
        rows = [
            {
                "id": new_id(),
                "n": number,
                "at": NOON + timedelta(microseconds=number // 3),  # three rows share each moment
                "day": date(2026, 11, 1) + timedelta(days=number // 4),
                "name": f"żółw {number % 5}",
            }
            for number in range(23)
        ]
        await connection.execute(insert(pages), rows)
    return database


async def turn(database: Database, *order: Any, limit: int = 5, descending: bool = False) -> list[list[int]]:
    """All pages of the table, as the numbers on them."""
    found: list[list[int]] = []
    cursor = None
    async with database.reading() as session:
        while True:
            paging = Paging(limit, cursor)
            rows = (await session.execute(one_page(select(pages), paging, *order, descending=descending))).all()
            page = page_of(
                rows, paging, key=lambda row: tuple(getattr(row, c.name) for c in order), shape=lambda row: row.n
            )
            found.append(page.items)
            if page.next is None:
                return found
            cursor = page.next


ORDERS: list[tuple[Any, ...]] = [
    (pages.c.id,),
    (pages.c.n,),
    (pages.c.at, pages.c.id),
    (pages.c.day, pages.c.id),
    (pages.c.name, pages.c.id),
]


async def test_every_row_is_on_one_page(database: Database) -> None:
    for order, limit, descending in product(ORDERS, [1, 5, 22, 23, 24], [False, True]):
        turned = await turn(database, *order, limit=limit, descending=descending)
        numbers = [number for page in turned for number in page]
        assert sorted(numbers) == list(range(23))
        assert all(len(page) == limit for page in turned[:-1])
        async with database.reading() as session:
            ordered = select(pages.c.n).order_by(*(column.desc() if descending else column.asc() for column in order))
            assert numbers == list(await session.scalars(ordered))


async def test_an_empty_list_is_one_empty_page(database: Database) -> None:
    async with database.reading() as session:
        rows = (await session.execute(one_page(select(pages).where(pages.c.n < 0), Paging(), pages.c.id))).all()
    assert page_of(rows, Paging(), key=lambda row: (row.id,), shape=lambda row: row.n) == Page(items=[], next=None)


async def test_rows_that_come_and_go_do_not_shift_the_others(database: Database) -> None:
    async with database.transaction() as session:
        first = (await session.execute(one_page(select(pages), Paging(5), pages.c.n))).all()
        page = page_of(first, Paging(5), key=lambda row: (row.n,), shape=lambda row: row.n)
        await session.execute(pages.delete().where(pages.c.n.in_([0, 4])))
        await session.execute(insert(pages).values(id=new_id(), n=-1))
        second = (await session.execute(one_page(select(pages), Paging(5, page.next), pages.c.n))).all()
    assert [row.n for row in second[:5]] == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("cursor", ["x", cursor_of((1,)), cursor_of((new_id(), new_id())), cursor_of(("a\x00",))])
async def test_a_cursor_of_another_list(cursor: str) -> None:
    with pytest.raises(BadCursor):
        one_page(select(pages), Paging(5, cursor), pages.c.id)


async def test_pages_over_http(database: Database, clock: FixedClock) -> None:
    router = APIRouter(prefix="/v1")

    @router.get("/pages")
    async def list_pages(
        paging: PageWanted, the: AppParts, newest_first: Annotated[bool, Query()] = False
    ) -> Page[int]:
        async with the.database.reading() as session:
            rows = (await session.execute(one_page(select(pages), paging, pages.c.id, descending=newest_first))).all()
        return page_of(rows, paging, key=lambda row: (row.id,), shape=lambda row: row.n)

    parts = parts_for_tests(ServiceSettings(), database, clock)
    app = build_app(parts, name="parrot", title="Parrot", package=PARROT, routers=[router])
    async with client_of(app) as client:
        first = (await client.get("/v1/pages?limit=20")).json()
        assert set(first) == {"items", "next"}
        rest = (await client.get("/v1/pages", params={"cursor": first["next"]})).json()
        assert first["items"] + rest["items"] == list(range(23))
        assert rest["next"] is None
        for query in ("limit=0", "limit=201", "limit=-1", "limit=x", "cursor=x", f"cursor={'x' * 3000}"):
            answer = await client.get(f"/v1/pages?{query}")
            assert answer.status_code == 422, query
        assert (await client.get("/v1/pages?cursor=x")).json()["code"] == "bad_cursor"
        assert (await client.get("/v1/pages?limit=200")).status_code == 200


def test_ids_sort_by_time() -> None:
    ids = [new_id() for _ in range(100)]
    assert ids == sorted(ids, key=lambda one: UUID(str(one)).bytes)
