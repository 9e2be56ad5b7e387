"""The way of a due reminder through the database: looked at, claimed, intended, settled. Everything guards itself by the claim."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, func, literal, null, select, update

from kit.database import AsyncSession, upsert_many
from kit.prepared import Prepared, among
from reminder_dispatcher.due_reminder import DueReminder
from reminder_dispatcher.models import Attempt, Reminder, TaskCopy, core

_reminder = core(Reminder)
_attempt = core(Attempt)
_task = core(TaskCopy)

_FIELDS = (
    "id", "about", "task_id", "occurrence", "audience", "recipient_key", "channel", "rule", "generation", "starts_at",
    "ends_at", "begins_at", "due_at", "planned_at", "planned_by_hand", "armed_at", "template_id", "address", "employee_id",
    "account_id", "case_number", "correlation_id", "attempts", "rfc_message_id", "sent_anew", "reason", "recipient",
    "intent_at", "told_at",
)  # fmt: skip
_COLUMNS = [_reminder.c[name] for name in _FIELDS]


def _due(row: Row[Any], *, task_is_open: bool = True) -> DueReminder:
    return DueReminder(**dict(zip(_FIELDS, row[: len(_FIELDS)], strict=True)), task_is_open=task_is_open)


def due_form(reminder: Reminder) -> DueReminder:
    """A whole row as dispatch sees it."""
    return DueReminder(**{name: getattr(reminder, name) for name in _FIELDS})


async def due_reminders(
    session: AsyncSession, channel: str, *, now: datetime, limit: int, since: datetime | None, before: datetime | None
) -> list[DueReminder]:
    """Armed reminders of a channel to be looked at by `now`, oldest first, locked; those another dispatcher holds are left out.

    `since` and `before` narrow it to those that became due in that stretch.
    """
    conditions = [_reminder.c.status == "armed", _reminder.c.channel == channel, _reminder.c.next_at <= now]
    if since is not None:
        conditions.append(_reminder.c.next_at >= since)
    if before is not None:
        conditions.append(_reminder.c.next_at < before)
    query = (
        select(*_COLUMNS, _task.c.is_open)
        .outerjoin(_task, _task.c.task_id == _reminder.c.task_id)
        .where(*conditions)
        .order_by(_reminder.c.next_at, _reminder.c.id)
        .limit(limit)
        .with_for_update(of=_reminder, skip_locked=True)
    )
    return [_due(row, task_is_open=bool(row.is_open)) for row in await _rows(session, query)]


async def lock(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Nobody else changes these until the transaction ends. All at once and in the order of ids: a transaction that locks
    some now and some later could wait for one that waits for it."""
    await _rows(
        session, select(_reminder.c.id).where(_reminder.c.id.in_(ids)).order_by(_reminder.c.id).with_for_update()
    )


_CLAIM = Prepared(
    lambda dialect: (
        update(_reminder)
        .where(among(dialect, _reminder.c.id, "ids"))
        .values(
            status=literal("sending"),
            claim=bindparam("by"),
            lease_until=bindparam("until"),
            intent_at=null(),
            changed_at=bindparam("now"),
        )
    )
)


async def claim(
    session: AsyncSession, ids: Sequence[UUID], claim_id: UUID, *, lease_until: datetime, now: datetime
) -> None:
    await _CLAIM.many(session, [{"ids": list(ids), "by": claim_id, "until": lease_until, "now": now}])


async def let_go(session: AsyncSession, claims: Mapping[UUID, UUID]) -> None:
    """Give claimed reminders (id and claim) back untouched."""
    statement = (
        update(_reminder)
        .where(
            _reminder.c.id == bindparam("of_id"),
            _reminder.c.claim == bindparam("by"),
            _reminder.c.intent_at.is_(None),
        )
        .values(status="armed", claim=None, lease_until=None)
    )
    await _execute_many(session, statement, [{"of_id": one, "by": claim} for one, claim in claims.items()])


async def put_off(session: AsyncSession, waits: Mapping[UUID, tuple[UUID, datetime]]) -> None:
    """Give claimed reminders (id, claim) back, to be looked at again at a moment: it is not their turn yet."""
    statement = (
        update(_reminder)
        .where(
            _reminder.c.id == bindparam("of_id"),
            _reminder.c.claim == bindparam("by"),
            _reminder.c.intent_at.is_(None),
        )
        .values(status="armed", claim=None, lease_until=None, next_at=bindparam("until"))
    )
    rows = [{"of_id": one, "by": claim, "until": until} for one, (claim, until) in waits.items()]
    await _execute_many(session, statement, rows)


async def hold(session: AsyncSession, held: Sequence[tuple[UUID, datetime]], *, now: datetime) -> None:
    """Look at each again at its moment, which is when it is planned now."""
    statement = (
        update(_reminder)
        .where(_reminder.c.id == bindparam("of_id"))
        .values(planned_at=bindparam("until"), next_at=bindparam("until"), changed_at=now)
    )
    await _execute_many(session, statement, [{"of_id": held_id, "until": until} for held_id, until in held])


async def close(session: AsyncSession, closed: Sequence[tuple[UUID, str, str | None]], *, now: datetime) -> None:
    """End reminders that will not be sent: id, status, reason."""
    statement = (
        update(_reminder)
        .where(_reminder.c.id == bindparam("of_id"))
        .values(
            status=bindparam("new_status"),
            reason=bindparam("why"),
            claim=None,
            lease_until=None,
            changed_at=now,
        )
    )
    rows = [{"of_id": closed_id, "new_status": status, "why": why} for closed_id, status, why in closed]
    await _execute_many(session, statement, rows)


_STILL_CLAIMED = Prepared(
    lambda dialect: (
        select(_reminder.c.id, _reminder.c.claim, _reminder.c.generation)
        .join(_task, and_(_task.c.task_id == _reminder.c.task_id, _task.c.is_open))
        .where(among(dialect, _reminder.c.id, "ids"), _reminder.c.status == "sending", _reminder.c.intent_at.is_(None))
        .order_by(_reminder.c.id)
        .with_for_update(of=_reminder)
    )
)


async def still_claimed(session: AsyncSession, claims: Mapping[UUID, tuple[UUID, int]]) -> set[UUID]:
    """Which of these reminders are still held by the given claim and generation, of an open task; they are locked.

    Nobody can withdraw them or move them between this and the end of the transaction (reliability B11).
    """
    rows = await _STILL_CLAIMED.rows(session, ids=list(claims))
    return {row.id for row in rows if claims[row.id] == (row.claim, row.generation)}


def _why(row: Row[Any]) -> str | None:
    return (row.reason or "withdrawn") if row.withdrawn else None


_INTENT = ("lease_until", "attempts", "recipient", "subject", "text", "rfc_message_id", "segments", "late", "told_at")


_WRITE_INTENT = Prepared(
    lambda _: (
        update(_reminder)
        .where(_reminder.c.id == bindparam("of_id"))
        .values(
            intent_at=bindparam("now"),
            changed_at=bindparam("now"),
            **{name: bindparam(f"new_{name}") for name in _INTENT},
        )
    )
)


async def write_intents(session: AsyncSession, intents: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """What will be sent is written down before it is; see `_INTENT` for the columns beside `id`."""
    await _write_each(session, _WRITE_INTENT, intents, _INTENT, now=now)


async def save_attempts(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Attempts that ended. What is learned later about one replaces what was believed before."""
    columns = ["finished_at", "outcome", "reason", "detail", "gateway_id"]
    await upsert_many(session, Attempt, rows, ["reminder_id", "number"], update=columns)


_OUTCOME = ("status", "reason", "next_at", "sent_at", "delivered_at", "gateway_id", "segments", "sent_anew", "late")


_OUTCOMES_WANTED = Prepared(
    lambda dialect: (
        select(_reminder.c.id, _reminder.c.status, _reminder.c.claim, _reminder.c.withdrawn, _reminder.c.reason)
        .where(among(dialect, _reminder.c.id, "ids"))
        .order_by(_reminder.c.id)
        .with_for_update()
    )
)


async def outcomes_wanted(session: AsyncSession, claims: Mapping[UUID, UUID]) -> dict[UUID, str | None]:
    """The reminders whose outcome is still to be written, each with why it was withdrawn meanwhile; they are locked.

    One whose lease ran out and which somebody else claimed is left to him; one that was put back meanwhile is not.
    """
    rows = await _OUTCOMES_WANTED.rows(session, ids=list(claims))
    return {
        row.id: _why(row)
        for row in rows
        if row.claim == claims[row.id] or (row.claim is None and row.status in ("armed", "unknown"))
    }


_WRITE_OUTCOME = Prepared(
    lambda _: (
        update(_reminder)
        .where(_reminder.c.id == bindparam("of_id"))
        .values(
            claim=null(),
            lease_until=null(),
            intent_at=null(),
            changed_at=bindparam("now"),
            **{name: bindparam(f"new_{name}") for name in _OUTCOME},
        )
    )
)


async def write_outcomes(session: AsyncSession, outcomes: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """The end of an attempt; see `_OUTCOME` for the columns beside `id`. The claim ends with it."""
    await _write_each(session, _WRITE_OUTCOME, outcomes, _OUTCOME, now=now)


async def count_attempts(session: AsyncSession, ids: Sequence[UUID], *, now: datetime) -> None:
    """One attempt more for each; it ended before anything could be sent. Where they work, operators are told all the same."""
    if ids:
        told_at = func.coalesce(_reminder.c.told_at, bindparam("now", now, type_=_reminder.c.told_at.type))
        await session.execute(
            update(_reminder).where(_reminder.c.id.in_(ids)).values(attempts=_reminder.c.attempts + 1, told_at=told_at)
        )


async def abandoned_reminders(
    session: AsyncSession, channel: str, *, now: datetime, limit: int = 200
) -> tuple[list[DueReminder], list[tuple[DueReminder, str | None]]]:
    """What a dispatcher left behind whose lease has ended, locked: those merely claimed, and those it intended to send, each
    with why it was withdrawn meanwhile."""
    query = (
        select(*_COLUMNS, _reminder.c.withdrawn)
        .where(_reminder.c.status == "sending", _reminder.c.channel == channel, _reminder.c.lease_until < now)
        .order_by(_reminder.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed: list[DueReminder] = []
    intended: list[tuple[DueReminder, str | None]] = []
    for row in await _rows(session, query):
        if row.intent_at is None:
            claimed.append(_due(row))
        else:
            intended.append((_due(row), _why(row)))
    return claimed, intended


async def put_back(session: AsyncSession, ids: Sequence[UUID], *, now: datetime) -> None:
    """What was claimed and never begun waits again."""
    if ids:
        await session.execute(
            update(_reminder)
            .where(_reminder.c.id.in_(ids))
            .values(status="armed", claim=None, lease_until=None, changed_at=now)
        )


async def end_all_leases(session: AsyncSession, *, now: datetime) -> None:
    """Everything that is being sent was left behind: only for a database that nobody else uses."""
    await session.execute(update(_reminder).where(_reminder.c.status == "sending").values(lease_until=now))


async def next_moment(session: AsyncSession, channel: str) -> datetime | None:
    """When dispatch has something to look at: the next armed reminder or the end of a lease."""
    armed = await session.scalar(
        select(func.min(_reminder.c.next_at)).where(_reminder.c.status == "armed", _reminder.c.channel == channel)
    )
    leased = await session.scalar(
        select(func.min(_reminder.c.lease_until)).where(_reminder.c.status == "sending", _reminder.c.channel == channel)
    )
    moments = [moment for moment in (armed, leased) if moment is not None]
    return min(moments, default=None)


async def _rows(session: AsyncSession, query: Any) -> Sequence[Row[Any]]:
    """Plain rows of plain tables, past the machinery for objects."""
    connection = await session.connection()
    return (await connection.execute(query)).all()


async def _write_each(
    session: AsyncSession,
    statement: Prepared,
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    *,
    now: datetime,
) -> None:
    """The short way for what every reminder needs; in the order of ids, as `_execute_many`."""
    if rows:
        ordered = sorted(rows, key=lambda row: row["id"])
        given = [{"of_id": row["id"], "now": now, **{f"new_{name}": row[name] for name in names}} for row in ordered]
        await statement.many(session, given)


async def _execute_many(session: AsyncSession, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """In the order of ids, so that two transactions never wait for each other."""
    if rows:
        connection = await session.connection()
        await connection.execute(statement, sorted(rows, key=lambda row: row["of_id"]))
