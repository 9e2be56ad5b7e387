"""How long somebody worked on a task: the clock of an open form, with pauses (features K4, K5, K46)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Timer:
    """`seconds` counted so far; `started_at` while it runs. `capped`: a stretch was cut because nobody stopped it."""

    seconds: int = 0
    started_at: datetime | None = None
    capped: bool = False

    @property
    def is_running(self) -> bool:
        return self.started_at is not None


NOT_STARTED = Timer()


def started(timer: Timer, now: datetime) -> Timer:
    """Running from now on; one that runs goes on."""
    return timer if timer.is_running else Timer(timer.seconds, now, timer.capped)


def stopped(timer: Timer, now: datetime, *, longest: timedelta) -> Timer:
    """Standing still, with the stretch since its start counted: `longest` of it at most (features K46)."""
    if timer.started_at is None:
        return timer
    stretch = max(now - timer.started_at, timedelta())
    counted = min(stretch, longest)
    return Timer(timer.seconds + int(counted.total_seconds()), None, timer.capped or stretch > longest)


def corrected(timer: Timer, seconds: int) -> Timer:
    """As a person says it was; a corrected timer is neither running nor doubtful."""
    return timer if seconds == timer.seconds and timer == Timer(seconds) else Timer(seconds)
