"""`GET /v1/calendar?view=timeline` and `view=gantt`: the same entries as rows of people, or as bars (features R58)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.tasks import Stage
from kit.database import AsyncSession
from tasks_api.calendar_sources import TASKS, ForeignEntry
from tasks_api.calendar_viewing import Entry, calendar_between, drawn_until
from tasks_api.charts import Bar, Line, in_order, lines_of
from tasks_api.desk import Desk
from tasks_api.errors.lists import ChartTooLarge
from tasks_api.repository import agenda, card_names
from tasks_api.repository.agenda import OnCalendar
from tasks_api.windows import Window

MOST = 2000
"""Entries of one chart; nobody reads more."""
EARLIER = timedelta(days=366)
"""A bar that reaches into the stretch is looked for so long before it."""


@dataclass(frozen=True, slots=True)
class Timeline:
    lines: list[Line[Entry]]
    names: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Gantt:
    bars: list[Bar]
    names: Mapping[UUID, str]


async def timeline(session: AsyncSession, desk: Desk, window: Window, calendar: OnCalendar) -> Timeline:
    """ChartTooLarge beyond `MOST` entries."""
    entries = await _entries(session, desk, window, calendar)
    spans = [(one, one.starts_at, drawn_until(one), one.row.assignee_ids) for one in entries]
    lines = lines_of(spans, only=calendar.wanted.assignee_ids)
    names = await card_names.employee_names(session, {one.employee_id for one in lines if one.employee_id is not None})
    ordered = sorted(lines, key=lambda line: (line.employee_id is None, names.get(line.employee_id or UUID(int=0), "")))
    return Timeline(ordered, names)


async def gantt(session: AsyncSession, desk: Desk, window: Window, calendar: OnCalendar) -> Gantt:
    """Tasks that lie in the window, wholly or in part, their stages under them and their children too."""
    tasks_only = OnCalendar(
        calendar.wanted, calendar.viewer, calendar.dialect, calendar.extras, sources=frozenset({TASKS})
    )
    wider = Window(window.starts_at - EARLIER, window.ends_at)
    entries = [one for one in await _entries(session, desk, wider, tasks_only) if _reaches(one, window)]
    details = await agenda.chart_details(session, {one.row.id for one in entries})
    bars: list[Bar] = []
    for one in entries:
        bar = _bar(one, details.get(one.row.id), one.row.assignee_ids)
        bars += [bar, *_stages(bar, details.get(one.row.id))]
    names = await card_names.employee_names(session, {one for bar in bars for one in bar.employee_ids})
    return Gantt(in_order(bars), names)


async def _entries(session: AsyncSession, desk: Desk, window: Window, calendar: OnCalendar) -> list[Entry]:
    found = await calendar_between(session, desk, window, calendar, after=None, limit=MOST + 1)
    if len(found) > MOST:
        raise ChartTooLarge(MOST)
    return found


def _reaches(entry: Entry, window: Window) -> bool:
    return entry.starts_at >= window.starts_at or (entry.ends_at or entry.starts_at) > window.starts_at


def _bar(entry: Entry, details: Any, people: tuple[UUID, ...]) -> Bar:
    row = entry.row
    assert not isinstance(row, ForeignEntry)
    is_date = entry.recurrence_id is not None and row.is_recurring
    parent_id = details.parent_id if details is not None else None
    ends: datetime = entry.ends_at or entry.starts_at
    return Bar(
        id=f"{row.id}/{entry.recurrence_id}" if is_date else str(row.id),
        task_id=row.id,
        number=row.number,
        title=row.title,
        starts_at=entry.starts_at,
        ends_at=ends,
        starts_on=entry.day,
        ends_on=entry.end_day,
        percent=100 if row.status == "completed" else row.percent_complete,
        status=row.status,
        color=row.color,
        parent=str(parent_id) if parent_id is not None else None,
        employee_ids=people,
    )


def _stages(bar: Bar, details: Any) -> list[Bar]:
    stages: Sequence[Any] = (details.stages if details is not None else None) or ()
    read = [Stage.model_validate(one) for one in stages]
    return [
        Bar(
            id=str(one.id),
            task_id=bar.task_id,
            stage_id=one.id,
            position=position,
            title=one.name,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            starts_on=one.starts_on,
            ends_on=one.ends_on,
            percent=one.percent_complete,
            status="completed" if one.percent_complete == 100 else bar.status,
            parent=bar.id,
            employee_ids=bar.employee_ids,
        )
        for position, one in enumerate(read)
    ]
