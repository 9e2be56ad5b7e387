"""Shapes of what comes in and goes out over HTTP."""

import re
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer, model_validator

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


def _with_offset(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


Line = Annotated[str, AfterValidator(_one_line)]
"""Text that may reach a mail header: no control characters, no line or paragraph separators (reliability D9)."""

Moment = Annotated[
    AwareDatetime,
    AfterValidator(lambda moment: moment.astimezone(UTC)),
    PlainSerializer(_with_offset, return_type=str, when_used="json"),
]
"""A moment with an offset (RFC 3339), in UTC from here on; a time without an offset is refused."""
