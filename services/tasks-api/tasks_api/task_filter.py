"""Which tasks are wanted: the filter of a list, of a report, and of what is hidden from somebody (features W11, R63). Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which tasks are shown; what is None or empty does not matter, of several values one must fit (features W11).

    `starts_from` is inclusive, `starts_to` is not; both speak of the start, else of the end, else of when it was made.
    """

    uid: str | None = None
    account_ids: tuple[UUID, ...] = ()
    contact_id: UUID | None = None
    assignee_ids: tuple[UUID, ...] = ()
    message_id: UUID | None = None
    kinds: tuple[str, ...] = ()
    type_ids: tuple[UUID, ...] = ()
    statuses: tuple[str, ...] = ()
    colors: tuple[str, ...] = ()
    staged: bool | None = None
    percent_from: int | None = None
    percent_to: int | None = None
    case_number: int | None = None
    source: str | None = None
    created_by: UUID | None = None
    owner_id: UUID | None = None
    kind_id: UUID | None = None
    priority_id: UUID | None = None
    category_id: UUID | None = None
    stage_id: UUID | None = None
    is_recurring: bool | None = None
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    words: tuple[str, ...] = ()

    @property
    def one_assignee(self) -> UUID | None:
        """The employee whose tasks these are, when it is one: their tasks have an index in every order."""
        return self.assignee_ids[0] if len(self.assignee_ids) == 1 else None

    @property
    def speaks_of_people_only(self) -> bool:
        """Whether it asks for nothing but somebody's agenda: then it means what is on it beside tasks as well."""
        return replace(self, assignee_ids=(), starts_from=None, starts_to=None) == TaskFilter()
