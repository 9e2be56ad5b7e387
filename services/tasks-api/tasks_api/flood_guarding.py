"""Strangers cannot fill the calendar: what goes over a number of new meetings an hour waits for a person (reliability C6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.calendar import CalendarObject
from kit.database import AsyncSession
from tasks_api.itip.shapes import Decision, Outcome
from tasks_api.repository import sender_pace

_CREATING = frozenset({"REQUEST", "PUBLISH", "ADD"})


@dataclass(slots=True)
class FloodGuard:
    """The counts of this hour for the unknown senders of a batch and the mailboxes they write to. 0 is no limit."""

    per_sender: int
    per_mailbox: int
    hour: datetime
    counts: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)

    def holds(self, event: CalendarObject) -> bool:
        """Whether another new meeting of this stranger has to wait."""
        sender, mailbox = _keys(event)
        return self._is_full(sender, self.per_sender) or self._is_full(mailbox, self.per_mailbox)

    def note(self, event: CalendarObject, decisions: Sequence[Decision]) -> None:
        """Count what became a task by itself."""
        made = sum(1 for decision in decisions if decision.outcome is Outcome.CREATED)
        if made:
            for key in _keys(event):
                self.counts[key] = self.changed[key] = self.counts.get(key, 0) + made

    def _is_full(self, key: str, limit: int) -> bool:
        return limit > 0 and self.counts.get(key, 0) >= limit


async def guard_for(
    session: AsyncSession, strangers: Iterable[CalendarObject], *, per_sender: int, per_mailbox: int, now: datetime
) -> FloodGuard:
    """The guard for a batch; `strangers` are its objects whose sender the directory does not know."""
    guard = FloodGuard(per_sender, per_mailbox, now.replace(minute=0, second=0, microsecond=0))
    keys = {key for event in strangers if event.method in _CREATING for key in _keys(event)}
    if keys and (per_sender or per_mailbox):
        guard.counts = await sender_pace.counts_of(session, keys, hour=guard.hour)
    return guard


async def keep_guard(session: AsyncSession, guard: FloodGuard) -> None:
    if guard.changed and (guard.per_sender or guard.per_mailbox):
        await sender_pace.keep_counts(session, guard.changed, hour=guard.hour)


def _keys(event: CalendarObject) -> tuple[str, str]:
    sender = event.sender.email if event.sender is not None else ""
    return f"sender:{sender}"[:400], f"mailbox:{event.mail_account_id}"
