"""Missed reminders nobody has been told of, and the mails that tell."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from kit.database import AsyncSession, insert_many
from reminder_dispatcher.models import Digest, Reminder, core

_reminder = core(Reminder)
_digest = core(Digest)


async def unreported_misses(session: AsyncSession, *, before: datetime, limit: int) -> list[Reminder]:
    """Reminders missed before a moment of which nobody was told; locked."""
    query = (
        select(Reminder)
        .where(_reminder.c.status == "missed", _reminder.c.reported_at.is_(None), _reminder.c.changed_at <= before)
        .order_by(_reminder.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.execute(query)).scalars())


async def mark_reported(session: AsyncSession, ids: Sequence[UUID], *, now: datetime) -> None:
    await session.execute(update(_reminder).where(_reminder.c.id.in_(ids)).values(reported_at=now))


async def add_digests(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    await insert_many(session, Digest, rows)


async def due_digests(session: AsyncSession, *, now: datetime, limit: int) -> list[Digest]:
    query = (
        select(Digest)
        .where(_digest.c.status == "due", _digest.c.next_at <= now)
        .order_by(_digest.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.execute(query)).scalars())


async def change_digest(session: AsyncSession, digest_id: UUID, values: Mapping[str, Any]) -> None:
    await session.execute(update(_digest).where(_digest.c.id == digest_id).values(**values))
