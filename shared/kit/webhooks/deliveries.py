"""What waits for a webhook, what was delivered, and every attempt: the log that an administrator reads."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import delete, func, insert, select, update

from kit.bulk import insert_ignoring_conflicts
from kit.database import AsyncSession
from kit.errors import NotFound
from kit.event_log import LoggedEvent
from kit.ids import new_id
from kit.paging import Paging, one_page
from kit.tables import webhook, webhook_attempt, webhook_delivery

State = Literal["waiting", "delivered", "failed"]
KEPT_FOR = timedelta(days=30)
LONGEST_DETAIL = 1000
_TIDY_AT_ONCE = 1000


class DeliveryNotFound(NotFound):
    code = "webhook_delivery_not_found"

    def __init__(self, delivery_id: UUID) -> None:
        super().__init__(f"There is no delivery {delivery_id} to this webhook.")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook. `attempts` counts since it was last asked for; `due_at` is the moment of the next one."""

    id: UUID
    webhook_id: UUID
    event_id: UUID
    type: str
    payload: bytes
    state: State
    attempts: int
    due_at: datetime
    created_at: datetime
    ended_at: datetime | None

    def content(self) -> Any:
        """The envelope, as it is sent."""
        return orjson.loads(self.payload)


@dataclass(frozen=True, slots=True)
class Attempt:
    """`status` is that of the answer, None without one; `detail` the beginning of the answer, or what went wrong."""

    at: datetime
    took_ms: int
    status: int | None
    detail: str

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


_columns = [webhook_delivery.c[field.name] for field in fields(Delivery)]
_attempt_columns = [webhook_attempt.c[field.name] for field in fields(Attempt)]


def _delivery_of(row: Sequence[Any]) -> Delivery:
    return Delivery(*row)


def delivery_row(webhook_id: UUID, event: LoggedEvent, *, now: datetime, state: State = "waiting") -> dict[str, Any]:
    return {
        "id": new_id(), "webhook_id": webhook_id, "event_id": event.event_id, "type": event.type[:100],
        "payload": event.payload, "state": state, "attempts": 0, "due_at": now, "created_at": now, "ended_at": None,
    }  # fmt: skip


async def add_deliveries(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Those that are there already stay as they are: an event goes to a webhook once."""
    await insert_ignoring_conflicts(session, webhook_delivery, rows, ["webhook_id", "event_id"])


async def due_delivery(session: AsyncSession, webhook_id: UUID, *, now: datetime) -> Delivery | None:
    """The oldest that is due."""
    due = (webhook_delivery.c.state == "waiting") & (webhook_delivery.c.due_at <= now)
    query = select(*_columns).where(webhook_delivery.c.webhook_id == webhook_id, due)
    row = (await session.execute(query.order_by(webhook_delivery.c.id).limit(1))).first()
    return _delivery_of(row) if row is not None else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something waits for an active webhook: the earliest moment of an attempt, and since when nothing has reached it."""

    webhook_id: UUID
    due_at: datetime
    failing_since: datetime | None


async def what_waits(session: AsyncSession) -> list[Waiting]:
    query = (
        select(webhook.c.id, func.min(webhook_delivery.c.due_at), webhook.c.failing_since)
        .join(webhook_delivery, webhook.c.id == webhook_delivery.c.webhook_id)
        .where(webhook_delivery.c.state == "waiting", webhook.c.state == "active")
        .group_by(webhook.c.id, webhook.c.failing_since)
    )
    return [Waiting(*row) for row in await session.execute(query)]


async def note_attempt(
    session: AsyncSession, delivery_id: UUID, attempt: Attempt, *, attempts: int, next_at: datetime | None
) -> None:
    """Write the attempt down; the delivery has ended when it succeeded or has no next moment."""
    await session.execute(insert(webhook_attempt).values(id=new_id(), delivery_id=delivery_id, **_values(attempt)))
    if attempt.succeeded:
        values: dict[str, Any] = {"state": "delivered", "ended_at": attempt.at}
    elif next_at is None:
        values = {"state": "failed", "ended_at": attempt.at}
    else:
        values = {"due_at": next_at}
    query = update(webhook_delivery).where(webhook_delivery.c.id == delivery_id)
    await session.execute(query.values(attempts=attempts, **values))


async def deliver_again(session: AsyncSession, delivery: Delivery, *, now: datetime) -> Delivery:
    """Let it wait once more, from the first attempt on and under the same id."""
    values = {"state": "waiting", "attempts": 0, "due_at": now, "ended_at": None}
    await session.execute(update(webhook_delivery).where(webhook_delivery.c.id == delivery.id).values(values))
    return await get_delivery(session, delivery.webhook_id, delivery.id)


async def get_delivery(session: AsyncSession, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    """DeliveryNotFound when this webhook has none of that id."""
    wanted = (webhook_delivery.c.id == delivery_id) & (webhook_delivery.c.webhook_id == webhook_id)
    row = (await session.execute(select(*_columns).where(wanted))).first()
    if row is None:
        raise DeliveryNotFound(delivery_id)
    return _delivery_of(row)


async def list_deliveries(
    session: AsyncSession, webhook_id: UUID, paging: Paging, *, state: State | None, event_type: str | None
) -> list[Delivery]:
    """Newest first."""
    query = select(*_columns).where(webhook_delivery.c.webhook_id == webhook_id)
    if state is not None:
        query = query.where(webhook_delivery.c.state == state)
    if event_type is not None:
        query = query.where(webhook_delivery.c.type == event_type)
    rows = await session.execute(one_page(query, paging, webhook_delivery.c.id, descending=True))
    return [_delivery_of(row) for row in rows]


async def attempts_of(session: AsyncSession, delivery_id: UUID) -> list[Attempt]:
    """All there were, oldest first."""
    query = select(*_attempt_columns).where(webhook_attempt.c.delivery_id == delivery_id)
    return [Attempt(*row) for row in await session.execute(query.order_by(webhook_attempt.c.id))]


async def forget_deliveries(session: AsyncSession, *, before: datetime) -> bool:
    """Forget a chunk of what ended before that moment; whether there may be more."""
    old = select(webhook_delivery.c.id).where(webhook_delivery.c.ended_at < before).limit(_TIDY_AT_ONCE)
    gone = await (await session.connection()).execute(delete(webhook_delivery).where(webhook_delivery.c.id.in_(old)))
    return gone.rowcount == _TIDY_AT_ONCE


def _values(attempt: Attempt) -> dict[str, Any]:
    return {field.name: getattr(attempt, field.name) for field in fields(attempt)}
