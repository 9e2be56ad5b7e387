"""How this company works with tasks (features R48, R50, K46)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

PERCENT_STEPS = (1, 2, 5, 10, 20, 25, 50)


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """`percent_step`: per cent complete is a multiple of it. `timer_cap_minutes`: so much of one stretch counts at most.

    `carry_attributes`: a new task gets the attributes of its account that are to be carried over.
    """

    percent_step: int = 1
    timer_cap_minutes: int = 480
    carry_attributes: bool = False
    version: int = 0

    @property
    def longest_stretch(self) -> timedelta:
        return timedelta(minutes=self.timer_cap_minutes)

    def is_on_step(self, percent: int) -> bool:
        """100 is always reached (a step of 20 does, one of 50 too)."""
        return percent % self.percent_step == 0


USUAL = TaskSettings()
