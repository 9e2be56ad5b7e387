"""What a service has heard: the guard that makes a repeated event a quiet success."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.bulk import insert_ignoring_conflicts
from kit.prepared import Prepared, among
from kit.tables import inbox

_heard = Prepared(
    lambda dialect: select(inbox.c.event_id).where(
        inbox.c.consumer == bindparam("consumer"), among(dialect, inbox.c.event_id, "event_ids")
    )
)


async def already_heard(session: AsyncSession, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these events have had their effect already."""
    return {event_id for (event_id,) in await _heard.rows(session, consumer=consumer, event_ids=list(event_ids))}


async def remember(session: AsyncSession, consumer: str, event_ids: Iterable[UUID], *, now: datetime) -> None:
    """These events are heard as soon as this transaction is committed."""
    rows = [{"consumer": consumer, "event_id": event_id, "heard_at": now} for event_id in event_ids]
    await insert_ignoring_conflicts(session, inbox, rows, ["consumer", "event_id"])


async def forget(session: AsyncSession, *, before: datetime) -> None:
    """Drop what was heard before this moment. It must lie further back than any event can still be repeated."""
    await session.execute(delete(inbox).where(inbox.c.heard_at < before))
