"""What else a component says: order, people, contents, and how two copies are recognised as one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contracts.calendar import Component
from ical.reading import ReadCalendar, read_calendar

BASE = ["UID:u1@klient.example", "DTSTAMP:20260101T000000Z", "DTSTART:20260601T080000Z", "SUMMARY:Plan"]


def read(*lines: str, head: str = "METHOD:REQUEST") -> ReadCalendar:
    text = "\r\n".join(["BEGIN:VCALENDAR", head, "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""])
    return read_calendar(text.encode(), account_timezone="Europe/Warsaw").calendars[0]


def event(*lines: str) -> Component:
    return read(*BASE, *lines).components[0]


@pytest.mark.parametrize(
    ("lines", "sequence", "given", "problems"),
    [
        ((), 0, False, []),
        (("SEQUENCE:3",), 3, True, []),
        (("SEQUENCE: 3 ",), 3, True, []),
        (("SEQUENCE:1.0",), 1, True, []),
        (("SEQUENCE:",), 0, False, []),
        (("SEQUENCE:-1",), 0, False, ["bad_sequence"]),
        (("SEQUENCE:99999999999",), 0, False, ["bad_sequence"]),
        (("SEQUENCE:２",), 0, False, ["bad_sequence"]),
        (("X-MICROSOFT-CDO-APPT-SEQUENCE:4",), 4, True, []),
        (("SEQUENCE:0", "X-MICROSOFT-CDO-APPT-SEQUENCE:4"), 4, True, []),
        (("SEQUENCE:2", "X-MICROSOFT-CDO-APPT-SEQUENCE:4"), 2, True, []),
    ],
)
def test_sequence(lines: tuple[str, ...], sequence: int, given: bool, problems: list[str]) -> None:
    component = event(*lines)
    assert (component.sequence, component.sequence_given, component.problems) == (sequence, given, problems)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("DTSTAMP:20260102T030405Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("DTSTAMP:20260102T030405", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("DTSTAMP;VALUE=DATE:20260102", datetime(2026, 1, 2, tzinfo=UTC)),
        ("DTSTAMP:yesterday", None),
    ],
)
def test_dtstamp_is_utc(value: str, expected: datetime | None) -> None:
    assert read("UID:u", value).components[0].dtstamp == expected


@pytest.mark.parametrize(
    ("parameters", "partstat"),
    [
        (";PARTSTAT=ACCEPTED", "ACCEPTED"),
        (";PARTSTAT=accepted", "ACCEPTED"),
        (';PARTSTAT="TENTATIVE"', "TENTATIVE"),
        (";PARTSTAT=3DACCEPTED", "NEEDS-ACTION"),  # quoted-printable decoded once too seldom
        ("", "NEEDS-ACTION"),
    ],
)
def test_answers(parameters: str, partstat: str) -> None:
    (attendee,) = event(f"ATTENDEE{parameters}:mailto:jan@firma.example").attendees
    assert attendee.partstat == partstat


def test_delegation_and_representation() -> None:
    component = event(
        'ORGANIZER;SENT-BY="mailto:Sek@klient.example":mailto:anna@klient.example',
        'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:a@x.example","MAILTO:b@x.example":mailto:jan@firma.example',
    )
    assert component.organizer is not None
    assert component.organizer.sent_by == "sek@klient.example"
    assert component.attendees[0].delegated_to == ["a@x.example", "b@x.example"]


def test_the_same_person_is_listed_once() -> None:
    component = event("ATTENDEE;PARTSTAT=ACCEPTED:mailto:jan@firma.example", "ATTENDEE:MAILTO:JAN@firma.example")
    assert [(one.email, one.partstat) for one in component.attendees] == [("jan@firma.example", "ACCEPTED")]


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        (("RRULE:FREQ=SECONDLY",), ["recurrence_refused"]),
        (("RRULE:FREQ=WEEKLY", "RRULE:FREQ=DAILY"), ["recurrence_refused"]),
        (("RRULE:FREQ=WEEKLY", "EXRULE:FREQ=DAILY"), ["recurrence_refused"]),
        (("RRULE:D1 #10",), ["recurrence_refused"]),  # vCalendar 1.0
        (("RECURRENCE-ID:soon",), ["bad_recurrence_id"]),
        (("EXDATE:soon,later",), ["bad_exdate"]),
    ],
)
def test_problems_are_stable_codes(lines: tuple[str, ...], problems: list[str]) -> None:
    component = event(*lines)
    assert (component.problems, component.rrule) == (problems, None)


def test_missing_uid_is_replaced_by_one_made_of_the_content() -> None:
    first, again, other = (read(*lines).components[0] for lines in (BASE[1:], BASE[1:], [*BASE[1:3], "SUMMARY:Other"]))
    assert first.problems == ["no_uid"]
    assert first.uid == again.uid != other.uid


def test_alarms_are_counted_and_not_read() -> None:
    alarm = [
        "BEGIN:VALARM",
        "ACTION:EMAIL",
        "SUMMARY:Evil",
        "ATTENDEE:mailto:all@firma.example",
        "REPEAT:2147483648",
        "END:VALARM",
    ]
    component = event(*alarm * 3)
    assert (component.alarms, component.summary, component.attendees) == (3, "Plan", [])


def test_other_properties_are_kept_bounded() -> None:
    component = event("CATEGORIES:A,B", "CLASS:PRIVATE", "COLOR:red", "X-ANYTHING:1", "CONTACT:" + "x" * 5_000)
    assert component.properties.keys() == {"CATEGORIES", "CLASS", "CONTACT"}
    assert len(component.properties["CONTACT"][0]) == 2_000


# ---- the same twice


@pytest.mark.parametrize(
    ("lines", "same"),
    [
        (BASE, True),
        (BASE[::-1], True),
        ([BASE[0], "DTSTAMP:20260202T020202Z", *BASE[2:]], True),
        ([*BASE, "LAST-MODIFIED:20260202T020202Z"], True),
        ([*BASE[:3], "SUMMARY:P\r\n lan"], True),
        ([*BASE, "LOCATION:Sala 2"], False),
        ([*BASE[:2], "DTSTART:20260601T090000Z", BASE[3]], False),
        ([*BASE, "SEQUENCE:1"], False),
    ],
)
def test_fingerprint_sees_content_and_not_writing(lines: list[str], same: bool) -> None:
    plain, other = read(*BASE), read(*lines)
    assert (plain.components[0].fingerprint == other.components[0].fingerprint) is same
    assert (plain.fingerprint == other.fingerprint) is same


def test_fingerprint_of_a_calendar_knows_its_method() -> None:
    assert read(*BASE).fingerprint != read(*BASE, head="METHOD:CANCEL").fingerprint


def test_everything_read_passes_the_contract_unchanged() -> None:
    component = event(
        "RRULE:FREQ=WEEKLY",
        "EXDATE;TZID=Europe/Warsaw:20260608T100000",
        'ATTENDEE;DELEGATED-TO="mailto:a@x.example":mailto:jan@firma.example',
        "ORGANIZER;CN=Anna:mailto:anna@klient.example",
        "CATEGORIES:A",
        "PERCENT-COMPLETE:20",
        "PRIORITY:5",
        "REQUEST-STATUS:2.0;Success",
    )
    assert Component.model_validate_json(component.model_dump_json()) == component
