"""What has to change so that the armed reminders of a task are the ones it wants. Pure (features R91, reliability B11).

Never touched: what was sent, and the attempt that is going on. What has had an attempt is not armed for another start; a new
generation is. A reminder whose attempt is going on is marked instead, so that a failure is not tried again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from reminder_dispatcher.reminder_plan import Key, Wanted
from reminder_dispatcher.statuses import ALREADY_TOLD, LIVE, MOVED, TOLD, WITHDRAWN


@dataclass(frozen=True, slots=True)
class Standing:
    """A reminder as it stands in the database; `in_flight` when an attempt may be going on right now."""

    id: UUID
    key: Key
    generation: int
    status: str
    reason: str | None
    starts_at: datetime
    begins_at: datetime
    due_at: datetime
    planned_at: datetime
    template_id: UUID | None
    address: str | None
    attempts: int
    in_flight: bool

    @property
    def is_untried(self) -> bool:
        return self.attempts == 0 and not self.in_flight

    def is_about(self, wanted: Wanted) -> bool:
        """Whether it tells of the same start."""
        return self.begins_at == wanted.begins_at


@dataclass(slots=True)
class Changes:
    """`insert`: (what, generation). `rearm`: (id, what, generation). `withdraw`: (id, reason). `mark`: in flight (id, reason)."""

    insert: list[tuple[Wanted, int]] = field(default_factory=list)
    rearm: list[tuple[UUID, Wanted, int]] = field(default_factory=list)
    withdraw: list[tuple[UUID, str]] = field(default_factory=list)
    mark: list[tuple[UUID, str]] = field(default_factory=list)

    def drop(self, standing: Standing, reason: str) -> None:
        if standing.in_flight:
            self.mark.append((standing.id, reason))
        elif standing.status in LIVE:
            self.withdraw.append((standing.id, reason))


def changes(
    wanted: Sequence[Wanted], standing: Iterable[Standing], *, now: datetime, reason_to_withdraw: str
) -> Changes:
    """How the reminders of one task become the wanted ones. `reason_to_withdraw` is written on what it no longer wants."""
    by_key: dict[Key, list[Standing]] = {}
    for row in sorted(standing, key=lambda row: row.generation, reverse=True):
        by_key.setdefault(row.key, []).append(row)
    result = Changes()
    for want in wanted:
        _settle(want, by_key.pop(want.key, []), now, result)
    for row in _no_longer_wanted(by_key, now, task_goes_on=bool(wanted)):
        result.drop(row, reason_to_withdraw)
    return result


def _settle(want: Wanted, rows: list[Standing], now: datetime, result: Changes) -> None:
    if not rows:
        if want.begins_at > now:
            result.insert.append((want, 1))
        return
    newest = rows[0]
    told = next((row for row in rows if row.status in TOLD), None)
    if told is not None and told.is_about(want):
        for row in rows:
            result.drop(row, ALREADY_TOLD)
        return
    if newest.is_about(want) and _stands(newest, want):
        return
    if want.begins_at <= now and newest.status not in LIVE:
        return
    if newest.is_untried and (newest.status in LIVE or newest.reason in WITHDRAWN):
        result.rearm.append((newest.id, want, newest.generation + 1))
        return
    if newest.is_about(want):
        return
    result.drop(newest, MOVED)
    if want.begins_at > now:
        result.insert.append((want, newest.generation + 1))


def _stands(row: Standing, want: Wanted) -> bool:
    """Whether nothing has to change about a reminder of the same start."""
    if row.status in LIVE:
        return (row.starts_at, row.due_at, row.template_id, row.address) == (
            want.starts_at, want.due_at, want.template_id, want.address,
        )  # fmt: skip
    return row.reason not in WITHDRAWN


def _no_longer_wanted(by_key: dict[Key, list[Standing]], now: datetime, *, task_goes_on: bool) -> Iterator[Standing]:
    """Dates of a series that have begun may be missing among its coming ones; their reminders end by their deadline."""
    for rows in by_key.values():
        for row in rows:
            has_begun = row.begins_at <= now
            if not (task_goes_on and row.key.occurrence and has_begun):
                yield row


def changed_values(want: Wanted) -> dict[str, Any]:
    """The columns of a reminder that follow from what the task wants."""
    return {
        "starts_at": want.starts_at,
        "ends_at": want.ends_at,
        "begins_at": want.begins_at,
        "due_at": want.due_at,
        "template_id": want.template_id,
        "address": want.address,
        "employee_id": want.employee_id,
    }
