"""`GET /v1/calendar`: what begins between two moments, series expanded, cancelled ones left out (features W13, R54, R58)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from heapq import nsmallest
from typing import Literal, NamedTuple
from uuid import UUID

from contracts.tasks import Occurrence
from ical.zones import zone
from kit.database import AsyncSession
from tasks_api.calendar_sources import ForeignEntry
from tasks_api.desk import Desk
from tasks_api.errors.invitations import StretchTooLong
from tasks_api.lanes import Place, placed
from tasks_api.remembered_rows import AgendaRow, Version, name_of
from tasks_api.repository import agenda, calendar_entries
from tasks_api.repository.agenda import OnCalendar
from tasks_api.schedule import midnight
from tasks_api.windows import Window

View = Literal["day", "workweek", "week", "month", "range", "timeline", "gantt"]
Position = tuple[datetime, str, str]
_DAYS: dict[View, int] = {"day": 1, "workweek": 5, "week": 7, "timeline": 5}


class Entry(NamedTuple):
    """One thing on the calendar: a task, one date of a series, or an entry of another system. `day` is set when it is all-day,
    with an exclusive end."""

    row: AgendaRow | ForeignEntry
    recurrence_id: str | None
    starts_at: datetime
    ends_at: datetime | None
    position: Position
    """Where it stands in the order of a calendar."""
    day: date | None = None
    end_day: date | None = None


class Shown(NamedTuple):
    """An entry and where it is drawn."""

    entry: Entry
    place: Place


def stretch(
    view: View,
    starts_from: datetime | None,
    starts_to: datetime | None,
    *,
    timezone: str,
    now: datetime,
    most_days: int,
) -> Window:
    """The moments a view lies between: whole days of the zone, the week from Monday, the month from the first.

    A `from` that is given is where it begins; `to` outranks the view. StretchTooLong when they do not go together.
    """
    starts = starts_from or _beginning(view, now.astimezone(zone(timezone)).date(), timezone)
    ends = starts_to or _end(view, starts, timezone)
    if not timedelta() < ends - starts <= timedelta(days=most_days):
        raise StretchTooLong(most_days)
    return Window(starts, ends)


async def calendar_between(
    session: AsyncSession, desk: Desk, window: Window, calendar: OnCalendar, *, after: Position | None, limit: int
) -> list[Entry]:
    """What begins within the window, in order of time, from a position on: `limit` entries at most.

    Of what other systems put there (features R57) also what began before and goes on: an absence of weeks is there every day.
    """
    entries = await _foreign(session, window, calendar, after=after, limit=limit)
    if calendar.shows_tasks:
        window = Window(max(window.starts_at, after[0]), window.ends_at) if after else window
        at_least = UUID(after[1]) if after else None
        plain = await agenda.plain_between(
            session, desk.remembered_rows, window, calendar, at_least=at_least, limit=limit + 1
        )
        entries += [_entry_of_task(row) for row in plain]
        if len(plain) > limit:  # nothing later than the last of them can be shown
            window = Window(window.starts_at, min(window.ends_at, entries[-1].starts_at + timedelta(microseconds=1)))
        entries += await _dates_of_series(session, desk, window, calendar, after=after, limit=limit)
    return sorted((one for one in entries if _comes_after(one.position, after)), key=_position)[:limit]


def with_people(entries: Sequence[Entry]) -> list[Shown]:
    """The entries as they are drawn; all-day ones have lanes of their own."""
    places: dict[int, Place] = {}
    for all_day in (False, True):
        positions = [i for i, entry in enumerate(entries) if (entry.day is not None) == all_day]
        spans = [(entries[i].starts_at, drawn_until(entries[i])) for i in positions]
        places.update(zip(positions, placed(spans), strict=True))
    return [Shown(entry, places[i]) for i, entry in enumerate(entries)]


def people_of(entries: Sequence[Entry]) -> dict[UUID, Sequence[UUID]]:
    """Who carries each of these out, or whom an entry of another system is about."""
    return {one.row.id: one.row.assignee_ids for one in entries}


async def _foreign(
    session: AsyncSession, window: Window, calendar: OnCalendar, *, after: Position | None, limit: int
) -> list[Entry]:
    if not calendar.shows_foreign:
        return []
    found = await calendar_entries.entries_between(
        session,
        window,
        calendar.viewer,
        employee_ids=calendar.wanted.assignee_ids,
        sources=calendar.sources,
        after=(after[0], UUID(after[1])) if after else None,
        limit=limit + 1,
    )
    return [entry_of_foreign(one) for one in found]


def entry_of_foreign(one: ForeignEntry) -> Entry:
    return Entry(one, None, one.starts_at, one.ends_at, (one.starts_at, str(one.id), ""), one.starts_on, one.ends_on)


def drawn_until(entry: Entry) -> datetime | None:
    """Until when its box reaches: an all-day entry does not touch that of the next day."""
    if entry.day is None:
        return entry.ends_at
    days = (entry.end_day - entry.day).days if entry.end_day is not None else 1
    return entry.starts_at + timedelta(days=max(1, days), hours=-2)


async def _dates_of_series(
    session: AsyncSession, desk: Desk, window: Window, calendar: OnCalendar, *, after: Position | None, limit: int
) -> list[Entry]:
    """The first dates of series after a position, those that have a task of their own left out."""
    known = await agenda.known_series_between(session, window, calendar)
    if not known:
        return []
    versions = [version for version, _, _ in known]
    found = await desk.remembered_dates.of_versions(
        versions, window, lambda keys: agenda.series_with_keys(session, keys)
    )
    overridden = await agenda.overridden_between(session, window)
    shown: list[tuple[Position, Version, Occurrence]] = []
    for (version, uid, copy_number), dates in zip(known, found, strict=True):
        if not dates:
            continue
        own = overridden.get((uid, copy_number), ()) if overridden else ()
        name = name_of(version[0])
        shown += [
            ((date.starts_at, name, date.recurrence_id or ""), version, date)
            for date in dates
            if date.recurrence_id not in own
        ]
    first = nsmallest(limit, (one for one in shown if _comes_after(one[0], after)), key=_first)
    rows = await agenda.rows_of(session, desk.remembered_rows, list({version: None for _, version, _ in first}))
    return [_entry_of_date(rows[key], date, position) for position, (key, _), date in first if key in rows]


def _position(entry: Entry) -> Position:
    return entry.position


def _first(found: tuple[Position, Version, Occurrence]) -> Position:
    return found[0]


def _comes_after(position: Position, after: Position | None) -> bool:
    return after is None or position > after


def _entry_of_task(row: AgendaRow) -> Entry:
    """A task without a start stands where it is due."""
    starts = row.agenda_at
    position = (starts, name_of(row.key), row.recurrence_id)
    return Entry(
        row, row.recurrence_id or None, starts, row.ends_at, position, row.starts_on or row.ends_on, row.ends_on
    )


def _entry_of_date(row: AgendaRow, date: Occurrence, position: Position) -> Entry:
    if not row.all_day:
        return Entry(row, date.recurrence_id, date.starts_at, date.ends_at, position)
    home = zone(row.timezone)
    day = date.starts_at.astimezone(home).date()
    end_day = date.ends_at.astimezone(home).date() if date.ends_at else None
    return Entry(row, date.recurrence_id, date.starts_at, date.ends_at, position, day, end_day)


def _beginning(view: View, today: date, timezone: str) -> datetime:
    if view in ("month", "gantt"):
        today = today.replace(day=1)
    elif view in ("week", "workweek", "timeline"):
        today -= timedelta(days=today.weekday())
    return midnight(today, timezone)


def _end(view: View, starts: datetime, timezone: str) -> datetime:
    """So many days later on the clock of the zone: a day may have 23 or 25 hours."""
    home = zone(timezone)
    local = starts.astimezone(home)
    if view in ("month", "range", "gantt"):
        days = ((local.date().replace(day=1) + timedelta(days=32)).replace(day=1) - local.date().replace(day=1)).days
    else:
        days = _DAYS[view]
    later: time = local.timetz().replace(tzinfo=None)
    return datetime.combine(local.date() + timedelta(days=days), later, home).astimezone(UTC)
