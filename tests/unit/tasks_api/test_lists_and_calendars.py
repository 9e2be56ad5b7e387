"""Lanes, periods, spreadsheets, printouts and feeds: values only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from ical.reading import read_calendar
from tasks_api.calendar_texts import feed_text, uid_of, zones_of
from tasks_api.itip.shapes import TaskFields
from tasks_api.lanes import placed
from tasks_api.periods import period_at
from tasks_api.printouts import Heading, Printout
from tasks_api.report_columns import COLUMNS, Names, shown
from tasks_api.spreadsheets import csv_lines, plain_text
from tasks_api.task import Task

TEN = datetime(2026, 11, 30, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)  # already Thursday in Warsaw


def a_task(title: str = "Rozmowa", **fields: object) -> Task:
    own = {name: fields.pop(name) for name in ("uid", "recurrence_id", "status", "copy_number") if name in fields}
    said = {"starts_at": TEN, "ends_at": TEN + timedelta(hours=1), "timezone": "Europe/Warsaw", **fields}
    return Task(id=UUID(int=1), number="CRM/1/2026", fields=TaskFields(kind="task", title=title, **said),  # type: ignore[arg-type]
                created_at=NOW, updated_at=NOW, **{"uid": "a@b", **own})  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([(9, 10), (10, 11)], [(0, 1), (0, 1)]),  # one after the other
        ([(9, 11), (10, 12)], [(0, 2), (1, 2)]),
        ([(9, 12), (10, 11), (11, 13)], [(0, 2), (1, 2), (1, 2)]),  # a lane that is free again is used again
        ([(9, 10), (9, 10), (9, 10)], [(0, 3), (1, 3), (2, 3)]),
        ([(9, 17), (10, 11), (12, 13), (18, 19)], [(0, 2), (1, 2), (1, 2), (0, 1)]),
        ([(9, None), (9, 9)], [(0, 2), (1, 2)]),  # without a length it is drawn all the same
    ],
)
def test_overlaps_are_drawn_beside_each_other(
    spans: list[tuple[int, int | None]], expected: list[tuple[int, int]]
) -> None:
    moments = [(TEN.replace(hour=start), TEN.replace(hour=end) if end else None) for start, end in spans]
    assert [(place.lane, place.lanes) for place in placed(moments)] == expected


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("today", "2026-11-26", "2026-11-27"),
        ("tomorrow", "2026-11-27", "2026-11-28"),
        ("this_week", "2026-11-23", "2026-11-30"),
        ("next_week", "2026-11-30", "2026-12-07"),
        ("this_month", "2026-11-01", "2026-12-01"),
        ("next_month", "2026-12-01", "2027-01-01"),
    ],
)
def test_periods_are_days_of_the_zone(period: str, first: str, last: str) -> None:
    window = period_at(period, NOW, "Europe/Warsaw")  # type: ignore[arg-type]
    hour = timedelta(hours=1)
    assert (window.starts_at + hour).date().isoformat() == first
    assert (window.ends_at + hour).date().isoformat() == last


def test_the_past_ends_now() -> None:
    assert period_at("past", NOW, "Europe/Warsaw").ends_at == NOW


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("zwykły tekst", "zwykły tekst"),
        ("=1+1", "'=1+1"),
        ("+48601234567", "'+48601234567"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =cmd|'/c calc'!A0", "'  =cmd|'/c calc'!A0"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_no_cell_is_computed(cell: str, written: str) -> None:
    assert plain_text(cell) == written


def test_cells_are_quoted_where_they_must_be() -> None:
    assert csv_lines([["a;b", 'c"d', "e\nf", 7, date(2026, 11, 30), None]]) == (
        b'"a;b";"c""d";"e\nf";7;2026-11-30;\r\n'
    )


def test_a_report_shows_the_time_on_the_wall() -> None:
    cells = {column.polish: column.cell(a_task(), Names(), "pl") for column in COLUMNS}
    assert shown(cells["Początek"]) == "2026-11-30 11:00"
    assert cells["Status"] == "Planowane"
    whole_day = a_task(all_day=True, starts_on=date(2026, 11, 30), ends_on=date(2026, 12, 1))
    assert COLUMNS[5].cell(whole_day, Names(), "pl") == date(2026, 11, 30)


def test_a_printout_takes_any_letter_and_many_pages() -> None:
    paper = Printout("Lista ąćęłńóśźż", "Strona", widths=[30, 150], heads=["Nr", "Temat"])
    paper.add([Heading("Grupa")])
    paper.add([(str(number), "Zażółć čřě 漢字 \u202e\x07 " + "bardzo długie " * 30) for number in range(200)])
    content = paper.content()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") >= 3


def test_a_feed_leaves_out_dates_that_are_off_or_done() -> None:
    """features R54."""
    series = a_task("co tydzień", rrule="FREQ=WEEKLY;COUNT=4", uid="s@b")
    moved = a_task("przesunięte", uid="s@b", recurrence_id="2026-12-07T10:00:00Z", starts_at=TEN + timedelta(days=8))
    off = a_task("odwołane", uid="s@b", recurrence_id="2026-12-14T10:00:00Z", status="cancelled")
    done = a_task("zrobione", uid="s@b", recurrence_id="2026-12-21T10:00:00Z", status="completed")
    text = b"".join(feed_text([series, moved, off, done], name="Jan; biuro", busy=None))
    (calendar,) = read_calendar(text, account_timezone="Europe/Warsaw").calendars
    assert [one.summary for one in calendar.components] == ["co tydzień", "przesunięte"]
    assert b"EXDATE;TZID=Europe/Warsaw:20261214T110000\r\n" in text
    assert b"EXDATE;TZID=Europe/Warsaw:20261221T110000\r\n" in text
    assert b"X-WR-CALNAME:Jan\\; biuro\r\n" in text
    hidden = b"".join(feed_text([series], name="Jan", busy="Zajęte")).decode()
    assert "co tydzień" not in hidden
    assert "CRM/1/2026" not in hidden


def test_copies_of_one_invitation_are_events_of_their_own() -> None:
    assert uid_of(a_task()) == "a@b"
    assert uid_of(a_task(copy_number=2)) == "copy2-a@b"


def test_zones_are_defined_from_the_first_year_they_are_used() -> None:
    found = [("Europe/Warsaw", TEN), ("Europe/Warsaw", TEN.replace(year=2020)), ("UTC", TEN), ("Asia/Tokyo", None)]
    assert zones_of(found) == {"Europe/Warsaw": 2020}
