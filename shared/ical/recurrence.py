"""The occurrences of a series within a window, computed in the zone of the event and bounded in number and work (DESIGN 5).

Everything is compared as instants, or as days when the series is all-day: UNTIL, EXDATE, RDATE and RECURRENCE-ID may each be
written in another zone than DTSTART (RFC 5545 sections 3.8.4.4, 3.8.5). `expand_job` does the same from bytes to bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from ical.rrules import accepted_rule
from ical.rule_dates import Rule, parsed_rule, rule_dates
from ical.values import EARLIEST_YEAR, LATEST_YEAR
from ical.zones import iana_name, zone

MOST_OCCURRENCES = 400
_DAY = timedelta(days=1)
_SLACK = timedelta(days=2)  # wall clock against UTC: no offset is longer, with a gap on top
_FIRST = datetime(EARLIEST_YEAR, 1, 1, tzinfo=UTC)
_LAST = datetime(LATEST_YEAR, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One event and how it repeats, as tasks store it: moments in UTC, days when all-day, instance keys in `rdates`/`exdates`.

    An instance key is the original start: `2024-01-22T10:00:00Z`, or `2024-01-22` for an all-day series.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    timezone: str = "UTC"
    rrule: str | None = None
    rdates: tuple[str, ...] = ()
    exdates: tuple[str, ...] = ()

    @property
    def repeats(self) -> bool:
        return bool(self.rrule or self.rdates)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of a series. All-day ones have days beside the moments at local midnight; `ends_on` is exclusive."""

    recurrence_id: str
    starts_at: datetime
    ends_at: datetime | None
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Occurrences:
    """In order of start. `truncated`: there are more in the window than were asked for."""

    items: tuple[Occurrence, ...]
    truncated: bool = False


def instance_key(start: datetime | date) -> str:
    """How the original start of an occurrence is written everywhere: RFC 3339 in UTC, or a plain date."""
    if isinstance(start, datetime):
        return start.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    return start.isoformat()


def start_of_key(key: str) -> datetime | date:
    """The moment or day an instance key names."""
    return date.fromisoformat(key) if len(key) == 10 else datetime.fromisoformat(key)


def occurrences(
    series: Series, *, start: datetime, end: datetime, most: int = MOST_OCCURRENCES, leaving_out: Collection[str] = ()
) -> Occurrences:
    """Occurrences that begin in [start, end), at most `most`. `leaving_out`: keys of overrides, which stand for themselves.

    A series without a start has none. A rule that would be refused on reading counts as none (`ical.rrules`).
    """
    items: list[Occurrence] = []
    calculation = _calculation(series)
    if calculation is None or end <= start:
        return Occurrences(())
    for occurrence in calculation.between(start, end, frozenset(leaving_out)):
        if len(items) == most:
            return Occurrences(tuple(items), truncated=True)
        items.append(occurrence)
    return Occurrences(tuple(items))


def is_occurrence(series: Series, key: str) -> bool:
    """Whether the series has an occurrence with that original start; EXDATEs are none."""
    calculation = _calculation(series)
    if calculation is None or (len(key) == 10) != (series.starts_on is not None):
        return False
    moment = calculation.moment(start_of_key(key))
    found = calculation.between(moment, moment + timedelta(seconds=1), frozenset())
    return any(occurrence.recurrence_id == key for occurrence in found)


def occurrences_from(series: Series, key: str, most: int = MOST_OCCURRENCES) -> Occurrences:
    """The occurrences from that original start on, whenever they are."""
    calculation = _calculation(series)
    if calculation is None:
        return Occurrences(())
    return occurrences(series, start=calculation.moment(start_of_key(key)), end=_LAST, most=most)


def expand_job(job: bytes) -> bytes:
    """`occurrences` as a job for a worker.

    Asked as JSON `{"series": {…}, "start", "end", "most", "leaving_out"}`, answered as `{"items": […], "truncated"}`.
    """
    asked: dict[str, Any] = orjson.loads(job)
    found = occurrences(
        series_of_document(asked["series"]),
        start=datetime.fromisoformat(asked["start"]),
        end=datetime.fromisoformat(asked["end"]),
        most=min(int(asked.get("most", MOST_OCCURRENCES)), MOST_OCCURRENCES),
        leaving_out=asked.get("leaving_out", ()),
    )
    return orjson.dumps(found)


def series_of_document(stored: dict[str, Any]) -> Series:
    """A series from JSON values, named as its fields are."""

    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(stored[name]).astimezone(UTC) if stored.get(name) else None

    def day(name: str) -> date | None:
        return date.fromisoformat(stored[name]) if stored.get(name) else None

    return Series(
        starts_at=moment("starts_at"),
        ends_at=moment("ends_at"),
        starts_on=day("starts_on"),
        ends_on=day("ends_on"),
        timezone=stored.get("timezone") or "UTC",
        rrule=stored.get("rrule"),
        rdates=tuple(stored.get("rdates", ())),
        exdates=tuple(stored.get("exdates", ())),
    )


def _calculation(series: Series) -> _Calculation | None:
    if series.starts_at is None and series.starts_on is None:
        return None
    return _Calculation(series)


class _Calculation:
    """One series on its wall clock."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.zone: ZoneInfo = zone(iana_name(series.timezone) or "UTC")
        self.all_day = series.starts_on is not None
        if series.starts_on is not None:
            self.starts = datetime.combine(series.starts_on, time.min)
        else:
            assert series.starts_at is not None
            self.starts = series.starts_at.astimezone(self.zone).replace(tzinfo=None)

    def between(self, start: datetime, end: datetime, without: frozenset[str]) -> Iterator[Occurrence]:
        left_out = without | self._normal_keys(self.series.exdates)
        for wall in self._walls(start, end):
            starts_at = self.moment(wall)
            if start <= starts_at < end:
                key = instance_key(wall.date() if self.all_day else starts_at)
                if key not in left_out:
                    yield self._occurrence(wall, starts_at, key)

    def moment(self, wall: datetime | date) -> datetime:
        """The instant of a wall clock (a gap or a repeated hour as RFC 5545 section 3.3.5 has it), of a day its midnight."""
        if not isinstance(wall, datetime):
            wall = datetime.combine(wall, time.min)
        if wall.tzinfo is not None:
            return wall.astimezone(UTC)
        if wall == self.starts and self.series.starts_at is not None and not self.all_day:
            return self.series.starts_at  # the second of two equal wall clocks stays the second
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def _walls(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Wall clocks of rule and RDATEs in order, each once."""
        since = _wall_of(max(start, _FIRST)) - _SLACK
        until = _wall_of(min(end, _LAST)) + _SLACK
        extra = sorted(wall for key in self.series.rdates if since <= (wall := self._wall_of_key(key)) <= until)
        last: datetime | None = None
        for wall in _merged(self._ruled(since, until), iter(extra)):
            if wall != last:
                yield wall
            last = wall

    def _ruled(self, since: datetime, until: datetime) -> Iterator[datetime]:
        parsed = _accepted(self.series.rrule) if self.series.rrule else None
        if parsed is None:
            return iter([self.starts] if since <= self.starts <= until else [])
        walls = rule_dates(parsed, self.starts, since=since, until=until)
        if parsed.until is None:
            return walls
        last = self._last(parsed.until.on, parsed.until.at, parsed.until.offset)
        return (wall for wall in walls if self._compared(wall) <= last)

    def _last(self, on: date, at: datetime | None, offset: timedelta | None) -> datetime:
        """UNTIL in the terms of `_compared`: inclusive; a date means the whole day, a floating time the series' own clock."""
        if self.all_day:
            if at is not None and offset is not None and at.time() != time.min:
                on = (at - offset).replace(tzinfo=UTC).astimezone(self.zone).date()
            return datetime.combine(on, time.max)
        if at is None:
            return self.moment(datetime.combine(on, time.max))
        return (at - offset).replace(tzinfo=UTC) if offset is not None else self.moment(at)

    def _compared(self, wall: datetime) -> datetime:
        return wall if self.all_day else self.moment(wall)

    def _key(self, wall: datetime) -> str:
        return instance_key(wall.date() if self.all_day else self.moment(wall))

    def _wall_of_key(self, key: str) -> datetime:
        start = start_of_key(key)
        if isinstance(start, datetime):
            wall = start.astimezone(self.zone).replace(tzinfo=None)
            return datetime.combine(wall.date(), time.min) if self.all_day else wall
        return datetime.combine(start, time.min if self.all_day else self.starts.time())

    def _normal_keys(self, keys: tuple[str, ...]) -> frozenset[str]:
        return frozenset(self._key(self._wall_of_key(key)) for key in keys)

    def _occurrence(self, wall: datetime, starts_at: datetime, key: str) -> Occurrence:
        series = self.series
        if self.all_day:
            assert series.starts_on is not None
            days = series.ends_on - series.starts_on if series.ends_on else _DAY
            ends_on = wall.date() + days
            return Occurrence(key, starts_at, self.moment(ends_on), wall.date(), ends_on)
        assert series.starts_at is not None
        ends_at = starts_at + (series.ends_at - series.starts_at) if series.ends_at else None
        return Occurrence(key, starts_at, ends_at)


@lru_cache(maxsize=512)
def _accepted(rrule: str) -> Rule | None:
    """Many series have the same rule."""
    rule = accepted_rule(rrule)
    return None if rule is None else parsed_rule(rule)


def _wall_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _merged(one: Iterator[datetime], other: Iterator[datetime]) -> Iterator[datetime]:
    first, second = next(one, None), next(other, None)
    while first is not None or second is not None:
        if second is None or (first is not None and first <= second):
            assert first is not None
            yield first
            first = next(one, None)
        else:
            yield second
            second = next(other, None)
