"""What a report says of each task, in the language of its reader. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from ical.zones import zone
from tasks_api.task import Task

Language = Literal["pl", "en"]
Cell = str | int | datetime | date | None
"""A datetime is the time on the wall, without a zone."""

_WORDS: dict[str, tuple[str, str]] = {
    "task": ("Zadanie", "Task"),
    "meeting": ("Spotkanie", "Meeting"),
    "interaction": ("Kontakt", "Interaction"),
    "planned": ("Planowane", "Planned"),
    "in_progress": ("W realizacji", "In progress"),
    "completed": ("Zakończone", "Completed"),
    "cancelled": ("Anulowane", "Cancelled"),
    "yes": ("tak", "yes"),
    "no": ("nie", "no"),
    "agenda": ("Terminarz", "Agenda"),
    "timeline": ("Oś czasu", "Timeline"),
    "gantt": ("Wykres Gantta", "Gantt chart"),
    "nobody": ("Bez wykonawcy", "Nobody"),
    "tasks": ("Lista zadań", "Task list"),
    "printed": ("Wydruk z", "Printed"),
    "page": ("Strona", "Page"),
    "of": ("z", "of"),
    "all_day": ("cały dzień", "all day"),
    "nothing": ("Brak wpisów", "Nothing planned"),
    "no_type": ("Bez typu", "Without a type"),
}


def word(key: str, language: Language) -> str:
    """What people read instead of one of our codes."""
    polish, english = _WORDS[key]
    return polish if language == "pl" else english


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the cards and types that tasks point at; one that is not there any more has none."""

    accounts: Mapping[UUID, str] = field(default_factory=dict)
    contacts: Mapping[UUID, str] = field(default_factory=dict)
    employees: Mapping[UUID, str] = field(default_factory=dict)
    types: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A heading in two languages, how wide it is on paper (millimetres; 0: not printed), and what stands below."""

    polish: str
    english: str
    width: int
    cell: Callable[[Task, Names, Language], Cell]

    def heading(self, language: Language) -> str:
        return self.polish if language == "pl" else self.english


def _wall(task: Task, moment: datetime | None, day: date | None) -> Cell:
    """A time on the wall of the task's zone; a plain day when it is all-day."""
    if task.fields.all_day:
        return day
    return None if moment is None else moment.astimezone(zone(task.fields.timezone)).replace(tzinfo=None)


def _names(ids: tuple[UUID, ...], names: Mapping[UUID, str]) -> str:
    return ", ".join(names[one] for one in ids if one in names)


COLUMNS: tuple[Column, ...] = (
    Column("Numer", "Number", 26, lambda task, _, __: task.number),
    Column("Rodzaj", "Kind", 18, lambda task, _, language: word(task.fields.kind, language)),
    Column("Typ", "Type", 0, lambda task, names, _: names.types.get(task.type_id, "") if task.type_id else ""),
    Column("Temat", "Title", 70, lambda task, _, __: task.fields.title),
    Column("Status", "Status", 24, lambda task, _, language: word(task.status, language)),
    Column("Początek", "Start", 28, lambda task, _, __: _wall(task, task.fields.starts_at, task.fields.starts_on)),
    Column("Koniec", "End", 28, lambda task, _, __: _wall(task, task.fields.ends_at, task.fields.ends_on)),
    Column("Cały dzień", "All day", 0, lambda task, _, language: word("yes" if task.fields.all_day else "no", language)),
    Column("Strefa", "Zone", 0, lambda task, _, __: task.fields.timezone),
    Column("Kontrahent", "Account", 42, lambda task, names, _: names.accounts.get(task.account_id, "") if task.account_id else ""),
    Column("Osoby kontaktowe", "Contacts", 0, lambda task, names, _: _names(task.contact_ids, names.contacts)),
    Column("Pracownicy", "Employees", 36, lambda task, names, _: _names(task.assignee_ids, names.employees)),
    Column("% wykonania", "% complete", 12, lambda task, _, __: task.percent_complete),
    Column("Kolor", "Colour", 0, lambda task, _, __: task.color or ""),
    Column("Miejsce", "Location", 0, lambda task, _, __: task.fields.location),
    Column("Opis", "Description", 0, lambda task, _, __: task.fields.description),
    Column("Notatka", "Note", 0, lambda task, _, __: task.note),
)  # fmt: skip
PRINTED: tuple[Column, ...] = tuple(column for column in COLUMNS if column.width)


def shown(cell: Cell) -> str:
    """A cell as text: `2026-11-30 09:00`."""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    return "" if cell is None else str(cell)
