"""Prepared statements keep what a session promises: types, transactions, errors by their names."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Column, MetaData, String, Table, Uuid, bindparam, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from kit.bulk import insert_ignoring_conflicts, insert_many, upsert_many
from kit.columns import JsonDocument, UtcDateTime
from kit.prepared import Prepared, among

metadata = MetaData()
notes = Table(
    "notes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("what", JsonDocument),
    Column("colour", String(10), default="red"),
)
by_ids = Prepared(lambda dialect: select(notes.c.id, notes.c.at, notes.c.what).where(among(dialect, notes.c.id, "ids")))
paint = Prepared(
    lambda dialect: (
        update(notes)
        .where(among(dialect, notes.c.id, "ids"), notes.c.colour == "red")
        .values(colour=bindparam("paint"))
        .returning(notes.c.id)
    )
)
WHATS = ({"n": 1}, [1, 2], [], ["ż"], "text", 7, None)
AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


async def a_database(open_database):
    database = await open_database("kit.testing.parrot")
    async with database.transaction() as session:
        await (await session.connection()).run_sync(metadata.create_all)
    return database


def a_note(**changes):
    return {"id": uuid4(), "at": AT, "what": {"a": [1, "ż"]}, **changes}


async def test_values_come_back_as_they_were_given(open_database) -> None:
    database = await a_database(open_database)
    ours, other = a_note(), a_note(what=None)
    async with database.transaction() as session:
        await insert_many(session, notes, [ours, other])
    async with database.reading() as session:
        assert await by_ids.rows(session, ids=[ours["id"], uuid4()]) == [(ours["id"], AT, {"a": [1, "ż"]})]
        assert await by_ids.rows(session, ids=[]) == []
        assert {row[2] is None for row in await by_ids.rows(session, ids=[ours["id"], other["id"]])} == {True, False}


async def test_defaults_that_the_table_fills_in_are_filled_in(open_database) -> None:
    database = await a_database(open_database)
    red, blue = a_note(), a_note(colour="blue")
    async with database.transaction() as session:
        await insert_many(session, notes, [red])
        await insert_many(session, notes, [blue])
        assert await paint.rows(session, ids=[red["id"], blue["id"]], paint="green") == [(red["id"],)]


async def test_a_refused_row_is_an_error_of_the_database_and_undoes_all(open_database) -> None:
    database = await a_database(open_database)
    note = a_note()

    async def write(*rows):
        async with database.transaction() as session:
            for row in rows:
                await insert_many(session, notes, [row])

    with pytest.raises(IntegrityError):
        await write(note, note)
    with pytest.raises(DBAPIError):
        await write({**note, "at": None})
    with pytest.raises(StatementError, match="zone"):
        await write({**note, "at": AT.replace(tzinfo=None)})
    async with database.reading() as session:
        assert await by_ids.rows(session, ids=[note["id"]]) == []


async def test_rows_and_what_the_session_holds_back_are_in_one_transaction(open_database) -> None:
    database = await a_database(open_database)
    many = [a_note() for _ in range(500)]
    async with database.transaction() as session:
        await upsert_many(session, notes, many, ["id"], update=["what"])
        await upsert_many(session, notes, [{**many[0], "what": 7}], ["id"], update=["what"])
        assert await by_ids.rows(session, ids=[many[0]["id"]]) == [(many[0]["id"], AT, 7)]
    async with database.reading() as session:
        assert len(await by_ids.rows(session, ids=[note["id"] for note in many])) == 500


async def test_many_rows_are_written_and_refused_as_few_are(open_database) -> None:
    database = await a_database(open_database)
    many = [a_note(colour=None if number % 2 else "grün", what=WHATS[number % len(WHATS)]) for number in range(20)]

    async def write(*rows):
        async with database.transaction() as session:
            await insert_ignoring_conflicts(session, notes, rows, ["id"])

    await write(*many, *many)
    async with database.reading() as session:
        found = {row.id: row.what for row in await by_ids.rows(session, ids=[note["id"] for note in many])}
    assert found == {note["id"]: note["what"] for note in many}
    with pytest.raises(StatementError, match="zone"):
        await write(*(a_note(colour="", at=AT.replace(tzinfo=None)) for _ in range(20)))
    with pytest.raises(DBAPIError):
        await write(*({**a_note(colour=""), "at": None} for _ in range(20)))


async def test_what_is_too_long_for_a_column_is_refused_not_cut(open_database) -> None:
    database = await a_database(open_database)
    if database.dialect == "sqlite":
        return  # it knows no lengths
    with pytest.raises(DBAPIError, match="too long"):
        async with database.transaction() as session:
            await insert_many(session, notes, [a_note(colour="x" * 11) for _ in range(20)])
