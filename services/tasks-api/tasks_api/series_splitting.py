"""A series and its dates when the series changes: cut in two, moved, given another rule (features R69). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from ical.recurrence import instance_key, is_occurrence, occurrences, start_of_key
from ical.zones import zone
from tasks_api.itip.fields import fields_of_date, series_of
from tasks_api.itip.settling import ended_before
from tasks_api.itip.shapes import TaskFields
from tasks_api.schedule import EARLIEST, LATEST, midnight
from tasks_api.task import Task

MOST_COUNTED = 10_000
_TIMES = ("starts_at", "ends_at", "starts_on", "ends_on", "all_day", "timezone")
_FOLLOWED_FIELDS = ("title", "description", "location", "kind")
_FOLLOWED_OWN = ("type_id", "account_id", "contact_ids", "participants", "color", "reminders", "case_number")
_FOLLOWED_PARTICULARS = (
    "in_calendar",
    "kind_id",
    "priority_id",
    "category_id",
    "stage_id",
    "owner_id",
    "party_employee_id",
    "attributes",
)


def moment_of_key(key: str, fields: TaskFields) -> datetime:
    start = start_of_key(key)
    return start if isinstance(start, datetime) else midnight(start, fields.timezone)


def canonical_key(written: str) -> str | None:
    """How instance keys are spelled: a day, or a moment in UTC with Z; None for what is neither or in no year we know."""
    try:
        start = start_of_key(written)
        if isinstance(start, datetime):
            if start.tzinfo is None:
                return None
            start = start.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return start.isoformat().replace("+00:00", "Z") if EARLIEST.year <= start.year < LATEST.year else None


def is_first(fields: TaskFields, key: str) -> bool:
    """Whether nothing of the series comes before that date."""
    return fields.starts_at is not None and moment_of_key(key, fields) <= fields.starts_at


def ended(fields: TaskFields, key: str) -> TaskFields:
    """The series without that date and all later ones."""
    cut = moment_of_key(key, fields)
    return replace(
        fields,
        rrule=ended_before(fields.rrule, key) if fields.rrule else None,
        rdates=tuple(one for one in fields.rdates if moment_of_key(one, fields) < cut),
        exdates=tuple(one for one in fields.exdates if moment_of_key(one, fields) < cut),
    )


def continued(fields: TaskFields, key: str) -> TaskFields:
    """The series from that date on, as one of its own; of a COUNT, what is left of it."""
    cut = moment_of_key(key, fields)
    first = fields_of_date(fields, key)
    return replace(
        fields,
        **{name: getattr(first, name) for name in _TIMES},
        rrule=_rest_of_rule(fields, cut) if fields.rrule else None,
        rdates=tuple(one for one in fields.rdates if moment_of_key(one, fields) > cut),
        exdates=tuple(one for one in fields.exdates if moment_of_key(one, fields) >= cut),
    )


def _rest_of_rule(fields: TaskFields, cut: datetime) -> str | None:
    parts = (fields.rrule or "").split(";")
    count = next((int(part[6:]) for part in parts if part.startswith("COUNT=")), None)
    if count is None:
        return fields.rrule
    assert fields.starts_at is not None
    ruled = replace(series_of(fields, with_exdates=False), rdates=())
    past = len(occurrences(ruled, start=fields.starts_at, end=cut, most=MOST_COUNTED).items)
    return ";".join(f"COUNT={max(count - past, 1)}" if part.startswith("COUNT=") else part for part in parts)


# ---- what a changed series means for one of its dates


def shifted_key(key: str, before: TaskFields, after: TaskFields) -> str:
    """The date of the changed series that this date has become: as far on the wall clock as its start was moved."""
    wall = _wall(moment_of_key(key, before), before) + (_start(after) - _start(before))
    if after.all_day:
        return wall.date().isoformat()
    return instance_key(wall.replace(tzinfo=zone(after.timezone)).astimezone(UTC))


def still_a_date(key: str, after: TaskFields) -> bool:
    return is_occurrence(series_of(after, with_exdates=False), key)


def follow(date: Task, before: Task, after: Task, *, key: str) -> None:
    """Let a date with a task of its own follow its series in everything nobody has decided otherwise for it.

    `key`: the date it is from now on. A closed one is only renamed: what is done stays as it was done.
    """
    old_key, date.recurrence_id = date.recurrence_id or "", key
    date.uid = after.uid
    if date.is_closed:
        return
    was, becomes = fields_of_date(before.fields, old_key), fields_of_date(after.fields, key)
    changes: dict[str, Any] = {
        name: getattr(becomes, name)
        for name in _FOLLOWED_FIELDS
        if getattr(date.fields, name) == getattr(was, name) != getattr(becomes, name)
    }
    if all(getattr(date.fields, name) == getattr(was, name) for name in _TIMES):
        changes |= {name: getattr(becomes, name) for name in _TIMES}
    if changes:
        date.set(**changes)
    for name in _FOLLOWED_OWN:
        if getattr(date, name) == getattr(before, name) != getattr(after, name):
            setattr(date, name, getattr(after, name))
    more = {
        name: getattr(after.particulars, name)
        for name in _FOLLOWED_PARTICULARS
        if getattr(date.particulars, name) == getattr(before.particulars, name) != getattr(after.particulars, name)
    }
    if more:
        date.particularize(**more)


def detach(date: Task) -> None:
    """The series has this date no more; what people made of it stays as a task of its own."""
    date.uid, date.recurrence_id, date.copy_number = f"{date.id}@goniec", None, 0


def _start(fields: TaskFields) -> datetime:
    assert fields.starts_at is not None
    return _wall(fields.starts_at, fields)


def _wall(moment: datetime, fields: TaskFields) -> datetime:
    wall = moment.astimezone(zone(fields.timezone)).replace(tzinfo=None)
    return datetime.combine(wall.date(), time()) if fields.all_day else wall
