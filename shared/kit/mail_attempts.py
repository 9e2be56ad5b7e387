"""When a mail that could not be handed over is tried again, and when it is given up (RFC 5321 section 4.5.4.1)."""

from __future__ import annotations

from datetime import datetime, timedelta

GIVE_UP_AFTER = timedelta(days=2)
MOST_UNKNOWN = 2
"""A mail whose 250 was lost is sent once more with the same Message-ID, not again after that (RFC 1047)."""

_GREYLISTING = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120))
_OUT_OF_REACH = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900, 1800))


def next_attempt(*, failures: int, created_at: datetime, now: datetime, out_of_reach: bool) -> datetime | None:
    """The moment of the next attempt after this many failures (1 or more); None when it is time to give up.

    A server that says "later" (4xx, greylisting) is given minutes; one that does not answer at all may be back in seconds.
    """
    pauses = _OUT_OF_REACH if out_of_reach else _GREYLISTING
    moment = now + pauses[min(failures, len(pauses)) - 1]
    return moment if moment <= created_at + GIVE_UP_AFTER else None
