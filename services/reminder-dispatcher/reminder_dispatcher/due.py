"""When a reminder is due, whether it may still be sent, and when to try again. Pure: every answer follows from its arguments."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from reminder_dispatcher.quiet_hours import QuietHours

ON_TIME = timedelta(seconds=60)
"""A reminder that leaves within a minute is not late."""

_RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120))
_LAST_TRY_BEFORE = timedelta(seconds=5)
_WORTH_A_LAST_TRY = timedelta(minutes=2)
_EARLY_BY = timedelta(minutes=1)


def beginning(starts_at: datetime, *, all_day: bool, zone: ZoneInfo, day_begins_at: time) -> datetime:
    """The moment reminders count back from: an all-day task begins in the morning, not at midnight."""
    if not all_day:
        return starts_at
    return datetime.combine(starts_at.astimezone(zone).date(), day_begins_at, zone).astimezone(UTC)


def due_moment(starts_at: datetime, lead: timedelta, zone: ZoneInfo) -> datetime:
    """`lead` before the start: whole days on the clock of the task's zone, the rest as elapsed time (RFC 5545 3.3.6).

    A clock time that a change to summer time skips counts with the offset before it, one that comes twice is the first
    (RFC 5545 3.3.5; reliability B9).
    """
    days = timedelta(days=lead.days)
    wall = starts_at.astimezone(zone).replace(tzinfo=None, fold=0) - days if days else None
    moment = starts_at if wall is None else wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return moment - (lead - days)


def planned_moment(due_at: datetime, starts_at: datetime, *, now: datetime, quiet: QuietHours | None) -> datetime:
    """When a reminder should leave: when it is due, unless quiet hours hold it back or bring it forward."""
    quiet_until = quiet.until(due_at) if quiet else None
    if quiet is None or quiet_until is None:
        return due_at
    if quiet_until < starts_at:
        return quiet_until
    quiet_since = quiet.since(due_at)
    if quiet.when_too_late == "early" and quiet_since is not None and quiet_since - _EARLY_BY >= now:
        return quiet_since - _EARLY_BY
    return due_at


def deadline(planned_at: datetime, starts_at: datetime, *, audience: str, late_grace: timedelta) -> datetime:
    """From this moment on a reminder is not sent any more (DESIGN 5, features R41).

    Clients are never reminded of what has begun; a minute is granted to a reminder that is due at the very start.
    """
    latest = planned_at + late_grace
    if audience == "client":
        latest = min(latest, starts_at)
    return max(latest, planned_at + ON_TIME)


class Step(Enum):
    SEND = "send"
    HOLD = "hold"
    MISS = "miss"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to do with a reminder now. `late` goes with SEND, `until` with HOLD, `reason` with MISS."""

    step: Step
    late: bool = False
    until: datetime | None = None
    reason: str | None = None


def judge(
    *,
    now: datetime,
    planned_at: datetime,
    starts_at: datetime,
    audience: str,
    late_grace: timedelta,
    quiet: QuietHours | None = None,
) -> Judgement:
    """Whether a reminder may leave now. Never before `planned_at`, whatever the caller believes."""
    if now < planned_at:
        return Judgement(Step.HOLD, until=planned_at)
    if now >= deadline(planned_at, starts_at, audience=audience, late_grace=late_grace):
        return Judgement(Step.MISS, reason="late")
    quiet_until = quiet.until(now) if quiet else None
    if quiet is not None and quiet_until is not None:
        if quiet_until < starts_at:
            return Judgement(Step.HOLD, until=quiet_until)
        if quiet.when_too_late == "miss":
            return Judgement(Step.MISS, reason="quiet_hours")
    return Judgement(Step.SEND, late=now - planned_at > ON_TIME)


def next_try(failures: int, *, now: datetime, latest: datetime, jitter: float) -> datetime | None:
    """When to try again after the `failures`-th temporary failure, or None when there is no time left before `latest`.

    5, 15, 30 minutes, 1 hour, then every 2 hours (reliability B4, RFC 5321 4.5.4.1); `jitter` from -1 to 1 moves that by up
    to a tenth. Shortly before `latest` there is one last try.
    """
    wait = _RETRY_AFTER[min(failures, len(_RETRY_AFTER)) - 1] * (1 + jitter / 10)
    if now + wait < latest:
        return now + wait
    if latest - now >= _WORTH_A_LAST_TRY:
        return latest - _LAST_TRY_BEFORE
    return None
