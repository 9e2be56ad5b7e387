"""How long one date of a series is: start, end and length of the form, whichever was edited (features R65-R68). Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from ical.zones import zone
from tasks_api.itip.shapes import TaskFields
from tasks_api.schedule import UnfitSchedule

_DAY = timedelta(days=1)


def pattern_times(
    fields: TaskFields, *, starts: time | None = None, ends: time | None = None, length: timedelta | None = None
) -> tuple[datetime | date, datetime | date | None]:
    """Start and end of the first date after an edit; what is not named comes from the task (features R65).

    The start alone: the end stays, the length follows; an end that would come first is on the next day (R66). The end alone:
    the start stays (R67). The length alone: the start stays, the end follows (R68). All three must agree, else UnfitSchedule.
    """
    if fields.all_day:
        return _days(fields, starts, ends, length)
    if fields.starts_at is None:
        raise UnfitSchedule("starts", "needs a task with a start")
    home = zone(fields.timezone)
    first = fields.starts_at.astimezone(home).replace(tzinfo=None)
    last = fields.ends_at.astimezone(home).replace(tzinfo=None) if fields.ends_at else None
    start = _start(first, starts, ends, length)
    end = _end(first, last, start, ends, length)
    if length is not None and ends is not None and end is not None and end.time() != ends:
        raise UnfitSchedule("duration", "does not lead from the start to the end")
    return _moment(start, fields.timezone), _moment(end, fields.timezone) if end is not None else None


def _start(first: datetime, starts: time | None, ends: time | None, length: timedelta | None) -> datetime:
    if starts is not None:
        return datetime.combine(first.date(), starts)
    if ends is not None and length is not None:
        return datetime.combine(first.date(), (datetime.combine(first.date(), ends) - length).time())
    return first


def _end(
    first: datetime, last: datetime | None, start: datetime, ends: time | None, length: timedelta | None
) -> datetime | None:
    if length is not None:
        return start + length
    if ends is not None:
        nights = (last.date() - first.date()) if last is not None and last.time() >= first.time() else timedelta()
        end = datetime.combine(start.date() + nights, ends)
    elif last is not None:
        end = last
    else:
        return None
    return (
        end
        if end >= start
        else datetime.combine(start.date(), end.time()) + (timedelta() if end.time() >= start.time() else _DAY)
    )


def _days(
    fields: TaskFields, starts: time | None, ends: time | None, length: timedelta | None
) -> tuple[date, date | None]:
    if starts is not None or ends is not None:
        raise UnfitSchedule("starts" if starts is not None else "ends", "has no hour, as the task is all-day")
    if fields.starts_on is None:
        raise UnfitSchedule("starts", "needs a task with a start")
    if length is None:
        return fields.starts_on, fields.ends_on
    if length < _DAY or length % _DAY:
        raise UnfitSchedule("duration", "must be whole days, as the task is all-day")
    return fields.starts_on, fields.starts_on + length


def _moment(wall: datetime, timezone: str) -> datetime:
    return wall.replace(tzinfo=zone(timezone)).astimezone(UTC)
