"""Calendar feeds: an address with a secret, under which a calendar program reads an agenda (features W13, K37)."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kit.database import AsyncSession, Database
from kit.ids import new_id
from tasks_api.calendar_texts import BUSY, feed_text
from tasks_api.errors.directory import EmployeeUnknown
from tasks_api.errors.lists import FeedNotFound, FeedOfOthers
from tasks_api.models.lists import CalendarFeed
from tasks_api.models.people import User
from tasks_api.repository import calendar_entries, directory, feeds, people
from tasks_api.repository.task_filters import limited
from tasks_api.repository.tasks import tasks_with_ids
from tasks_api.viewer import Viewer
from tasks_api.windows import Window

BEFORE, AFTER = timedelta(days=92), timedelta(days=400)
"""What a feed holds: so long ago, and so far ahead."""
MOST_FOREIGN = 20_000
"""Entries of other systems in one feed."""
_NOTED = timedelta(hours=1)
_TURN = 50
_USER = "user:"
ViewerOf = Callable[[User], Awaitable[Viewer]]
"""What somebody sees of calendars now."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes a feed, and what they see of calendars."""

    subject: str
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class Feed:
    """What is answered: None when the reader has it already."""

    etag: str
    content: bytes | None


async def make_feed(
    session: AsyncSession, fields: Mapping[str, Any], *, maker: Maker, now: datetime
) -> tuple[CalendarFeed, str]:
    """A feed of some employees (of all of them when none is named) and its secret, which is told only now."""
    employee_ids: Sequence[UUID] = list(dict.fromkeys(fields["employee_ids"]))
    if not _may_show(employee_ids, maker.viewer):
        raise FeedOfOthers
    there = await directory.find_employees(session, employee_ids)
    for position, employee_id in enumerate(employee_ids):
        if employee_id not in there:
            raise EmployeeUnknown(employee_id, f"#/employee_ids/{position}")
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed(
        id=new_id(),
        name=fields["name"],
        subject=maker.subject,
        employee_ids=[str(one) for one in employee_ids],
        with_details=fields["with_details"],
        secret_hash=hash_of(secret),
        created_at=now,
    )
    session.add(feed)
    return feed, secret


def renew_secret(session: AsyncSession, feed: CalendarFeed) -> str:
    """Another secret; the address that was given out answers no more."""
    secret = secrets.token_urlsafe(32)
    feed.secret_hash = hash_of(secret)
    feed.version += 1
    session.add(feed)
    return secret


def revoke_feed(session: AsyncSession, feed: CalendarFeed, *, now: datetime) -> None:
    feed.revoked_at = now
    feed.version += 1
    session.add(feed)


async def read_feed(
    database: Database,
    secret: str,
    *,
    viewer_of: ViewerOf,
    known_etags: str | None,
    language: str,
    now: datetime,
) -> Feed:
    """The feed as it is now; FeedNotFound when the secret is wrong or revoked, or who made it may not see it any more."""
    async with database.reading() as session:
        feed = await feeds.feed_with_secret(session, hash_of(secret))
        employee_ids = [UUID(one) for one in feed.employee_ids]
        viewer = await _viewer_of_maker(session, feed, viewer_of)
        if not _may_show(employee_ids, viewer):
            raise FeedNotFound
        hidden = await limited(session, viewer, dialect=database.dialect)
        rows = await feeds.tasks_of_feed(session, _window(now), employee_ids, but=hidden)
        foreign = await calendar_entries.entries_between(
            session, _window(now), viewer, employee_ids=employee_ids, limit=MOST_FOREIGN
        )
        etag = _etag(feed, [*rows, *foreign], language)
        if known_etags is not None and etag in known_etags:
            return Feed(etag, None)
        tasks = await tasks_with_ids(session, [row.id for row in rows])
    busy = None if feed.with_details else BUSY.get(language, BUSY["en"])
    pieces: list[bytes] = []
    for piece in feed_text(tasks, foreign, name=feed.name, busy=busy):
        pieces.append(piece)
        if len(pieces) % _TURN == 0:
            await asyncio.sleep(0)  # others have their turn
    if feed.last_read_at is None or now - feed.last_read_at > _NOTED:
        async with database.transaction() as session:
            await feeds.note_reading(session, feed.id, now)
    return Feed(etag, b"".join(pieces))


def hash_of(secret: str) -> str:
    """As it is kept: who reads the database cannot read the feed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _may_show(employee_ids: Sequence[UUID], viewer: Viewer) -> bool:
    return viewer.sees_all or (bool(employee_ids) and all(viewer.sees_agenda_of(one) for one in employee_ids))


async def _viewer_of_maker(session: AsyncSession, feed: CalendarFeed, viewer_of: ViewerOf) -> Viewer:
    """Whoever lost the right to see it has not kept a copy of the key."""
    if not feed.subject.startswith(_USER):
        return Viewer(sees_all_tasks=True, sees_all_activities=True)
    user = await people.find_user(session, UUID(feed.subject.removeprefix(_USER)))
    if user is None or not user.active:
        raise FeedNotFound
    return await viewer_of(user)


def _window(now: datetime) -> Window:
    """Whole days, so that the same feed an hour later is the same."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(today - BEFORE, today + AFTER)


def _etag(feed: CalendarFeed, rows: Sequence[Any], language: str) -> str:
    said = hashlib.sha256(f"{feed.name} {feed.with_details} {feed.version} {language}".encode())
    for row in rows:
        said.update(b"%s%d" % (row.id.bytes, row.version))
    return f'"{said.hexdigest()[:32]}"'
