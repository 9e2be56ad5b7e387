"""Stages of a task that is spread over time: their order, their share of the whole, the time they cover (features W19, W28)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from contracts.tasks import Stage
from tasks_api.itip.shapes import TaskFields
from tasks_api.schedule import UnfitSchedule, midnight, scheduled


def percent_of(stages: Sequence[Stage]) -> int:
    """The mean of the stages weighed by their length; stages without a length weigh alike. Rounded down, so that only
    finished stages make 100."""
    if not stages:
        return 0
    lengths = [(stage.ends_at - stage.starts_at).total_seconds() for stage in stages]
    if not any(lengths):
        lengths = [1.0] * len(stages)
    return int(
        sum(length * stage.percent_complete for length, stage in zip(lengths, stages, strict=True)) / sum(lengths)
    )


def stage_times(starts: Any, ends: Any, *, all_day: bool, timezone: str) -> dict[str, Any]:
    """When a stage is, as `Stage` has it; UnfitSchedule when the times do not go together or are of the wrong sort."""
    if isinstance(starts, datetime) == all_day:
        raise UnfitSchedule("starts_at", "must be a day when the task is all-day, and a moment when it is not")
    found = scheduled(starts, ends, timezone)
    return {name: found[name] for name in ("starts_at", "ends_at", "starts_on", "ends_on")}


def covering(fields: TaskFields, stages: Sequence[Stage]) -> dict[str, Any]:
    """The start and end of a task widened until it covers its stages (features W19); empty when it does already."""
    if not stages:
        return {}
    first = min(stages, key=lambda stage: stage.starts_at)
    last = max(stages, key=lambda stage: stage.ends_at)
    wider: dict[str, Any] = {}
    if fields.starts_at is None or first.starts_at < fields.starts_at:
        wider.update(starts_at=first.starts_at, starts_on=first.starts_on)
    if fields.ends_at is None or last.ends_at > fields.ends_at:
        wider.update(ends_at=last.ends_at, ends_on=last.ends_on)
    return wider


def moved(stages: Sequence[Stage], fields: TaskFields, to: TaskFields) -> tuple[Stage, ...]:
    """The stages as far from the new start as they were from the old one, on the wall clock when the task is all-day."""
    if fields.starts_at is None or to.starts_at is None:
        return tuple(stages)
    if fields.all_day and to.all_day and fields.starts_on and to.starts_on:
        days = to.starts_on - fields.starts_on
        return tuple(_moved_days(stage, days, to.timezone) for stage in stages)
    length = to.starts_at - fields.starts_at
    return tuple(
        stage.model_copy(update={"starts_at": stage.starts_at + length, "ends_at": stage.ends_at + length})
        for stage in stages
    )


def _moved_days(stage: Stage, days: timedelta, timezone: str) -> Stage:
    assert stage.starts_on is not None
    assert stage.ends_on is not None
    starts_on, ends_on = stage.starts_on + days, stage.ends_on + days
    return stage.model_copy(
        update={
            "starts_on": starts_on,
            "ends_on": ends_on,
            "starts_at": midnight(starts_on, timezone),
            "ends_at": midnight(ends_on, timezone),
        }
    )
