"""The reminders of tasks that were told anew: how they stand, and how they are brought to what the tasks want."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update

from kit.database import AsyncSession, insert_many
from reminder_dispatcher.arming_changes import Standing
from reminder_dispatcher.models import Reminder, core
from reminder_dispatcher.reminder_plan import Key
from reminder_dispatcher.statuses import LIVE

_table = core(Reminder)
_KEY = [_table.c[name] for name in Key._fields]
_STANDING = [
    _table.c[name]
    for name in (
        "id", "generation", "status", "reason", "starts_at", "begins_at", "due_at", "planned_at", "template_id", "address",
        "attempts",
    )
]  # fmt: skip


async def standing_reminders(
    session: AsyncSession, task_ids: Sequence[UUID], *, since_occurrence: str
) -> dict[UUID, list[Standing]]:
    """The reminders of these tasks that may have to change, locked until the transaction ends, so that none is dispatched
    meanwhile. Dates of series before `since_occurrence` (an ISO spelling sorts by time) count only while something is armed."""
    query = (
        select(*_KEY, *_STANDING, _table.c.intent_at)
        .where(
            _table.c.task_id.in_(task_ids),
            or_(_table.c.status.in_(LIVE), _table.c.occurrence == "", _table.c.occurrence >= since_occurrence),
        )
        .order_by(_table.c.id)
        .with_for_update()
    )
    found: dict[UUID, list[Standing]] = {}
    for row in await session.execute(query):
        key = Key(*row[: len(Key._fields)])
        values = row[len(Key._fields) :]
        in_flight = row.status == "sending" and row.intent_at is not None
        found.setdefault(key.task_id, []).append(_standing(key, values[:-1], in_flight=in_flight))
    return found


def _standing(key: Key, values: Sequence[Any], *, in_flight: bool) -> Standing:
    named = {column.name: value for column, value in zip(_STANDING, values, strict=True)}
    return Standing(key=key, in_flight=in_flight, **named)


async def add_reminders(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    await insert_many(session, Reminder, rows)


_REARMED = (
    "generation", "reason", "starts_at", "ends_at", "begins_at", "due_at", "planned_at", "planned_by_hand", "next_at",
    "armed_at", "template_id", "address", "employee_id", "account_id", "case_number", "correlation_id", "changed_at",
)  # fmt: skip


async def rearm_reminders(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Each with its id and the columns of a newly armed one; a claim that was begun loses its hold."""
    statement = (
        update(_table)
        .where(_table.c.id == bindparam("of_id"))
        .values(
            status="armed",
            claim=None,
            lease_until=None,
            withdrawn=False,
            **{name: bindparam(f"new_{name}") for name in _REARMED},
        )
    )
    await _execute_many(
        session, statement, [{"of_id": row["id"], **{f"new_{name}": row[name] for name in _REARMED}} for row in rows]
    )


async def withdraw_reminders(session: AsyncSession, withdrawn: Sequence[tuple[UUID, str]], *, now: datetime) -> None:
    """Those that have not been sent are `suppressed` with a reason."""
    statement = (
        update(_table)
        .where(_table.c.id == bindparam("of_id"))
        .values(
            status="suppressed",
            reason=bindparam("why"),
            claim=None,
            lease_until=None,
            changed_at=bindparam("at"),
        )
    )
    await _execute_many(session, statement, [{"of_id": row, "why": why, "at": now} for row, why in withdrawn])


async def mark_withdrawn(session: AsyncSession, marked: Sequence[tuple[UUID, str]], *, now: datetime) -> None:
    """Those that are being sent at this moment will not be tried again."""
    statement = (
        update(_table)
        .where(_table.c.id == bindparam("of_id"))
        .values(withdrawn=True, reason=bindparam("why"), changed_at=bindparam("at"))
    )
    await _execute_many(session, statement, [{"of_id": row, "why": why, "at": now} for row, why in marked])


async def _execute_many(session: AsyncSession, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection = await session.connection()
        await connection.execute(statement, sorted(rows, key=lambda row: row["of_id"]))
