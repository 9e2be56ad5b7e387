"""Days and moments as they are written: `2026-11-30`, or RFC 3339 with an offset."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from kit.schemas import in_usable_years
from tasks_api.schedule import When


def _when(value: object) -> object:
    """A day (`2026-11-30`) or a moment with an offset (RFC 3339)."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        return value
    elif not isinstance(value, str):
        raise ValueError("must be a day or a moment as text")
    elif len(value) == 10:
        return in_usable_years(date.fromisoformat(value))
    else:
        moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a moment needs an offset, such as 2026-11-30T09:00:00+01:00")
    in_usable_years(moment)
    return moment.astimezone(UTC)


def _written(when: When) -> str:
    return when.isoformat().replace("+00:00", "Z")


_WHEN_SCHEMA = WithJsonSchema(
    {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
)
WhenGiven = Annotated[Any, BeforeValidator(_when), _WHEN_SCHEMA]
WhenShown = Annotated[Any, PlainSerializer(_written, return_type=str, when_used="json"), _WHEN_SCHEMA]
"""RFC 3339, or a plain date of an all-day task."""
