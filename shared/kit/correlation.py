"""The id that joins everything one mail or one request caused, from the first log line to the last reminder."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LONGEST_CORRELATION_ID = 200

_correlation: ContextVar[str | None] = ContextVar("goniec_correlation_id", default=None)


def current_correlation_id() -> str | None:
    """The correlation id of what is being done now, or None outside of any request or event."""
    return _correlation.get()


@contextmanager
def correlation(correlation_id: str) -> Iterator[str]:
    """Everything announced and logged inside belongs to `correlation_id`."""
    token = _correlation.set(correlation_id)
    try:
        yield correlation_id
    finally:
        _correlation.reset(token)
