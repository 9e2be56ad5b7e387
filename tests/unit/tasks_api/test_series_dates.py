"""When the dates of a series are computed, by whom, and where a series surely ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ical.recurrence import Series, occurrences
from kit.workers import Result, WorkerFailed
from tasks_api.itip.shapes import TaskFields
from tasks_api.series_dates import RememberedDates, SeriesDates, is_quick, last_start, series_of
from tasks_api.windows import Window

START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def series(rrule: str | None = "FREQ=WEEKLY", **fields: object) -> TaskFields:
    values: dict[str, object] = {"starts_at": START, "ends_at": START + timedelta(hours=1), "rrule": rrule, **fields}
    return TaskFields(**values)  # type: ignore[arg-type]


class Workers:
    def __init__(self, answer: Result | None = None) -> None:
        self.answer = answer
        self.asked = 0

    async def run(self, function: str, arguments: list[bytes]) -> list[Result]:
        from ical.recurrence import expand_job

        assert function == "ical.recurrence:expand_job"
        self.asked += len(arguments)
        return [self.answer or expand_job(argument) for argument in arguments]


@pytest.mark.parametrize(
    ("rrule", "quick"),
    [
        ("FREQ=WEEKLY", True),
        ("FREQ=MONTHLY;BYDAY=2TU", True),
        ("FREQ=DAILY;COUNT=500", True),
        (None, True),
        ("FREQ=DAILY;COUNT=501", False),
        ("FREQ=HOURLY;COUNT=10", False),
        ("FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,30", False),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1", False),
    ],
)
def test_what_is_computed_on_the_spot(rrule: str | None, quick: bool) -> None:
    assert is_quick(series_of(series(rrule))) is quick


@pytest.mark.parametrize("rrule", ["FREQ=DAILY;INTERVAL=7", "FREQ=DAILY;INTERVAL=7;COUNT=600"])
async def test_here_and_in_a_worker_the_dates_are_the_same(rrule: str) -> None:
    workers = Workers()
    (found,) = await SeriesDates(workers).between([series_of(series(rrule))], Window.told_at(NOW, timedelta(days=30)))
    assert workers.asked == (0 if is_quick(series_of(series(rrule))) else 1)
    assert [(one.recurrence_id, one.starts_at, one.ends_at) for one in found] == [
        (f"2026-12-{day:02}T09:00:00Z", datetime(2026, 12, day, 9, tzinfo=UTC), datetime(2026, 12, day, 10, tzinfo=UTC))
        for day in (1, 8, 15)
    ]


async def test_a_series_that_is_too_much_for_a_worker_has_no_dates() -> None:
    workers = Workers(WorkerFailed("timeout", ""))
    (found,) = await SeriesDates(workers).between(
        [series_of(series("FREQ=HOURLY;COUNT=9"))], Window.told_at(NOW, timedelta(days=30))
    )
    assert found == []


async def test_a_version_of_a_series_is_computed_once_per_month() -> None:
    class Counting(SeriesDates):
        computed = 0

        async def between(self, series: Any, window: Window) -> Any:
            self.computed += len(series)
            return await super().between(series, window)

    counting = Counting(Workers())
    remembered = RememberedDates(counting, most=3)
    there = {1: series_of(series()), 2: series_of(series("FREQ=DAILY"))}
    read: list[UUID] = []

    async def newest(ids: Sequence[UUID]) -> dict[UUID, tuple[int, Series]]:
        read.extend(ids)
        return dict.fromkeys(ids, (version, there[version]))

    version = 1
    over_new_year = Window(datetime(2026, 12, 30, tzinfo=UTC), datetime(2027, 1, 13, tzinfo=UTC))
    for _ in range(3):
        (found,) = await remembered.of_versions([(UUID(int=1), 1)], over_new_year, newest)
        assert [date.starts_at.day for date in found] == [5, 12]
    assert (counting.computed, len(read)) == (2, 1)
    version = 2
    (found,) = await remembered.of_versions([(UUID(int=2), 1)], over_new_year, newest)
    assert not found  # changed in the meantime
    (found,) = await remembered.of_versions([(UUID(int=1), 2)], over_new_year, newest)
    assert len(found) == 14
    assert counting.computed == 4


@pytest.mark.parametrize(
    ("rrule", "latest"),
    [
        ("FREQ=WEEKLY;UNTIL=20261231T090000Z", datetime(2027, 1, 3, tzinfo=UTC)),
        ("FREQ=WEEKLY;COUNT=4", START + timedelta(weeks=5)),
        ("FREQ=DAILY;INTERVAL=2;COUNT=3", START + timedelta(days=8)),
        ("FREQ=WEEKLY", None),
        ("FREQ=MONTHLY;COUNT=2", None),  # a 31st skips months
        ("FREQ=WEEKLY;BYMONTH=1;COUNT=8", None),
    ],
)
def test_after_which_moment_nothing_comes(rrule: str, latest: datetime | None) -> None:
    assert last_start(series(rrule)) == latest


def test_extra_dates_count_too() -> None:
    assert last_start(series(None, rdates=("2027-05-01",))) == datetime(2027, 5, 3, tzinfo=UTC)


@given(
    freq=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    interval=st.integers(1, 4),
    count=st.integers(1, 30),
    day=st.integers(1, 28),
    byday=st.sampled_from(["", ";BYDAY=MO,FR", ";BYDAY=SU"]),
)
def test_no_date_ever_comes_after_the_last_start(freq: str, interval: int, count: int, day: int, byday: str) -> None:
    fields = series(
        f"FREQ={freq};INTERVAL={interval};COUNT={count}{byday}",
        starts_at=datetime(2026, 1, day, 9, tzinfo=UTC),
        ends_at=None,
    )
    latest = last_start(fields)
    assume(latest is not None)
    assert latest is not None
    later = occurrences(series_of(fields), start=latest + timedelta(seconds=1), end=datetime(2199, 1, 1, tzinfo=UTC))
    assert later.items == ()


def test_a_series_of_days_ends_with_its_last_day() -> None:
    fields = series(
        "FREQ=DAILY;COUNT=3", starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 2), all_day=True, timezone="Europe/Warsaw",
        starts_at=datetime(2026, 11, 30, 23, tzinfo=UTC), ends_at=datetime(2026, 12, 1, 23, tzinfo=UTC),
    )  # fmt: skip
    latest = last_start(fields)
    assert latest is not None
    assert latest >= datetime(2026, 12, 2, 23, tzinfo=UTC)
