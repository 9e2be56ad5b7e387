"""Reminders as people ask for them: the log, single ones, counts; and the plans of those that wait."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select, update

from kit.database import AsyncSession
from kit.paging import Paging, one_page
from reminder_dispatcher.models import Attempt, Reminder, ReminderAction, core

_table = core(Reminder)
_attempt = core(Attempt)
_action = core(ReminderAction)
_PLANS_AT_A_TIME = 1000


async def list_reminders(
    session: AsyncSession,
    paging: Paging,
    *,
    task_id: UUID | None = None,
    statuses: Collection[str] = (),
    **wanted: object,
) -> list[Reminder]:
    """One more than the page holds, the newest first; `wanted` are columns that must have these values, None for any."""
    query = select(Reminder)
    wanted["task_id"] = task_id
    for name, value in wanted.items():
        if value is not None:
            query = query.where(_table.c[name] == value)
    if statuses:
        query = query.where(_table.c.status.in_(statuses))
    return list((await session.execute(one_page(query, paging, _table.c.id, descending=True))).scalars())


async def find_reminder(session: AsyncSession, reminder_id: UUID, *, lock: bool = False) -> Reminder | None:
    query = select(Reminder).where(_table.c.id == reminder_id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update()
    return (await session.execute(query)).scalar_one_or_none()


async def find_reported(session: AsyncSession, reminder_id: UUID | None, gateway_id: str | None) -> Reminder | None:
    """The reminder a gateway speaks of, by our reference or by its own id; locked."""
    by = _table.c.id == reminder_id if reminder_id is not None else _table.c.gateway_id == gateway_id
    query = select(Reminder).where(by).limit(1).with_for_update()
    return (await session.execute(query)).scalar_one_or_none()


async def attempts_of(session: AsyncSession, reminder_ids: Iterable[UUID]) -> dict[UUID, list[Attempt]]:
    """The attempts of each reminder, oldest first."""
    query = select(Attempt).where(_attempt.c.reminder_id.in_(list(reminder_ids))).order_by(_attempt.c.number)
    found: dict[UUID, list[Attempt]] = {}
    for attempt in (await session.execute(query)).scalars():
        found.setdefault(attempt.reminder_id, []).append(attempt)
    return found


async def add_action(session: AsyncSession, action: ReminderAction) -> None:
    session.add(action)
    await session.flush()


async def actions_on(session: AsyncSession, reminder_ids: Iterable[UUID]) -> dict[UUID, list[ReminderAction]]:
    """What people did with each reminder, oldest first."""
    query = select(ReminderAction).where(_action.c.reminder_id.in_(list(reminder_ids))).order_by(_action.c.id)
    found: dict[UUID, list[ReminderAction]] = {}
    for action in (await session.execute(query)).scalars():
        found.setdefault(action.reminder_id, []).append(action)
    return found


async def count_reminders(session: AsyncSession, *, since: datetime | None) -> Sequence[Row[Any]]:
    """`channel`, `status`, how many `reminders`, how many `segments`."""
    counts = (func.count().label("reminders"), func.coalesce(func.sum(_table.c.segments), 0).label("segments"))
    query = select(_table.c.channel, _table.c.status, *counts).group_by(_table.c.channel, _table.c.status)
    if since is not None:
        query = query.where(_table.c.due_at >= since)
    return (await session.execute(query)).all()


async def change_reminder(session: AsyncSession, reminder_id: UUID, values: dict[str, Any]) -> None:
    await session.execute(update(_table).where(_table.c.id == reminder_id).values(**values))


async def newest_generation(session: AsyncSession, reminder: Reminder) -> int:
    """The highest generation of the reminders with the same key."""
    same = [
        _table.c[name] == getattr(reminder, name)
        for name in ("task_id", "occurrence", "audience", "recipient_key", "channel", "rule")
    ]
    return int(await session.scalar(select(func.max(_table.c.generation)).where(*same)) or 0)


async def is_armed_anew(session: AsyncSession, reminder: Reminder) -> bool:
    """Whether another reminder with the same key waits already."""
    same = [
        _table.c[name] == getattr(reminder, name)
        for name in ("task_id", "occurrence", "audience", "recipient_key", "channel", "rule")
    ]
    query = select(_table.c.id).where(*same, _table.c.status == "armed", _table.c.id != reminder.id).limit(1)
    return await session.scalar(query) is not None


async def armed_plans(session: AsyncSession) -> AsyncIterator[Sequence[Row[Any]]]:
    """The untried armed reminders with their plans, some at a time, locked; not those a person has planned."""
    after: UUID | None = None
    while True:
        query = (
            select(
                _table.c.id,
                _table.c.audience,
                _table.c.channel,
                _table.c.due_at,
                _table.c.begins_at,
                _table.c.planned_at,
            )
            .where(_table.c.status == "armed", _table.c.attempts == 0, _table.c.planned_by_hand.is_(False))
            .order_by(_table.c.id)
            .limit(_PLANS_AT_A_TIME)
            .with_for_update()
        )
        if after is not None:
            query = query.where(_table.c.id > after)
        rows = (await session.execute(query)).all()
        if not rows:
            return
        yield rows
        after = rows[-1].id


async def replan(session: AsyncSession, moved: Sequence[tuple[UUID, datetime]], *, now: datetime) -> None:
    if not moved:
        return
    statement = (
        update(_table)
        .where(_table.c.id == bindparam("of_id"))
        .values(planned_at=bindparam("moment"), next_at=bindparam("moment"), changed_at=now)
    )
    connection = await session.connection()
    await connection.execute(statement, [{"of_id": one, "moment": moment} for one, moment in moved])
