"""When a message that could not be delivered is tried again, and when a URL is given up."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

PAUSES = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
"""After the first attempt, the second …: ten attempts within a little more than three days."""
GIVEN_UP_AFTER = timedelta(days=5)
"""A URL that has taken nothing for so long is told nothing more until a person says so."""
LONGEST_WISH = timedelta(hours=24)
_FIRST_REST, _LONGEST_REST = timedelta(seconds=1), timedelta(minutes=1)


def next_attempt(attempts: int, *, now: datetime, wished: timedelta | None = None) -> datetime | None:
    """The moment of the next attempt after `attempts` of them; None when that was the last. A receiver may wish for a
    longer pause. Up to a tenth is added, so that what failed together does not come back together."""
    if attempts > len(PAUSES):
        return None
    pause = PAUSES[attempts - 1] * random.uniform(1, 1.1)  # noqa: S311 - not for secrets
    return now + max(pause, min(wished or timedelta(), LONGEST_WISH))


def rest_of(failures: int) -> timedelta:
    """For how long a URL that failed so many times in a row is left alone."""
    doubled: timedelta = _FIRST_REST * 2 ** min(failures, 10)
    return min(doubled, _LONGEST_REST)


def wished_pause(header: str | None, *, now: datetime) -> timedelta | None:
    """`Retry-After` as a length (RFC 9110 section 10.2.3): seconds or a date; None when it says neither."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), int(LONGEST_WISH.total_seconds())))
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(moment.replace(tzinfo=moment.tzinfo or UTC) - now, timedelta())
