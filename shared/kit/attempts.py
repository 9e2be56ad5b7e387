"""The record of events in trouble: how often each was begun, has failed, has asked to be tried later."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select

from kit.bulk import upsert_many
from kit.database import AsyncSession
from kit.tables import handling_attempt

# reliability section 4 rule 3
BACKOFF = (
    timedelta(seconds=1),
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
)
MOST_FAILURES = 8
MOST_DEATHS = 3
# With the last delay repeating that is some 16 hours: long before the stream forgets the event.
MOST_RETRIES = 100
LONGEST_DELAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Attempts:
    """`begun` counts the attempts since the last clean end: each took the whole process down.

    `due_at` is the earliest moment of the next one.
    """

    begun: int = 0
    failures: int = 0
    retries: int = 0
    reason: str = ""
    due_at: datetime | None = None

    def after_begin(self) -> "Attempts":
        return replace(self, begun=self.begun + 1)

    def after_failure(self, reason: str, *, now: datetime) -> "Attempts":
        failed = replace(self, begun=0, failures=self.failures + 1, reason=reason)
        return replace(failed, due_at=now + failed.delay())

    def after_retry(self, reason: str, *, after: timedelta | None, now: datetime) -> "Attempts":
        asked = replace(self, begun=0, retries=self.retries + 1, reason=reason)
        return replace(asked, due_at=now + (asked.delay() if after is None else min(after, LONGEST_DELAY)))

    def delay(self) -> timedelta:
        """Longer after each clean end."""
        return BACKOFF[min(self.failures + self.retries, len(BACKOFF)) - 1]

    def waits(self, now: datetime) -> timedelta:
        """How long until the next attempt is due; zero when it is."""
        return max(self.due_at - now, timedelta(0)) if self.due_at else timedelta(0)

    def verdict(self) -> str | None:
        """Why there should be no further attempt, or None."""
        if self.begun >= MOST_DEATHS:
            return f"{self.begun} attempts to handle it ended the process. {self.reason}".strip()
        if self.failures >= MOST_FAILURES:
            return f"It failed {self.failures} times. {self.reason}".strip()
        if self.retries >= MOST_RETRIES:
            return f"It asked to be tried later {self.retries} times. {self.reason}".strip()
        return None


async def find_attempts(session: AsyncSession, consumer: str, event_ids: Collection[UUID]) -> dict[UUID, Attempts]:
    """What is known of those events among these that are in trouble."""
    table = handling_attempt
    rows = await session.execute(
        select(table).where(table.c.consumer == consumer, table.c.event_id.in_(list(event_ids)))
    )
    return {row.event_id: Attempts(row.begun, row.failures, row.retries, row.reason, row.due_at) for row in rows}


async def keep_attempts(session: AsyncSession, consumer: str, attempts: Mapping[UUID, Attempts]) -> None:
    rows = [
        {
            "consumer": consumer,
            "event_id": event_id,
            "begun": each.begun,
            "failures": each.failures,
            "retries": each.retries,
            "reason": each.reason,
            "due_at": each.due_at,
        }
        for event_id, each in attempts.items()
    ]
    await upsert_many(
        session,
        handling_attempt,
        rows,
        ["consumer", "event_id"],
        update=["begun", "failures", "retries", "reason", "due_at"],
    )


async def forget_attempts(session: AsyncSession, consumer: str, event_ids: Collection[UUID]) -> None:
    table = handling_attempt
    await session.execute(delete(table).where(table.c.consumer == consumer, table.c.event_id.in_(list(event_ids))))
