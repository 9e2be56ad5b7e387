"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import JSON, DateTime, Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

_WITHOUT_OFFSET = len("2026-11-22 08:00:00.000000")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: a naive datetime is refused (ValueError), what comes back is aware and in UTC.

    `timestamptz` on PostgreSQL; on SQLite a text of fixed width that sorts by time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A moment needs a zone, {value.isoformat()} has none.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def bind_processor(self, dialect: Dialect) -> Any:
        """On SQLite the text itself: a mail leaves a dozen moments behind, and the general way takes three times as long."""
        return _sqlite_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _sqlite_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"A moment needs a zone, {value.isoformat()} has none.")
    return _utc_text(value if value.tzinfo is UTC else value.astimezone(UTC))


@lru_cache(maxsize=1024)
def _utc_text(moment: datetime) -> str:
    """The rows of a batch share most of their moments."""
    return moment.isoformat(" ", "microseconds")[:_WITHOUT_OFFSET]


class JsonDocument(TypeDecorator[Any]):
    """A JSON value: `jsonb` on PostgreSQL, text on SQLite. None is SQL's NULL. Moments and UUIDs become strings."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSONB(none_as_null=True))
        return dialect.type_descriptor(JSON(none_as_null=True))

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.impl_instance.coerce_compared_value(op, value)


def json_text(value: Any) -> str:
    """What `JsonDocument` writes; the engines of `kit.database` use it for every JSON column."""
    return orjson.dumps(value).decode()


def json_value(stored: Any) -> Any:
    """What `json_text` wrote; SQLite turns a bare number into one by itself."""
    return orjson.loads(stored) if isinstance(stored, str | bytes) else stored
