"""The Date of a mail, as the sender claims it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_LONGEST = 200


def claimed_date(text: str) -> datetime | None:
    """An aware moment in UTC; None when nothing sensible can be read. A missing or unknown zone is taken as UTC (RFC 5322 4.3)."""
    if not text or len(text) > _LONGEST:
        return None
    try:
        parsed = parsedate_tz(text)
        if parsed is not None:
            year, month, day, hour, minute, second = parsed[:6]
            zone = timezone(timedelta(seconds=parsed[9] or 0))
            return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
        return _from_iso(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return _from_iso(text)


def _from_iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
