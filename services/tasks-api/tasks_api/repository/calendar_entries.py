"""Entries of other systems on the calendar, and their sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_
from sqlmodel import col, select

from kit.database import AsyncSession
from kit.paging import Paging
from tasks_api.calendar_sources import ForeignEntry
from tasks_api.errors.calendar import EntryNotFound, SourceNotFound
from tasks_api.models.calendar_entries import CalendarEntry, CalendarSource
from tasks_api.repository.pages import rows_of_page
from tasks_api.viewer import Viewer
from tasks_api.windows import Window


async def list_sources(session: AsyncSession) -> list[CalendarSource]:
    return list(await session.exec(select(CalendarSource).order_by(CalendarSource.name)))


async def find_source(session: AsyncSession, name: str) -> CalendarSource | None:
    return await session.get(CalendarSource, name)


async def get_source(session: AsyncSession, name: str) -> CalendarSource:
    source = await find_source(session, name)
    if source is None:
        raise SourceNotFound(name)
    return source


async def has_entries(session: AsyncSession, source: str) -> bool:
    found = await session.exec(select(CalendarEntry.id).where(CalendarEntry.source == source).limit(1))
    return found.first() is not None


async def find_entry(session: AsyncSession, source: str, key: str) -> CalendarEntry | None:
    query = select(CalendarEntry).where(CalendarEntry.source == source, CalendarEntry.key == key)
    return (await session.exec(query.with_for_update())).first()


async def get_entry(session: AsyncSession, source: str, key: str) -> CalendarEntry:
    entry = await find_entry(session, source, key)
    if entry is None:
        raise EntryNotFound(source, key)
    return entry


async def list_entries(
    session: AsyncSession, paging: Paging, source: str, *, employee_id: UUID | None
) -> list[CalendarEntry]:
    query = select(CalendarEntry).where(CalendarEntry.source == source)
    if employee_id is not None:
        query = query.where(CalendarEntry.employee_id == employee_id)
    return list(await session.exec(rows_of_page(query, paging, col(CalendarEntry.id))))


async def entries_between(
    session: AsyncSession,
    window: Window,
    viewer: Viewer,
    *,
    employee_ids: Collection[UUID] = (),
    sources: Collection[str] | None = None,
    busy_only: bool = False,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[ForeignEntry]:
    """What lies in the window, wholly or in part, and may be seen: in order of its start, `limit` at most.

    `after`: only what comes later in that order. Without employees: everybody's; without sources: those of all in use.
    """
    holds: list[ColumnElement[bool]] = [
        col(CalendarEntry.starts_at) < window.ends_at,
        or_(col(CalendarEntry.ends_at) > window.starts_at, col(CalendarEntry.starts_at) >= window.starts_at),
        *_seen_by(viewer),
    ]
    if after is not None:
        starts_at, entry_id = after
        later = and_(col(CalendarEntry.starts_at) == starts_at, col(CalendarEntry.id) > entry_id)
        holds.append(or_(col(CalendarEntry.starts_at) > starts_at, later))
    if employee_ids:
        holds.append(col(CalendarEntry.employee_id).in_(list(employee_ids)))
    if sources is not None:
        holds.append(col(CalendarEntry.source).in_(list(sources)))
    if busy_only:
        holds.append(col(CalendarSource.busy).is_(True))
    query = (
        select(CalendarEntry, CalendarSource)
        .join(CalendarSource, and_(col(CalendarSource.name) == CalendarEntry.source, col(CalendarSource.active)))
        .where(*holds)
        .order_by(col(CalendarEntry.starts_at), col(CalendarEntry.id))
        .limit(limit)
    )
    return [_shown(entry, source) for entry, source in await session.exec(query)]


async def forget_entries_of(session: AsyncSession, employee_id: UUID) -> None:
    await session.exec(delete(CalendarEntry).where(col(CalendarEntry.employee_id) == employee_id))


def _seen_by(viewer: Viewer) -> Iterable[ColumnElement[bool]]:
    """Whose agenda somebody sees, of them they see this too. A mandatory filter that asks for more than people leaves none of
    it; one that hides does so when it names the person alone (features R63)."""
    whose = col(CalendarEntry.employee_id)
    if not viewer.sees_all:
        seen = {viewer.employee_id} | (viewer.tasks_of.employee_ids & viewer.activities_of.employee_ids)
        yield whose.in_([one for one in seen if one is not None])
    for limit in viewer.limits:
        people_only, named = limit.wanted.speaks_of_people_only, limit.wanted.assignee_ids
        if limit.hides and people_only and named:
            yield whose.not_in(named)
        elif not limit.hides and people_only:
            yield whose.in_(named) if named else whose.is_not(None)
        elif not limit.hides:
            yield whose.is_(None)


def _shown(entry: CalendarEntry, source: CalendarSource) -> ForeignEntry:
    return ForeignEntry(
        id=entry.id, version=entry.version, source=source.name, label=source.labels, busy=source.busy,
        employee_id=entry.employee_id, kind=entry.kind, title=entry.title, starts_at=entry.starts_at, ends_at=entry.ends_at,
        starts_on=entry.starts_on, ends_on=entry.ends_on, all_day=entry.all_day, timezone=entry.timezone,
        status="completed" if entry.done else "planned", color=entry.color or source.color, url=entry.url,
        updated_at=entry.updated_at,
    )  # fmt: skip
