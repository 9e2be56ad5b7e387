"""The clock of a form: pauses, and what a forgotten one counts (features K4, K5, K46)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tasks_api.timers import NOT_STARTED, Timer, corrected, started, stopped

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CAP = timedelta(hours=8)


def test_pauses_do_not_count() -> None:
    timer = stopped(started(NOT_STARTED, NINE), NINE + timedelta(minutes=10), longest=CAP)
    assert timer == Timer(600)
    timer = stopped(started(timer, NINE + timedelta(minutes=40)), NINE + timedelta(minutes=41), longest=CAP)
    assert timer == Timer(660)


def test_a_running_clock_goes_on_and_a_standing_one_stands() -> None:
    running = started(NOT_STARTED, NINE)
    assert started(running, NINE + timedelta(minutes=5)) is running
    assert stopped(NOT_STARTED, NINE, longest=CAP) is NOT_STARTED


@pytest.mark.parametrize(
    ("stretch", "seconds", "capped"),
    [
        (timedelta(hours=8), 28_800, False),
        (timedelta(hours=8, seconds=1), 28_800, True),
        (timedelta(hours=15), 28_800, True),
        (timedelta(seconds=-5), 0, False),  # a clock that was set back
    ],
)
def test_a_forgotten_stretch_is_capped_and_flagged(stretch: timedelta, seconds: int, capped: bool) -> None:
    assert stopped(started(NOT_STARTED, NINE), NINE + stretch, longest=CAP) == Timer(seconds, None, capped)


def test_a_person_corrects_what_the_clock_says() -> None:
    assert corrected(Timer(28_800, None, capped=True), 1500) == Timer(1500)
    assert corrected(Timer(60, NINE), 60) == Timer(60)
    same = Timer(60)
    assert corrected(same, 60) is same
