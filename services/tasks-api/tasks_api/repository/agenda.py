"""What stands on a calendar: only the columns a calendar shows, along the index of an employee or of everybody."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
)

from ical.recurrence import Series
from kit.database import AsyncSession
from kit.prepared import Prepared, among
from tasks_api.calendar_sources import TASKS
from tasks_api.remembered_rows import COLUMNS, AgendaRow, Key, RememberedRows, Version
from tasks_api.repository.directory import AT_ONCE
from tasks_api.repository.task_filters import KNOWN_QUESTIONS, AskedOften, asked_often, columns, conditions
from tasks_api.repository.task_rows import assignee_table, task_table
from tasks_api.task_filter import TaskFilter
from tasks_api.viewer import Viewer
from tasks_api.windows import Window

Extra = Literal["cancelled", "interactions", "done_occurrences"]
_key = type_coerce(columns.id, String).label("key")
_SHOWN = (_key, *(columns[name] for name in COLUMNS))
_KNOWN = (_key, columns.version)
_RULE_FIELDS = ("starts_at", "ends_at", "starts_on", "ends_on", "timezone", "rrule")
_SERIES = (_key, columns.version, *(columns[name] for name in _RULE_FIELDS), columns.rdates, columns.exdates)
_assigned = assignee_table.c
_ZONES = timedelta(days=2)
"""A date named by its day or moment stands within this of the moments of any zone."""


@dataclass(frozen=True, slots=True)
class OnCalendar:
    """Whose calendar it is and what is wanted on it beside the usual (features R54)."""

    wanted: TaskFilter
    viewer: Viewer
    dialect: str
    extras: frozenset[Extra] = frozenset()
    sources: frozenset[str] | None = None
    """What is shown: `task` for our own, names of calendar sources for what other systems put there; everything when None."""

    @property
    def shows_tasks(self) -> bool:
        return self.sources is None or TASKS in self.sources

    @property
    def shows_foreign(self) -> bool:
        """A filter that asks for more than people means tasks."""
        asked = self.sources is None or bool(self.sources - {TASKS})
        return asked and self.wanted.speaks_of_people_only


async def plain_between(
    session: AsyncSession,
    remembered: RememberedRows,
    window: Window,
    calendar: OnCalendar,
    *,
    at_least: UUID | None,
    limit: int,
) -> list[AgendaRow]:
    """What is no series and begins in the window, or is due then when it has no start; in order, `limit` at most.

    Of those that stand at its very beginning, the ones with an id before `at_least` are left out.
    """
    bounds: dict[str, Any] = {"starts": window.starts_at, "ends": window.ends_at, "at_most": limit}
    if at_least is not None:
        bounds["at_least"] = at_least
    often = await asked_often(session, calendar.wanted, calendar.viewer, dialect=calendar.dialect)
    if often is not None:
        question, values = often
        prepared = _prepared_plain(question, calendar.extras, at_least is not None)
        found = await prepared.rows(session, **values, **bounds)
    else:
        connection = await session.connection()
        query = _plain(await _holds(session, calendar), calendar.extras, calendar.wanted.one_assignee, bounds)
        found = list(await connection.execute(query))
    versions = [(key, version) for key, version in found]
    rows = await rows_of(session, remembered, versions)
    return [rows[key] for key, _ in versions if key in rows]


async def known_series_between(
    session: AsyncSession, window: Window, calendar: OnCalendar
) -> list[tuple[Version, str | None, int]]:
    """Version, UID and copy number of every series that may have a date in the window."""
    bounds = {"starts": window.starts_at, "ends": window.ends_at}
    often = await asked_often(session, calendar.wanted, calendar.viewer, dialect=calendar.dialect)
    if often is not None:
        question, values = often
        found = await _prepared_series(question, calendar.extras).rows(session, **values, **bounds)
    else:
        connection = await session.connection()
        query = _series(await _holds(session, calendar), calendar.extras, calendar.wanted.one_assignee, bounds)
        found = list(await connection.execute(query))
    return [((key, version), uid, copy) for key, version, uid, copy in found]


_RULES = Prepared(lambda dialect: select(*_SERIES).where(among(dialect, columns.id, "keys")))


async def series_with_keys(session: AsyncSession, keys: Sequence[Key]) -> dict[Key, tuple[int, Series]]:
    """What the dates of these series are computed from, with its version."""
    found: dict[Key, tuple[int, Series]] = {}
    for start in range(0, len(keys), AT_ONCE):
        for key, version, *said, rdates, exdates in await _RULES.rows(session, keys=keys[start : start + AT_ONCE]):
            rule = dict(zip(_RULE_FIELDS, said, strict=True))
            found[key] = version, Series(**rule, rdates=tuple(rdates), exdates=tuple(exdates))
    return found


_OVERRIDDEN = Prepared(
    lambda _: select(columns.uid, columns.copy_number, columns.recurrence_id).where(
        columns.recurrence_id != literal_column("''"),  # as the index says it: a bound value would hide that it fits
        columns.recurrence_id >= bindparam("first"),
        columns.recurrence_id < bindparam("behind"),
    )
)


async def overridden_between(session: AsyncSession, window: Window) -> dict[tuple[str | None, int], set[str]]:
    """Dates named within the window that have a task of their own, by (uid, copy number); cancelled ones count too."""
    first, behind = (window.starts_at - _ZONES).date().isoformat(), (window.ends_at + _ZONES).date().isoformat()
    dates: dict[tuple[str | None, int], set[str]] = {}
    for uid, copy_number, recurrence_id in await _OVERRIDDEN.rows(session, first=first, behind=behind):
        dates.setdefault((uid, copy_number), set()).add(recurrence_id)
    return dates


_ROWS = Prepared(lambda dialect: select(*_SHOWN).where(among(dialect, columns.id, "keys")), by_key=True)
_ASSIGNEES = Prepared(
    lambda dialect: (
        select(type_coerce(_assigned.task_id, String), _assigned.employee_id)
        .where(among(dialect, _assigned.task_id, "keys"))
        .order_by(_assigned.task_id, _assigned.position)
    ),
    by_key=True,
)


_row_of: Callable[..., AgendaRow] = AgendaRow


async def rows_of(
    session: AsyncSession, remembered: RememberedRows, versions: Sequence[Version]
) -> dict[Key, AgendaRow]:
    """The rows of these tasks that are still there; those not remembered are read, and remembered as what they are by now."""
    rows = remembered.known(versions)
    unknown = [key for key, _ in versions if key not in rows]
    for start in range(0, len(unknown), AT_ONCE):
        keys = unknown[start : start + AT_ONCE]
        people: dict[Key, tuple[UUID, ...]] = {}
        for key, employee_id in await _ASSIGNEES.rows(session, keys=keys):
            people[key] = (*people.get(key, ()), employee_id)
        found = await _ROWS.rows(session, keys=keys)
        read = [_row_of(*row, people.get(row[0], ())) for row in found]
        remembered.remember(read)
        rows.update({row.key: row for row in read})
    return rows


async def _holds(session: AsyncSession, calendar: OnCalendar) -> list[ColumnElement[bool]]:
    of_one = calendar.wanted.one_assignee is not None
    return await conditions(session, calendar.wanted, calendar.viewer, dialect=calendar.dialect, but_assignee=of_one)


@lru_cache(maxsize=KNOWN_QUESTIONS)
def _prepared_plain(question: AskedOften, extras: frozenset[Extra], goes_on: bool) -> Prepared:
    bounds: dict[str, Any] = {
        "starts": bindparam("starts"), "ends": bindparam("ends"), "at_most": bindparam("at_most", type_=Integer),
    }  # fmt: skip
    if goes_on:
        bounds["at_least"] = bindparam("at_least")
    of_one: Any = bindparam("assignee_ids") if question.is_of_one else None
    return Prepared(
        lambda dialect: _plain(question.holds(dialect, but_assignee=question.is_of_one), extras, of_one, bounds),
        by_key=question.is_of_one and question.lies_together,
    )


@lru_cache(maxsize=KNOWN_QUESTIONS)
def _prepared_series(question: AskedOften, extras: frozenset[Extra]) -> Prepared:
    bounds: dict[str, Any] = {"starts": bindparam("starts"), "ends": bindparam("ends")}
    of_one: Any = bindparam("assignee_ids") if question.is_of_one else None
    return Prepared(
        lambda dialect: _series(question.holds(dialect, but_assignee=question.is_of_one), extras, of_one, bounds),
        by_key=question.is_of_one and question.lies_together,
    )


def _plain(
    holds: Sequence[ColumnElement[bool]], extras: frozenset[Extra], employee_id: Any, bounds: Mapping[str, Any]
) -> Select[Any]:
    """`bounds`: what the window and the page say, as values or as parameters; the same for `employee_id`, or None."""
    position, by = (columns.agenda_at, columns.id) if employee_id is None else (_assigned.agenda_at, _assigned.task_id)
    query = _on_calendar(select(*_KNOWN), holds, extras, employee_id).where(
        not_(columns.is_recurring),
        position >= bounds["starts"],
        position < bounds["ends"],
        or_(columns.starts_at.is_not(None), columns.ends_at.is_not(None)),
    )
    if "at_least" in bounds:
        query = query.where(or_(position > bounds["starts"], columns.id >= bounds["at_least"]))
    return query.order_by(position, by).limit(bounds["at_most"])


def _series(
    holds: Sequence[ColumnElement[bool]], extras: frozenset[Extra], employee_id: Any, bounds: Mapping[str, Any]
) -> Select[Any]:
    query = _on_calendar(select(*_KNOWN, columns.uid, columns.copy_number), holds, extras, employee_id).where(
        columns.is_recurring,
        columns.starts_at < bounds["ends"],
        or_(columns.recurs_until.is_(None), columns.recurs_until >= bounds["starts"]),
    )
    return query if employee_id is None else query.where(_assigned.of_series)


def _on_calendar(
    query: Select[Any], also: Sequence[ColumnElement[bool]], extras: frozenset[Extra], employee_id: Any
) -> Select[Any]:
    """features R54, K8, K27: tasks always, meetings and interactions where they are ticked, cancelled ones never; a single
    date of a series that is done neither.

    The tasks of one employee are walked along their agenda, their series along an index of their own.
    """
    if employee_id is not None:
        query = query.join_from(assignee_table, task_table, columns.id == _assigned.task_id)
        query = query.where(_assigned.employee_id == employee_id)
    holds = list(also)
    if "cancelled" not in extras:
        holds.append(columns.status != "cancelled")
    if "interactions" not in extras:
        holds.append(or_(columns.kind == "task", columns.in_calendar))
    if "done_occurrences" not in extras:
        holds.append(not_(and_(columns.status == "completed", columns.recurrence_id != "")))
    return query.where(*holds)


async def chart_details(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """`parent_id` and `stages` of each of these tasks."""
    found: dict[UUID, Row[Any]] = {}
    connection = await session.connection()
    wanted = list(ids)
    for start in range(0, len(wanted), AT_ONCE):
        query = select(columns.id, columns.parent_id, columns.stages).where(
            columns.id.in_(wanted[start : start + AT_ONCE])
        )
        found.update({row.id: row for row in await connection.execute(query)})
    return found
