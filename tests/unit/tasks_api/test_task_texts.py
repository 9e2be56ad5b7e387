"""What is written without a shape reads as the shape would, to the last byte."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest

from contracts.tasks import Cost, ReminderPlan, Stage, TaskAttachment, TaskAttendee, TaskParticipant, TaskSource
from tasks_api.calendar_viewing import Entry, Shown
from tasks_api.itip.shapes import TaskFields
from tasks_api.lanes import Place
from tasks_api.particulars import Particulars
from tasks_api.remembered_rows import AgendaRow
from tasks_api.schemas.calendar import EntryShape
from tasks_api.schemas.task_texts import task_text
from tasks_api.schemas.tasks import TaskShape
from tasks_api.task import Task
from tasks_api.timers import Timer

NOW = datetime(2026, 11, 30, 8, 0, 0, 120, tzinfo=UTC)
LATER = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)


class DriverUuid(UUID):
    """As asyncpg has one of its own."""


def some_id(n: int) -> UUID:
    return DriverUuid(int=n)


TASKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "bare": ({}, {}),
    "meeting": (
        {
            "kind": "meeting", "description": "Zażółć\n\"gęślą\" \t\x7f\u2028 😀", "starts_at": NOW, "ends_at": LATER,
            "timezone": "Europe/Warsaw", "organizer": "biuro@firma.example",
            "attendees": (TaskAttendee(email="a@firma.example", name="Ała", partstat="ACCEPTED"),),
        },
        {
            "uid": "u@firma.example", "recurrence_id": "2026-11-30T08:00:00Z", "contact_ids": (some_id(4), some_id(3)),
            "participants": (
                TaskParticipant(employee_id=some_id(5), phone="+48600100200"),
                TaskParticipant(employee_id=some_id(6), email="b@firma.example", remind=False),
            ),
            "source": TaskSource(kind="document", message_id=some_id(7), document={"total": 10.5, "lines": [1, None]}),
            "account_id": some_id(8), "type_id": some_id(9), "created_by": some_id(10), "case_number": 7,
            "color": "#d33682", "status": "completed", "completed_at": LATER,
        },
    ),
    "days": (
        {"all_day": True, "starts_at": NOW, "ends_at": LATER, "starts_on": date(2026, 11, 30), "ends_on": date(2026, 12, 1)},
        {},
    ),
    "series": (
        {
            "starts_at": NOW, "rrule": "FREQ=DAILY", "rdates": ("2026-12-24T08:00:00Z",),
            "exdates": ("2026-12-25T08:00:00Z",), "timezone": "Europe/Warsaw",
        },
        {"reminders": ReminderPlan(remind_at=NOW)},
    ),
    "particular": (
        {},
        {
            "particulars": Particulars(
                in_calendar=False, kind_id=some_id(11), expected_cost=Cost(amount=Decimal("10.5000"), currency="PLN"),
                attributes={"ą": "b"}, staged=True, timer=Timer(90, NOW, capped=True), parent_id=some_id(12),
                attachments=(TaskAttachment(id=some_id(13), name="a.pdf", media_type="application/pdf", size=4),),
                stages=(
                    Stage(id=some_id(14), name="1", starts_at=NOW, ends_at=LATER, percent_complete=20),
                    Stage(
                        id=some_id(15), name="2", starts_at=NOW, ends_at=LATER, starts_on=date(2026, 11, 30),
                        ends_on=date(2026, 12, 1),
                    ),
                ),
            ),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("with_reminders", [False, True])
@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_written_as_its_shape_writes_it(name: str, with_reminders: bool) -> None:
    fields, more = TASKS[name]
    task = Task(
        id=some_id(1), number="CRM/1/2026", fields=TaskFields(title="Rozmowa", **fields), created_at=NOW,
        updated_at=LATER, **more,
    )  # fmt: skip
    shape = TaskShape.of(task, with_reminders=with_reminders)
    assert task_text(task, with_reminders=with_reminders) == shape.model_dump_json().encode()


@pytest.mark.parametrize("all_day", [False, True])
def test_an_entry_of_a_calendar_is_written_as_its_document(all_day: bool) -> None:
    row = AgendaRow(
        some_id(1).hex, some_id(1), "CRM/1/2026", 3, None, 0, "", "task", some_id(9), "Rozmowa „ważna”", "", "planned",
        NOW, LATER, None, None, all_day, "Europe/Warsaw", False, None, None, None, NOW, 40, (some_id(5),),
    )  # fmt: skip
    days = (date(2026, 11, 30), date(2026, 12, 1)) if all_day else (None, None)
    for recurrence_id, ends in ((None, LATER), ('2026-"11"', None), (None, NOW + timedelta(days=1))):
        shown = Shown(Entry(row, recurrence_id, NOW, ends, (NOW, "", ""), *days), Place(1, 2))
        assert orjson.loads(EntryShape.text_of(shown)) == EntryShape.document_of(shown)
