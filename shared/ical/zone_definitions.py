"""VTIMEZONE text for an IANA zone, made from its transitions (RFC 5545 section 3.6.5)."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ical.zones import zone

_YEARS_AHEAD = 12
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class _Change:
    """Clocks go from `before` to `after` at `wall`, a wall clock by the offset before."""

    wall: datetime
    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool


@lru_cache(maxsize=256)
def zone_definition(name: str, year: int) -> tuple[str, ...]:
    """The lines of a VTIMEZONE that holds from that year on. Yearly changes are written as rules, odd ones one by one."""
    changes = _changes(name, year - 1, year + _YEARS_AHEAD)
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    for group in _grouped(changes, year + _YEARS_AHEAD) if changes else [[_steady(name, year)]]:
        lines += _observance(group)
    return (*lines, "END:VTIMEZONE")


def _steady(name: str, year: int) -> _Change:
    moment = datetime(year, 1, 1, tzinfo=zone(name))
    offset = moment.utcoffset() or timedelta(0)
    return _Change(datetime(1970, 1, 1), offset, offset, moment.tzname() or name, is_daylight=False)  # noqa: DTZ001


def _changes(name: str, first_year: int, last_year: int) -> list[_Change]:
    clock = zone(name)
    found = []
    moment, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    while moment < end:
        later = moment + timedelta(days=7)
        if _offset(clock, moment) != _offset(clock, later):
            found.append(_change_between(name, moment, later))
        moment = later
    return found


def _offset(clock: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(clock).utcoffset() or timedelta(0)


def _change_between(name: str, low: datetime, high: datetime) -> _Change:
    clock = zone(name)
    before = _offset(clock, low)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if _offset(clock, middle) == before:
            low = middle
        else:
            high = middle
    moment = high.replace(microsecond=0)
    local = moment.astimezone(clock)
    wall = (moment + before).replace(tzinfo=None)
    return _Change(wall, before, local.utcoffset() or timedelta(0), local.tzname() or name, bool(local.dst()))


def _grouped(changes: list[_Change], last_year: int) -> Iterable[list[_Change]]:
    """Changes that are one yearly rule together until further notice, the others one by one."""
    kinds: dict[tuple[object, ...], list[_Change]] = {}
    for change in changes:
        kinds.setdefault((change.before, change.after, change.name, *_yearly_rule(change)), []).append(change)
    for group in kinds.values():
        years = [change.wall.year for change in group]
        if len(group) > 2 and years == list(range(years[0], last_year + 1)):
            yield group
        else:
            yield from ([change] for change in group)


def _yearly_rule(change: _Change) -> tuple[int, str, str]:
    """Month, weekday (`-1SU` in the last seven days, else `2SU`) and time of day of a change."""
    wall = change.wall
    days = calendar.monthrange(wall.year, wall.month)[1]
    place = -1 if wall.day + 7 > days else (wall.day - 1) // 7 + 1
    return wall.month, f"{place}{_WEEKDAYS[wall.weekday()]}", f"{wall:%H%M%S}"


def _observance(group: list[_Change]) -> Iterable[str]:
    first = group[0]
    kind = "DAYLIGHT" if first.is_daylight else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{first.wall:%Y%m%dT%H%M%S}"
    yield f"TZOFFSETFROM:{_written(first.before)}"
    yield f"TZOFFSETTO:{_written(first.after)}"
    yield f"TZNAME:{first.name}"
    if len(group) > 1:
        month, weekday, _ = _yearly_rule(first)
        yield f"RRULE:FREQ=YEARLY;BYMONTH={month};BYDAY={weekday}"
    yield f"END:{kind}"


def _written(offset: timedelta) -> str:
    seconds = int(abs(offset).total_seconds())
    text = f"{'-' if offset < timedelta(0) else '+'}{seconds // 3600:02}{seconds // 60 % 60:02}"
    return text + (f"{seconds % 60:02}" if seconds % 60 else "")
