"""Components as task fields, and what of a newer component may replace what stands in a task.

What the organizer last said is remembered field by field. A task that says something else was changed by a person, and
what a person changed survives updates (invitations A4 rule 16).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from contracts.calendar import CalendarObject, Component, When
from contracts.tasks import TaskAttendee
from ical.recurrence import Occurrence, Series, instance_key, occurrences, start_of_key
from ical.zones import iana_name, zone
from tasks_api.itip.shapes import Context, TaskFields

TIMES = ("starts_at", "ends_at", "starts_on", "ends_on", "all_day", "timezone")
REPEATS = ("rrule", "rdates")
TEXTS = ("title", "description", "location")
ALWAYS = ("kind", "timezone_guessed", "sequence", "organizer")
_NAMES = tuple(field.name for field in dataclass_fields(TaskFields))
_LONGEST_KEPT = 120


def fields_of(component: Component, home: str) -> TaskFields:
    """The component as a task; a missing SUMMARY leaves the title empty. `home`: the IANA zone days are meant in."""
    starts, ends = component.starts, component.ends
    leading = starts or ends
    all_day = leading is not None and leading.is_all_day
    timezone = home if all_day or leading is None else leading.timezone or home
    is_series = component.recurrence_id is None
    return TaskFields(
        kind="task" if component.kind == "VTODO" else "meeting",
        title=component.summary or "",
        description=component.description or "",
        location=component.location or "",
        starts_at=_moment(starts, timezone),
        ends_at=_moment(ends, timezone),
        starts_on=starts.on if starts else None,
        ends_on=ends.on if ends else None,
        all_day=all_day,
        timezone=timezone,
        timezone_guessed=component.timezone_guessed,
        rrule=component.rrule if is_series else None,
        rdates=tuple(sorted(key_as_written(when) for when in component.rdates)) if is_series else (),
        exdates=tuple(sorted(key_as_written(when) for when in component.exdates)) if is_series else (),
        sequence=component.sequence,
        organizer=component.organizer.email if component.organizer else None,
        attendees=tuple(
            TaskAttendee.model_construct(email=one.email, name=one.name, partstat=one.partstat)
            for one in component.attendees
        ),
        percent_complete=component.percent_complete or 0,
    )


def titled(fields: TaskFields, message: CalendarObject, context: Context) -> TaskFields:
    """With a title to create a task by: the mail's subject where the event has none."""
    return fields if fields.title else replace(fields, title=message.mail_subject.strip() or context.untitled)


def _moment(when: When | None, timezone: str) -> datetime | None:
    if when is None:
        return None
    if when.at is not None:
        return when.at
    return midnight(when.on, timezone) if when.on is not None else None


def midnight(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time.min, zone(iana_name(timezone) or "UTC")).astimezone(UTC)


# ---- dates of a series


def key_as_written(when: When) -> str:
    """The instance key of a time, before anything is known about the series it belongs to."""
    start = when.on or when.at
    assert start is not None
    return instance_key(start)


def key_in(series: Series | None, when: When) -> str:
    """The instance key of a RECURRENCE-ID in a series: compared as an instant, or as a day in an all-day series.

    Real senders write a day for a timed series, a midnight for an all-day one, and times without a zone.
    """
    if series is None:
        return key_as_written(when)
    if series.starts_on is not None:
        return key_as_written(when) if when.on is not None else (when.local or "")[:10]
    if series.starts_at is None:
        return key_as_written(when)
    clock = zone(iana_name(series.timezone) or "UTC")
    if when.on is not None:
        wall = datetime.combine(when.on, series.starts_at.astimezone(clock).time())
        return instance_key(wall.replace(tzinfo=clock).astimezone(UTC))
    if when.floating and when.local is not None:
        return instance_key(datetime.fromisoformat(when.local).replace(tzinfo=clock).astimezone(UTC))
    return key_as_written(when)


def series_of(fields: TaskFields, *, with_exdates: bool = True) -> Series:
    return Series(
        starts_at=None if fields.all_day else fields.starts_at,
        ends_at=None if fields.all_day else fields.ends_at,
        starts_on=fields.starts_on,
        ends_on=fields.ends_on,
        timezone=fields.timezone,
        rrule=fields.rrule,
        rdates=fields.rdates,
        exdates=fields.exdates if with_exdates else (),
    )


def fields_of_date(series: TaskFields, key: str) -> TaskFields:
    """A task for one date of a series that says what the series says about it."""
    start = start_of_key(key)
    moment = start if isinstance(start, datetime) else midnight(start, series.timezone)
    found: Occurrence | None = None
    plain = series_of(series, with_exdates=False)
    for one in occurrences(plain, start=moment, end=moment.replace(microsecond=1)).items:
        if one.recurrence_id == key:
            found = one
    if found is None:
        found = Occurrence(key, moment, _shifted_end(series, moment))
    return replace(
        series,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        starts_on=found.starts_on,
        ends_on=found.ends_on,
        rrule=None,
        rdates=(),
        exdates=(),
    )


def _shifted_end(series: TaskFields, moment: datetime) -> datetime | None:
    if series.starts_at is None or series.ends_at is None:
        return None
    return moment + (series.ends_at - series.starts_at)


# ---- what was received, and what a person changed


def remembered(fields: TaskFields) -> dict[str, Any]:
    """What the organizer said, as JSON values; long texts as a digest, only to see whether they are still the same."""
    return {name: _value(name, getattr(fields, name)) for name in _NAMES}


def written(received: Mapping[str, Any], rrule: str | None, exdates: tuple[str, ...]) -> dict[str, Any]:
    """`received` with what mail wrote where that is more than the organizer said: dates taken out one by one, a rule cut short."""
    return {**received, "written_rrule": rrule, "written_exdates": list(exdates)}


def _value(name: str, value: Any) -> Any:
    if name == "attendees":
        return {attendee.email: attendee.partstat for attendee in value}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, str) and len(value) > _LONGEST_KEPT:
        return "sha256:" + hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
    return value


def times_received(received: Mapping[str, Any]) -> TaskFields | None:
    """The series as the organizer last gave it: times and repeats only."""
    if not received:
        return None

    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(received[name]).astimezone(UTC) if received.get(name) else None

    def day(name: str) -> date | None:
        return date.fromisoformat(received[name]) if received.get(name) else None

    return TaskFields(
        starts_at=moment("starts_at"),
        ends_at=moment("ends_at"),
        starts_on=day("starts_on"),
        ends_on=day("ends_on"),
        all_day=bool(received.get("all_day")),
        timezone=received.get("timezone") or "UTC",
        rrule=received.get("rrule"),
        rdates=tuple(received.get("rdates", ())),
        exdates=tuple(received.get("exdates", ())),
    )


def is_by_hand(name: str, current: TaskFields, received: Mapping[str, Any]) -> bool:
    """Whether the task says something else than mail last wrote into it."""
    written = f"written_{name}" if f"written_{name}" in received else name
    return written in received and _value(name, getattr(current, name)) != received[written]


class TimeSetByHand(Exception):
    """A person moved the task, and now the organizer moves the event: somebody has to choose."""


def merged(
    current: TaskFields, new: TaskFields, received: Mapping[str, Any], *, own: frozenset[str], forced: bool = False
) -> TaskFields:
    """What the task says after an update: the organizer's changes, but never over a person's; all of them when `forced`.

    Raises TimeSetByHand when both changed the time or the repeats.
    """
    result: dict[str, Any] = {name: getattr(new, name) for name in ALWAYS}
    for name in TEXTS:
        value = getattr(new, name)
        if name == "title" and not value:
            continue
        if forced or not is_by_hand(name, current, received):
            result[name] = value
    if _differs(new, received, (*TIMES, *REPEATS)) or not received:
        if not forced and any(is_by_hand(name, current, received) for name in (*TIMES, *REPEATS)):
            if any(getattr(current, name) != getattr(new, name) for name in (*TIMES, *REPEATS)):
                raise TimeSetByHand
        else:
            result |= {name: getattr(new, name) for name in (*TIMES, *REPEATS)}
    result["exdates"] = _merged_exdates(current, new, received)
    result["attendees"] = _merged_attendees(current, new, received, own)
    if not is_by_hand("percent_complete", current, received) and new.percent_complete:
        result["percent_complete"] = new.percent_complete
    return replace(current, **result)


def _differs(new: TaskFields, received: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return any(_value(name, getattr(new, name)) != received.get(name) for name in names)


def _merged_exdates(current: TaskFields, new: TaskFields, received: Mapping[str, Any]) -> tuple[str, ...]:
    by_hand = set(current.exdates) - set(received.get("written_exdates", current.exdates))
    return tuple(sorted(set(new.exdates) | by_hand))


def _merged_attendees(
    current: TaskFields, new: TaskFields, received: Mapping[str, Any], own: frozenset[str]
) -> tuple[TaskAttendee, ...]:
    """The new list; people added by hand stay, and our own answer stays unless the time changed."""
    before = received.get("attendees", {})
    now = {attendee.email: attendee for attendee in current.attendees}
    moved = any(_value(name, getattr(new, name)) != received.get(name) for name in ("starts_at", "ends_at", "rrule"))
    result: dict[str, TaskAttendee] = {}
    for attendee in new.attendees:
        stored = now.get(attendee.email)
        if stored and not moved and attendee.email in own and attendee.partstat == "NEEDS-ACTION":
            attendee = attendee.model_copy(update={"partstat": stored.partstat})  # noqa: PLW2901
        result[attendee.email] = attendee
    for email, attendee in now.items():
        if email not in result and received and email not in before:
            result[email] = attendee
    return tuple(result.values())


def changed_names(old: TaskFields, new: TaskFields) -> tuple[str, ...]:
    return tuple(name for name in _NAMES if getattr(old, name) != getattr(new, name))
