"""Out of the log of events into what waits for the webhooks, each event once for each webhook that wants it."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from kit.database import AsyncSession, Database
from kit.event_log import BEGINNING, ROUND, LoggedEvent, UnknownEventTypes, chosen_types, events_after
from kit.webhooks.book import Webhook, active_webhooks, note_place
from kit.webhooks.deliveries import add_deliveries, delivery_row

log = structlog.get_logger()


async def take_up(database: Database, said: Sequence[str], *, now: datetime) -> bool:
    """Take the next events for every active webhook; whether there may be more. One transaction for each webhook: what
    waits for it and how far it has been told are never at odds."""
    async with database.reading() as session:
        webhooks = await active_webhooks(session)
        news = [(each, await events_after(session, each.place)) for each in webhooks]
    more = False
    for each, events in news:
        if events:
            async with database.transaction() as session:
                await _take(session, each, events, said, now=now)
            more = more or len(events) == ROUND
    return more


async def _take(
    session: AsyncSession, each: Webhook, events: Sequence[LoggedEvent], said: Sequence[str], *, now: datetime
) -> None:
    if each.place != BEGINNING and each.place.is_forgotten(now):
        log.warning("webhook_missed_events", webhook=str(each.id), since=each.told_at.isoformat())
    wanted = _types_of(each, said)
    rows = [delivery_row(each.id, event, now=now) for event in events if event.type in wanted]
    if rows:
        await add_deliveries(session, rows)
    await note_place(session, each.id, events[-1].place)


def _types_of(each: Webhook, said: Sequence[str]) -> frozenset[str]:
    """What it asked for, as far as it is still said."""
    chosen: set[str] = set()
    for pattern in each.types:
        try:
            chosen |= chosen_types([pattern], said)
        except UnknownEventTypes:
            continue
    return frozenset(chosen)
