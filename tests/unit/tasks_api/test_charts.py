"""Timelines and Gantt charts (features R58), what other systems put on the calendar (R57), and paper in any alphabet (W12)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from tasks_api.calendar_sources import entry_times, entry_title, stage_title
from tasks_api.charts import Bar, in_order, lines_of, shares
from tasks_api.printouts import Heading, Printout, Strip
from tasks_api.schedule import UnfitSchedule

MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)
JAN, EWA = UUID(int=1), UUID(int=2)


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def a_bar(name: str, starts: float = 0, ends: float = 1, **fields: Any) -> Bar:
    return Bar(id=name, task_id=UUID(int=9), title=name, starts_at=at(starts), ends_at=at(ends), **fields)


def a_stage(position: int, of: str, starts: float, ends: float) -> Bar:
    return a_bar(f"etap {position}", starts, ends, stage_id=UUID(int=position), position=position, parent=of)


def test_a_timeline_has_a_row_for_each_person_with_lanes_of_its_own() -> None:
    spans = [
        ("remont", at(0), at(5), [JAN]),
        ("narada", at(1), at(2), [JAN, EWA]),
        ("niczyje", at(2), None, []),
        ("raport", at(6), at(7), [JAN]),
    ]
    lines = lines_of(spans)
    assert [(line.employee_id, line.lanes, [one.entry for one in line.entries]) for line in lines] == [
        (JAN, 2, ["remont", "narada", "raport"]),
        (EWA, 1, ["narada"]),
        (None, 1, ["niczyje"]),
    ]
    assert [(one.place.lane, one.place.lanes) for one in lines[0].entries] == [(0, 2), (1, 2), (0, 1)]


def test_a_timeline_of_some_people_shows_them_even_without_anything() -> None:
    lines = lines_of([("narada", at(1), at(2), [JAN])], only=[EWA])
    assert [(line.employee_id, line.lanes, line.entries) for line in lines] == [(EWA, 0, [])]


def test_bars_stand_under_what_they_wait_for() -> None:
    """features R51, W19: a child waits for its parent, a stage for the one before it."""
    bars = [
        a_bar("dziecko", 3, 4, parent="rodzic"),
        a_bar("wcześniejsze", -1, 0),
        a_stage(2, "rodzic", 0, 2),
        a_stage(1, "rodzic", 1, 3),
        a_bar("rodzic", 0, 5),
        a_bar("wnuk", 4, 5, parent="dziecko"),
        a_bar("sierota", 9, 10, parent="nie ma go tu"),
    ]
    assert [(bar.id, bar.depth, bar.waits_for) for bar in in_order(bars)] == [
        ("wcześniejsze", 0, ()),
        ("rodzic", 0, ()),
        ("etap 1", 1, ()),
        ("etap 2", 1, ("etap 1",)),
        ("dziecko", 1, ("rodzic",)),
        ("wnuk", 2, ("dziecko",)),
        ("sierota", 0, ()),
    ]


def test_bars_that_reach_beyond_the_stretch_are_cut() -> None:
    found = shares(at(0), at(10), [a_bar("a", -5, 5), a_bar("b", 5, 20), a_bar("c", 2, 2)])
    assert found == {"a": (0.0, 0.5), "b": (0.5, 1.0), "c": (0.2, 0.2)}


@pytest.mark.parametrize(
    ("starts", "ends", "half", "expected"),
    [
        (date(2026, 11, 30), None, None, ("2026-11-29T23:00", "2026-11-30T23:00", True)),
        (date(2026, 11, 30), date(2026, 12, 3), None, ("2026-11-29T23:00", "2026-12-02T23:00", True)),
        (date(2026, 11, 30), None, "morning", ("2026-11-29T23:00", "2026-11-30T11:00", False)),
        (date(2026, 11, 30), date(2026, 12, 1), "afternoon", ("2026-11-30T11:00", "2026-11-30T23:00", False)),
        (at(0), at(1), None, ("2026-11-30T08:00", "2026-11-30T09:00", False)),
        (at(0), None, None, ("2026-11-30T08:00", "2026-11-30T08:00", False)),
    ],
)
def test_whole_days_half_days_and_moments(starts: Any, ends: Any, half: Any, expected: Any) -> None:
    found = entry_times(starts, ends, half, "Europe/Warsaw")
    assert (f"{found['starts_at']:%Y-%m-%dT%H:%M}", f"{found['ends_at']:%Y-%m-%dT%H:%M}", found["all_day"]) == expected


@pytest.mark.parametrize(("starts", "ends"), [(at(0), None), (date(2026, 11, 30), date(2026, 12, 2))])
def test_half_of_what_is_no_single_day(starts: Any, ends: Any) -> None:
    with pytest.raises(UnfitSchedule):
        entry_times(starts, ends, "morning", "Europe/Warsaw")


def test_what_is_written_on_the_calendar() -> None:
    assert entry_title(None, "sick_leave", "pl") == "Zwolnienie lekarskie"
    assert entry_title("Ferie", "leave", "pl") == "Ferie"
    assert entry_title(None, "leave", "de") == "Leave"
    assert entry_title(None, "nieznane", "pl") is None
    assert stage_title("Akceptacja", "faktura", "FV/7/2026") == "Akceptacja: faktura FV/7/2026"


def test_paper_has_letters_of_polish_czech_greek_and_cyrillic_names() -> None:
    names = ("Zażółć gęślą jaźń", "Příliš žluťoučký kůň", "Γεώργιος Παπαδόπουλος", "Ганна Їжакевич", "Љиљана Ђорђевић")
    paper = Printout("Список завдань", "Strona", widths=[150, 30], heads=["Temat", "Εργασία"])
    paper.add([Heading("Анна Щербакова"), *((name, Strip(0.1, 0.9, 0.5)) for name in names)])
    text = PdfReader(BytesIO(paper.content())).pages[0].extract_text()
    for name in (*names, "Список завдань", "Анна Щербакова", "Εργασία"):
        assert name in text
