"""The agenda of a day, a week or a month on paper (features R58, W12)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from babel.dates import format_date

from ical.zones import zone
from kit.database import Database
from tasks_api.calendar_sources import ForeignEntry
from tasks_api.calendar_viewing import Entry, calendar_between, people_of
from tasks_api.desk import Desk
from tasks_api.errors.lists import TooManyRows
from tasks_api.printouts import Heading, Printout
from tasks_api.report_columns import Language, word
from tasks_api.repository import card_names
from tasks_api.repository.agenda import OnCalendar
from tasks_api.windows import Window

_WIDTHS = (28, 78, 26, 30, 28)
_HEADS = {
    "pl": ("Godziny", "Temat", "Status", "Pracownicy", "Miejsce"),
    "en": ("Time", "Title", "Status", "Employees", "Location"),
}
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Style:
    """How something is printed: in which language, on the clocks of which zone, with which font."""

    language: Language
    timezone: str
    font: Path | None = None


async def print_agenda(
    database: Database,
    desk: Desk,
    window: Window,
    calendar: OnCalendar,
    style: Style,
    *,
    most: int,
) -> bytes:
    """A PDF with every day of the window; TooManyRows beyond `most` entries."""
    async with database.reading() as session:
        entries: list[Entry] = []
        while True:
            after = entries[-1].position if entries else None
            found = await calendar_between(session, desk, window, calendar, after=after, limit=_AT_ONCE)
            entries += found
            if len(entries) > most:
                raise TooManyRows(most)
            if len(found) < _AT_ONCE:
                break
        people = people_of(entries)
        names = await card_names.employee_names(session, {one for ids in people.values() for one in ids})
    lines = agenda_lines(entries, window, people, names, language=style.language, timezone=style.timezone)
    return await asyncio.to_thread(_paper, title_of("agenda", window, style), lines, style.language, style.font)


def title_of(key: str, window: Window, style: Style) -> str:
    """What stands at the head of a printout of these days."""
    first, last = days_of(window, style.timezone)
    return f"{word(key, style.language)} {first:%Y-%m-%d}" + (f" – {last:%Y-%m-%d}" if last != first else "")


def days_of(window: Window, timezone: str) -> tuple[date, date]:
    """The first and the last day a window touches."""
    home = zone(timezone)
    last = (window.ends_at - timedelta(microseconds=1)).astimezone(home).date()
    return window.starts_at.astimezone(home).date(), last


def agenda_lines(
    entries: Sequence[Entry],
    window: Window,
    people: Mapping[UUID, Sequence[UUID]],
    names: dict[UUID, str],
    *,
    language: Language,
    timezone: str,
) -> list[Heading | Sequence[str]]:
    """A heading for each day of the window and what stands on it: all-day entries first, on each of their days."""
    by_day: dict[date, list[tuple[str, Entry]]] = {}
    for entry in entries:
        for day in _days(entry, timezone):
            by_day.setdefault(day, []).append((_hours(entry, timezone, language), entry))
    lines: list[Heading | Sequence[str]] = []
    day, last = days_of(window, timezone)
    while day <= last:
        lines.append(Heading(format_date(day, format="full", locale=language)))
        on_day = sorted(by_day.get(day, ()), key=lambda one: (one[1].day is None, one[1].starts_at))
        lines += [
            (
                hours,
                entry.row.title,
                status_of(entry, language),
                ", ".join(names[one] for one in people.get(entry.row.id, ()) if one in names),
                entry.row.location,
            )
            for hours, entry in on_day
        ] or [("", word("nothing", language))]
        day += timedelta(days=1)
    return lines


def _days(entry: Entry, timezone: str) -> list[date]:
    """The days it stands on: an all-day entry on each of its own, any other where it begins."""
    if entry.day is None:
        return [entry.starts_at.astimezone(zone(timezone)).date()]
    length = max(1, (entry.end_day - entry.day).days) if entry.end_day is not None else 1
    return [entry.day + timedelta(days=position) for position in range(min(length, 366))]


def status_of(entry: Entry, language: Language) -> str:
    """Of a task how it stands, of an entry of another system what it is."""
    if isinstance(entry.row, ForeignEntry):
        return entry.row.label.get(language) or entry.row.source
    return word(entry.row.status, language)


def _hours(entry: Entry, timezone: str, language: Language) -> str:
    if entry.day is not None:
        return word("all_day", language)
    home = zone(timezone)
    begins = f"{entry.starts_at.astimezone(home):%H:%M}"
    return begins if entry.ends_at is None else f"{begins}–{entry.ends_at.astimezone(home):%H:%M}"


def _paper(title: str, lines: Sequence[Heading | Sequence[str]], language: Language, font: Path | None) -> bytes:
    paper = Printout(title, word("page", language), widths=_WIDTHS, heads=_HEADS[language], font=font)
    paper.add(lines)
    return paper.content()
