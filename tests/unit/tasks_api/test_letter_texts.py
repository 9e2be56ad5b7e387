"""Calendars and words of ours, read back as others read them (features E34; RFC 5545, RFC 5546, RFC 6047)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import icalendar
import pytest

from contracts.calendar import Component
from contracts.tasks import TaskAttendee
from ical.reading import read_calendar
from ical.writing import Person
from tasks_api.itip.shapes import TaskFields
from tasks_api.letter_calendars import Answering, answer, cancellation, declined_proposal, request, withdrawal
from tasks_api.letter_words import Kind, words_of
from tasks_api.task import Task

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = datetime(2026, 11, 30, 9, tzinfo=UTC)
US = Person("biuro@firma.example", 'Biuro "Firma"')
CLIENT = "anna@mlyn.example"


def a_task(**given: Any) -> Task:
    own = {name: given.pop(name) for name in ("status", "recurrence_id") if name in given}
    values: dict[str, Any] = {
        "title": "Przegląd umowy; część 2, uwagi", "description": "Porządek:\n1. Umowa\n2. Różne " + "ż" * 100, "location": "Łódź",
        "starts_at": START, "ends_at": START + timedelta(hours=1), "organizer": US.email, "sequence": 2,
        "attendees": (TaskAttendee(email=CLIENT, name="Anna, Młyn", partstat="NEEDS-ACTION"),),
    }  # fmt: skip
    fields = TaskFields(**{**values, **given})
    return Task(id=UUID(int=1), number="1", fields=fields, created_at=NOW, updated_at=NOW, uid="u1@goniec", **own)


def read(calendar: bytes) -> tuple[str | None, list[Component]]:
    """By our own reader, after checking what every reader relies on: CRLF, short lines, one METHOD, and icalendar's eyes."""
    lines = calendar.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(len(line) for line in lines) <= 75
    parsed = icalendar.Calendar.from_ical(calendar)
    assert not parsed.errors
    assert all(not event.errors for event in parsed.walk("VEVENT"))
    (found,) = read_calendar(calendar, account_timezone="Europe/Warsaw").calendars
    assert all(not one.problems for one in found.components)
    return found.method, list(found.components)


def test_request_says_what_the_task_says() -> None:
    method, (event,) = read(request([a_task()], organizer=US, stamp=NOW))
    assert method == "REQUEST"
    assert (event.summary, event.location) == ("Przegląd umowy; część 2, uwagi", "Łódź")
    assert event.description is not None
    assert event.description.startswith("Porządek:\n1. Umowa\n2. Różne")
    assert event.starts is not None
    assert (event.starts.at, event.starts.timezone) == (START, "Europe/Warsaw")
    assert event.organizer is not None
    assert (event.organizer.email, event.sequence, event.dtstamp) == (US.email, 2, NOW)
    (anna,) = event.attendees
    assert (anna.email, anna.name, anna.partstat, anna.rsvp) == (CLIENT, "Anna, Młyn", "NEEDS-ACTION", True)


def test_zone_is_defined_and_right_on_both_sides_of_a_change_of_clocks() -> None:
    series = a_task(
        starts_at=datetime(2026, 10, 20, 7, tzinfo=UTC), ends_at=datetime(2026, 10, 20, 8, tzinfo=UTC), rrule="FREQ=WEEKLY;COUNT=3"
    )  # fmt: skip
    calendar = icalendar.Calendar.from_ical(request([series], organizer=US, stamp=NOW))
    (definition,) = calendar.walk("VTIMEZONE")
    assert definition["TZID"] == "Europe/Warsaw"
    (event,) = calendar.walk("VEVENT")
    assert event["DTSTART"].dt.strftime("%H:%M") == "09:00"  # nine o'clock on the wall, summer and winter


def test_all_day_task_has_days() -> None:
    task = a_task(all_day=True, starts_on=date(2026, 11, 30), ends_on=date(2026, 12, 2))
    _, (event,) = read(request([task], organizer=US, stamp=NOW))
    assert event.starts is not None
    assert event.ends is not None
    assert (event.starts.on, event.ends.on) == (date(2026, 11, 30), date(2026, 12, 2))


def test_series_is_sent_with_its_dates_and_without_those_that_are_off() -> None:
    series = a_task(rrule="FREQ=WEEKLY;COUNT=4")
    moved = a_task(recurrence_id="2026-12-07T09:00:00Z", starts_at=START + timedelta(days=7, hours=3), ends_at=None)
    off = a_task(recurrence_id="2026-12-14T09:00:00Z", status="cancelled")
    _, events = read(request([series, moved, off], organizer=US, stamp=NOW))
    assert len(events) == 2
    assert events[0].rrule == "FREQ=WEEKLY;COUNT=4"
    assert [when.at for when in events[0].exdates] == [datetime(2026, 12, 14, 9, tzinfo=UTC)]
    assert events[1].recurrence_id is not None
    assert events[1].recurrence_id.at == datetime(2026, 12, 7, 9, tzinfo=UTC)


def test_cancellation_says_that_it_is_off_for_everybody() -> None:
    method, (event,) = read(cancellation(a_task(rrule="FREQ=DAILY;COUNT=3"), organizer=US, stamp=NOW))
    assert (method, event.status, event.rrule) == ("CANCEL", "CANCELLED", None)
    assert [one.email for one in event.attendees] == [CLIENT]


def test_withdrawal_names_one_person_and_does_not_call_the_meeting_off() -> None:
    method, (event,) = read(withdrawal(a_task(), Person("ewa@mlyn.example"), organizer=US, stamp=NOW))
    assert (method, event.status, [one.email for one in event.attendees]) == ("CANCEL", None, ["ewa@mlyn.example"])


def test_answer_has_one_attendee_and_the_number_that_is_answered() -> None:
    answering = Answering("jan@firma.example", "DECLINED", "Jan", sent_by="biuro@firma.example")
    calendar = answer(a_task(organizer=CLIENT), answering, sequence=5, comment="Urlop", stamp=NOW)
    method, (event,) = read(calendar)
    assert (method, event.sequence, event.comment, event.rrule) == ("REPLY", 5, "Urlop", None)
    assert event.organizer is not None
    assert event.organizer.email == CLIENT
    (jan,) = event.attendees
    assert (jan.email, jan.partstat, jan.sent_by) == ("jan@firma.example", "DECLINED", "biuro@firma.example")


def test_answer_to_one_date_names_it() -> None:
    task = a_task(organizer=CLIENT, recurrence_id="2026-11-30T09:00:00Z")
    _, (event,) = read(answer(task, Answering(US.email, "ACCEPTED"), sequence=0, comment=None, stamp=NOW))
    assert event.recurrence_id is not None
    assert event.recurrence_id.at == START


def test_declined_proposal_keeps_the_time_of_the_meeting() -> None:
    calendar = declined_proposal(a_task(), Person(CLIENT), sequence=2, comment=None, organizer=US, stamp=NOW)
    method, (event,) = read(calendar)
    assert (method, event.sequence) == ("DECLINECOUNTER", 2)
    assert event.starts is not None
    assert event.starts.at == START


@pytest.mark.parametrize(
    "evil", ["a\r\nATTENDEE:mailto:x@y.example", "a\nBEGIN:VEVENT", "a\u2028b", "a\x00b", '"; X="']
)
def test_no_text_becomes_a_line_of_the_calendar(evil: str) -> None:
    task = a_task(title=evil, description=evil, location=evil, attendees=(TaskAttendee(email=CLIENT, name=evil),))
    _, events = read(request([task], organizer=US, stamp=NOW))
    assert len(events) == 1
    assert [one.email for one in events[0].attendees] == [CLIENT]


@pytest.mark.parametrize(
    ("locale", "kind", "expected"),
    [
        ("pl", "invitation", "Zaproszenie: Przegląd umowy; część 2, uwagi"),
        ("pl", "cancellation", "Odwołane: Przegląd umowy; część 2, uwagi"),
        ("en", "declined", "Declined: Przegląd umowy; część 2, uwagi"),
        ("de", "update", "Updated: Przegląd umowy; część 2, uwagi"),
    ],
)
def test_subject(locale: str, kind: Kind, expected: str) -> None:
    assert words_of(a_task(), kind, locale=locale).subject == expected


def test_words_tell_the_time_by_the_clock_of_the_task() -> None:
    text = words_of(a_task(), "invitation", locale="pl", comment="Proszę o potwierdzenie.").text
    assert "Kiedy: poniedziałek, 30 listopada 2026, 10:00–11:00 (Europe/Warsaw)" in text
    assert "Gdzie: Łódź" in text
    assert "Proszę o potwierdzenie." in text


def test_words_of_days() -> None:
    task = a_task(all_day=True, starts_on=date(2026, 11, 30), ends_on=date(2026, 12, 2))
    text = words_of(task, "invitation", locale="en").text
    assert "When: Monday, 30 November 2026 – Tuesday, 1 December 2026" in text
