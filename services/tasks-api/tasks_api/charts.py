"""Timelines and Gantt charts ready to draw: rows of people with lanes, and bars in the order of what waits for what (features
R58, R51, W19). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

from tasks_api.lanes import Place, placed

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Laid(Generic[E]):
    """An entry in the lane of a row it is drawn in."""

    entry: E
    place: Place


@dataclass(frozen=True, slots=True)
class Line(Generic[E]):
    """The row of one employee, or of what nobody does; `lanes` is how many rows of boxes it needs."""

    employee_id: UUID | None
    lanes: int
    entries: list[Laid[E]]


def lines_of(
    spans: Sequence[tuple[E, datetime, datetime | None, Sequence[UUID]]], *, only: Sequence[UUID] = ()
) -> list[Line[E]]:
    """A row for each employee who has something, or for each of `only`, who have theirs even when they have nothing.

    Entries (with start, exclusive end and who does them) come in order of their starts; what two people do stands in both rows.
    What nobody does comes last.
    """
    rows: dict[UUID | None, list[tuple[E, datetime, datetime | None]]] = {one: [] for one in only}
    for entry, starts, ends, people in spans:
        for one in people or (None,):
            if not only or one in rows:
                rows.setdefault(one, []).append((entry, starts, ends))
    nobody = rows.pop(None, None)
    ordered: list[tuple[UUID | None, list[tuple[E, datetime, datetime | None]]]] = [*rows.items()]
    if nobody is not None:
        ordered.append((None, nobody))
    lines: list[Line[E]] = []
    for employee_id, row in ordered:
        places = placed([(starts, ends) for _, starts, ends in row])
        laid = [Laid(entry, place) for (entry, _, _), place in zip(row, places, strict=True)]
        lines.append(Line(employee_id, max((place.lanes for place in places), default=0), laid))
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A task, a date of a series, or a stage of a task. All-day ones have days, the last one exclusive.

    `position` is the place of a stage among those of its task. `waits_for`: bars that come first: the parent of a child, the
    stage before.
    """

    id: str
    task_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    starts_on: date | None = None
    ends_on: date | None = None
    percent: int = 0
    status: str = "planned"
    number: str = ""
    color: str | None = None
    stage_id: UUID | None = None
    position: int = 0
    parent: str | None = None
    employee_ids: tuple[UUID, ...] = ()
    depth: int = 0
    waits_for: tuple[str, ...] = field(default=())

    @property
    def key(self) -> tuple[bool, int, datetime, datetime, str]:
        """Stages in their order, then tasks by time."""
        return self.stage_id is None, self.position, self.starts_at, self.ends_at, self.id


def in_order(bars: Iterable[Bar]) -> list[Bar]:
    """Each bar under the one it hangs on, with its depth and what it waits for; otherwise by time.

    A parent that is not there is no parent; a circle, which should not be, loses the bar it is entered by last.
    """
    known = {bar.id: bar for bar in bars}
    below: dict[str | None, list[Bar]] = {}
    for bar in known.values():
        below.setdefault(bar.parent if bar.parent in known else None, []).append(bar)
    found: list[Bar] = []
    waiting = [(bar, 0) for bar in sorted(below.get(None, ()), key=_key, reverse=True)]
    while waiting:
        bar, depth = waiting.pop()
        children = sorted(below.get(bar.id, ()), key=_key)
        found.append(_placed(bar, depth, below.get(bar.parent, []) if bar.stage_id is not None else []))
        waiting += [(child, depth + 1) for child in reversed(children)]
    return found


def _placed(bar: Bar, depth: int, siblings: Sequence[Bar]) -> Bar:
    if bar.stage_id is None:
        return replace(bar, depth=depth, waits_for=(bar.parent,) if depth and bar.parent is not None else ())
    before = max((one for one in siblings if one.stage_id is not None and one.key < bar.key), key=_key, default=None)
    return replace(bar, depth=depth, waits_for=(before.id,) if before is not None else ())


def _key(bar: Bar) -> tuple[bool, int, datetime, datetime, str]:
    return bar.key


def shares(starts: datetime, ends: datetime, bars: Sequence[Bar]) -> Mapping[str, tuple[float, float]]:
    """Where each bar lies in a stretch, as shares of it from 0 to 1; what reaches beyond is cut."""
    whole = (ends - starts).total_seconds()

    def share(moment: datetime) -> float:
        return min(1.0, max(0.0, (moment - starts).total_seconds() / whole))

    return {bar.id: (share(bar.starts_at), share(bar.ends_at)) for bar in bars}
