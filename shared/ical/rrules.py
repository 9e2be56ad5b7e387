"""Which RRULEs are let in: by syntax alone, before anything is expanded (DESIGN 5, Repeats; reliability C7)."""

from __future__ import annotations

import re

from ical.values import written_time

MOST_COUNT = 10_000
MOST_INTERVAL = 1_000
MOST_COMBINATIONS = 1_000

_FREQUENCIES = frozenset({"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"})
_WEEKDAY = re.compile(r"[+-]?(?:[1-9]|[1-4][0-9]|5[0-3])?(?:MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,5}")
# name → (lowest, highest) of the absolute value, whether a minus sign is allowed
_NUMBERS: dict[str, tuple[int, int, bool]] = {
    "BYSECOND": (0, 60, False),
    "BYMINUTE": (0, 59, False),
    "BYHOUR": (0, 23, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYMONTH": (1, 12, False),
    "BYSETPOS": (1, 366, True),
}
_DAYS_OF_MONTH = {month: 31 if month in {1, 3, 5, 7, 8, 10, 12} else 30 for month in range(1, 13)} | {2: 29}
_LONGEST = 1_000


def accepted_rule(value: str) -> str | None:
    """The rule in canonical spelling (upper-case, FREQ first, no blanks), None when it is refused.

    Accepted: FREQ DAILY to YEARLY, HOURLY only with COUNT or UNTIL, INTERVAL 1 to 1000, COUNT 1 to 10,000, BY lists whose
    lengths multiply to at most 1000, and a rule that can happen at all (no 30 February).
    """
    parts = _parts(value)
    if parts is None or parts.get("FREQ") not in _FREQUENCIES:
        return None
    if parts["FREQ"] == "HOURLY" and "COUNT" not in parts and "UNTIL" not in parts:
        return None
    if not all(_is_acceptable(name, text) for name, text in parts.items()):
        return None
    if "COUNT" in parts and "UNTIL" in parts:
        del parts["COUNT"]  # RFC 5545 forbids both; the end that is a date is the one people saw
    if _combinations(parts) > MOST_COMBINATIONS or not _is_possible(parts):
        return None
    ordered = {"FREQ": parts.pop("FREQ"), **parts}
    return ";".join(f"{name}={text}" for name, text in ordered.items())


def _parts(value: str) -> dict[str, str] | None:
    value = "".join(value[: _LONGEST + 1].upper().split()).strip(";")
    if not value or len(value) > _LONGEST:
        return None
    parts: dict[str, str] = {}
    for part in value.split(";"):
        name, equals, text = part.partition("=")
        if not equals or name in parts:
            return None
        if text:
            parts[name] = text
        elif name in {"FREQ", "COUNT", "INTERVAL", "UNTIL"}:
            return None
    return parts


def _is_acceptable(name: str, text: str) -> bool:
    match name:
        case "FREQ":
            return True
        case "INTERVAL":
            return _within(text, MOST_INTERVAL)
        case "COUNT":
            return _within(text, MOST_COUNT)
        case "UNTIL":
            return written_time(text) is not None
        case "WKST":
            return text in {"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
        case "BYDAY":
            return all(_WEEKDAY.fullmatch(day) for day in text.split(","))
        case _ if name in _NUMBERS:
            return all(_is_number(name, one) for one in text.split(","))
        case _:
            return name.startswith("X-")  # RSCALE and SKIP (RFC 7529) would be other dates than ours


def _within(text: str, most: int) -> bool:
    return _NUMBER.fullmatch(text) is not None and 1 <= int(text) <= most


def _is_number(name: str, text: str) -> bool:
    lowest, highest, signed = _NUMBERS[name]
    if _NUMBER.fullmatch(text) is None:
        return False
    number = int(text)
    return lowest <= abs(number) <= highest and (signed or number >= 0)


def _combinations(parts: dict[str, str]) -> int:
    product = 1
    for name, text in parts.items():
        if name.startswith("BY") and name != "BYSETPOS":
            product *= text.count(",") + 1
    return product


def _is_possible(parts: dict[str, str]) -> bool:
    """Whether some month has one of the days asked for; a rule that never happens would be searched for ever."""
    if "BYMONTHDAY" not in parts or "BYMONTH" not in parts:
        return True
    longest = max(_DAYS_OF_MONTH[int(month)] for month in parts["BYMONTH"].split(","))
    return any(abs(int(day)) <= longest for day in parts["BYMONTHDAY"].split(","))
