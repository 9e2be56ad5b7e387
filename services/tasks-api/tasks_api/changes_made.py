"""What a decision did to tasks, as its record keeps it: enough to show it, and to take it back (issue 3, Audit)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from contracts.tasks import TaskAttendee
from tasks_api.account_linking import AccountMatch
from tasks_api.itip.shapes import TaskFields
from tasks_api.task import FIELD_NAMES

Did = Literal["created", "updated", "cancelled", "reopened", "removed"]
_MOMENTS = frozenset({"starts_at", "ends_at"})
_DAYS = frozenset({"starts_on", "ends_on"})
_LISTS = frozenset({"rdates", "exdates"})


@dataclass(frozen=True, slots=True)
class Made:
    """One change of one task. `fields`: name → (old, new); of a removed task its last values, in both places.

    `status` is the one it had before.
    """

    task_id: UUID
    did: Did
    recurrence_id: str | None = None
    status: str = "planned"
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"task_id": str(self.task_id), "did": self.did}
        if self.recurrence_id is not None:
            document["recurrence_id"] = self.recurrence_id
        if self.did != "created":
            document["status"] = self.status
        if self.fields:
            document["fields"] = {name: [written(old), written(new)] for name, (old, new) in self.fields.items()}
        return document

    @classmethod
    def from_document(cls, stored: Mapping[str, Any]) -> Made:
        fields = {name: (read(name, old), read(name, new)) for name, (old, new) in stored.get("fields", {}).items()}
        return cls(
            UUID(stored["task_id"]), stored["did"], stored.get("recurrence_id"), stored.get("status", "planned"), fields
        )


@dataclass(frozen=True, slots=True)
class Carried:
    """What carrying out a decision came to: whose account was recognised, where one was looked for, and what was done."""

    match: AccountMatch | None = None
    made: tuple[Made, ...] = ()


def changed_fields(old: TaskFields, new: TaskFields, names: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    return {name: (getattr(old, name), getattr(new, name)) for name in names}


def all_fields(fields: TaskFields) -> dict[str, tuple[Any, Any]]:
    return {name: (getattr(fields, name), getattr(fields, name)) for name in FIELD_NAMES}


def written(value: Any) -> Any:
    """A field of a task as JSON."""
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, TaskAttendee):
        return {"email": value.email, "name": value.name, "partstat": value.partstat}
    if isinstance(value, tuple | list):
        return [written(one) for one in value]
    return value


def read(name: str, value: Any) -> Any:
    """The reverse of `written` for a field of that name."""
    if value is None:
        return None
    if name in _MOMENTS:
        return datetime.fromisoformat(value)
    if name in _DAYS:
        return date.fromisoformat(value)
    if name in _LISTS:
        return tuple(value)
    if name == "attendees":
        return tuple(TaskAttendee(**one) for one in value)
    return value
