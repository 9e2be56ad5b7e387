"""What operators have been told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from kit.database import AsyncSession
from reminder_dispatcher.models import Reminder, core

_table = core(Reminder)
_AT_ONCE = 100


async def notices_of(session: AsyncSession, employee_id: UUID, *, since: datetime, limit: int) -> list[Reminder]:
    """What was told since then and was not put away, newest first."""
    query = (
        select(Reminder)
        .where(_table.c.employee_id == employee_id, _table.c.told_at >= since, _table.c.dismissed_at.is_(None))
        .order_by(_table.c.told_at.desc(), _table.c.id.desc())
        .limit(limit)
    )
    return list((await session.execute(query)).scalars())


async def notices_told_after(session: AsyncSession, employee_id: UUID, *, after: datetime) -> list[Reminder]:
    """What was told after a moment, oldest first."""
    query = (
        select(Reminder)
        .where(_table.c.employee_id == employee_id, _table.c.told_at > after)
        .order_by(_table.c.told_at, _table.c.id)
        .limit(_AT_ONCE)
    )
    return list((await session.execute(query)).scalars())
