"""Which tasks a list shows: as parameters of a request, and as a filter somebody saves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AliasChoices, ConfigDict, Field

from kit.schemas import Body, Line, Moment, Shape
from tasks_api.folding import search_words
from tasks_api.models.lists import SavedFilter
from tasks_api.periods import Period, period_at
from tasks_api.schemas.tasks import Color, Kind, Status
from tasks_api.schemas.values import Change, Name
from tasks_api.task_filter import TaskFilter

Some = Annotated[list[UUID], Field(max_length=50)]


class FilterBody(Body):
    """Which tasks; what is left out does not matter, of several values one must fit (features W11).

    `period` moves with time; `from` and `to` outrank it.
    """

    model_config = ConfigDict(populate_by_name=True)

    uid: Annotated[str, Field(max_length=1000)] | None = None
    account_id: Some | None = None
    contact_id: UUID | None = None
    assignee_id: Some | None = None
    message_id: UUID | None = None
    kind: Annotated[list[Kind], Field(max_length=3)] | None = None
    type_id: Some | None = None
    status: Annotated[list[Status], Field(max_length=4)] | None = None
    color: Annotated[list[Color], Field(max_length=50)] | None = None
    staged: bool | None = None
    percent_from: Annotated[int, Field(ge=0, le=100)] | None = None
    percent_to: Annotated[int, Field(ge=0, le=100)] | None = None
    case_number: Annotated[int, Field(ge=1)] | None = None
    source: (
        Annotated[str, Field(max_length=12, description="How it came to be: manual, invitation, document, …")] | None
    ) = None
    created_by: UUID | None = None
    owner_id: UUID | None = None
    kind_id: UUID | None = None
    priority_id: UUID | None = None
    category_id: UUID | None = None
    stage_id: UUID | None = None
    recurring: bool | None = None
    period: Period | None = None
    starts_from: Moment | None = Field(
        default=None, validation_alias=AliasChoices("from", "starts_from"), serialization_alias="from"
    )
    starts_to: Moment | None = Field(
        default=None, validation_alias=AliasChoices("to", "starts_to"), serialization_alias="to"
    )
    q: Annotated[Line, Field(max_length=200)] = ""

    def document(self) -> dict[str, Any]:
        """What is said, as JSON: what is kept of a saved filter."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def at(self, now: datetime, timezone: str) -> TaskFilter:
        """The filter as it is now."""
        starts_from, starts_to = self.starts_from, self.starts_to
        if self.period is not None:
            window = period_at(self.period, now, timezone)
            starts_from = window.starts_at if starts_from is None else starts_from
            starts_to = window.ends_at if starts_to is None else starts_to
        return TaskFilter(
            uid=self.uid,
            account_ids=tuple(self.account_id or ()),
            contact_id=self.contact_id,
            assignee_ids=tuple(dict.fromkeys(self.assignee_id or ())),
            message_id=self.message_id,
            kinds=tuple(self.kind or ()),
            type_ids=tuple(self.type_id or ()),
            statuses=tuple(self.status or ()),
            colors=tuple(self.color or ()),
            staged=self.staged,
            percent_from=self.percent_from,
            percent_to=self.percent_to,
            case_number=self.case_number,
            source=self.source,
            created_by=self.created_by,
            owner_id=self.owner_id,
            kind_id=self.kind_id,
            priority_id=self.priority_id,
            category_id=self.category_id,
            stage_id=self.stage_id,
            is_recurring=self.recurring,
            starts_from=starts_from,
            starts_to=starts_to,
            words=tuple(search_words(self.q)),
        )


class SavedFilterBody(Body):
    """A filter to come back to; a shared one is offered to everybody, who see with it what they may see."""

    name: Name
    filter: FilterBody
    shared: bool = False


class SavedFilterChange(Change):
    name: Name | None = None
    filter: FilterBody | None = None
    shared: bool | None = None


class SavedFilterShape(Shape):
    id: UUID
    version: int
    name: str
    filter: dict[str, Any]
    shared: bool
    mine: bool
    created_at: Moment

    @classmethod
    def of(cls, saved: SavedFilter, *, subject: str) -> SavedFilterShape:
        return cls(
            id=saved.id,
            version=saved.version,
            name=saved.name,
            filter=saved.filter,
            shared=saved.shared,
            mine=saved.subject == subject,
            created_at=saved.created_at,
        )


class GroupShape(Shape):
    """How many tasks of the list have one value; `name` is what people read, null for tasks without any."""

    key: UUID | str | None
    name: str | None
    count: int
    open: int


class GroupsShape(Shape):
    by: str
    items: list[GroupShape]
