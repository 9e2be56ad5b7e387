"""Offsets by a message's own VTIMEZONE (RFC 5545 section 3.6.5), worked out for the moments that are needed only.

Nothing is kept between calendars. Rules are the yearly ones that zone definitions consist of; any other rule counts by its
DTSTART and RDATEs alone, so no rule in a VTIMEZONE can make anything loop.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from ical.trees import Node
from ical.values import offset_of, written_time

_MOST_CHILDREN = 500
_MOST_OBSERVANCES = 150
_MOST_DATES = 1_000
_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_BYDAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True, slots=True)
class _YearlyRule:
    """FREQ=YEARLY with BYMONTH and BYDAY or BYMONTHDAY: how every zone definition says when clocks change."""

    month: int
    weekday: int | None = None
    nth: int = 1  # which of the weekdays of the month; without meaning when `days` are given
    days: tuple[int, ...] = ()
    until: datetime | None = None  # naive UTC, or wall clock when it was written so
    until_is_utc: bool = True

    def on(self, year: int) -> date | None:
        first_weekday, last = calendar.monthrange(year, self.month)
        if self.weekday is None:
            day = self.days[0] if self.days[0] > 0 else last + 1 + self.days[0]
        elif self.days:
            fitting = (d if d > 0 else last + 1 + d for d in self.days)
            day = next((d for d in sorted(fitting) if d > 0 and (first_weekday + d - 1) % 7 == self.weekday), 0)
        else:
            day = 1 + (self.weekday - first_weekday) % 7
            weeks = (last - day) // 7
            day += 7 * (self.nth - 1 if self.nth > 0 else weeks + 1 + self.nth)
        return date(year, self.month, day) if 1 <= day <= last else None


@dataclass(frozen=True, slots=True)
class _Observance:
    starts: datetime
    before: timedelta
    after: timedelta
    rule: _YearlyRule | None
    extra: tuple[datetime, ...] = ()

    def onsets(self, years: range) -> list[datetime]:
        """Wall-clock moments (by the offset before) in those years at which this observance begins."""
        found = [one for one in (self.starts, *self.extra) if one.year in years]
        if self.rule is not None:
            for year in years:
                on = self.rule.on(year) if year >= self.starts.year else None
                if on is None:
                    continue
                onset = datetime.combine(on, self.starts.time())
                if onset >= self.starts and self._still_holds(onset):
                    found.append(onset)
        return found

    def _still_holds(self, onset: datetime) -> bool:
        assert self.rule is not None
        if self.rule.until is None:
            return True
        return (onset - self.before if self.rule.until_is_utc else onset) <= self.rule.until

    def last_year(self) -> int:
        """The last year before which an onset may lie when later years have none."""
        if self.rule is None:
            return max(one.year for one in (self.starts, *self.extra))
        return self.rule.until.year + 1 if self.rule.until else 9_999


@dataclass(slots=True)
class OwnZone:
    """A zone as one message defines it."""

    observances: list[_Observance]
    location: str | None = None  # X-LIC-LOCATION: the IANA name libical knows it by
    _by_year: dict[int, list[tuple[datetime, timedelta, timedelta]]] = field(default_factory=dict)

    def offset(self, wall: datetime) -> timedelta:
        """The UTC offset of a naive wall-clock time.

        A time that does not exist counts by the offset before the gap, one that exists twice is the first (RFC 5545
        section 3.3.5). Before the first onset the first observance's TZOFFSETFROM holds.
        """
        current: tuple[datetime, timedelta, timedelta] | None = None
        following: tuple[datetime, timedelta, timedelta] | None = None
        for change in self._changes(wall.year):
            if change[0] <= wall:
                current = change
            else:
                following = change
                break
        if current is None:
            return following[1] if following else self.observances[0].after
        onset, before, after = current
        if after > before and wall < onset + (after - before):
            return before
        return after

    def to_utc(self, wall: datetime) -> datetime:
        return (wall - self.offset(wall)).replace(tzinfo=UTC)

    def _changes(self, year: int) -> list[tuple[datetime, timedelta, timedelta]]:
        """Changes of the year, the last one before it, and the first one after it, in order."""
        if year not in self._by_year:
            window = range(max(1, year - 1), min(9_998, year + 1) + 1)
            found = self._in(window)
            if not found or found[0][0].year >= year:
                found = self._latest_before(window.start) + found
            if not found:
                first = min(self.observances, key=lambda one: one.starts)
                found = [(first.starts, first.before, first.after)]
            self._by_year[year] = found
        return self._by_year[year]

    def _in(self, years: range) -> list[tuple[datetime, timedelta, timedelta]]:
        return sorted((onset, one.before, one.after) for one in self.observances for onset in one.onsets(years))

    def _latest_before(self, year: int) -> list[tuple[datetime, timedelta, timedelta]]:
        candidates = []
        for one in self.observances:
            last = min(year - 1, one.last_year())
            onsets = [onset for y in (last, last - 1, last - 2) if y > 0 for onset in one.onsets(range(y, y + 1))]
            onsets += [o for o in (one.starts, *one.extra) if o.year < year]
            candidates += [(onset, one.before, one.after) for onset in onsets]
        return [max(candidates)] if candidates else []


def own_zone(node: Node) -> OwnZone | None:
    """The zone a VTIMEZONE defines, None when nothing of it can be used."""
    children = [child for child in node.children if child.name in {"STANDARD", "DAYLIGHT"}]
    found = dict.fromkeys(one for child in children[:_MOST_CHILDREN] if (one := _observance(child)))
    observances = list(found)[:_MOST_OBSERVANCES]
    if not observances:
        return None
    return OwnZone(observances, node.value("X-LIC-LOCATION") or None)


def _observance(node: Node) -> _Observance | None:
    starts = written_time_of_zone(node.value("DTSTART"))
    after = offset_of(node.value("TZOFFSETTO"))
    before = offset_of(node.value("TZOFFSETFROM"))
    if starts is None or after is None:
        return None
    return _Observance(
        starts=starts,
        before=after if before is None else before,
        after=after,
        rule=_yearly_rule(node.value("RRULE"), starts),
        extra=_extra_onsets(node),
    )


def written_time_of_zone(value: str) -> datetime | None:
    """A naive local time; Outlook begins its zones in 1601, which no event may."""
    if re.match(r"(?:0[0-9]|1[0-8])[0-9]{2}", value):
        value = "1900" + value[4:]
    written = written_time(value)
    if written is None:
        return None
    return written.at or datetime.combine(written.on, datetime.min.time())


def _extra_onsets(node: Node) -> tuple[datetime, ...]:
    values = [value for found in node.all("RDATE") for value in found.value.split(",", _MOST_DATES)[:_MOST_DATES]]
    return tuple(at for value in values[:_MOST_DATES] if (at := written_time_of_zone(value.partition("/")[0])))


def _yearly_rule(value: str, starts: datetime) -> _YearlyRule | None:
    parts = dict(part.split("=", 1) for part in value.upper().replace(" ", "").split(";") if "=" in part)
    if parts.get("FREQ") != "YEARLY" or parts.get("INTERVAL", "1") != "1" or "COUNT" in parts:
        return None
    try:
        month = int(parts.get("BYMONTH", starts.month))
        days = tuple(int(day) for day in parts["BYMONTHDAY"].split(",")[:31]) if parts.get("BYMONTHDAY") else ()
    except ValueError:
        return None
    if not 1 <= month <= 12 or not all(1 <= abs(day) <= 31 for day in days):
        return None
    until = written_time(parts["UNTIL"]) if "UNTIL" in parts else None
    ends = (until.at or datetime.combine(until.on, datetime.max.time())) if until else None
    until_is_utc = until is not None and until.offset is not None
    byday = _BYDAY.fullmatch(parts.get("BYDAY", ""))
    if byday is None:
        return _YearlyRule(month, days=days or (starts.day,), until=ends, until_is_utc=until_is_utc)
    return _YearlyRule(month, _WEEKDAYS[byday[2]], int(byday[1] or 1), days, ends, until_is_utc)
