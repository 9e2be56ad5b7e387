"""What real senders do to calendar text, and that the event survives it (RFC 5545 section 3.1; invitations C)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ical.reading import read_calendar

EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//PL\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u1@klient.example\r\n"
    "DTSTAMP:20260101T000000Z\r\nDTSTART:20260601T080000Z\r\nDTEND:20260601T090000Z\r\nSUMMARY:Zażółć gęślą jaźń\r\n"
    "LOCATION:Łódź\r\nORGANIZER;CN=Anna:mailto:anna@klient.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
CUT_IN_A_CHARACTER = EVENT.encode().index("ż".encode()) + 1


def swapped(old: str, new: str) -> Callable[[], bytes]:
    return lambda: EVENT.replace(old, new).encode()


@pytest.mark.parametrize(
    ("mangled", "charset"),
    [
        (lambda: EVENT.encode(), "utf-8"),
        (lambda: EVENT.encode(), None),
        (lambda: EVENT.encode(), "iso-8859-1"),  # declared for everything by some programs
        (lambda: EVENT.encode(), "us-ascii"),
        (lambda: EVENT.encode(), "zlib"),  # a codec, but no charset
        (lambda: EVENT.encode(), "no-such-charset"),
        (lambda: b"\xef\xbb\xbf" + EVENT.encode(), None),
        (lambda: EVENT.encode("utf-16"), None),
        (lambda: EVENT.encode("utf-16-le"), "utf-8"),  # no mark, and a wrong declaration
        (lambda: EVENT.encode("utf-16-be"), None),
        (lambda: EVENT.encode("utf-32"), None),
        (lambda: EVENT.encode("cp1250"), "windows-1250"),
        (lambda: EVENT.encode("cp1250"), None),  # nobody says so
        (lambda: EVENT.encode("iso-8859-2"), None),
        (lambda: EVENT.encode("iso-8859-2"), "utf-8"),  # a lie
        (lambda: EVENT.encode("utf-7"), "utf-7"),
        (swapped("\r\n", "\n"), None),
        (swapped("\r\n", "\r"), None),
        (swapped("\r\n", "\r\r\n"), None),  # converted twice
        (swapped("\r\n", "\n\r"), None),
        (swapped("\r\n", "\r\n\r\n"), None),
        (swapped("SUMMARY:Zaż", "SUM\r\n MARY:Za\r\n\tż"), None),
        (lambda: EVENT.encode()[:CUT_IN_A_CHARACTER] + b"\r\n " + EVENT.encode()[CUT_IN_A_CHARACTER:], None),
        (swapped("BEGIN:VEVENT", "begin:vevent"), None),
        (swapped("SUMMARY:", "summary:"), None),
        (swapped("SUMMARY:", "SUMMARY :"), None),
        (swapped("SUMMARY:", "SUMMARY;LANGUAGE=pl-PL;X-ODD:"), None),
        (swapped("SUMMARY:", "ITEM1.SUMMARY:"), None),
        (swapped("SUMMARY:", "SUMMARY:\r\nSUMMARY:"), None),  # the first one with a value counts
        (swapped("LOCATION:", "SUMMARY:Another\r\nLOCATION:"), None),
        (swapped("END:VEVENT\r\n", ""), None),
        (swapped("END:VCALENDAR\r\n", ""), None),
        (swapped("END:VCALENDAR", "END:VCALENDAR   "), None),
        (swapped("END:VEVENT", "END:VALARM\r\nEND:VEVENT"), None),
        (swapped("LOCATION:", "BEGIN:VALARM\r\nSUMMARY:Alarm\r\nLOCATION:Alarm\r\nEND:VALARM\r\nLOCATION:"), None),
        (swapped("LOCATION:", "and this is no content line\r\nLOCATION:"), None),
        (swapped("LOCATION:", "\r\n\r\n\r\nLOCATION:"), None),
        (lambda: b"Dzie\xc5\x84 dobry,\r\nSUMMARY:no\r\n\r\n" + EVENT.encode(), None),
        (lambda: EVENT.encode() + b"\r\n-- \r\nSUMMARY:list footer\r\n", None),
        (swapped("SUMMARY:", "SUMMARY:\x00\x07\x1b"), None),
        (swapped("VERSION:2.0\r\n", ""), None),
        (swapped("METHOD:REQUEST", "METHOD:request"), None),
    ],
)
def test_event_survives(mangled: Callable[[], bytes], charset: str | None) -> None:
    reading = read_calendar(mangled(), charset=charset, account_timezone="Europe/Warsaw")
    (calendar,) = reading.calendars
    (event,) = calendar.components
    assert calendar.method == "REQUEST"
    assert (event.uid, event.summary, event.location) == ("u1@klient.example", "Zażółć gęślą jaźń", "Łódź")
    assert event.organizer is not None
    assert event.organizer.email == "anna@klient.example"
    assert event.problems == []


@pytest.mark.parametrize(
    ("line", "summary"),
    [
        ("SUMMARY:one\\, two\\; three\\\\ four", "one, two; three\\ four"),
        ("SUMMARY:one\\ntwo\\Nthree", "one two three"),  # a title is one line
        ("SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Za=C5=BC=C3=B3=\r\n=C5=82=C4=87", "Zażółć"),
        ("SUMMARY;QUOTED-PRINTABLE;CHARSET=windows-1250:Za=BF=F3=B3=E6=0D=0Ai wi=EAcej", "Zażółć i więcej"),
        ("SUMMARY:a: b; c, d", "a: b; c, d"),
        ('SUMMARY;ALTREP="http://example.com/a:b;c":Plan', "Plan"),
        ("SUMMARY:" + "ą" * 3_000, "ą" * 1_000),
        ("SUMMARY:   ", None),
    ],
)
def test_text_is_read(line: str, summary: str | None) -> None:
    data = EVENT.replace("SUMMARY:Zażółć gęślą jaźń", line).encode()
    assert read_calendar(data).calendars[0].components[0].summary == summary


@pytest.mark.parametrize(
    ("line", "email", "name"),
    [
        ('ATTENDEE;CN="Kowalski, Jan":mailto:jan@firma.example', "jan@firma.example", "Kowalski, Jan"),
        ('ATTENDEE;CN="A "B" C":MAILTO:Jan@Firma.example', "jan@firma.example", 'A "B" C'),
        ('ATTENDEE;CN="never closed:mailto:jan@firma.example', "jan@firma.example", "never closed"),
        ("ATTENDEE;CN=Jan: the boss:mailto:jan@firma.example", "jan@firma.example", "Jan"),
        ("ATTENDEE;CN=^'Jan^'^nKowalski:mailto:jan@firma.example", "jan@firma.example", '"Jan" Kowalski'),
        ("ATTENDEE;CN=Jan:jan@firma.example", "jan@firma.example", "Jan"),
        ("ATTENDEE;CN=Jan:mailto:<jan@firma.example>", "jan@firma.example", "Jan"),
        ("ATTENDEE;EMAIL=jan@firma.example:urn:uuid:6f2c0a2e", "jan@firma.example", ""),
        ('ATTENDEE;CN=Jan;X-NUM="1:2":mailto:\r\n jan@firma.example', "jan@firma.example", "Jan"),
    ],
)
def test_people_are_read_through_broken_quotes(line: str, email: str, name: str) -> None:
    data = EVENT.replace("LOCATION:", f"{line}\r\nLOCATION:").encode()
    (attendee,) = read_calendar(data).calendars[0].components[0].attendees
    assert (attendee.email, attendee.name) == (email, name)


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        (b"", ("no_calendar",)),
        (b"<html><body>not a calendar</body></html>", ("no_calendar",)),
        (b"BEGIN : VCALENDAR\r\nSomething BEGIN:VEVENT", ("no_calendar", "no_events")),
        (EVENT.encode() * 2, ("several_calendars",)),
        (EVENT.replace("BEGIN:VEVENT", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT").encode(), ("several_calendars",)),
    ],
)
def test_what_is_no_calendar_says_so(data: bytes, problems: tuple[str, ...]) -> None:
    assert read_calendar(data).problems == problems


def test_text_that_ends_in_the_middle_says_so() -> None:
    whole = EVENT.encode()
    cut = read_calendar(whole[: whole.index(b"SUMMARY")]).calendars[0]
    assert cut.problems == ("truncated",)
    assert cut.components[0].problems == ["truncated"]


def test_events_outside_a_calendar_are_read_without_a_method() -> None:
    event = EVENT[EVENT.index("BEGIN:VEVENT") : EVENT.index("END:VCALENDAR")]
    (calendar,) = read_calendar(event.encode()).calendars
    assert (calendar.method, len(calendar.components)) == (None, 1)


def test_end_that_is_missing_does_not_swallow_the_next_event() -> None:
    second = EVENT[EVENT.index("BEGIN:VEVENT") : EVENT.index("END:VCALENDAR")].replace("u1@", "u2@")
    data = EVENT.replace("END:VEVENT\r\n", second).encode()
    assert [c.uid[:2] for c in read_calendar(data).calendars[0].components] == ["u1", "u2"]
