"""What stands in words beside the calendar of a letter, for people whose program shows no calendars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from babel.dates import format_date, format_time

from ical.zones import iana_name, zone
from tasks_api.task import Task

Language = Literal["pl", "en"]
Kind = Literal[
    "invitation", "update", "cancellation", "withdrawal", "accepted", "declined", "tentative", "proposal_declined"
]
LONGEST_SUBJECT = 200

_SUBJECTS: dict[Language, dict[Kind, str]] = {
    "pl": {
        "invitation": "Zaproszenie: {title}",
        "update": "Zmiana: {title}",
        "cancellation": "Odwołane: {title}",
        "withdrawal": "Odwołane zaproszenie: {title}",
        "accepted": "Przyjęte: {title}",
        "declined": "Odrzucone: {title}",
        "tentative": "Wstępnie przyjęte: {title}",
        "proposal_declined": "Propozycja odrzucona: {title}",
    },
    "en": {
        "invitation": "Invitation: {title}",
        "update": "Updated: {title}",
        "cancellation": "Cancelled: {title}",
        "withdrawal": "Invitation withdrawn: {title}",
        "accepted": "Accepted: {title}",
        "declined": "Declined: {title}",
        "tentative": "Tentatively accepted: {title}",
        "proposal_declined": "Proposal declined: {title}",
    },
}
_LEADS: dict[Language, dict[Kind, str]] = {
    "pl": {
        "invitation": "Zapraszamy na spotkanie.",
        "update": "Spotkanie zostało zmienione.",
        "cancellation": "Spotkanie zostało odwołane.",
        "withdrawal": "Wycofujemy zaproszenie; spotkanie odbędzie się bez Państwa.",
        "accepted": "Przyjmujemy zaproszenie.",
        "declined": "Nie weźmiemy udziału.",
        "tentative": "Wstępnie przyjmujemy zaproszenie.",
        "proposal_declined": "Zaproponowany termin nam nie odpowiada; spotkanie pozostaje bez zmian.",
    },
    "en": {
        "invitation": "You are invited to a meeting.",
        "update": "The meeting has been changed.",
        "cancellation": "The meeting has been cancelled.",
        "withdrawal": "Your invitation is withdrawn; the meeting takes place without you.",
        "accepted": "We accept the invitation.",
        "declined": "We will not take part.",
        "tentative": "We accept the invitation tentatively.",
        "proposal_declined": "The proposed time does not suit us; the meeting stays as it is.",
    },
}
_LABELS: dict[Language, tuple[str, str]] = {"pl": ("Kiedy", "Gdzie"), "en": ("When", "Where")}
_DAY = {"pl": "EEEE, d MMMM y", "en": "EEEE, d MMMM y"}


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    text: str


def words_of(task: Task, kind: Kind, *, locale: str, comment: str | None = None) -> Words:
    """Subject and text of a letter in the language of the installation, times by the clock of the task's zone."""
    language: Language = "pl" if locale[:2] == "pl" else "en"
    title = " ".join(task.fields.title.split())
    subject = _SUBJECTS[language][kind].format(title=title)[:LONGEST_SUBJECT].rstrip()
    when, where = _LABELS[language]
    lines = [_LEADS[language][kind], "", title]
    if moment := time_in_words(task, language):
        lines.append(f"{when}: {moment}")
    if task.fields.location:
        lines.append(f"{where}: {task.fields.location}")
    if comment:
        lines += ["", comment]
    if kind in {"invitation", "update"} and task.fields.description:
        lines += ["", task.fields.description]
    return Words(subject, "\n".join(lines) + "\n")


def time_in_words(task: Task, language: Language) -> str:
    """`poniedziałek, 30 listopada 2026, 10:00–11:00 (Europe/Warsaw)`; of a series its first date. Empty without a start."""
    said = task.fields
    if said.all_day and said.starts_on is not None:
        last = (said.ends_on or said.starts_on + timedelta(days=1)) - timedelta(days=1)
        first = _day(said.starts_on, language)
        return first if last <= said.starts_on else f"{first} – {_day(last, language)}"
    if said.starts_at is None:
        return ""
    clock = zone(iana_name(said.timezone) or "UTC")
    starts = said.starts_at.astimezone(clock)
    text = f"{_day(starts, language)}, {_clock(starts, language)}"
    if said.ends_at is not None and said.ends_at > said.starts_at:
        ends = said.ends_at.astimezone(clock)
        same_day = ends.date() == starts.date()
        text += f"–{_clock(ends, language)}" if same_day else f" – {_day(ends, language)}, {_clock(ends, language)}"
    return f"{text} ({said.timezone})"


def _day(day: date, language: Language) -> str:
    return format_date(day, _DAY[language], locale=language)


def _clock(moment: datetime, language: Language) -> str:
    return format_time(moment.time(), "HH:mm", locale=language)
