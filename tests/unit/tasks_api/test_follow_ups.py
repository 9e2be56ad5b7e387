"""When the next meeting is, and what it takes along (features K6, K7, K42, K45)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from contracts.tasks import Cost, TaskParticipant
from tasks_api.follow_ups import Later, analogous, later, moment_later, schedule_after
from tasks_api.itip.shapes import TaskFields
from tasks_api.particulars import Particulars
from tasks_api.schedule import UnfitSchedule, scheduled
from tasks_api.task import Task
from tasks_api.timers import Timer

WARSAW = "Europe/Warsaw"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P2W", Later(days=14)),
        ("P3D", Later(days=3)),
        ("PT48H", Later(hours=48)),
        ("P1DT2H", Later(days=1, hours=2)),
        ("P0D", None),
        ("P", None),
        ("PT", None),
        ("P1M", None),
        ("PT30M", None),
        ("-P1D", None),
        ("P9999W", None),
        ("2 weeks", None),
    ],
)
def test_how_much_later(text: str, length: Later | None) -> None:
    assert later(text) == length


@pytest.mark.parametrize(
    ("start", "length", "then"),
    [
        # the night of 29 to 30 March 2025 is an hour short
        ("2025-03-29T09:00+01:00", Later(days=2), "2025-03-31T09:00+02:00"),
        ("2025-03-29T09:00+01:00", Later(hours=48), "2025-03-31T10:00+02:00"),
        ("2025-03-29T09:00+01:00", Later(days=14), "2025-04-12T09:00+02:00"),
        # the night of 25 to 26 October 2025 is an hour long
        ("2025-10-25T09:00+02:00", Later(days=1), "2025-10-26T09:00+01:00"),
        ("2025-10-25T09:00+02:00", Later(hours=24), "2025-10-26T08:00+01:00"),
        # 02:30 does not exist on 30 March: the clock has gone on
        ("2025-03-29T02:30+01:00", Later(days=1), "2025-03-30T03:30+02:00"),
        ("2025-03-29T09:00+01:00", Later(days=1, hours=2), "2025-03-30T11:00+02:00"),
    ],
)
def test_days_keep_the_hour_on_the_wall_and_hours_are_hours(start: str, length: Later, then: str) -> None:
    assert moment_later(utc(start), length, WARSAW) == utc(then)


def fields(starts: Any, ends: Any = None) -> TaskFields:
    return TaskFields(kind="meeting", title="Oferta", **scheduled(starts, ends, WARSAW))


MEETING = fields(utc("2025-03-28T14:00+01:00"), utc("2025-03-28T15:30+01:00"))


def test_the_base_is_the_start_and_the_length_stays() -> None:
    found = schedule_after(MEETING, length=Later(days=7))
    assert (found["starts_at"], found["ends_at"]) == (utc("2025-04-04T14:00+02:00"), utc("2025-04-04T15:30+02:00"))


def test_a_moment_or_a_day_from_the_calendar() -> None:
    at = utc("2025-05-05T08:00+02:00")
    assert schedule_after(MEETING, at=at)["starts_at"] == at
    assert schedule_after(MEETING, at=date(2025, 5, 6))["starts_at"] == utc("2025-05-06T14:00+02:00")
    assert schedule_after(TaskFields(timezone=WARSAW), at=date(2025, 5, 6))["starts_on"] == date(2025, 5, 6)


def test_what_is_only_due_counts_from_there() -> None:
    due = fields(None, utc("2025-03-28T16:00+01:00"))
    assert schedule_after(due, length=Later(days=1))["starts_at"] == utc("2025-03-29T16:00+01:00")


def test_days_follow_days() -> None:
    found = schedule_after(fields(date(2025, 3, 28), date(2025, 3, 30)), length=Later(days=7, hours=24))
    assert (found["starts_on"], found["ends_on"]) == (date(2025, 4, 5), date(2025, 4, 7))


@pytest.mark.parametrize(
    ("said", "wanted", "field"),
    [
        (TaskFields(timezone=WARSAW), {"length": Later(days=1)}, "in"),
        (fields(date(2025, 3, 28)), {"length": Later(hours=5)}, "in"),
        (fields(date(2025, 3, 28)), {"at": datetime(2025, 4, 1, tzinfo=UTC)}, "at"),
    ],
)
def test_what_cannot_be_worked_out(said: TaskFields, wanted: Any, field: str) -> None:
    with pytest.raises(UnfitSchedule) as refused:
        schedule_after(said, **wanted)
    assert refused.value.field == field


def test_what_an_analogous_one_takes_along_and_what_not() -> None:
    priority, owner, account, jan = uuid4(), uuid4(), uuid4(), TaskParticipant(employee_id=uuid4())
    cost = Cost(amount=Decimal(5), currency="PLN")
    before = Task(
        id=uuid4(), number="CRM/1/2025", fields=MEETING, created_at=utc("2025-03-01T00:00Z"), updated_at=utc("2025-03-01T00:00Z"),
        note="Pytali o rabat", status="completed", account_id=account, contact_ids=(uuid4(),), participants=(jan,),
        particulars=Particulars(priority_id=priority, owner_id=owner, in_calendar=False, actual_cost=cost, timer=Timer(90), next_id=uuid4()),
    )  # fmt: skip
    now = utc("2025-03-28T16:00Z")
    made = analogous(
        before, task_id=uuid4(), number="CRM/2/2025", schedule=schedule_after(MEETING, length=Later(days=7)), now=now
    )
    assert (made.fields.title, made.fields.kind, made.account_id) == ("Oferta", "meeting", account)
    assert (made.contact_ids, made.participants) == (before.contact_ids, (jan,))
    more = made.particulars
    assert (more.priority_id, more.owner_id, more.in_calendar) == (priority, owner, False)
    assert (made.note, made.status, more.timer.seconds, more.actual_cost, more.next_id) == (
        "",
        "planned",
        0,
        None,
        None,
    )
    assert more.previous_id == before.id
