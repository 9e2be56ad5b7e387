"""Shapes of what comes in and goes out over HTTP."""

import re
from datetime import UTC, date, datetime
from math import isfinite
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

FIRST_YEAR, LAST_YEAR = 1000, 9000
"""What people send lies between them, so that adding lengths and zones to it never leaves the calendar of Python."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LARGEST_INTEGER = 2**63 - 1
_LINE_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def is_storable(text: str) -> bool:
    """False for text that PostgreSQL and UTF-8 refuse: U+0000 and lone surrogates (reliability F)."""
    return _UNSTORABLE.search(text) is None


def _refuse_unstorable(value: Any) -> None:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if not is_storable(value):
                raise ValueError("text must not contain U+0000 or lone surrogates")
        elif isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, float):
            if not isfinite(value):
                raise ValueError("numbers must be finite")
        elif isinstance(value, int) and not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
            raise ValueError("whole numbers must fit 64 bits")


class Body(BaseModel):
    """What a client sends: unknown fields, U+0000, lone surrogates and numbers no database holds are refused with 422."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        _refuse_unstorable(value)
        return value


class Shape(BaseModel):
    """What a client is given."""

    model_config = ConfigDict(from_attributes=True)


def _one_line(text: str) -> str:
    if _LINE_BREAKING.search(text):
        raise ValueError("must be one line without control characters")
    return text


def in_usable_years(day: date) -> date:
    """The day or moment itself; ValueError when it is so far away that nobody means it."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return day


def _in_utc(value: Any, read: ValidatorFunctionWrapHandler) -> datetime:
    """Text comes from outside and is looked at; a datetime is our own."""
    if not isinstance(value, str | datetime):
        raise ValueError("must be a moment as text, such as 2026-11-30T09:00:00+01:00")
    moment: datetime = read(value)
    if isinstance(value, str):
        in_usable_years(moment)
    return moment.astimezone(UTC)


def _with_offset(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


Line = Annotated[str, AfterValidator(_one_line)]
"""Text that may reach a mail header: no control characters, no line or paragraph separators (reliability D9)."""

Moment = Annotated[
    AwareDatetime,
    WrapValidator(_in_utc),
    PlainSerializer(_with_offset, return_type=str, when_used="json"),
]
"""A moment with an offset (RFC 3339), in UTC from here on; a time without an offset is refused."""
