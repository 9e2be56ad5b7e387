"""What was sent after a backup that was restored, and the reminders it is matched with."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from kit.database import AsyncSession, upsert_many
from reminder_dispatcher.models import Reminder, Restoration, ToldBefore, core

_reminder = core(Reminder)
_told = core(ToldBefore)
_AT_ONCE = 500


async def attempts_of_reminders(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, int]:
    """How many attempts the database knows of; what is not there is left out."""
    wanted = sorted(ids)
    found: dict[UUID, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(_reminder.c.id, _reminder.c.attempts).where(_reminder.c.id.in_(wanted[start : start + _AT_ONCE]))
        found.update((row.id, row.attempts) for row in await session.execute(query))
    return found


async def told_ids(session: AsyncSession) -> set[UUID]:
    return set((await session.execute(select(_told.c.id))).scalars())


async def add_restoration(session: AsyncSession, restoration: Restoration, told: Sequence[Mapping[str, Any]]) -> None:
    """With the sendings the database lacks; what is known last of a reminder counts."""
    session.add(restoration)
    rows = {row["id"]: row for row in told}
    await upsert_many(session, ToldBefore, list(rows.values()), ["id"], update=["at", "outcome", "rfc_message_id"])


async def restorations_since(session: AsyncSession, moment: datetime) -> list[Restoration]:
    query = select(Restoration).where(col(Restoration.found_at) >= moment)
    return list((await session.execute(query)).scalars())


async def told_before(session: AsyncSession) -> list[ToldBefore]:
    return list((await session.execute(select(ToldBefore))).scalars())


async def note_told(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """What the log of sendings says of reminders that are ended because of it: `id`, `at` (null when it is not known whether
    they arrived), `rfc_message_id`."""
    if not rows:
        return
    statement = (
        update(_reminder)
        .where(_reminder.c.id == bindparam("of_id"))
        .values(sent_at=bindparam("sent"), told_at=bindparam("told"), rfc_message_id=bindparam("message_id"))
    )
    connection = await session.connection()
    values = [
        {"of_id": row["id"], "sent": row["sent_at"], "told": row["at"], "message_id": row["rfc_message_id"]}
        for row in rows
    ]
    await connection.execute(statement, sorted(values, key=lambda row: row["of_id"]))
