"""Stages of a task that is spread over time (features W19, W28)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.tasks import Stage
from tasks_api.itip.shapes import TaskFields
from tasks_api.schedule import UnfitSchedule, scheduled
from tasks_api.stages import covering, moved, percent_of, stage_times

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def a_stage(hours: float, percent: int, *, after: float = 0) -> Stage:
    starts = MONDAY + timedelta(hours=after)
    return Stage(
        id=uuid4(), name="x", starts_at=starts, ends_at=starts + timedelta(hours=hours), percent_complete=percent
    )


@pytest.mark.parametrize(
    ("stages", "percent"),
    [
        ([], 0),
        ([(1, 100), (3, 0)], 25),
        ([(3, 100), (1, 0)], 75),
        ([(1, 50), (1, 100)], 75),
        ([(0, 100), (0, 0)], 50),  # without a length they weigh alike
        ([(0, 100), (2, 0)], 0),
        ([(299, 100), (1, 99)], 99),  # only finished stages make 100
        ([(2, 100), (1, 100)], 100),
    ],
)
def test_the_whole_is_the_mean_weighed_by_length(stages: list[tuple[float, int]], percent: int) -> None:
    assert percent_of([a_stage(*one) for one in stages]) == percent


def test_the_task_covers_its_stages() -> None:
    task = TaskFields(starts_at=MONDAY + timedelta(hours=1), ends_at=MONDAY + timedelta(hours=4))
    assert covering(task, [a_stage(1, 0, after=2)]) == {}
    wider = covering(task, [a_stage(1, 0), a_stage(2, 0, after=5)])
    assert (wider["starts_at"], wider["ends_at"]) == (MONDAY, MONDAY + timedelta(hours=7))
    assert covering(TaskFields(), [a_stage(1, 0)]).keys() == {"starts_at", "starts_on", "ends_at", "ends_on"}


def test_stages_move_with_the_task() -> None:
    stage = a_stage(1, 0, after=2)
    (later,) = moved([stage], TaskFields(starts_at=MONDAY), TaskFields(starts_at=MONDAY + timedelta(days=1)))
    assert (later.starts_at - stage.starts_at, later.ends_at - stage.ends_at) == (timedelta(days=1), timedelta(days=1))


def test_stages_of_days_move_by_days_over_the_change_of_clocks() -> None:
    def days(first: date, last: date) -> dict[str, Any]:
        return scheduled(first, last, "Europe/Warsaw")

    times = stage_times(date(2027, 3, 26), date(2027, 3, 27), all_day=True, timezone="Europe/Warsaw")
    stage = Stage(id=uuid4(), name="x", **times)
    before, after = days(date(2027, 3, 26), date(2027, 3, 30)), days(date(2027, 3, 29), date(2027, 4, 2))
    (later,) = moved([stage], TaskFields(**before), TaskFields(**after))
    assert (later.starts_on, later.ends_on) == (date(2027, 3, 29), date(2027, 3, 30))
    assert later.starts_at == datetime(2027, 3, 28, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts", "ends", "all_day", "field"),
    [
        (date(2026, 1, 1), date(2026, 1, 2), False, "starts_at"),
        (MONDAY, MONDAY, True, "starts_at"),
        (MONDAY, MONDAY - timedelta(hours=1), False, "ends_at"),
        (MONDAY, date(2026, 11, 24), False, "ends_at"),
    ],
)
def test_times_of_a_stage_that_do_not_go_together(starts: Any, ends: Any, all_day: bool, field: str) -> None:
    with pytest.raises(UnfitSchedule) as refused:
        stage_times(starts, ends, all_day=all_day, timezone="UTC")
    assert refused.value.field == field
