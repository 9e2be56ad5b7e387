"""Absences, stages of documents and whatever else other systems put on the calendar: what they are called and when they are
(features R57). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from ical.zones import zone
from tasks_api.schedule import UnfitSchedule, midnight, scheduled

TASKS = "task"
"""The source of our own entries."""
ABSENCE, DOCUMENT_STAGE = "absence", "document_stage"

Half = Literal["morning", "afternoon"]
NOON = time(12)

KINDS = {
    "leave": {"pl": "Urlop", "en": "Leave"},
    "sick_leave": {"pl": "Zwolnienie lekarskie", "en": "Sick leave"},
    "business_trip": {"pl": "Delegacja", "en": "Business trip"},
    "training": {"pl": "Szkolenie", "en": "Training"},
    "other": {"pl": "Nieobecność", "en": "Absence"},
}
"""What an absence without a title is called."""


@dataclass(frozen=True, slots=True)
class ForeignEntry:
    """An entry of another system as a calendar shows it, with the names that rows of tasks have."""

    id: UUID
    version: int
    source: str
    label: dict[str, str]
    busy: bool
    employee_id: UUID
    kind: str
    title: str
    starts_at: datetime
    ends_at: datetime
    starts_on: date | None
    ends_on: date | None
    all_day: bool
    timezone: str
    status: str
    color: str
    url: str | None
    updated_at: datetime
    number: str = ""
    uid: str | None = None
    type_id: None = None
    location: str = ""
    is_recurring: bool = False
    percent_complete: int = 0
    account_id: None = None
    thread_id: None = None

    @property
    def assignee_ids(self) -> tuple[UUID, ...]:
        """Whom it is about."""
        return (self.employee_id,)


def entry_times(
    starts: date | datetime, ends: date | datetime | None, half: Half | None, timezone: str
) -> dict[str, Any]:
    """The fields that say when an entry is; an entry without an end is a day or a moment long. UnfitSchedule when they do not
    go together. `half` makes a single day half of it: up to noon of the zone, or from then on."""
    if half is not None:
        if isinstance(starts, datetime) or (ends is not None and ends != starts + timedelta(days=1)):
            raise UnfitSchedule("half", "is for a single whole day")
        return scheduled(*_half_of(starts, half, timezone), timezone)
    found = scheduled(starts, ends, timezone)
    return {**found, "ends_at": found["ends_at"] or found["starts_at"]}


def _half_of(day: date, half: Half, timezone: str) -> tuple[datetime, datetime]:
    noon = datetime.combine(day, NOON, zone(timezone)).astimezone(UTC)
    if half == "morning":
        return midnight(day, timezone), noon
    return noon, midnight(day + timedelta(days=1), timezone)


def stage_title(stage: str, document_type: str, number: str) -> str:
    return " ".join(f"{stage}: {document_type} {number}".split())[:1000]


def entry_title(given: str | None, kind: str, language: str) -> str | None:
    """What is written on the calendar: the title, else the word for its kind; None when neither is known."""
    if given:
        return given
    words = KINDS.get(kind)
    return words.get(language, words["en"]) if words else None
