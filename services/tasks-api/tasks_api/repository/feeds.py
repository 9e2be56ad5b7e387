"""Calendar feeds, and the tasks that stand in one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal_column, not_, or_, select
from sqlmodel import col
from sqlmodel import select as select_model

from kit.database import AsyncSession
from kit.paging import Paging
from tasks_api.errors.lists import FeedNotFound
from tasks_api.models.lists import CalendarFeed
from tasks_api.repository.pages import rows_of_page
from tasks_api.repository.task_filters import columns
from tasks_api.repository.task_rows import assignee_table
from tasks_api.windows import Window


async def list_feeds(session: AsyncSession, paging: Paging, *, subject: str | None) -> list[CalendarFeed]:
    """The feeds somebody made; everybody's without a subject. Revoked ones are left out."""
    query = select_model(CalendarFeed).where(col(CalendarFeed.revoked_at).is_(None))
    if subject is not None:
        query = query.where(CalendarFeed.subject == subject)
    return list(await session.exec(rows_of_page(query, paging, col(CalendarFeed.id))))


async def get_feed(session: AsyncSession, feed_id: UUID, *, subject: str | None) -> CalendarFeed:
    """The feed, or FeedNotFound, which is also said of somebody else's when a subject is given."""
    feed = await session.get(CalendarFeed, feed_id)
    if feed is None or feed.revoked_at is not None or subject not in (None, feed.subject):
        raise FeedNotFound
    return feed


async def feed_with_secret(session: AsyncSession, secret_hash: str) -> CalendarFeed:
    found = await session.exec(select_model(CalendarFeed).where(CalendarFeed.secret_hash == secret_hash))
    feed = found.first()
    if feed is None or feed.revoked_at is not None:
        raise FeedNotFound
    return feed


async def tasks_of_feed(
    session: AsyncSession, window: Window, employee_ids: Sequence[UUID], *, but: Sequence[ColumnElement[bool]]
) -> list[Any]:
    """Id, version and UID of what stands in a feed, in order: what begins in the window, series that may have a date in it,
    and the dates of these that differ (features R54, K37). `but`: what must hold beside, since some may be hidden."""
    assigned = select(assignee_table.c.task_id).where(assignee_table.c.employee_id.in_(employee_ids))
    shown = and_(columns.status != "cancelled", or_(columns.kind == "task", columns.in_calendar))
    theirs = [columns.id.in_(assigned), *but] if employee_ids else [*but]
    series = and_(
        columns.is_recurring,
        columns.starts_at < window.ends_at,
        or_(columns.recurs_until.is_(None), columns.recurs_until >= window.starts_at),
    )
    plain = and_(
        not_(columns.is_recurring),
        columns.agenda_at >= window.starts_at,
        columns.agenda_at < window.ends_at,
        or_(columns.starts_at.is_not(None), columns.ends_at.is_not(None)),
    )
    wanted = select(columns.id, columns.version, columns.uid).where(or_(plain, series), shown, *theirs)
    connection = await session.connection()
    found: dict[UUID, Any] = {row.id: row for row in await connection.execute(wanted)}
    dates = select(columns.id, columns.version, columns.uid).where(
        columns.recurrence_id != literal_column("''"),
        columns.uid.in_(select(columns.uid).where(series, shown, *theirs)),
        *but,
    )
    found.update({row.id: row for row in await connection.execute(dates)})
    return sorted(found.values(), key=lambda row: row.id)


async def note_reading(session: AsyncSession, feed_id: UUID, now: datetime) -> None:
    feed = await session.get(CalendarFeed, feed_id)
    if feed is not None:
        feed.last_read_at = now
        session.add(feed)
