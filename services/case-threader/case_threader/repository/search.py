"""The search index: the folded words of every message, in FTS5 on SQLite and in a tsvector on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal_column, select, text

from case_threader.repository import tables
from case_threader.repository.among import is_postgresql
from kit.database import AsyncSession

NEWEST_MATCHES = 1000
"""A search looks at so many newest messages that match; more have never helped anybody find one."""


async def add_words(session: AsyncSession, words: Sequence[tuple[int, list[str]]]) -> None:
    """Make messages (by their `place`) findable under these words, which are folded already."""
    if not words:
        return
    connection = await session.connection()
    if is_postgresql(session):
        statement = text(
            "INSERT INTO message_words (place, words) VALUES (:place, array_to_tsvector(CAST(:words AS text[])))"
        )
        await connection.execute(statement, [{"place": place, "words": each} for place, each in words])
        return
    statement = text("INSERT INTO message_words (rowid, words) VALUES (:place, :words)")
    await connection.execute(statement, [{"place": place, "words": " ".join(each)} for place, each in words])


async def plan_for_these_words(session: AsyncSession) -> None:
    """How PostgreSQL should search depends on how rare the words are: a plan for all of them is wrong for most."""
    if is_postgresql(session):
        await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def matching_places(session: AsyncSession, words: Sequence[str], *, whole: bool = False) -> Select[Any]:
    """The places of the newest messages that hold, for each of the (folded) words, one that begins with it.

    `whole`: that is it.
    """
    place: ColumnElement[int]
    if is_postgresql(session):
        query = " & ".join(word if whole else f"{word}:*" for word in words)
        clause = text("words @@ CAST(:query AS tsquery)").bindparams(query=query)
        place = literal_column("place")
    else:
        query = " AND ".join(f'"{word}"' if whole else f'"{word}"*' for word in words)
        clause = text("message_words MATCH :query").bindparams(query=query)
        place = literal_column("rowid")
    return select(place).select_from(text("message_words")).where(clause).order_by(place.desc()).limit(NEWEST_MATCHES)


async def cases_with(session: AsyncSession, words: Sequence[str]) -> Select[UUID]:
    """The ids of the cases of those messages."""
    places = matching_places(session, words, whole=await _whole_words_are_enough(session, words))
    message = tables.messages.c
    return select(message.case_id).where(message.place.in_(places), message.case_id.is_not(None)).distinct()


async def _whole_words_are_enough(session: AsyncSession, words: Sequence[str]) -> bool:
    """Whether more messages hold the words as they stand than are looked at.

    FTS5 collects every word with a beginning before it gives the first row, thirty times the work (15 ms for one word in
    half of 100,000 messages); words as they stand cost next to nothing, so they are tried first.
    """
    if is_postgresql(session):
        return False
    places = matching_places(session, words, whole=True).subquery()
    found = await session.scalar(select(func.count()).select_from(places))
    return bool(found == NEWEST_MATCHES)
