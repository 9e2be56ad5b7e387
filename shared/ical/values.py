"""Values of properties: text, dates, lengths of time, numbers and calendar addresses (RFC 5545 section 3.3)."""

from __future__ import annotations

import quopri
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ical.decoding import decoded, known_charset
from ical.lines import Property, printable

EARLIEST_YEAR = 1900
LATEST_YEAR = 2199
LONGEST = timedelta(days=3_660)

_ESCAPES = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\", '\\"': '"'}
_ESCAPE = re.compile(r'\\[nN,;\\"]')
_DATE = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[Tt ]([0-9]{2}):?([0-9]{2}):?([0-9]{2})?(?:\.[0-9]+)?\s*([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_DURATION = re.compile(
    r"([+-]?)P(?:([0-9]{1,5})W)?(?:([0-9]{1,5})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,7})M)?(?:([0-9]{1,8})S)?)?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"([+-]?)([0-9]{2}):?([0-9]{2}):?([0-9]{2})?")
_WHOLE = re.compile(r"\s*\+?([0-9]{1,12})")
_ADDRESS = re.compile(r"[^\s<>,;:\"]+@[^\s<>,;:\"]+")
_LONGEST_ADDRESS = 500  # RFC 5321 allows 254; longer ones would only cost time
_LARGEST_INTEGER = 2**31 - 1


def text_of(found: Property | None, longest: int) -> str | None:
    """Unescaped text, cut at `longest` characters; None when the property is missing."""
    if found is None:
        return None
    value = _transfer_decoded(found)
    if "\\" in value:
        value = _ESCAPE.sub(lambda match: _ESCAPES[match[0]], value)
    value = value.strip()
    return value if len(value) <= longest else value[:longest].rstrip()


def _transfer_decoded(found: Property) -> str:
    """vCalendar 1.0 writes `;ENCODING=QUOTED-PRINTABLE;CHARSET=…`, sometimes only `;QUOTED-PRINTABLE`."""
    if not found.raw_parameters or "QUOTED-PRINTABLE" not in found.raw_parameters.upper():
        return found.value
    data = quopri.decodestring(found.value.encode("utf-8", "replace"))
    text = decoded(data, known_charset(found.parameter("CHARSET")))
    return printable(text.replace("\r\n", "\n").replace("\r", "\n"))


def line_of(found: Property | None, longest: int) -> str | None:
    """Text as one line: titles and places end up in lists and in subjects of mails."""
    text = text_of(found, longest)
    return " ".join(text.split()) if text else text


@dataclass(frozen=True, slots=True)
class Written:
    """A date or time as written: `on` alone is a day; `at` is a wall clock, `offset` its UTC offset when one was written."""

    on: date
    at: datetime | None = None
    offset: timedelta | None = None


def written_time(value: str) -> Written | None:
    """A DATE or DATE-TIME, None when it is neither or outside 1900-2199. Western digits only (reliability C9)."""
    match = _DATE.match(value.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    if not EARLIEST_YEAR <= int(year) <= LATEST_YEAR:
        return None
    try:
        on = date(int(year), int(month), int(day))
        if hour is None:
            return Written(on)
        if hour == "24":  # ISO 8601 midnight at the end of a day
            return Written(on, datetime(on.year, on.month, on.day) + timedelta(days=1), _zone_offset(zone))  # noqa: DTZ001
        leapless = min(int(second or 0), 59)  # RFC 5545 section 3.3.12: a leap second counts as 59
        at = datetime(on.year, on.month, on.day, int(hour), int(minute), leapless)  # noqa: DTZ001
    except (ValueError, OverflowError):
        return None
    return Written(on, at, _zone_offset(zone))


def _zone_offset(zone: str | None) -> timedelta | None:
    if zone is None:
        return None
    return timedelta(0) if zone in "Zz" else offset_of(zone)


def offset_of(value: str) -> timedelta | None:
    """A UTC offset (`+0100`, `-043000`), None unless it is shorter than a day."""
    match = _OFFSET.fullmatch(value.strip())
    if match is None:
        return None
    sign, hours, minutes, seconds = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
    if offset >= timedelta(hours=24):
        return None
    return -offset if sign == "-" else offset


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: whole days follow the wall clock, the rest is exact (RFC 5545 section 3.3.6)."""

    days: int
    exact: timedelta


def duration_of(value: str) -> Duration | None:
    """A positive DURATION of at most ten years, None for anything else."""
    match = _DURATION.fullmatch(value.strip())
    if match is None or match[1] == "-" or not any(match.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    duration = Duration(weeks * 7 + days, timedelta(hours=hours, minutes=minutes, seconds=seconds))
    return duration if timedelta(days=duration.days) + duration.exact <= LONGEST else None


def whole_number(value: str) -> int | None:
    """The integer a value begins with (`1.0` is 1); None when there is none, or it is negative or beyond 2³¹-1."""
    match = _WHOLE.match(value)
    if match is None:
        return None
    number = int(match[1])
    return number if number <= _LARGEST_INTEGER else None


def calendar_address(found: Property) -> str:
    """The canonical address of ORGANIZER or ATTENDEE: `mailto:` in any case, none, or an EMAIL parameter beside another URI."""
    value = found.value[:_LONGEST_ADDRESS].strip().strip("<>").strip()
    if value[:7].lower() == "mailto:":
        value = value[7:].strip().strip("<>")
    if not _ADDRESS.fullmatch(value):
        named = found.parameter("EMAIL")[:_LONGEST_ADDRESS]
        inside = _ADDRESS.search(named) if named else _ADDRESS.search(value)
        value = inside[0] if inside else value
    return value.lower()


def addresses_in(value: str) -> list[str]:
    """The addresses of a parameter that lists some: DELEGATED-TO="mailto:a@ex.org","mailto:b@ex.org"."""
    return [match[0].lower() for match in _ADDRESS.finditer(value[: 8 * _LONGEST_ADDRESS])]
