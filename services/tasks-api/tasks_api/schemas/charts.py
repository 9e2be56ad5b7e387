"""Timelines and Gantt charts, ready to draw (features R58)."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from kit.schemas import Moment, Shape
from tasks_api.calendar_viewing import Shown
from tasks_api.chart_viewing import Gantt, Timeline
from tasks_api.schemas.calendar import EntryShape, state_color, written
from tasks_api.schemas.tasks import Status
from tasks_api.schemas.when import WhenShown
from tasks_api.windows import Window


class LineShape(Shape):
    """A row: what one employee does, or, without one, what nobody does. `lane` of an entry is that in this row."""

    employee_id: UUID | None
    name: str | None
    lanes: int = Field(description="How many rows of boxes it needs.")
    entries: list[EntryShape]


class BarShape(Shape):
    """A task, a date of a series, or (with `stage_id`) a stage; in the order they are drawn, each under what it hangs on."""

    id: str
    task_id: UUID
    stage_id: UUID | None
    number: str
    title: str
    starts_at: WhenShown
    ends_at: WhenShown = Field(description="Exclusive when days.")
    percent_complete: int
    status: Status
    color: str | None
    state_color: str
    parent: str | None = Field(description="The bar it hangs on: its parent task, or the task of a stage.")
    depth: int
    waits_for: list[str] = Field(description="Bars that come first: the parent of a child (R51), the stage before.")
    employee_ids: list[UUID]
    employees: list[str]


class ChartShape(Shape):
    """`items` are rows of a timeline or bars of a Gantt chart between two moments; a chart is one page."""

    view: Literal["timeline", "gantt"]
    starts_at: Moment = Field(serialization_alias="from")
    ends_at: Moment = Field(serialization_alias="to")
    items: list[LineShape] | list[BarShape]
    next: None = None


def timeline_document(found: Timeline, window: Window) -> dict[str, Any]:
    return _chart(
        "timeline",
        window,
        [
            {
                "employee_id": line.employee_id,
                "name": found.names.get(line.employee_id) if line.employee_id is not None else None,
                "lanes": line.lanes,
                "entries": [
                    EntryShape.document_of(Shown(one.entry, one.place)) for one in line.entries
                ],
            }
            for line in found.lines
        ],
    )  # fmt: skip


def gantt_document(found: Gantt, window: Window) -> dict[str, Any]:
    return _chart(
        "gantt",
        window,
        [
            {
                "id": bar.id,
                "task_id": bar.task_id,
                "stage_id": bar.stage_id,
                "number": bar.number,
                "title": bar.title,
                "starts_at": written(bar.starts_on or bar.starts_at),
                "ends_at": written(bar.ends_on if bar.starts_on else bar.ends_at),
                "percent_complete": bar.percent,
                "status": bar.status,
                "color": bar.color,
                "state_color": state_color(bar.status, is_related=bar.depth > 0),
                "parent": bar.parent if bar.depth else None,
                "depth": bar.depth,
                "waits_for": list(bar.waits_for),
                "employee_ids": list(bar.employee_ids),
                "employees": [found.names[one] for one in bar.employee_ids if one in found.names],
            }
            for bar in found.bars
        ],
    )


def _chart(view: str, window: Window, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "view": view,
        "from": written(window.starts_at),
        "to": written(window.ends_at),
        "items": items,
        "next": None,
    }
