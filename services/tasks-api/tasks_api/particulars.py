"""What a task holds that no calendar speaks about: dictionary values, costs, stages, files, time spent and its kin.

All of it is one immutable value, so that a task made by mail carries the same empty one as every other and costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from contracts.tasks import Cost, Stage, TaskAttachment
from tasks_api.timers import NOT_STARTED, Timer

NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """`kind_id`, `priority_id`, `category_id` and `stage_id` are values of the dictionaries (features K12-K14, R49).

    `in_calendar` matters for meetings and interactions; tasks are always there (features K8, K27). `thread_id` is the root of
    the thread, None for a task that stands alone. `previous_id` and `next_id`: what it follows up, what follows it up (K11).
    `party_employee_id`: the employee the task is with, where others have an account; never both (features R13).
    """

    in_calendar: bool = True
    kind_id: UUID | None = None
    priority_id: UUID | None = None
    category_id: UUID | None = None
    stage_id: UUID | None = None
    owner_id: UUID | None = None
    party_employee_id: UUID | None = None
    expected_cost: Cost | None = None
    actual_cost: Cost | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: NO_ATTRIBUTES)
    attachments: tuple[TaskAttachment, ...] = ()
    staged: bool = False
    stages: tuple[Stage, ...] = ()
    timer: Timer = NOT_STARTED
    parent_id: UUID | None = None
    thread_id: UUID | None = None
    previous_id: UUID | None = None
    next_id: UUID | None = None

    def with_(self, **changes: Any) -> Particulars:
        return replace(self, **changes)


NOTHING_PARTICULAR = Particulars()
PARTICULAR_NAMES: tuple[str, ...] = tuple(one.name for one in fields(Particulars))


def changed_particulars(before: Particulars, after: Particulars) -> dict[str, tuple[Any, Any]]:
    """What differs: name → (old, new)."""
    if before is after:
        return {}
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in PARTICULAR_NAMES)
    return {name: (old, new) for name, old, new in pairs if old != new}


def particulars_of_date(series: Particulars) -> Particulars:
    """What one date of a series begins with: what was decided for all of them, not what was done or filed with the series."""
    if series is NOTHING_PARTICULAR:
        return series
    return series.with_(timer=NOT_STARTED, stages=(), attachments=(), actual_cost=None, previous_id=None, next_id=None)


# ---- as one row holds it


def row_of(particulars: Particulars) -> dict[str, Any]:
    """Column → value."""
    if particulars is NOTHING_PARTICULAR:
        return _EMPTY_ROW
    row: dict[str, Any] = {name: getattr(particulars, name) for name in _PLAIN}
    row.update(
        expected_cost=_document(particulars.expected_cost),
        actual_cost=_document(particulars.actual_cost),
        attributes=dict(particulars.attributes) or None,
        attachments=[_document(one) for one in particulars.attachments] or None,
        stages=[_document(one) for one in particulars.stages] or None,
        timer_seconds=particulars.timer.seconds,
        timer_started_at=particulars.timer.started_at,
        timer_capped=particulars.timer.capped,
    )
    return row


def particulars_of(row: Mapping[str, Any]) -> Particulars:
    """The value a row holds; rows that say nothing share one."""
    if all(row[name] == empty for name, empty in _EMPTY_ROW.items()):
        return NOTHING_PARTICULAR
    return Particulars(
        **{name: row[name] for name in _PLAIN},
        expected_cost=Cost.model_validate(row["expected_cost"]) if row["expected_cost"] else None,
        actual_cost=Cost.model_validate(row["actual_cost"]) if row["actual_cost"] else None,
        attributes=MappingProxyType(row["attributes"]) if row["attributes"] else NO_ATTRIBUTES,
        attachments=tuple(TaskAttachment.model_validate(one) for one in row["attachments"] or ()),
        stages=tuple(Stage.model_validate(one) for one in row["stages"] or ()),
        timer=Timer(row["timer_seconds"], row["timer_started_at"], row["timer_capped"]),
    )


def _document(value: Cost | Stage | TaskAttachment | None) -> dict[str, Any] | None:
    return value.model_dump(mode="json") if value is not None else None


_PLAIN = (
    "in_calendar", "kind_id", "priority_id", "category_id", "stage_id", "owner_id", "party_employee_id",
    "staged", "parent_id", "thread_id", "previous_id", "next_id",
)  # fmt: skip
_EMPTY_ROW: dict[str, Any] = {
    **{name: getattr(NOTHING_PARTICULAR, name) for name in _PLAIN},
    "expected_cost": None,
    "actual_cost": None,
    "attributes": None,
    "attachments": None,
    "stages": None,
    "timer_seconds": 0,
    "timer_started_at": None,
    "timer_capped": False,
}
