"""When a task is: moments with their zone, or whole days. Pure; the zone of a day is that of the task."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ical.zones import iana_name, zone

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

When = date | datetime


class UnfitSchedule(ValueError):
    """The times of a task do not go together; `field` is the one to look at."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


def midnight(day: date, timezone: str) -> datetime:
    """The moment a day begins in a zone, in UTC."""
    return datetime.combine(day, time(), zone(timezone)).astimezone(UTC)


def wall_clock(moment: datetime | None, timezone: str) -> str | None:
    """What a clock on the wall of that zone shows: `2026-11-30T09:00:00`."""
    return None if moment is None else moment.astimezone(zone(timezone)).replace(tzinfo=None).isoformat()


def scheduled(starts: When | None, ends: When | None, timezone: str) -> dict[str, Any]:
    """The fields of a task that say when it is.

    Both ends are moments or both are days; the last day is exclusive, as DTEND is. A day without an end is one day long.
    """
    name = iana_name(timezone)
    if name is None:
        raise UnfitSchedule("timezone", "is no zone of the IANA database, such as Europe/Warsaw")
    timezone = name
    if starts is not None and ends is not None and isinstance(starts, datetime) != isinstance(ends, datetime):
        raise UnfitSchedule("ends_at", "must be a day when the start is one, and a moment when it is one")
    for field, when in (("starts_at", starts), ("ends_at", ends)):
        if when is not None and not EARLIEST.year <= when.year < LATEST.year:
            raise UnfitSchedule(field, f"lies outside of the years {EARLIEST.year} to {LATEST.year - 1}")
    if isinstance(starts or ends, datetime) or (starts is None and ends is None):
        return _moments(starts, ends, timezone)
    return _days(starts, ends, timezone)


def _moments(starts: When | None, ends: When | None, timezone: str) -> dict[str, Any]:
    assert starts is None or isinstance(starts, datetime)
    assert ends is None or isinstance(ends, datetime)
    if starts is not None and ends is not None and ends < starts:
        raise UnfitSchedule("ends_at", "lies before the start")
    return {
        "starts_at": starts,
        "ends_at": ends,
        "starts_on": None,
        "ends_on": None,
        "all_day": False,
        "timezone": timezone,
    }


def _days(starts: date | None, ends: date | None, timezone: str) -> dict[str, Any]:
    if starts is not None:
        ends = ends or starts + timedelta(days=1)
        if ends <= starts:
            raise UnfitSchedule("ends_at", "must lie after the first day: it is exclusive")
    return {
        "starts_at": midnight(starts, timezone) if starts else None,
        "ends_at": midnight(ends, timezone) if ends else None,
        "starts_on": starts,
        "ends_on": ends,
        "all_day": True,
        "timezone": timezone,
    }
