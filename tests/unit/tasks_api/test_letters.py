"""What those we invited have to be told when a task changes (features E36; RFC 5546 sections 2.1.4, 3.2.2, 3.2.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.tasks import TaskAttendee
from tasks_api.itip.shapes import TaskFields
from tasks_api.letters import Change, due_letters, given_back, revise
from tasks_api.task import Task, differences

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
START = NOW + 24 * HOUR
CLIENT, US = "anna@mlyn.example", "biuro@firma.example"


def a_task(**given: Any) -> Task:
    """A meeting of ours tomorrow that Anna has accepted; fields of the calendar part and of the task alike."""
    own = {
        name: given.pop(name)
        for name in ("status", "recurrence_id", "invited_from", "id", "recurs_until")
        if name in given
    }
    fields = TaskFields(
        title="Przegląd", starts_at=START, ends_at=START + HOUR, organizer=US, sequence=3,
        attendees=(TaskAttendee(email=CLIENT, partstat="ACCEPTED"),), **given,
    )  # fmt: skip
    values = {"id": UUID(int=1), "invited_from": UUID(int=9), "uid": "u1", **own}
    return Task(number="1", fields=fields, created_at=NOW, updated_at=NOW, **values)


def changed(task: Task, **changes: Any) -> Task:
    after = task.snapshot()
    status = changes.pop("status", task.status)
    after.status = status
    after.fields = replace(task.fields, **changes)
    revise(task, after)
    return after


def told(before: Task, after: Task | None) -> list[tuple[str, int]]:
    return [(due.method, due.task.fields.sequence) for due in due_letters([Change(before, after)], now=NOW)]


def test_another_time_counts_and_asks_again() -> None:
    task = a_task()
    after = changed(task, starts_at=START + HOUR, ends_at=START + 2 * HOUR)
    assert (after.fields.sequence, after.fields.attendees[0].partstat) == (4, "NEEDS-ACTION")
    assert told(task, after) == [("REQUEST", 4)]


@pytest.mark.parametrize("changes", [{"title": "Inny"}, {"location": "Sala 2"}, {"description": "Porządek obrad"}])
def test_other_words_keep_number_and_answers(changes: dict[str, str]) -> None:
    task = a_task()
    after = changed(task, **changes)
    assert (after.fields.sequence, after.fields.attendees[0].partstat) == (3, "ACCEPTED")
    assert told(task, after) == [("REQUEST", 3)]


def test_cancelling_counts_and_is_told_once() -> None:
    task = a_task()
    after = changed(task, status="cancelled")
    assert told(task, after) == [("CANCEL", 4)]
    assert told(after, changed(after, title="x")) == []


def test_reopening_invites_again() -> None:
    task = a_task(status="cancelled")
    assert told(task, changed(task, status="in_progress")) == [("REQUEST", 4)]


def test_a_task_taken_out_of_the_list_is_called_off() -> None:
    assert told(a_task(), None) == [("CANCEL", 4)]
    assert told(a_task(status="cancelled"), None) == []


@pytest.mark.parametrize("changes", [{"percent_complete": 50}, {"status": "completed"}])
def test_what_is_our_own_business_is_told_nobody(changes: dict[str, Any]) -> None:
    task = a_task()
    assert told(task, changed(task, **changes)) == []


def test_an_answer_that_comes_in_is_told_nobody() -> None:
    task = a_task()
    after = changed(task, attendees=(TaskAttendee(email=CLIENT, partstat="DECLINED"),))
    assert after.fields.sequence == 3
    assert told(task, after) == []


def test_nobody_was_invited() -> None:
    task = a_task(invited_from=None)
    after = changed(task, starts_at=START + HOUR)
    assert after.fields.sequence == 3
    assert told(task, after) == []


def test_what_is_over_concerns_nobody() -> None:
    task = a_task()
    after = changed(task, starts_at=NOW - 3 * HOUR, ends_at=NOW - 2 * HOUR)
    assert told(task, after) == []


def test_a_series_called_off_says_so_once() -> None:
    series = a_task(rrule="FREQ=DAILY;COUNT=5")
    date = a_task(id=UUID(int=2), recurrence_id="2026-11-24T12:00:00Z")
    changes = [Change(one, changed(one, status="cancelled")) for one in (date, series)]
    assert [(due.method, due.task.recurrence_id) for due in due_letters(changes, now=NOW)] == [("CANCEL", None)]


def test_one_date_called_off_leaves_the_series_alone() -> None:
    date = a_task(recurrence_id="2026-11-24T12:00:00Z")
    (due,) = due_letters([Change(date, changed(date, status="cancelled"))], now=NOW)
    assert (due.method, due.task.recurrence_id) == ("CANCEL", "2026-11-24T12:00:00Z")


def test_a_date_that_follows_its_series_again_is_told_by_the_series() -> None:
    date = a_task(recurrence_id="2026-11-24T12:00:00Z")
    change = Change(date, None)
    assert due_letters([change], now=NOW) == []
    assert given_back([change]) == {("u1", 0)}


def test_being_sent_out_is_a_change_that_is_kept() -> None:
    before = a_task(invited_from=None)
    after = before.snapshot()
    after.invited_from = UUID(int=9)
    assert differences(before, after) == {"invited_from": (None, UUID(int=9))}
