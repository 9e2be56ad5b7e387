"""Events that could not be acted on: kept whole with their reason, listed, and tried again when a person says so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Row, select, update

from kit import inbox
from kit.announcing import say
from kit.attempts import forget_attempts
from kit.bulk import insert_ignoring_conflicts
from kit.database import AsyncSession, Database
from kit.errors import Conflict, NotFound, Refuse, Retry
from kit.events import read_event
from kit.ids import new_id
from kit.outages import is_outage
from kit.subscription import Subscription
from kit.tables import dead_letter

_COPIES = UUID("0f0e2a35-91c4-4c0a-9a55-3f4c5f3f9d11")
_REASON_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event one consumer could not act on. `resolved_at` is set once a later try succeeded."""

    id: UUID
    consumer: str
    event_id: UUID
    subject: str
    correlation_id: str
    reason: str
    deliveries: int
    set_aside_at: datetime
    resolved_at: datetime | None
    payload: bytes

    def content(self) -> Any:
        """The envelope as JSON, or None when it is none."""
        try:
            return orjson.loads(self.payload)
        except orjson.JSONDecodeError:
            return None


class DeadLetterNotFound(NotFound):
    code = "dead_letter_not_found"

    def __init__(self, dead_letter_id: UUID) -> None:
        super().__init__(f"There is no dead letter {dead_letter_id}.")


class DeadLetterStillFails(Conflict):
    code = "dead_letter_still_fails"

    def __init__(self, dead_letter_id: UUID, reason: str) -> None:
        super().__init__(f"Dead letter {dead_letter_id} failed again: {reason}", reason=reason)


async def list_dead_letters(
    session: AsyncSession, *, limit: int = 50, before: UUID | None = None, resolved: bool = False
) -> Sequence[DeadLetter]:
    """Newest first; `before` is the id of the last one already seen. Resolved ones are left out unless asked for."""
    query = select(dead_letter).order_by(dead_letter.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(dead_letter.c.id < before)
    if not resolved:
        query = query.where(dead_letter.c.resolved_at.is_(None))
    return [_shape(row) for row in await session.execute(query)]


async def get_dead_letter(session: AsyncSession, dead_letter_id: UUID) -> DeadLetter:
    row = (await session.execute(select(dead_letter).where(dead_letter.c.id == dead_letter_id))).first()
    if row is None:
        raise DeadLetterNotFound(dead_letter_id)
    return _shape(row)


async def set_aside(
    session: AsyncSession,
    *,
    consumer: str,
    event_id: UUID,
    subject: str,
    payload: bytes,
    correlation_id: str,
    reason: str,
    deliveries: int,
    now: datetime,
) -> None:
    """Keep the event, count it as heard, and tell `dead.<consumer>`, all in this transaction."""
    row = {
        "id": new_id(),
        "consumer": consumer,
        "event_id": event_id,
        "subject": subject,
        "payload": payload,
        "correlation_id": correlation_id,
        "reason": storable(reason),
        "deliveries": deliveries,
        "set_aside_at": now,
    }
    await insert_ignoring_conflicts(session, dead_letter, [row], ["consumer", "event_id"])
    await inbox.remember(session, consumer, [event_id], now=now)
    await forget_attempts(session, consumer, [event_id])
    say(session, subject=f"dead.{consumer}", payload=payload, event_id=uuid5(_COPIES, f"{consumer} {event_id}"))


async def retry_dead_letter(
    database: Database, subscription: Subscription, dead_letter_id: UUID, *, now: datetime
) -> DeadLetter:
    """Hand the event to the handler once more. DeadLetterStillFails keeps it, with the new reason; a second retry of one
    that has succeeded meanwhile changes nothing."""
    async with database.reading() as session:
        letter = await get_dead_letter(session, dead_letter_id)
    try:
        async with database.transaction() as session:
            await database.lock(session, subscription.lock)
            letter = await get_dead_letter(session, dead_letter_id)
            if letter.resolved_at is not None:
                return letter
            heard = read_event(letter.subject, letter.payload, deliveries=letter.deliveries + 1)
            await subscription.handle(session, [heard], now)
            await session.execute(_of(dead_letter_id).values(resolved_at=now))
    except Exception as error:
        if await is_outage(error, database):
            raise
        reason = storable(describe(error))
        async with database.transaction() as session:
            await session.execute(_of(dead_letter_id).values(reason=reason))
        raise DeadLetterStillFails(dead_letter_id, reason) from error
    return replace(letter, resolved_at=now)


def describe(error: BaseException) -> str:
    """The reason as it is shown to a person: the sentence, and the type where the sentence alone would not say much."""
    if isinstance(error, Refuse | Retry):
        return error.reason
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def storable(reason: str) -> str:
    """Short, and without what PostgreSQL cannot store."""
    return reason.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()[:_REASON_LENGTH]


def _of(dead_letter_id: UUID) -> Any:
    return update(dead_letter).where(dead_letter.c.id == dead_letter_id)


def _shape(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        consumer=row.consumer,
        event_id=row.event_id,
        subject=row.subject,
        correlation_id=row.correlation_id,
        reason=row.reason,
        deliveries=row.deliveries,
        set_aside_at=row.set_aside_at,
        resolved_at=row.resolved_at,
        payload=row.payload,
    )
