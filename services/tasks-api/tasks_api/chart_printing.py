"""Timelines and Gantt charts on paper (features R58, W12)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from babel.dates import format_date

from ical.zones import zone
from kit.database import Database
from tasks_api.agenda_printing import Style, status_of, title_of
from tasks_api.calendar_viewing import Entry
from tasks_api.chart_viewing import Gantt, Timeline, gantt, timeline
from tasks_api.charts import Bar, shares
from tasks_api.desk import Desk
from tasks_api.printouts import Heading, Printout, Row, Strip
from tasks_api.report_columns import word
from tasks_api.repository.agenda import OnCalendar
from tasks_api.windows import Window

_TIMELINE = ((44, 70, 26, 137), {"pl": ("Termin", "Temat", "Status"), "en": ("When", "Title", "Status")})
_GANTT = (
    (70, 36, 36, 14, 121),
    {"pl": ("Temat", "Początek", "Koniec", "%"), "en": ("Title", "Start", "End", "%")},
)
_INDENT = "· "


async def print_chart(
    database: Database,
    desk: Desk,
    window: Window,
    calendar: OnCalendar,
    view: Literal["timeline", "gantt"],
    style: Style,
) -> bytes:
    """A PDF with a line for each entry or bar and where it lies in the window."""
    async with database.reading() as session:
        if view == "timeline":
            lines = timeline_lines(await timeline(session, desk, window, calendar), window, style)
        else:
            lines = gantt_lines(await gantt(session, desk, window, calendar), window, style)
    return await asyncio.to_thread(_paper, view, lines, window, style)


def timeline_lines(found: Timeline, window: Window, style: Style) -> list[Heading | Row]:
    """A heading for each employee, and what they have in order of time."""
    lines: list[Heading | Row] = []
    for line in found.lines:
        name = found.names.get(line.employee_id) if line.employee_id is not None else None
        lines.append(Heading(name or word("nobody", style.language)))
        lines += [_entry_row(one.entry, window, style) for one in line.entries] or [
            ("", word("nothing", style.language))
        ]
    return lines or [("", word("nothing", style.language))]


def gantt_lines(found: Gantt, window: Window, style: Style) -> list[Heading | Row]:
    """A row for each bar, set in under what it hangs on."""
    lies = shares(window.starts_at, window.ends_at, found.bars)
    rows: list[Heading | Row] = [
        (
            f"{_INDENT * bar.depth}{bar.title}",
            _when(bar.starts_at, style, is_day=bar.starts_on is not None),
            _last(bar, style),
            str(bar.percent),
            Strip(*lies[bar.id], bar.percent / 100),
        )
        for bar in found.bars
    ]
    return rows or [(word("nothing", style.language),)]


def _entry_row(entry: Entry, window: Window, style: Style) -> Row:
    ends = entry.ends_at or entry.starts_at
    done = entry.row.status == "completed"
    bar = Bar(id="", task_id=entry.row.id, title="", starts_at=entry.starts_at, ends_at=ends)
    lies = shares(window.starts_at, window.ends_at, [bar])[""]
    when = _when(entry.starts_at, style, is_day=entry.day is not None)
    return (when, entry.row.title, status_of(entry, style.language), Strip(*lies, 1.0 if done else 0.0))


def _last(bar: Bar, style: Style) -> str:
    """The last day of an all-day bar is the one before its exclusive end."""
    if bar.ends_on is None or bar.starts_on is None:
        return _when(bar.ends_at, style, is_day=False)
    last = max(bar.starts_on, bar.ends_on.fromordinal(bar.ends_on.toordinal() - 1))
    return format_date(last, "EEE yyyy-MM-dd", locale=style.language)


def _when(moment: datetime, style: Style, *, is_day: bool) -> str:
    local = moment.astimezone(zone(style.timezone))
    day = format_date(local.date(), "EEE yyyy-MM-dd", locale=style.language)
    return day if is_day else f"{day} {local:%H:%M}"


def _paper(view: str, lines: Sequence[Heading | Row], window: Window, style: Style) -> bytes:
    widths, heads = _TIMELINE if view == "timeline" else _GANTT
    paper = Printout(
        title_of(view, window, style), word("page", style.language), widths=widths, heads=heads[style.language],
        font=style.font,
    )  # fmt: skip
    paper.add(lines)
    return paper.content()
