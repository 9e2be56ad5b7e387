"""Times of events: zones by name and by the message's own definition, ends, days (DESIGN 2.9; invitations A4 rules 12 and 13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from contracts.calendar import Component, When
from ical.limits import LIMITS
from ical.reading import read_calendar
from ical.trees import read_trees
from ical.vtimezones import own_zone
from ical.windows_zones import CLDR_ZONES, IANA_OF_WINDOWS
from ical.zone_definitions import zone_definition


def read_event(*lines: str, definitions: str = "", head: str = "", account: str = "Europe/Warsaw") -> Component:
    event = "\r\n".join(["UID:u1", "DTSTAMP:20260101T000000Z", *lines])
    data = f"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n{head}{definitions}BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    return read_calendar(data.encode(), account_timezone=account).calendars[0].components[0]


def start(*lines: str, **more: str) -> When:
    starts = read_event(*lines, **more).starts
    assert starts is not None
    return starts


def a_zone(name: str, standard: str, daylight: str | None = None, since: str = "1601", extra: str = "") -> str:
    """A definition as Outlook writes it; with `daylight` the clocks change as in Europe."""
    if daylight is None:
        rules = f"BEGIN:STANDARD\r\nDTSTART:{since}0101T000000\r\nTZOFFSETFROM:{standard}\r\nTZOFFSETTO:{standard}\r\nEND:STANDARD\r\n"
    else:
        rules = (
            f"BEGIN:STANDARD\r\nDTSTART:{since}0101T030000\r\nTZOFFSETFROM:{daylight}\r\nTZOFFSETTO:{standard}\r\n"
            "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
            f"BEGIN:DAYLIGHT\r\nDTSTART:{since}0101T020000\r\nTZOFFSETFROM:{standard}\r\nTZOFFSETTO:{daylight}\r\n"
            "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\n"
        )
    return f"BEGIN:VTIMEZONE\r\nTZID:{name}\r\n{extra}{rules}END:VTIMEZONE\r\n"


@pytest.mark.parametrize(
    ("parameters", "moment", "timezone"),
    [
        (":20260715T100000Z", "2026-07-15T10:00", "UTC"),
        (";TZID=Europe/Berlin:20260715T100000Z", "2026-07-15T10:00", "UTC"),  # Z outranks TZID
        (";TZID=Europe/Warsaw:20260715T100000", "2026-07-15T08:00", "Europe/Warsaw"),
        (';TZID="Europe/Warsaw":20260715T100000', "2026-07-15T08:00", "Europe/Warsaw"),
        (";TZID=europe/warsaw:20260715T100000", "2026-07-15T08:00", "Europe/Warsaw"),
        (";TZID=Etc/UTC:20260715T100000", "2026-07-15T10:00", "UTC"),
        (";TZID=W. Europe Standard Time:20260715T100000", "2026-07-15T08:00", "Europe/Berlin"),
        (';TZID="Central European Standard Time":20260115T100000', "2026-01-15T09:00", "Europe/Warsaw"),
        (";TZID=central european standard time:20260115T100000", "2026-01-15T09:00", "Europe/Warsaw"),
        (";TZID=Pacific Standard Time 1:20260715T100000", "2026-07-15T17:00", "America/Los_Angeles"),
        (";TZID=Środkowoeuropejski czas stand.:20260715T100000", "2026-07-15T08:00", "Europe/Warsaw"),
        (";TZID=/freeassociation.sourceforge.net/Europe/Warsaw:20260715T100000", "2026-07-15T08:00", "Europe/Warsaw"),
        (
            ";TZID=/mozilla.org/20050126_1/America/Argentina/Salta:20260715T100000",
            "2026-07-15T13:00",
            "America/Argentina/Salta",
        ),
        (";TZID=tzone://Microsoft/Utc:20260715T100000", "2026-07-15T10:00", "UTC"),
        (';TZID="(UTC+01:00) Sarajevo, Skopje, Warsaw, Zagreb":20260715T100000', "2026-07-15T08:00", "Europe/Warsaw"),
        (';TZID="(UTC+01:00) Amsterdam, Berlin, Bern, Rome":20260715T100000', "2026-07-15T08:00", "Europe/Amsterdam"),
        (';TZID="(UTC-05:00) Eastern Time (US & Canada)":20260715T100000', "2026-07-15T14:00", "America/New_York"),
        (";TZID=GMT+0200:20260115T100000", "2026-01-15T08:00", "Etc/GMT-2"),
        (";TZID=EDT:20260715T100000", "2026-07-15T14:00", "America/New_York"),
        (":20260715T100000+0530", "2026-07-15T04:30", "UTC"),
        (
            ";TZID=Europe/Warsaw:20260329T023000",
            "2026-03-29T01:30",
            "Europe/Warsaw",
        ),  # does not exist: offset before the gap
        (";TZID=Europe/Warsaw:20261025T023000", "2026-10-25T00:30", "Europe/Warsaw"),  # exists twice: the first
    ],
)
def test_named_zones(parameters: str, moment: str, timezone: str) -> None:
    when = start(f"DTSTART{parameters}")
    assert (when.at, when.timezone) == (datetime.fromisoformat(moment).replace(tzinfo=UTC), timezone)
    assert (when.guessed, when.floating) == (False, False)


@pytest.mark.parametrize(
    ("parameters", "head", "moment", "guessed", "floating"),
    [
        (":20260715T100000", "", "2026-07-15T08:00", False, True),
        (":20260715T100000", "X-WR-TIMEZONE:America/New_York\r\n", "2026-07-15T14:00", False, True),
        (";TZID=Nowhere:20260715T100000", "", "2026-07-15T08:00", True, False),
        (";TZID=Nowhere:20260715T100000", "X-WR-TIMEZONE:America/New_York\r\n", "2026-07-15T14:00", True, False),
        (";TZID=(UTC+09:00) Nowhere:20260715T100000", "", "2026-07-15T01:00", True, False),  # at least the offset
        (";TZID=../../../../etc/passwd:20260715T100000", "", "2026-07-15T08:00", True, False),
        (f";TZID={'A' * 100_000}:20260715T100000", "", "2026-07-15T08:00", True, False),
        (";TZID=localtime:20260715T100000", "", "2026-07-15T08:00", True, False),
    ],
)
def test_unknown_zones_keep_the_wall_clock_and_say_so(
    parameters: str, head: str, moment: str, guessed: bool, floating: bool
) -> None:
    event = read_event(f"DTSTART{parameters}", head=head)
    assert event.starts is not None
    assert event.starts.at == datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert event.starts.local == "2026-07-15T10:00:00"
    assert (event.timezone_guessed, event.starts.floating) == (guessed, floating)


@pytest.mark.parametrize(
    ("definition", "moment", "timezone"),
    [
        (a_zone("Custom", "+0500"), "2026-07-15T05:00", "Etc/GMT-5"),
        (a_zone("Custom", "-0300"), "2026-07-15T13:00", "Etc/GMT+3"),
        (a_zone("Custom", "+0100", "+0200"), "2026-07-15T08:00", "Europe/Warsaw"),
        (a_zone("Custom", "+0000", "+0100"), "2026-07-15T09:00", "Europe/London"),
        (a_zone("Custom", "+0500", extra="X-LIC-LOCATION:Europe/Warsaw\r\n"), "2026-07-15T08:00", "Europe/Warsaw"),
        (a_zone("Custom", "+0130"), "2026-07-15T08:30", "Europe/Warsaw"),  # nobody lives there: instants still right
        (a_zone("Custom", "+9959"), "2026-07-15T08:00", "Europe/Warsaw"),  # unusable: the account's clock
        (a_zone("Other", "+0500"), "2026-07-15T08:00", "Europe/Warsaw"),
    ],
)
def test_definition_of_the_message_counts_for_names_that_say_nothing(
    definition: str, moment: str, timezone: str
) -> None:
    when = start("DTSTART;TZID=Custom:20260715T100000", definitions=definition)
    assert when.at == datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert when.timezone == timezone


def test_known_names_outrank_what_a_message_defines_them_to_be() -> None:
    when = start(
        "DTSTART;TZID=W. Europe Standard Time:20260715T100000", definitions=a_zone("W. Europe Standard Time", "-0800")
    )
    assert when.at == datetime(2026, 7, 15, 8, tzinfo=UTC)


def test_one_message_never_tells_the_next_one_what_a_name_means() -> None:
    """icalendar keeps the first definition of a name for the whole process."""
    hours = []
    for offset in ("+0500", "-0300", "+0500"):
        when = start(
            "DTSTART;TZID=Customized Time Zone:20260715T100000", definitions=a_zone("Customized Time Zone", offset)
        )
        hours.append(when.at.hour if when.at else None)
    assert hours == [5, 13, 5]
    assert start("DTSTART;TZID=Customized Time Zone:20260715T100000").guessed


def test_definition_may_stand_after_the_event() -> None:
    data = read_event(
        "DTSTART;TZID=Custom:20260715T100000\r\nEND:VEVENT\r\n" + a_zone("Custom", "+0500") + "BEGIN:VEVENT\r\nUID:u2"
    )
    assert data.starts is not None
    assert data.starts.at == datetime(2026, 7, 15, 5, tzinfo=UTC)


def test_every_windows_name_means_what_cldr_says() -> None:
    """Another library's copy of the table as witness; CLDR names some zones by older IANA names."""
    assert CLDR_ZONES.keys() == WINDOWS_TO_OLSON.keys()
    for moment in (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)):
        for name, zone in CLDR_ZONES.items():
            assert (
                moment.astimezone(ZoneInfo(zone)).utcoffset()
                == moment.astimezone(ZoneInfo(WINDOWS_TO_OLSON[name])).utcoffset()
            )
    assert set(IANA_OF_WINDOWS.values()) <= available_timezones()


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Warsaw",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "America/Mexico_City",
        "Asia/Kolkata",
    ],
)
def test_definitions_we_write_are_read_as_the_zone_they_came_from(name: str) -> None:
    text = "\n".join(["BEGIN:VCALENDAR", *zone_definition(name, 2021), "END:VCALENDAR"])
    (calendar,) = read_trees(text, LIMITS)
    own = own_zone(calendar.children[0])
    assert own is not None
    zone = ZoneInfo(name)
    for hours in range(0, 8 * 8_766, 7):
        wall = datetime.fromisoformat("2021-01-01") + timedelta(hours=hours)
        assert own.offset(wall) == wall.replace(tzinfo=zone).utcoffset(), wall


# ---- ends


@pytest.mark.parametrize(
    ("lines", "ends", "problems"),
    [
        (("DTEND:20260601T090000Z",), "2026-06-01T09:00", []),
        (("DTEND;TZID=Europe/Warsaw:20260601T110000",), "2026-06-01T09:00", []),
        (("DTEND:20260601T090000Z", "DURATION:PT3H"), "2026-06-01T09:00", []),  # forbidden, but sent
        (("DURATION:PT1H30M",), "2026-06-01T09:30", []),
        (("DURATION:P1W",), "2026-06-08T08:00", []),
        (("DURATION:p1dt1h",), "2026-06-02T09:00", []),
        ((), "2026-06-01T08:00", []),
        (("DTEND:20260601T070000Z",), "2026-06-01T08:00", ["bad_dtend"]),
        (("DTEND:20260601T070000Z", "DURATION:PT2H"), "2026-06-01T10:00", ["bad_dtend"]),
        (("DTEND:soon",), "2026-06-01T08:00", ["bad_dtend"]),
        (("DTEND:20990601T070000Z",), "2026-06-01T08:00", ["bad_dtend"]),
        (("DURATION:-PT1H",), "2026-06-01T08:00", ["bad_duration"]),
        (("DTEND;VALUE=DATE:20260602",), "2026-06-02T00:00", []),
    ],
)
def test_end_of_a_timed_event(lines: tuple[str, ...], ends: str, problems: list[str]) -> None:
    event = read_event("DTSTART:20260601T080000Z", *lines)
    assert event.ends is not None
    assert event.ends.at == datetime.fromisoformat(ends).replace(tzinfo=UTC)
    assert event.problems == problems
    assert event.ends_given is bool(lines)


@pytest.mark.parametrize(
    ("lines", "ends"),
    [
        (("DTEND;VALUE=DATE:20260603",), "2026-06-03"),
        (("DTEND;VALUE=DATE:20260601",), "2026-06-02"),  # ends on its first day
        ((), "2026-06-02"),
        (("DURATION:P2D",), "2026-06-03"),
        (("DTEND:20260602T000000",), "2026-06-02"),
        (("DTEND:20260602T120000",), "2026-06-03"),
        (("DTEND;VALUE=DATE:20260501",), "2026-06-02"),
    ],
)
def test_end_of_an_all_day_event_is_exclusive(lines: tuple[str, ...], ends: str) -> None:
    event = read_event("DTSTART;VALUE=DATE:20260601", *lines)
    assert event.starts is not None
    assert event.ends is not None
    assert (str(event.starts.on), str(event.ends.on)) == ("2026-06-01", ends)


def test_whole_days_of_a_duration_follow_the_wall_clock() -> None:
    event = read_event("DTSTART;TZID=Europe/Warsaw:20260328T120000", "DURATION:P1DT1H")
    assert event.ends is not None
    assert (event.ends.at, event.ends.local) == (datetime(2026, 3, 29, 11, tzinfo=UTC), "2026-03-29T13:00:00")


def test_end_without_a_zone_is_meant_in_the_zone_of_the_start() -> None:
    event = read_event("DTSTART;TZID=America/New_York:20260601T080000", "DTEND:20260601T090000")
    assert event.ends is not None
    assert event.ends.at == datetime(2026, 6, 1, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("DTSTART:20260601", "2026-06-01"),
        ("DTSTART;VALUE=DATE:20260601T080000Z", "2026-06-01"),
        ("DTSTART;VALUE=DATE-TIME:20260601", "2026-06-01"),
        ("DTSTART:20260601T0800Z", "2026-06-01 08:00:00+00:00"),
        ("DTSTART:2026-06-01T08:00:00Z", "2026-06-01 08:00:00+00:00"),
        ("DTSTART:20260601T235960Z", "2026-06-01 23:59:59+00:00"),
        ("DTSTART:20260601T240000Z", "2026-06-02 00:00:00+00:00"),
        ("DTSTART:20260601T080000z", "2026-06-01 08:00:00+00:00"),
    ],
)
def test_odd_spellings_of_a_time(value: str, expected: str) -> None:
    when = start(value)
    assert str(when.on or when.at) == expected


@pytest.mark.parametrize(
    "value",
    [
        "00000101T000000Z",
        "18991231T000000Z",
        "99991231T235959Z",
        "٢٠٢٦٠٦٠١T080000Z",
        "20260230",
        "20260601T990000",
        "soon",
    ],
)
def test_times_that_are_none_leave_a_problem(value: str) -> None:
    event = read_event(f"DTSTART:{value}")
    assert (event.starts, event.problems) == (None, ["bad_dtstart"])


def test_todo_has_a_due_time_and_may_have_no_start() -> None:
    data = b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:u\r\nDUE;VALUE=DATE:20260601\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    (todo,) = read_calendar(data).calendars[0].components
    assert (todo.kind, todo.starts, str(todo.ends and todo.ends.on)) == ("VTODO", None, "2026-06-01")


# ---- dates of a series


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("EXDATE:20260608T080000Z", ["2026-06-08 08:00:00+00:00"]),
        (
            "EXDATE;TZID=Europe/Warsaw:20260608T100000,20260615T100000",
            ["2026-06-08 08:00:00+00:00", "2026-06-15 08:00:00+00:00"],
        ),
        ("EXDATE:20260608T100000", ["2026-06-08 08:00:00+00:00"]),  # the clock of the series
        ("EXDATE;VALUE=DATE:20260608", ["2026-06-08 08:00:00+00:00"]),  # its date of that day
        ("EXDATE:20260608T080000Z,20260608T080000Z", ["2026-06-08 08:00:00+00:00"]),
    ],
)
def test_exdates_are_moments_of_a_timed_series(line: str, keys: list[str]) -> None:
    event = read_event("DTSTART;TZID=Europe/Warsaw:20260601T100000", "RRULE:FREQ=WEEKLY", line)
    assert [str(when.at) for when in event.exdates] == keys


def test_exdates_are_days_of_an_all_day_series() -> None:
    event = read_event(
        "DTSTART;VALUE=DATE:20260601", "EXDATE:20260608T000000", "RDATE;VALUE=PERIOD:20260610T000000/P1D"
    )
    assert [str(when.on) for when in event.exdates] == ["2026-06-08"]
    assert [str(when.on) for when in event.rdates] == ["2026-06-10"]
