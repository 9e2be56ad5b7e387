"""Sources of the calendar and what other systems put there."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from kit.schemas import Body, Line, Moment, Shape
from tasks_api.calendar_sources import Half
from tasks_api.models.calendar_entries import CalendarEntry, CalendarSource
from tasks_api.schemas.tasks import Color, Title
from tasks_api.schemas.values import Change, Email, Name
from tasks_api.schemas.when import WhenGiven, WhenShown

SourceName = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,39}$")]
Labels = Annotated[
    dict[Annotated[str, Field(pattern="^[a-z]{2}$")], Name],
    Field(min_length=1, max_length=10, description="By language."),
]


class SourceBody(Body):
    """Where entries come from; `absence` and `document_stage` are there from the start (features R57)."""

    name: SourceName
    labels: Labels
    color: Color = "grey"
    busy: bool = Field(default=False, description="Whoever has an entry of it is not available then.")
    active: bool = True


class SourceChange(Change):
    labels: Labels | None = None
    color: Color | None = None
    busy: bool | None = None
    active: bool | None = None


class SourceShape(Shape):
    id: UUID
    version: int
    name: str
    labels: dict[str, str]
    color: str
    busy: bool
    is_system: bool
    active: bool

    @classmethod
    def of(cls, source: CalendarSource) -> SourceShape:
        return cls.model_validate(source)


class DocumentNamed(Body):
    """The document of the other system an entry is about."""

    type: Annotated[Line, Field(min_length=1, max_length=100)]
    id: Annotated[Line, Field(min_length=1, max_length=200)]
    number: Annotated[Line, Field(max_length=300)] = ""
    stage: Annotated[Line, Field(max_length=300)] = ""


class EntryBody(Body):
    """Whole days (`ends_at` exclusive, one day when it is left out), half a day, or moments, of one employee."""

    employee_id: UUID | None = None
    employee_email: Email | None = Field(default=None, description="Instead of the id.")
    kind: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")] = Field(
        default="other", description="leave, sick_leave, business_trip, training, other have words of their own."
    )
    title: Title | None = Field(default=None, description="May be left out where the kind has a word.")
    starts_at: WhenGiven
    ends_at: WhenGiven | None = None
    half: Half | None = Field(default=None, description="Of a single whole day: up to noon, or from noon on.")
    done: bool = False
    color: Color | None = None
    url: Annotated[str, Field(pattern="^https?://", max_length=2000)] | None = None
    document: DocumentNamed | None = None

    def fields(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in type(self).model_fields},
            "document": self.document.model_dump() if self.document else None,
        }


class ForeignEntryShape(Shape):
    id: UUID
    version: int
    source: str
    key: str
    employee_id: UUID
    kind: str
    title: str
    starts_at: WhenShown
    ends_at: WhenShown = Field(description="Exclusive when all_day.")
    all_day: bool
    done: bool
    color: str | None
    url: str | None
    document: dict[str, Any] | None
    updated_at: Moment

    @classmethod
    def of(cls, entry: CalendarEntry) -> ForeignEntryShape:
        kept = entry.model_dump(exclude={"starts_on", "ends_on", "timezone", "told_at"})
        return cls.model_validate(
            {**kept, "starts_at": entry.starts_on or entry.starts_at, "ends_at": entry.ends_on or entry.ends_at}
        )
