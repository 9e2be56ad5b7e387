"""Which zone a TZID means, decided by our own code and from one calendar only (DESIGN 2.9; invitations A4 rule 12).

Order: `Z` > IANA > Windows name > the message's own VTIMEZONE > what the name gives away > X-WR-TIMEZONE > the account's
zone. Nothing that a message says is kept after it: a process-wide cache would let one mail move the next one's meetings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from ical.trees import Node
from ical.vtimezones import OwnZone, own_zone
from ical.windows_zones import IANA_OF_WINDOWS

_LONGEST_NAME = 200
_NOT_ZONES = frozenset({"localtime", "posixrules", "factory"})
_NUMBERED = re.compile(r"(.*\S)\s+[0-9]{1,3}")
_UTC_OFFSET = re.compile(
    r"\(?\s*(?:UTC|GMT)\s*(?:([+-])\s*([0-9]{1,2})(?::?([0-9]{2}))?)?\s*\)?\s*(.*)", re.IGNORECASE | re.DOTALL
)
_ABBREVIATIONS = {
    "cest": "Europe/Warsaw",
    "eest": "Europe/Bucharest",
    "west": "Europe/Lisbon",
    "bst": "Europe/London",
    "edt": "America/New_York",
    "cst": "America/Chicago",
    "cdt": "America/Chicago",
    "mdt": "America/Denver",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "z": "UTC",
}
_PROBE_DAYS = (1, 11, 21)
_UTC_NAMES = frozenset(
    {
        "etc/utc",
        "gmt",
        "etc/gmt",
        "etc/gmt0",
        "gmt0",
        "gmt+0",
        "gmt-0",
        "zulu",
        "etc/zulu",
        "uct",
        "etc/uct",
        "universal",
    }
)
# What Outlook shows for zones that it does not call after a city: "(UTC-05:00) Eastern Time (US & Canada)".
_REGIONS = {
    "eastern time (us & canada)": "America/New_York",
    "central time (us & canada)": "America/Chicago",
    "mountain time (us & canada)": "America/Denver",
    "pacific time (us & canada)": "America/Los_Angeles",
    "atlantic time (canada)": "America/Halifax",
    "newfoundland": "America/St_Johns",
    "saskatchewan": "America/Regina",
    "indiana (east)": "America/Indianapolis",
    "arizona": "America/Phoenix",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "coordinated universal time": "UTC",
}


@cache
def _iana_names() -> dict[str, str]:
    """Every zone we may open, by lower-case name. Only these are ever looked up on disk (reliability C9)."""
    return {name.lower(): name for name in available_timezones() if name.lower() not in _NOT_ZONES}


@cache
def _cities() -> dict[str, list[str]]:
    """Zones by their city: `warsaw` → Europe/Warsaw."""
    found: dict[str, list[str]] = {}
    for name in sorted(_iana_names().values()):
        area, _, city = name.rpartition("/")
        if area and not area.startswith(("Etc", "posix", "right", "US", "SystemV")):
            found.setdefault(city.replace("_", " ").lower(), []).append(name)
    return found


def iana_name(name: str) -> str | None:
    """The IANA zone of that name in its usual spelling, None when there is none; every name of UTC is `UTC`."""
    if not 0 < len(name) <= 64:
        return None
    lower = name.lower()
    return "UTC" if lower in _UTC_NAMES else _iana_names().get(lower)


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of a name that `iana_name` gave."""
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Zone:
    """A resolved TZID. `name` is an IANA zone; `own` counts instead of it when the message's definition has to."""

    name: str
    own: OwnZone | None = None
    guessed: bool = False

    def to_utc(self, wall: datetime) -> datetime:
        """The moment of a naive wall clock; gaps and repeated hours as in RFC 5545 section 3.3.5."""
        if self.own is not None:
            return self.own.to_utc(wall)
        return wall.replace(tzinfo=zone(self.name)).astimezone(UTC)


UTC_ZONE = Zone("UTC")


class Zones:
    """The zones of one calendar. `definitions` are its VTIMEZONEs by TZID; they are read only when their name says nothing."""

    def __init__(self, definitions: dict[str, Node], calendar_timezone: str | None, account_timezone: str) -> None:
        self._definitions = definitions
        self._account = iana_name(account_timezone) or "UTC"
        self._known: dict[tuple[str, int], Zone] = {}
        self._read: dict[str, OwnZone | None] = {}
        self.calendar_timezone = self._named(calendar_timezone.strip().strip('"')) if calendar_timezone else None

    @property
    def floating(self) -> Zone:
        """Where a time without a zone is meant."""
        return Zone(self.calendar_timezone or self._account)

    def resolve(self, tzid: str, year: int) -> Zone:
        """The zone a TZID means; `year` only chooses which IANA zone stands beside a definition of the message's own."""
        key = (tzid[:_LONGEST_NAME], year)
        if key not in self._known:
            self._known[key] = self._resolved(key[0].strip().strip("\"'").strip(), year)
        return self._known[key]

    def _resolved(self, name: str, year: int) -> Zone:
        if found := self._named(name):
            return Zone(found)
        own = self._own(name)
        if own is not None:
            found = self._named(own.location) if own.location else None
            return Zone(found) if found else self._beside(own, year)
        if found := _given_away(name, self._account):
            return Zone(found)
        return Zone(_fixed(name, self._account) or self.calendar_timezone or self._account, guessed=True)

    def _own(self, name: str) -> OwnZone | None:
        key = name.lower()
        if key not in self._read:
            found = (one for tzid, one in self._definitions.items() if tzid.strip("\"' ").lower() == key)
            definition = next(found, None)
            self._read[key] = own_zone(definition) if definition is not None else None
        return self._read[key]

    def _named(self, name: str) -> str | None:
        """By name alone: IANA, Windows (also with the number Exchange adds), or an IANA name behind a prefix."""
        if found := iana_name(name) or IANA_OF_WINDOWS.get(name.lower()):
            return found
        if (numbered := _NUMBERED.fullmatch(name)) and (found := IANA_OF_WINDOWS.get(numbered[1].lower())):
            return found
        if "/" in name:
            return _behind_prefix(name)
        return None

    def _beside(self, own: OwnZone, year: int) -> Zone:
        """The message's own zone, with an IANA zone that has the same clock around that year, for repeats and display."""
        for candidate in _candidates(self._account):
            if _agrees(own, zone(candidate), year):
                return Zone(candidate, own)
        return Zone(self._account, own, guessed=True)


def _behind_prefix(name: str) -> str | None:
    """`/freeassociation.sourceforge.net/Tzfile/Europe/Warsaw`, `/mozilla.org/20050126_1/America/Argentina/Salta`."""
    parts = [part for part in name.split("/") if part]
    for length in (3, 2, 1):
        if length < len(parts) and (found := iana_name("/".join(parts[-length:]))):
            return found
    return None


def _given_away(name: str, account: str) -> str | None:
    """What a name that is no name still tells: `(UTC+01:00) Sarajevo, Skopje, Warsaw, Zagreb`, `GMT+0200`, `CEST`."""
    if found := _ABBREVIATIONS.get(name.lower()):
        return found
    match = _UTC_OFFSET.fullmatch(name)
    if match is None:
        return _of_cities(name, None, account)
    rest = match[4].strip()
    if not rest:
        return _whole_hours(_stated_offset(match))
    return _REGIONS.get(rest.lower()) or _of_cities(rest, _stated_offset(match), account)


def _fixed(name: str, account: str) -> str | None:
    """The offset a name states, when nothing else in it is understood and the account's zone has another."""
    match = _UTC_OFFSET.fullmatch(name)
    if match is None or match[1] is None or _stated_offset(match) in _offsets_of_2024(account):
        return None
    return _whole_hours(_stated_offset(match))


def _stated_offset(match: re.Match[str]) -> timedelta:
    offset = timedelta(hours=int(match[2] or 0), minutes=int(match[3] or 0))
    return -offset if match[1] == "-" else offset


def _whole_hours(offset: timedelta) -> str | None:
    if offset % timedelta(hours=1):
        return None
    hours = offset // timedelta(hours=1)
    return iana_name(f"Etc/GMT{-hours:+d}") if hours else "UTC"


def _of_cities(text: str, offset: timedelta | None, account: str) -> str | None:
    """A zone named after one of the listed cities that has the stated offset; the account's if it is among them."""
    cities = [city.strip().lower().replace("_", " ") for city in re.split(r"[,;/]", text)[:10]]
    named = [name for city in cities for name in _cities().get(city, ())]
    fitting = [name for name in named if offset is None or offset in _offsets_of_2024(name)]
    return account if account in fitting else next(iter(fitting), None)


def _offsets_of_2024(name: str) -> set[timedelta | None]:
    return {zone(name).utcoffset(datetime(2024, month, 15)) for month in (1, 7)}  # noqa: DTZ001


def _candidates(account: str) -> Iterator[str]:
    """Zones to try beside a definition: the account's, fixed offsets, then one for every clock that Windows knows."""
    yield account
    yield "UTC"
    for hours in range(-14, 13):
        if hours and (found := iana_name(f"Etc/GMT{hours:+d}")):
            yield found
    yield from dict.fromkeys(IANA_OF_WINDOWS.values())


def _agrees(own: OwnZone, other: ZoneInfo, year: int) -> bool:
    for probed in (year, year + 1):
        for month in range(1, 13):
            for day in _PROBE_DAYS:
                wall = datetime(probed, month, day, 12)  # noqa: DTZ001
                if own.offset(wall) != other.utcoffset(wall):
                    return False
    return True
