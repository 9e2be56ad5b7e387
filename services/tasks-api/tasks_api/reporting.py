"""A filtered list as a file: read some hundred tasks at a time, and on its way before the last one is read (features W12)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from ical.writing import calendar_end, calendar_start, component_text
from ical.zones import zone
from kit.database import AsyncSession, Database
from tasks_api.calendar_texts import event_of, zones_of
from tasks_api.errors.lists import TooManyRows
from tasks_api.printouts import Heading, Printout
from tasks_api.report_columns import COLUMNS, PRINTED, Column, Language, Names, shown, word
from tasks_api.repository import card_names
from tasks_api.repository.task_lists import Grouping, Order, count_by, every_task, zones_in
from tasks_api.spreadsheets import BYTE_ORDER_MARK, XLSX, Workbook, csv_lines
from tasks_api.task import Task
from tasks_api.task_filter import TaskFilter
from tasks_api.viewer import Viewer

Format = Literal["csv", "xlsx", "pdf", "ics"]
Pieces = AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class File:
    """What is sent, piece by piece."""

    name: str
    media_type: str
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks that stand together; `heading` is None where nothing is grouped."""

    heading: str | None
    wanted: TaskFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which list is written, and for whom."""

    database: Database
    groups: Sequence[Group]
    viewer: Viewer
    order: Order
    language: Language
    timezone: str
    font: Path | None
    now: datetime

    async def batches(self, session: AsyncSession) -> AsyncIterator[tuple[str | None, list[Task], Names]]:
        """Some hundred tasks at a time, with the names of what they point at."""
        types = await card_names.type_names(session)
        for group in self.groups:
            heading = group.heading
            found = every_task(session, group.wanted, self.viewer, order=self.order, dialect=self.database.dialect)
            async for tasks in found:
                yield heading, tasks, await card_names.names_of(session, tasks, types)
                heading = None


async def report(
    database: Database,
    wanted: TaskFilter,
    viewer: Viewer,
    *,
    format: Format,  # noqa: A002 - what people call it
    order: Order,
    by_type: bool,
    language: Language,
    timezone: str,
    most_printed: int,
    now: datetime,
    font: Path | None = None,
) -> File:
    """The file of a filtered list. TooManyRows when a PDF would be longer than anybody prints."""
    async with database.reading() as session:
        groups = await _groups(session, wanted) if by_type else [Group(None, wanted)]
        if format == "pdf":
            counted = await count_by(session, "status", wanted, viewer, dialect=database.dialect)
            if sum(count for _, count, _ in counted) > most_printed:
                raise TooManyRows(most_printed)
    listing = Listing(
        database=database, groups=groups, viewer=viewer, order=order, language=language, timezone=timezone, font=font, now=now
    )  # fmt: skip
    stem = f"{'zadania' if language == 'pl' else 'tasks'}-{now.astimezone(zone(timezone)):%Y-%m-%d}"
    write, media_type = _WRITERS[format]
    return File(f"{stem}.{format}", media_type, write(listing))


async def value_names(session: AsyncSession, by: Grouping, keys: Sequence[Any]) -> Mapping[Any, str]:
    """What people read instead of the keys of groups."""
    ids = [key for key in keys if isinstance(key, UUID)]
    match by:
        case "type":
            return await card_names.type_names(session)
        case "assignee":
            return await card_names.employee_names(session, ids)
        case "account":
            return await card_names.account_names(session, ids)
        case _:
            return {key: str(key) for key in keys if key is not None}


async def _groups(session: AsyncSession, wanted: TaskFilter) -> list[Group]:
    """One for each type the list may hold, in order of their names."""
    names = await card_names.type_names(session)
    chosen = {one: name for one, name in names.items() if not wanted.type_ids or one in wanted.type_ids}
    return [
        Group(name, replace(wanted, type_ids=(type_id,)))
        for type_id, name in sorted(chosen.items(), key=lambda one: one[1].casefold())
    ]


# ---- formats


async def _csv(listing: Listing) -> Pieces:
    yield BYTE_ORDER_MARK.encode() + csv_lines([[column.heading(listing.language) for column in COLUMNS]])
    async with listing.database.reading() as session:
        async for _, tasks, names in listing.batches(session):
            yield csv_lines(_rows(tasks, names, listing.language))


async def _xlsx(listing: Listing) -> Pieces:
    headings = [column.heading(listing.language) for column in COLUMNS]
    book = Workbook(headings, title=word("tasks", listing.language))
    try:
        async with listing.database.reading() as session:
            async for _, tasks, names in listing.batches(session):
                await asyncio.to_thread(book.add, _rows(tasks, names, listing.language))
        pieces = book.pieces()
        while piece := await asyncio.to_thread(_next, pieces):
            yield piece
    finally:
        book.abandon()


async def _pdf(listing: Listing) -> Pieces:
    language = listing.language
    printed = listing.now.astimezone(zone(listing.timezone))
    paper = Printout(
        word("tasks", language),
        f"{word('printed', language)} {printed:%Y-%m-%d %H:%M} · {word('page', language)}",
        widths=[column.width for column in PRINTED],
        heads=[column.heading(language) for column in PRINTED],
        font=listing.font,
    )
    async with listing.database.reading() as session:
        async for heading, tasks, names in listing.batches(session):
            lines: list[Heading | Sequence[str]] = [] if heading is None else [Heading(heading)]
            lines += [[shown(cell) for cell in row] for row in _rows(tasks, names, language, PRINTED)]
            await asyncio.to_thread(paper.add, lines)
    content = await asyncio.to_thread(paper.content)
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


async def _ics(listing: Listing) -> Pieces:
    async with listing.database.reading() as session:
        dialect = listing.database.dialect
        zones = [
            one
            for group in listing.groups
            for one in await zones_in(session, group.wanted, listing.viewer, dialect=dialect)
        ]
        yield calendar_start(name=word("tasks", listing.language), zones=zones_of(zones))
        async for _, tasks, _ in listing.batches(session):
            yield b"".join(component_text(event_of(task)) for task in tasks)
    yield calendar_end()


_WRITERS: dict[Format, tuple[Callable[[Listing], Pieces], str]] = {
    "csv": (_csv, "text/csv; charset=utf-8"),
    "xlsx": (_xlsx, XLSX),
    "pdf": (_pdf, "application/pdf"),
    "ics": (_ics, "text/calendar; charset=utf-8"),
}


def _rows(
    tasks: Sequence[Task], names: Names, language: Language, columns: Sequence[Column] = COLUMNS
) -> list[list[Any]]:
    return [[column.cell(task, names, language) for column in columns] for task in tasks]


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)
