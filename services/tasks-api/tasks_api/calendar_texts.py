"""Tasks as components of a calendar that others read: feeds and reports (RFC 5545). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from ical.writing import Event, calendar_end, calendar_start, component_text
from ical.zones import iana_name
from tasks_api.calendar_sources import ForeignEntry
from tasks_api.task import Task

HIDDEN = frozenset({"cancelled", "completed"})
"""A single date of a series that is cancelled or done does not stand on a calendar (features R54)."""
BUSY = {"pl": "Zajęte", "en": "Busy"}


def uid_of(task: Task) -> str:
    """Copies that a person made of one invitation are events of their own (features E11)."""
    uid = task.uid or str(task.id)
    return f"copy{task.copy_number}-{uid}" if task.copy_number else uid


def event_of(task: Task) -> Event:
    """The component that says what the task does: an event where it has a time, else a to-do.

    It is stamped with its last change, so that what did not change reads the same.
    """
    said = task.fields
    starts_at, starts_on = said.starts_at or said.ends_at, said.starts_on or said.ends_on
    has_time = starts_at is not None
    return Event(
        uid=uid_of(task),
        stamp=task.updated_at,
        kind="VEVENT" if has_time else "VTODO",
        sequence=said.sequence,
        recurrence_id=task.recurrence_id,
        starts_at=None if said.all_day else starts_at,
        ends_at=None if said.all_day else said.ends_at,
        starts_on=starts_on if said.all_day else None,
        ends_on=said.ends_on if said.all_day else None,
        timezone=said.timezone,
        rrule=said.rrule if task.is_recurring else None,
        rdates=said.rdates if task.is_recurring else (),
        exdates=said.exdates if task.is_recurring else (),
        summary=said.title,
        description="\n".join(part for part in (task.number, said.description) if part),
        location=said.location,
        status=_status(task, is_event=has_time),
        percent_complete=None if has_time else task.percent_complete,
        changed_at=task.updated_at,
    )


def event_of_foreign(one: ForeignEntry) -> Event:
    """The component that says what another system put on the calendar."""
    return Event(
        uid=f"{one.source}-{one.id}",
        stamp=one.updated_at,
        starts_at=None if one.all_day else one.starts_at,
        ends_at=None if one.all_day else one.ends_at,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        timezone=one.timezone,
        summary=one.title,
        url=one.url,
        status="CONFIRMED",
        categories=(one.source,),
        changed_at=one.updated_at,
    )


def feed_text(
    tasks: Sequence[Task], foreign: Sequence[ForeignEntry] = (), *, name: str, busy: str | None
) -> Iterable[bytes]:
    """A calendar of these tasks and entries of other systems, piece by piece. `busy` replaces what they are about.

    Dates of a series that are cancelled or done are left out of it; the others follow it under its UID.
    """
    left_out: dict[str, set[str]] = {}
    for task in tasks:
        if task.recurrence_id is not None and task.status in HIDDEN:
            left_out.setdefault(uid_of(task), set()).add(task.recurrence_id)
    used = [(task.fields.timezone, task.fields.starts_at) for task in tasks]
    yield calendar_start(name=name, zones=zones_of([*used, *((one.timezone, one.starts_at) for one in foreign)]))
    for task in tasks:
        if task.recurrence_id is not None and task.status in HIDDEN:
            continue
        event = event_of(task)
        gone = left_out.get(event.uid, set()) if task.is_recurring else ()
        if gone:
            event = replace(event, exdates=tuple(sorted({*event.exdates, *gone})))
        yield component_text(event if busy is None else _nameless(event, busy))
    for one in foreign:
        event = event_of_foreign(one)
        yield component_text(event if busy is None else _nameless(event, busy))
    yield calendar_end()


def zones_of(found: Iterable[tuple[str, datetime | date | None]]) -> dict[str, int]:
    """The zones that are used → the first year they are; UTC needs no definition."""
    zones: dict[str, int] = {}
    for timezone, first in found:
        name = iana_name(timezone) or "UTC"
        if name != "UTC" and first is not None:
            zones[name] = min(zones.get(name, 9_999), first.year)
    return zones


def _nameless(event: Event, busy: str) -> Event:
    return replace(event, summary=busy, description="", location="", url=None, categories=())


def _status(task: Task, *, is_event: bool) -> str:
    if task.status == "cancelled":
        return "CANCELLED"
    if is_event:
        return "CONFIRMED"
    return {"planned": "NEEDS-ACTION", "in_progress": "IN-PROCESS", "completed": "COMPLETED"}[task.status]
