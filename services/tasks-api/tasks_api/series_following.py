"""Dates of a series that have tasks of their own follow the series when it changes, where nobody decided otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from kit.database import AsyncSession
from tasks_api.booking import Booking
from tasks_api.repository import invitations, tasks
from tasks_api.series_splitting import detach, follow, shifted_key, still_a_date
from tasks_api.task import Task


async def overrides_of(session: AsyncSession, series: Task) -> list[Task]:
    """The dates of the series that have a task of their own, in order, held until the transaction ends."""
    if series.uid is None:
        return []
    family = await tasks.tasks_with_uids(session, [series.uid], to_change=True)
    dates = [one for one in family if one.recurrence_id is not None and one.copy_number == series.copy_number]
    return sorted(dates, key=lambda one: one.recurrence_id or "")


async def is_foreign(session: AsyncSession, series: Task) -> bool:
    """Whether somebody else organizes it: the names of its dates are theirs."""
    memory = (await invitations.memories_of(session, [series.uid])).get(series.uid) if series.uid else None
    return memory is not None and memory.authority is not None and not memory.authority.ours


def follow_series(
    booking: Booking, overrides: Sequence[Task], before: Task, after: Task, *, rule_given: bool
) -> list[Task]:
    """Bring overrides and EXDATEs to where the series has moved; the overrides that are still dates of it are returned.

    `rule_given`: its repeats were given anew, so that the EXDATEs are meant as they stand. An override the series no longer
    has becomes a task of its own: what people worked on is not thrown away.
    """
    if not after.is_recurring:
        for date in overrides:
            detach(booking.touch(booking.known(date)))
        return []
    moves = (before.fields.starts_at, before.fields.timezone) != (after.fields.starts_at, after.fields.timezone)
    if moves and not rule_given:
        after.set(
            exdates=tuple(shifted_key(one, before.fields, after.fields) for one in after.fields.exdates),
            rdates=tuple(shifted_key(one, before.fields, after.fields) for one in after.fields.rdates),
        )
    later = (
        before.fields.starts_at is not None
        and (after.fields.starts_at or before.fields.starts_at) > before.fields.starts_at
    )
    kept: list[Task] = []
    # Rows are written in this order; a date must not take a name another one has not left yet.
    for found in reversed(overrides) if later else overrides:
        date = booking.touch(booking.known(found))
        key = shifted_key(date.recurrence_id or "", before.fields, after.fields)
        if still_a_date(key, after.fields):
            follow(date, before, after, key=key)
            kept.append(date)
        else:
            detach(date)
    return kept
