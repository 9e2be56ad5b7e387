"""What a calendar shows, and what became of one that was imported."""

from uuid import UUID

from pydantic import Field

from kit.schemas import Shape
from tasks_api.calendar_importing import Imported
from tasks_api.calendar_viewing import Entry
from tasks_api.schemas.tasks import Kind, Status, WhenShown

STATE_COLORS = {"completed": "grey", "in_progress": "orange", "planned": "orange", "cancelled": "grey"}
"""features R55: done grey, not done orange; a colour of its own stays beside it (W8)."""


class EntryShape(Shape):
    """A task, or one date of a series (then `recurrence_id` tells which)."""

    task_id: UUID
    number: str
    uid: str | None
    recurrence_id: str | None
    kind: Kind
    type_id: UUID | None
    title: str
    location: str
    status: Status
    starts_at: WhenShown
    ends_at: WhenShown | None = Field(description="Exclusive when all_day.")
    all_day: bool
    timezone: str
    is_recurring: bool
    color: str | None
    state_color: str
    account_id: UUID | None
    assignee_ids: list[UUID]

    @classmethod
    def of(cls, entry: Entry) -> "EntryShape":
        task = entry.task
        return cls(
            task_id=task.id,
            number=task.number,
            uid=task.uid,
            recurrence_id=entry.recurrence_id,
            kind=task.fields.kind,
            type_id=task.type_id,
            title=task.fields.title,
            location=task.fields.location,
            status=task.status,
            starts_at=entry.day or entry.starts_at,
            ends_at=entry.end_day if entry.day else entry.ends_at,
            all_day=task.fields.all_day,
            timezone=task.fields.timezone,
            is_recurring=task.is_recurring,
            color=task.color,
            state_color=STATE_COLORS[task.status],
            account_id=task.account_id,
            assignee_ids=list(task.assignee_ids),
        )


class ImportedShape(Shape):
    uid: str
    recurrence_id: str | None
    outcome: str
    reason: str
    task_ids: list[UUID]

    @classmethod
    def of(cls, imported: Imported) -> "ImportedShape":
        return cls.model_validate(imported)


class ImportShape(Shape):
    """One entry per event, or per date of a series that stood alone; `problems`: what was found wrong in the calendar."""

    items: list[ImportedShape]
    problems: list[str]
