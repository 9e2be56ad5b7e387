"""Calendars made to hurt: size, shape and depth are refused or cut, quickly, and never with an exception (reliability C7-C9)."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.calendar import Component
from ical.limits import LIMITS
from ical.reading import Reading, read_calendar

MOST_SECONDS = 2.5  # of CPU, on a slow and busy machine


def a_calendar(*lines: str, before: str = "") -> bytes:
    event = "\r\n".join(
        ["BEGIN:VEVENT", "UID:u1", "DTSTAMP:20260101T000000Z", "DTSTART:20260601T080000Z", *lines, "END:VEVENT"]
    )
    return f"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n{before}{event}\r\nEND:VCALENDAR\r\n".encode()


def many_events(count: int) -> bytes:
    return (
        b"BEGIN:VCALENDAR\r\n"
        + b"BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260601\r\nEND:VEVENT\r\n" * count
        + b"END:VCALENDAR\r\n"
    )


def many_observances() -> bytes:
    rules = "".join(
        f"BEGIN:STANDARD\r\nDTSTART:1970{n % 12 + 1:02}{n % 28 + 1:02}T{n % 24:02}0000\r\nTZOFFSETFROM:+{n % 14:02}{n % 60:02}\r\n"
        f"TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH={n % 12 + 1};BYDAY=-1SU\r\nEND:STANDARD\r\n"
        for n in range(5_000)
    )
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{y}\r\nDTSTART;TZID=Z:{y}0101T000000\r\nEND:VEVENT\r\n" for y in range(1950, 2049)
    )
    return f"BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Z\r\n{rules}END:VTIMEZONE\r\n{events}END:VCALENDAR\r\n".encode()


def problems_of(reading: Reading) -> set[str]:
    found = set(reading.problems)
    for calendar in reading.calendars:
        found |= set(calendar.problems)
        for component in calendar.components:
            found |= set(component.problems)
    return found


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (lambda: b" " * (LIMITS.bytes + 1), "too_large"),
        (lambda: many_events(101), "too_many_events"),
        (lambda: many_events(25_000)[:1_000_000], "too_many_events"),
        (lambda: a_calendar(*["BEGIN:X"] * 5_000), "too_deep"),
        (lambda: a_calendar(*["BEGIN:VEVENT"] * 50_000), "too_many_events"),
        (lambda: a_calendar(*[f"X-{n}:1" for n in range(50_000)]), "too_many_properties"),
        (lambda: a_calendar("RDATE:" + ",".join(f"2026{n % 12 + 1:02}{n % 28 + 1:02}T{n % 24:02}{n % 60:02}00Z" for n in range(50_000))), "too_many_dates"),
        (lambda: a_calendar(*[f"ATTENDEE:mailto:a{n}@b.example" for n in range(1_000)]), "too_many_attendees"),
        (lambda: a_calendar("UID:" + "x" * 5_000).replace(b"UID:u1\r\n", b""), "long_uid"),
        (lambda: a_calendar("RRULE:FREQ=SECONDLY"), "recurrence_refused"),
    ],
)  # fmt: skip
def test_beyond_a_limit_there_is_a_code(data: Callable[[], bytes], problem: str) -> None:
    calendar = data()
    began = time.process_time()
    reading = read_calendar(calendar)
    assert time.process_time() - began < MOST_SECONDS
    assert problem in problems_of(reading)


@pytest.mark.parametrize(
    "data",
    [
        lambda: a_calendar("DESCRIPTION:" + "a" * 900_000),
        lambda: a_calendar("DESCRIPTION:" + "\r\n a" * 200_000),
        lambda: a_calendar("SUMMARY;ENCODING=QUOTED-PRINTABLE:" + "=\r\n" * 200_000),
        lambda: a_calendar("ATTENDEE" + ";X=1" * 20_000 + ":mailto:a@b.example"),
        lambda: a_calendar("ATTENDEE;CN=" + '"' * 300_001 + ":mailto:a@b.example"),
        lambda: a_calendar("ATTENDEE:" + "@" * 500_000),
        lambda: a_calendar("ATTENDEE:" + "a" * 500_000),
        lambda: a_calendar("X" + ";" * 500_000 + ":"),
        lambda: a_calendar("SUMMARY" + ":" * 500_000),
        lambda: a_calendar("a" * 900_000),
        lambda: a_calendar("a." * 300_000),
        lambda: a_calendar("\\n" * 400_000),
        lambda: a_calendar(*["END:X"] * 100_000),
        lambda: a_calendar(*["BEGIN:VALARM", "ACTION:EMAIL", "REPEAT:2147483648", "END:VALARM"] * 10_000),
        lambda: a_calendar(*[f"EXDATE;TZID=Q{n}, Foo, Bar:20260601T000000" for n in range(1_000)]),
        lambda: a_calendar("DTSTART;TZID=" + "(UTC+01:00) " + "a," * 100_000 + ":20260601T000000"),
        lambda: a_calendar("RRULE:FREQ=DAILY;BYHOUR=" + "1," * 300_000),
        many_observances,
        lambda: b"\r" * 900_000,
        lambda: b"\n " * 400_000,
        lambda: b"BEGIN:VCALENDAR\r\n" * 50_000,
        lambda: bytes(range(256)) * 3_900,
    ],
)
def test_odd_shapes_cost_little(data: Callable[[], bytes]) -> None:
    calendar = data()
    assert len(calendar) <= LIMITS.bytes
    began = time.process_time()
    read_calendar(calendar, account_timezone="Europe/Warsaw")
    assert time.process_time() - began < MOST_SECONDS


def test_exactly_the_limit_is_read() -> None:
    assert len(read_calendar(many_events(100)).calendars[0].components) == 100


# ---- anything at all

WORDS = st.sampled_from(
    [
        "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTODO", "BEGIN:VTIMEZONE", "END:VTIMEZONE",
        "BEGIN:STANDARD", "END:STANDARD", "TZID:Z", "TZOFFSETFROM:+0100", "TZOFFSETTO:-0330", "DTSTART:19700101T000000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=19990101", "METHOD:REQUEST", "UID:u", "DTSTAMP:20260101T000000Z",
        "DTSTART;TZID=Z:20260601T080000", "DTEND;VALUE=DATE:20260602", "DURATION:PT1H", "DURATION:P1D", "RRULE:FREQ=WEEKLY",
        "EXDATE;TZID=Z:20260608", "RDATE;VALUE=PERIOD:20260603T000000Z/PT1H", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260601",
        "ATTENDEE;CN=\"A\":mailto:a@b.example", "ORGANIZER;SENT-BY=mailto:c@d.example:mailto:a@b.example", "SEQUENCE:1", "SUMMARY:x",
        "X-WR-TIMEZONE:America/New_York", " folded", "\tfolded", "", "no content", "BEGIN:VALARM", "END:VALARM", "STATUS:CANCELLED",
    ]
)  # fmt: skip
LINES = st.one_of(WORDS, st.text(max_size=40), st.builds(lambda word, tail: word + tail, WORDS, st.text(max_size=10)))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(LINES, max_size=40),
    st.sampled_from(["\r\n", "\n", "\r", "\r\r\n"]),
    st.sampled_from(["utf-8", "utf-16", "cp1250", "utf-7", "iso-8859-2"]),
    st.sampled_from([None, "utf-8", "utf-7", "iso-8859-1", "shift_jis", "hz", "undefined"]),
)
def test_reading_never_raises_and_keeps_the_contract(
    lines: list[str], newline: str, encoding: str, charset: str | None
) -> None:
    data = newline.join(lines).encode(encoding, "replace")
    for calendar in read_calendar(data, charset=charset, account_timezone="Europe/Warsaw").calendars:
        for component in calendar.components:
            written = component.model_dump_json()
            assert Component.model_validate_json(written) == component
            assert "\x00" not in written
            assert len(component.fingerprint) == 64


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_reading_any_bytes_never_raises(data: bytes) -> None:
    read_calendar(data)
    read_calendar(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + data + b"\r\nEND:VEVENT\r\n")
