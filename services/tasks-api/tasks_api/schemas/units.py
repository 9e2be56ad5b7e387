"""The units of the house."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from kit.schemas import Body, Moment, Shape
from tasks_api.models.organisation import Unit
from tasks_api.schemas.values import Change, Name


class UnitBody(Body):
    """A department, a branch, … ; without a parent it stands at the top (features K33)."""

    name: Name
    parent_id: UUID | None = Field(default=None, description="The unit it lies in.")


class UnitChange(Change):
    may_be_null = frozenset({"parent_id"})

    name: Name | None = None
    parent_id: UUID | None = None


class UnitShape(Shape):
    id: UUID
    version: int
    name: str
    parent_id: UUID | None
    created_at: Moment

    @classmethod
    def of(cls, unit: Unit) -> UnitShape:
        return cls.model_validate(unit.model_dump(exclude={"folded_name"}))
