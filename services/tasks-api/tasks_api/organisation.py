"""The units of the house, who belongs to which, and whose work somebody sees because of it (features K32, K33, K36). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Level = Literal["own", "unit", "subtree", "all"]
"""How far somebody sees: their own; what co-workers of their unit do; what anybody in it or in a unit below does; everything."""
LEVELS: tuple[Level, ...] = ("own", "unit", "subtree", "all")
"""From the least to the most."""


@dataclass(frozen=True, slots=True)
class Circle:
    """Some employees, and the logins that belong to them."""

    employee_ids: frozenset[UUID] = frozenset()
    user_ids: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.employee_ids or self.user_ids)

    def holds(self, created_by: UUID | None, assignee_ids: Iterable[UUID]) -> bool:
        """Whether one of them made it or carries it out."""
        return created_by in self.user_ids or not self.employee_ids.isdisjoint(assignee_ids)


NOBODY = Circle()


@dataclass(frozen=True)
class Organisation:
    """Unit → the one above it, employee → their unit, employee → their login."""

    above: Mapping[UUID, UUID | None] = field(default_factory=dict)
    unit_of: Mapping[UUID, UUID] = field(default_factory=dict)
    user_of: Mapping[UUID, UUID] = field(default_factory=dict)

    def circle(self, level: Level, employee_id: UUID | None) -> Circle:
        """Whose work an employee sees beside their own; without a unit nobody's (features K36)."""
        unit_id = self.unit_of.get(employee_id) if employee_id is not None else None
        if unit_id is None or level not in ("unit", "subtree"):
            return NOBODY
        units = self.below(unit_id) if level == "subtree" else {unit_id}
        employees = frozenset(one for one, unit in self.unit_of.items() if unit in units)
        return Circle(employees, frozenset(self.user_of[one] for one in employees if one in self.user_of))

    def below(self, unit_id: UUID) -> set[UUID]:
        """The unit and all units under it."""
        children: dict[UUID | None, list[UUID]] = {}
        for unit, parent in self.above.items():
            children.setdefault(parent, []).append(unit)
        found, waiting = {unit_id}, [unit_id]
        while waiting:
            new = [one for one in children.get(waiting.pop(), ()) if one not in found]
            found.update(new)
            waiting += new
        return found

    def units_over(self, employee_id: UUID | None) -> set[UUID]:
        """The employee's unit and all units it lies in."""
        found: set[UUID] = set()
        unit_id = self.unit_of.get(employee_id) if employee_id is not None else None
        while unit_id is not None and unit_id not in found:
            found.add(unit_id)
            unit_id = self.above.get(unit_id)
        return found

    def would_circle(self, unit_id: UUID, parent_id: UUID) -> bool:
        """Whether the unit would lie in itself if it were put under that one."""
        return parent_id in self.below(unit_id)
