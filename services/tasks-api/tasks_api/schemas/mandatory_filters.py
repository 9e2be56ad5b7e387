"""Filters that administrators lay over what people see (features R63), and what was changed about who sees what."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from kit.schemas import Body, Moment, Shape
from tasks_api.models.organisation import MandatoryFilter, RightsHistory
from tasks_api.schemas.filters import FilterBody
from tasks_api.schemas.values import Change, Name
from tasks_api.scopes import AGENDA_LISTS, List

Lists = Annotated[list[List], Field(min_length=1, max_length=5)]
Ids = Annotated[list[UUID], Field(max_length=200)]
Scopes = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=50)]
Subject = Literal["unit", "mandatory_filter", "employee", "user"]


class CardFilterBody(Body):
    """Which firms, and people at them; what is left out does not matter, of several values one must fit."""

    account_id: Annotated[list[UUID], Field(max_length=200)] | None = None
    owner_id: Annotated[list[UUID], Field(max_length=200)] | None = Field(
        default=None, description="In whose care the firm is."
    )
    active: bool | None = None


class MandatoryFilterBody(Body):
    """What is left of these lists for some people, or, with `hides`, what is hidden from them; they are not told.

    It concerns `user_ids`, members of `unit_ids` and of the units below, and whoever has one of `scopes`; everybody when all three
    are empty. Administrators and services see everything. `tasks`, `activities` and `calendar` take the filter of a list of tasks,
    `accounts` and `contacts` that of cards; the two sorts are not mixed.
    """

    name: Name
    lists: Lists = Field(default=["tasks", "activities", "calendar"])
    filter: dict[str, Any]
    hides: bool = False
    active: bool = True
    user_ids: Ids = Field(default=[])
    unit_ids: Ids = Field(default=[])
    scopes: Scopes = Field(default=[])

    @model_validator(mode="after")
    def _filter_fits_the_lists(self) -> MandatoryFilterBody:
        self.filter = checked_filter(self.lists, self.filter)
        return self


class MandatoryFilterChange(Change):
    name: Name | None = None
    lists: Lists | None = None
    filter: dict[str, Any] | None = None
    hides: bool | None = None
    active: bool | None = None
    user_ids: Ids | None = None
    unit_ids: Ids | None = None
    scopes: Scopes | None = None


def checked_filter(lists: list[List], document: dict[str, Any]) -> dict[str, Any]:
    """The filter as it is kept; ValueError (pydantic's) when it is not in the language of these lists."""
    sorts = {name in AGENDA_LISTS for name in lists}
    if len(sorts) != 1:
        raise ValueError("lists of tasks and lists of cards need filters of their own")
    if sorts == {True}:
        return FilterBody.model_validate(document).document()
    return CardFilterBody.model_validate(document).model_dump(mode="json", exclude_unset=True)


class MandatoryFilterShape(Shape):
    id: UUID
    version: int
    name: str
    lists: list[List]
    filter: dict[str, Any]
    hides: bool
    active: bool
    user_ids: list[UUID]
    unit_ids: list[UUID]
    scopes: list[str]
    created_at: Moment

    @classmethod
    def of(cls, one: MandatoryFilter) -> MandatoryFilterShape:
        return cls.model_validate(one.model_dump())


class RightsHistoryShape(Shape):
    """`changes`: field → from, to."""

    id: UUID
    kind: Subject
    subject_id: UUID
    happened: str
    at: Moment
    by: str | None
    changes: dict[str, Any]

    @classmethod
    def of(cls, one: RightsHistory) -> RightsHistoryShape:
        return cls.model_validate(one.model_dump())
