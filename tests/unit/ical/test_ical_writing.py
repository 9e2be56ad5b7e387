"""Calendars of our own: what is written is read back by us and by others, and nothing typed can become a property."""

from __future__ import annotations

from datetime import UTC, date, datetime

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.calendar import Component
from ical.reading import ReadCalendar, read_calendar
from ical.writing import (
    Event,
    Person,
    calendar_text,
    cancellation_text,
    counter_decline_text,
    folded,
    reply_text,
    request_text,
)

STAMP = datetime(2026, 1, 1, tzinfo=UTC)
ANNA = Person("anna@klient.example", "Anna \"Ania\" Nowak; ^ 'boss'", partstat="NEEDS-ACTION", rsvp=True)
OFFICE = Person("biuro@firma.example", "Biuro")


def an_event(**changes: object) -> Event:
    values = {
        "uid": "u1@firma.example",
        "stamp": STAMP,
        "starts_at": datetime(2026, 7, 1, 8, tzinfo=UTC),
        "ends_at": datetime(2026, 7, 1, 9, tzinfo=UTC),
        "timezone": "Europe/Warsaw",
        "summary": "Umowa",
        "organizer": OFFICE,
        "attendees": (ANNA,),
    }
    return Event(**{**values, **changes})  # type: ignore[arg-type]


def read_back(text: bytes) -> ReadCalendar:
    assert icalendar.Calendar.from_ical(text).errors == []
    (calendar,) = read_calendar(text, account_timezone="UTC").calendars
    assert calendar.problems == ()
    return calendar


def only(text: bytes) -> Component:
    (component,) = read_back(text).components
    assert component.problems == []
    return component


def test_invitation_is_read_back_as_it_was_meant() -> None:
    text = request_text(
        [
            an_event(
                sequence=3,
                description="Jeden\nDwa; trzy, cztery\\",
                location="Łódź",
                url="https://firma.example/1",
                rrule="FREQ=WEEKLY;COUNT=3",
                exdates=("2026-07-08T08:00:00Z",),
                rdates=("2026-07-10T08:00:00Z",),
                status="CONFIRMED",
            )
        ]
    )
    event = only(text)
    assert read_back(text).method == "REQUEST"
    assert (event.uid, event.sequence, event.dtstamp, event.status) == ("u1@firma.example", 3, STAMP, "CONFIRMED")
    assert (event.summary, event.description, event.location) == ("Umowa", "Jeden\nDwa; trzy, cztery\\", "Łódź")
    assert event.starts is not None
    assert (event.starts.at, event.starts.timezone) == (datetime(2026, 7, 1, 8, tzinfo=UTC), "Europe/Warsaw")
    assert [str(when.at)[:10] for when in (*event.exdates, *event.rdates)] == ["2026-07-08", "2026-07-10"]
    assert event.rrule == "FREQ=WEEKLY;COUNT=3"
    assert event.organizer is not None
    assert event.organizer.email == OFFICE.email
    assert [(one.email, one.name, one.partstat, one.rsvp) for one in event.attendees] == [
        (ANNA.email, ANNA.name, "NEEDS-ACTION", True)
    ]


def test_zone_is_defined_and_right_in_winter_and_summer_for_others_too() -> None:
    text = request_text(
        [an_event(starts_at=datetime(2026, 1, 15, 9, tzinfo=UTC), ends_at=None, rrule="FREQ=MONTHLY;COUNT=8")]
    )
    assert text.count(b"BEGIN:VTIMEZONE") == 1
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert event["DTSTART"].dt.utcoffset().total_seconds() == 3600
    assert b"TZID=Europe/Warsaw:20260115T100000" in text


def test_series_and_override_share_their_uid() -> None:
    moved = an_event(recurrence_id="2026-07-08T08:00:00Z", starts_at=datetime(2026, 7, 8, 12, tzinfo=UTC), ends_at=None)
    calendar = read_back(request_text([an_event(rrule="FREQ=WEEKLY"), moved]))
    keys = [one.recurrence_id and str(one.recurrence_id.at) for one in calendar.components]
    assert keys == [None, "2026-07-08 08:00:00+00:00"]


def test_all_day_and_todo() -> None:
    day = only(
        request_text([an_event(starts_at=None, ends_at=None, starts_on=date(2026, 7, 1), ends_on=date(2026, 7, 3))])
    )
    assert (str(day.starts and day.starts.on), str(day.ends and day.ends.on)) == ("2026-07-01", "2026-07-03")
    todo = only(calendar_text([an_event(kind="VTODO", starts_at=None, percent_complete=40)]))
    assert (todo.kind, todo.percent_complete, todo.ends is not None) == ("VTODO", 40, True)


def test_cancellation_of_all_and_of_some() -> None:
    whole = only(cancellation_text([an_event(sequence=4)]))
    assert (whole.status, whole.sequence) == ("CANCELLED", 4)
    some = only(cancellation_text([an_event()], uninvited=[ANNA]))
    assert (some.status, [one.email for one in some.attendees]) == (None, [ANNA.email])


def test_answer_names_only_who_answers() -> None:
    event = an_event(attendees=(ANNA, Person("jan@firma.example")), rrule="FREQ=WEEKLY")
    answer = only(reply_text(event, Person("jan@firma.example", partstat="DECLINED"), comment="Nie mogę"))
    assert [(one.email, one.partstat) for one in answer.attendees] == [("jan@firma.example", "DECLINED")]
    assert (answer.comment, answer.rrule) == ("Nie mogę", None)
    assert read_back(counter_decline_text(event, ANNA)).method == "DECLINECOUNTER"


def test_feed_has_no_method_but_a_name() -> None:
    text = calendar_text([an_event()], name="Zadania, moje")
    assert read_back(text).method is None
    assert b"X-WR-CALNAME:Zadania\\, moje\r\n" in text


@pytest.mark.parametrize("field", ["summary", "description", "location", "url", "comment", "uid", "status"])
@pytest.mark.parametrize(
    "evil", ["a\r\nATTENDEE:mailto:zly@atak.example", "a\nEND:VEVENT\nBEGIN:VEVENT", "a\x00\x0bb\u2028c\u0085d"]
)
def test_nothing_typed_ends_a_line(field: str, evil: str) -> None:
    text = request_text([an_event(**{field: evil})])
    lines = text.replace(b"\r\n ", b"").split(b"\r\n")
    assert sum(line.startswith(b"ATTENDEE") for line in lines) == 1
    assert lines.count(b"BEGIN:VEVENT") == 1
    assert not any(byte in text.replace(b"\r\n", b"") for byte in b"\r\n\x00\x0b")


def test_names_of_people_cannot_become_parameters() -> None:
    evil = Person(
        "a@b.example\r\nX:1",
        'x";PARTSTAT=ACCEPTED:mailto:c@d.example\r\nORGANIZER:mailto:e@f.example',
        role="X;Y",
        partstat="A:B",
    )
    component = only(request_text([an_event(attendees=(evil,))]))
    assert len(component.attendees) == 1
    assert component.organizer is not None
    assert component.organizer.email == OFFICE.email


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_folding_loses_nothing_and_cuts_no_character(text: str) -> None:
    line = "X:" + text.replace("\r", "").replace("\n", "")
    written = folded(line)
    pieces = written.removesuffix(b"\r\n").split(b"\r\n ")
    assert all(len(piece) <= 75 for piece in pieces)
    assert all(piece.decode() is not None for piece in pieces)
    assert b"".join(pieces).decode() == line
