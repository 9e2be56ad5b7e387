"""Series of our own: the form's start, end and length, and what a cut or a move does to the dates (features R65-R69)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ical.recurrence import occurrences
from tasks_api.itip.fields import fields_of_date, series_of
from tasks_api.itip.shapes import TaskFields
from tasks_api.schedule import UnfitSchedule, scheduled
from tasks_api.series_patterns import pattern_times
from tasks_api.series_splitting import (
    canonical_key,
    continued,
    detach,
    ended,
    follow,
    is_first,
    shifted_key,
    still_a_date,
)
from tasks_api.task import Task

WARSAW = "Europe/Warsaw"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def series(starts: str = "2026-12-07T10:00+01:00", ends: str = "2026-12-07T11:00+01:00", **fields: Any) -> TaskFields:
    return TaskFields(
        **{
            "kind": "task",
            "title": "Odprawa",
            "rrule": "FREQ=WEEKLY",
            **scheduled(utc(starts), utc(ends), WARSAW),
            **fields,
        }
    )


def days(first: date, last: date, **fields: Any) -> TaskFields:
    return TaskFields(kind="task", **scheduled(first, last, WARSAW), **fields)


def keys(fields: TaskFields, count: int = 10) -> list[str]:
    found = occurrences(series_of(fields), start=utc("2026-01-01T00:00Z"), end=utc("2028-01-01T00:00Z"), most=count)
    return [one.recurrence_id for one in found.items]


@pytest.mark.parametrize(
    ("edit", "starts", "ends"),
    [
        ({}, "10:00", "11:00"),
        ({"starts": time(9, 30)}, "09:30", "11:00"),  # the end stays
        ({"starts": time(12, 0)}, "12:00", "11:00+1"),  # it would come first: the next day
        ({"ends": time(12, 15)}, "10:00", "12:15"),  # the start stays
        ({"ends": time(6, 0)}, "10:00", "06:00+1"),
        ({"length": timedelta(hours=3)}, "10:00", "13:00"),  # the end follows
        ({"length": timedelta(hours=20)}, "10:00", "06:00+1"),
        ({"starts": time(22, 0), "ends": time(6, 0)}, "22:00", "06:00+1"),
        ({"starts": time(22, 0), "ends": time(6, 0), "length": timedelta(hours=8)}, "22:00", "06:00+1"),
        ({"ends": time(12, 0), "length": timedelta(hours=4)}, "08:00", "12:00"),
        ({"length": timedelta()}, "10:00", "10:00"),
    ],
)
def test_start_end_and_length(edit: dict[str, Any], starts: str, ends: str) -> None:
    hour, _, nights = ends.partition("+")
    found = pattern_times(series(), **edit)
    assert found[0] == utc(f"2026-12-07T{starts}+01:00")
    assert found[1] == utc(f"2026-12-{7 + int(nights or 0):02}T{hour}+01:00")


@pytest.mark.parametrize(
    ("fields", "edit", "field"),
    [
        (series(), {"starts": time(9), "ends": time(10), "length": timedelta(hours=2)}, "duration"),
        (TaskFields(timezone=WARSAW), {"starts": time(9)}, "starts"),
        (days(date(2026, 12, 7), date(2026, 12, 8)), {"starts": time(9)}, "starts"),
        (days(date(2026, 12, 7), date(2026, 12, 8)), {"length": timedelta(hours=30)}, "duration"),
    ],
)
def test_three_that_do_not_agree_are_refused(fields: TaskFields, edit: dict[str, Any], field: str) -> None:
    with pytest.raises(UnfitSchedule) as refused:
        pattern_times(fields, **edit)
    assert refused.value.field == field


def test_whole_days_have_a_length_in_days() -> None:
    found = pattern_times(days(date(2026, 12, 7), date(2026, 12, 8)), length=timedelta(days=3))
    assert found == (date(2026, 12, 7), date(2026, 12, 10))


@pytest.mark.parametrize(
    ("said", "cut", "before", "after"),
    [
        ({"rrule": "FREQ=WEEKLY;COUNT=4"}, "2026-12-21T09:00:00Z",
         ["2026-12-07T09:00:00Z", "2026-12-14T09:00:00Z"], ["2026-12-21T09:00:00Z", "2026-12-28T09:00:00Z"]),
        ({"rrule": "FREQ=WEEKLY;COUNT=4", "exdates": ("2026-12-14T09:00:00Z", "2026-12-28T09:00:00Z")}, "2026-12-21T09:00:00Z",
         ["2026-12-07T09:00:00Z"], ["2026-12-21T09:00:00Z"]),
        ({"rrule": "FREQ=WEEKLY;UNTIL=20261228T090000Z"}, "2026-12-28T09:00:00Z",
         ["2026-12-07T09:00:00Z", "2026-12-14T09:00:00Z", "2026-12-21T09:00:00Z"], ["2026-12-28T09:00:00Z"]),
        ({"rrule": None, "rdates": ("2026-12-09T09:00:00Z", "2026-12-11T09:00:00Z")}, "2026-12-09T09:00:00Z",
         ["2026-12-07T09:00:00Z"], ["2026-12-09T09:00:00Z", "2026-12-11T09:00:00Z"]),
    ],
)  # fmt: skip
def test_a_series_cut_in_two_has_the_same_dates(
    said: dict[str, Any], cut: str, before: list[str], after: list[str]
) -> None:
    whole = series(**said)
    assert keys(ended(whole, cut)) == before
    assert keys(continued(whole, cut)) == after


def test_a_series_of_days_is_cut_too() -> None:
    whole = days(date(2026, 12, 7), date(2026, 12, 9), rrule="FREQ=MONTHLY;COUNT=3")
    assert keys(ended(whole, "2027-01-07")) == ["2026-12-07"]
    rest = continued(whole, "2027-01-07")
    assert (rest.starts_on, rest.ends_on, keys(rest)) == (
        date(2027, 1, 7),
        date(2027, 1, 9),
        ["2027-01-07", "2027-02-07"],
    )


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("2026-12-14T10:00:00+01:00", "2026-12-14T09:00:00Z"),
        ("2026-12-14T09:00:00Z", "2026-12-14T09:00:00Z"),
        ("2026-12-14", "2026-12-14"),
        ("2026-12-14T09:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59Z", None),
        ("wtorek", None),
        ("2026-13-01", None),
    ],
)
def test_how_dates_are_named(written: str, key: str | None) -> None:
    assert canonical_key(written) == key


def test_the_first_date() -> None:
    assert is_first(series(), "2026-12-07T09:00:00Z")
    assert not is_first(series(), "2026-12-14T09:00:00Z")


@pytest.mark.parametrize(
    ("key", "after", "becomes"),
    [
        ("2026-12-14T09:00:00Z", series("2026-12-07T12:00+01:00", "2026-12-07T13:00+01:00"), "2026-12-14T11:00:00Z"),
        ("2026-12-14T09:00:00Z", series("2026-12-08T10:00+01:00", "2026-12-08T11:00+01:00"), "2026-12-15T09:00:00Z"),
        # the hour on the wall moves, whatever the clocks do in between
        ("2027-06-07T08:00:00Z", series("2026-12-07T12:00+01:00", "2026-12-07T13:00+01:00"), "2027-06-07T10:00:00Z"),
        ("2026-12-14T09:00:00Z", days(date(2026, 12, 7), date(2026, 12, 8), rrule="FREQ=WEEKLY"), "2026-12-14"),
    ],
)  # fmt: skip
def test_a_date_is_named_anew_when_its_series_moves(key: str, after: TaskFields, becomes: str) -> None:
    assert shifted_key(key, series(), after) == becomes
    assert still_a_date(becomes, after)


def a_task(fields: TaskFields, **more: Any) -> Task:
    now = utc("2026-11-20T00:00Z")
    return Task(id=uuid4(), number="1", fields=fields, created_at=now, updated_at=now, uid="s@goniec", **more)


def test_a_date_follows_its_series_where_nobody_decided_otherwise() -> None:
    before = a_task(series(description="Wspólna"), color="red")
    key = "2026-12-14T09:00:00Z"
    its = fields_of_date(before.fields, key)
    plain = a_task(its, recurrence_id=key, color="red")
    moved = a_task(
        TaskFields(
            **{**{n: getattr(its, n) for n in its.__slots__}, "title": "Inna", "starts_at": utc("2026-12-15T08:00Z")}
        ),
        recurrence_id=key,
        color="blue",
    )
    done = a_task(its, recurrence_id=key, status="completed")
    after = a_task(
        series("2026-12-07T12:00+01:00", "2026-12-07T13:00+01:00", title="Narada", description="Nowa"), color="green"
    )
    for one in (plain, moved, done):
        follow(one, before, after, key="2026-12-14T11:00:00Z")
        assert one.recurrence_id == "2026-12-14T11:00:00Z"
    assert (plain.fields.title, plain.fields.starts_at, plain.color) == ("Narada", utc("2026-12-14T11:00Z"), "green")
    assert (moved.fields.title, moved.fields.description, moved.fields.starts_at) == (
        "Inna",
        "Nowa",
        utc("2026-12-15T08:00Z"),
    )
    assert moved.color == "blue"
    assert (done.fields.title, done.fields.starts_at) == ("Odprawa", utc("2026-12-14T09:00Z"))


def test_a_date_the_series_no_longer_has_stays_as_a_task() -> None:
    one = a_task(fields_of_date(series(), "2026-12-14T09:00:00Z"), recurrence_id="2026-12-14T09:00:00Z")
    detach(one)
    assert (one.uid, one.recurrence_id) == (f"{one.id}@goniec", None)
