"""What a calendar shows, and what became of one that was imported."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field

from kit.schemas import Moment, Shape
from tasks_api.availability import Busy, Free
from tasks_api.calendar_importing import Imported
from tasks_api.calendar_sources import TASKS, ForeignEntry
from tasks_api.calendar_viewing import Shown
from tasks_api.remembered_rows import REMEMBERED, AgendaRow
from tasks_api.schemas.tasks import Kind, Status
from tasks_api.schemas.when import WhenShown

DONE, NOT_DONE, RELATED = "grey", "orange", "green"
"""features R55; a colour of its own stays beside it (W8)."""


class EntryShape(Shape):
    """A task, one date of a series (then `recurrence_id` tells which), or what another system put on the calendar (then
    `entry_id` tells what, and it is read-only)."""

    task_id: UUID | None
    entry_id: UUID | None
    source: str = Field(description="`task`, or the calendar source it comes from (features R57).")
    read_only: bool
    number: str
    uid: str | None
    recurrence_id: str | None
    kind: Kind | str
    type_id: UUID | None
    title: str
    location: str
    status: Status
    starts_at: WhenShown
    ends_at: WhenShown | None = Field(description="Exclusive when all_day.")
    all_day: bool
    timezone: str
    is_recurring: bool
    percent_complete: int
    color: str | None = Field(description="The colour somebody gave it.")
    state_color: str = Field(description="grey: done; green: not done, of a thread; orange: not done (features R55).")
    lane: int = Field(
        description="Where it is drawn when entries overlap, from 0; all-day entries have their own lanes."
    )
    lanes: int = Field(description="Into how many lanes the column is split there.")
    account_id: UUID | None
    assignee_ids: list[UUID]

    @classmethod
    def document_of(cls, shown: Shown) -> dict[str, Any]:
        """The shape as plain values: a month has hundreds of them, and they are our own."""
        entry = shown.entry
        return {
            **_fixed(entry.row),
            "recurrence_id": entry.recurrence_id,
            "starts_at": written(entry.day or entry.starts_at),
            "ends_at": written(entry.end_day if entry.day else entry.ends_at),
            "lane": shown.place.lane,
            "lanes": shown.place.lanes,
        }

    @classmethod
    def text_of(cls, shown: Shown) -> bytes:
        """The same as JSON: what is said of a row is written once, and so is a moment that many entries share."""
        entry, place = shown.entry, shown.place
        return b'%b,"recurrence_id":%b,"starts_at":%b,"ends_at":%b,"lane":%d,"lanes":%d}' % (
            _fixed_text(entry.row),
            _NULL if entry.recurrence_id is None else orjson.dumps(entry.recurrence_id),
            _written_text(entry.day or entry.starts_at),
            _written_text(entry.end_day if entry.day else entry.ends_at),
            place.lane,
            place.lanes,
        )


def _fixed(row: AgendaRow | ForeignEntry) -> dict[str, Any]:
    """What is the same wherever and for whichever date the row is shown."""
    return _fixed_of_task(row) if isinstance(row, AgendaRow) else _fixed_of_foreign(row)


def _fixed_of_task(row: AgendaRow) -> dict[str, Any]:
    return {"task_id": str(row.id), "entry_id": None, "source": TASKS, "read_only": False, **_said(row)}


def _fixed_text(row: AgendaRow | ForeignEntry) -> bytes:
    """An object that is still open."""
    return _fixed_text_of_task(row) if isinstance(row, AgendaRow) else orjson.dumps(_fixed_of_foreign(row))[:-1]


@lru_cache(maxsize=REMEMBERED)
def _fixed_text_of_task(row: AgendaRow) -> bytes:
    return orjson.dumps(_fixed_of_task(row))[:-1]


def _fixed_of_foreign(row: ForeignEntry) -> dict[str, Any]:
    return {"task_id": None, "entry_id": str(row.id), "source": row.source, "read_only": True, **_said(row)}


def _said(row: AgendaRow | ForeignEntry) -> dict[str, Any]:
    return {
        "number": row.number,
        "uid": row.uid,
        "kind": row.kind,
        "type_id": row.type_id and str(row.type_id),
        "title": row.title,
        "location": row.location,
        "status": row.status,
        "all_day": row.all_day,
        "timezone": row.timezone,
        "is_recurring": row.is_recurring,
        "percent_complete": 100 if row.status == "completed" else row.percent_complete,
        "color": row.color,
        "state_color": state_color(row.status, is_related=row.thread_id is not None),
        "account_id": row.account_id and str(row.account_id),
        "assignee_ids": [str(one) for one in row.assignee_ids],
    }


def state_color(status: str, *, is_related: bool) -> str:
    if status in {"completed", "cancelled"}:
        return DONE
    return RELATED if is_related else NOT_DONE


def written(when: date | datetime | None) -> str | None:
    return None if when is None else when.isoformat().replace("+00:00", "Z")


_NULL = b"null"


@lru_cache(maxsize=8_192)
def _written_text(when: date | datetime | None) -> bytes:
    return orjson.dumps(written(when))


class BusyShape(Shape):
    """Why somebody is not free; what it is about only where the caller may see it."""

    source: str = Field(description="`task`, or the calendar source that says so, such as `absence`.")
    task_id: UUID | None
    recurrence_id: str | None
    title: str | None
    starts_at: Moment
    ends_at: Moment

    @classmethod
    def of(cls, busy: Busy) -> BusyShape:
        return cls.model_validate(busy)


class FreeShape(Shape):
    """features R46, K38: it informs, it does not block."""

    employee_id: UUID
    available: bool
    conflicts: list[BusyShape]

    @classmethod
    def of(cls, free: Free) -> FreeShape:
        return cls(
            employee_id=free.employee_id,
            available=not free.conflicts,
            conflicts=[BusyShape.of(busy) for busy in free.conflicts],
        )


class AvailabilityShape(Shape):
    items: list[FreeShape]


class ImportedShape(Shape):
    uid: str
    recurrence_id: str | None
    outcome: str
    reason: str
    task_ids: list[UUID]

    @classmethod
    def of(cls, imported: Imported) -> ImportedShape:
        return cls.model_validate(imported)


class ImportShape(Shape):
    """One entry per event, or per date of a series that stood alone; `problems`: what was found wrong in the calendar."""

    items: list[ImportedShape]
    problems: list[str]
