"""Doors for tests: tell a service something, and see what it announced."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from kit.database import Database
from kit.events import Event, Heard, read_event
from kit.ids import new_id
from kit.inbox import already_heard, remember
from kit.subscription import Subscription
from kit.tables import outbox

E = TypeVar("E", bound=Event)


async def hear(
    database: Database,
    subscription: Subscription,
    *events: Event | Heard[Event],
    now: datetime | None = None,
    event_ids: Sequence[UUID] = (),
) -> None:
    """Hand events to the service as the runner does: one transaction, and what was heard before is left out.

    Exceptions of the handler come through. Pass `Heard` (or `event_ids`) to say the same event twice.
    """
    now = now or database.clock.now()
    given = [
        event
        if isinstance(event, Heard)
        else Heard(
            id=event_ids[index] if event_ids else new_id(), event=event, at=now, correlation_id="test", source="/test"
        )
        for index, event in enumerate(events)
    ]
    async with database.transaction() as session:
        known = await already_heard(session, subscription.consumer, [heard.id for heard in given])
        fresh = list({heard.id: heard for heard in given if heard.id not in known}.values())
        if not fresh:
            return
        await remember(session, subscription.consumer, [heard.id for heard in fresh], now=now)
        await subscription.handle(session, fresh, now)


async def announced_envelopes(database: Database) -> list[Heard[Event]]:
    """Everything the service has announced, oldest first, whether it was published or not."""
    async with database.reading() as session:
        rows = await session.execute(select(outbox.c.subject, outbox.c.payload).order_by(outbox.c.seq))
        return [read_event(subject, payload) for subject, payload in rows if not subject.startswith("dead.")]


async def announced(database: Database, kind: type[E]) -> list[E]:
    """The announced events of one kind, oldest first."""
    return [heard.event for heard in await announced_envelopes(database) if isinstance(heard.event, kind)]
