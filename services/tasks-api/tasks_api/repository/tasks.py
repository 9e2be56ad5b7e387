"""Queries about tasks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, column, false, func, literal_column, not_, or_, select, table
from sqlalchemy.dialects import postgresql, sqlite

from kit.database import AsyncSession
from kit.paging import Paging, one_page
from tasks_api.errors.tasks import TaskNotFound, TaskOfOthers
from tasks_api.models.base import metadata
from tasks_api.repository.directory import AT_ONCE
from tasks_api.repository.task_rows import assignee_table, contact_table, search_table, task_table, tasks_of
from tasks_api.task import Task
from tasks_api.viewer import Viewer
from tasks_api.windows import Window

number_table = metadata.tables["number_series"]
columns = task_table.c
_search_index = table("task_search_index", column("rowid"), column("words"))  # FTS5; on PostgreSQL an index does it

_SERIES = (
    columns.id,
    columns.version,
    columns.uid,
    columns.copy_number,
    columns.starts_at,
    columns.ends_at,
    columns.starts_on,
    columns.ends_on,
    columns.timezone,
    columns.rrule,
    columns.rdates,
    columns.exdates,
)

Order = Literal["created", "-created", "starts_at", "-starts_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which tasks a list shows; what is None does not matter. `starts_from` is inclusive, `starts_to` is not."""

    uid: str | None = None
    account_id: UUID | None = None
    contact_id: UUID | None = None
    assignee_id: UUID | None = None
    message_id: UUID | None = None
    kind: str | None = None
    type_id: UUID | None = None
    statuses: tuple[str, ...] = ()
    color: str | None = None
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    words: tuple[str, ...] = ()


async def get_task(session: AsyncSession, task_id: UUID, viewer: Viewer, *, to_change: bool = False) -> Task:
    """The task, or TaskNotFound, which is also said of tasks the viewer may not see (reliability D1).

    `to_change`: the row is held until the transaction ends; TaskOfOthers when it is only theirs to look at (features K34).
    """
    query = select(task_table).where(columns.id == task_id, *_visible_to(viewer))
    found = await tasks_of(session, query.with_for_update() if to_change else query)
    if not found:
        raise TaskNotFound(task_id)
    if to_change and not viewer.may_change(found[0].created_by, found[0].assignee_ids):
        raise TaskOfOthers(task_id)
    return found[0]


async def list_tasks(
    session: AsyncSession, paging: Paging, wanted: TaskFilter, viewer: Viewer, *, order: Order, dialect: str
) -> list[Task]:
    """One page (and one more, see `kit.paging`) of the tasks the viewer may see."""
    query = select(task_table).where(*_conditions(wanted, dialect), *_visible_to(viewer))
    by = (columns.id,) if order.endswith("created") else (columns.agenda_at, columns.id)
    return await tasks_of(session, one_page(query, paging, *by, descending=order.startswith("-")))


async def tasks_with_uids(session: AsyncSession, uids: Collection[str], *, to_change: bool = False) -> list[Task]:
    """All tasks of these UIDs, cancelled ones included, oldest first."""
    wanted = sorted(uids)
    found: list[Task] = []
    for start in range(0, len(wanted), AT_ONCE):
        query = select(task_table).where(columns.uid.in_(wanted[start : start + AT_ONCE])).order_by(columns.id)
        found += await tasks_of(session, query.with_for_update() if to_change else query)
    return found


async def tasks_with_ids(session: AsyncSession, task_ids: Collection[UUID]) -> list[Task]:
    """Those of these tasks that are there, oldest first."""
    wanted = list(task_ids)
    found: list[Task] = []
    for start in range(0, len(wanted), AT_ONCE):
        query = select(task_table).where(columns.id.in_(wanted[start : start + AT_ONCE])).order_by(columns.id)
        found += await tasks_of(session, query)
    return found


async def plain_tasks_between(
    session: AsyncSession,
    window: Window,
    wanted: TaskFilter,
    viewer: Viewer,
    *,
    dialect: str,
    at_least: UUID | None,
    limit: int,
) -> list[Task]:
    """Tasks (no series) that begin in the window, or are due then when they have no start; in order, `limit` at most.

    Of those that stand at its very beginning, the ones with an id before `at_least` are left out.
    """
    query = select(task_table).where(
        not_(columns.is_recurring),
        columns.agenda_at >= window.starts_at,
        columns.agenda_at < window.ends_at,
        or_(columns.starts_at.is_not(None), columns.ends_at.is_not(None)),
        *_on_calendar(wanted, viewer, dialect),
    )
    if at_least is not None:
        query = query.where(or_(columns.agenda_at > window.starts_at, columns.id >= at_least))
    return await tasks_of(session, query.order_by(columns.agenda_at, columns.id).limit(limit))


async def series_between(
    session: AsyncSession, window: Window, wanted: TaskFilter, viewer: Viewer, *, dialect: str
) -> list[Row[Any]]:
    """Series that may have a date in the window: what is needed to compute their dates, not the whole tasks."""
    query = select(*_SERIES).where(
        columns.is_recurring,
        columns.starts_at < window.ends_at,
        or_(columns.recurs_until.is_(None), columns.recurs_until >= window.starts_at),
        *_on_calendar(wanted, viewer, dialect),
    )
    connection = await session.connection()
    return list(await connection.execute(query))


async def overridden_dates(session: AsyncSession, uids: Collection[str]) -> dict[tuple[str, int], set[str]]:
    """The instance keys that have a task of their own, by (uid, copy number); cancelled ones count too."""
    wanted = sorted(uids)
    dates: dict[tuple[str, int], set[str]] = {}
    connection = await session.connection()
    for start in range(0, len(wanted), AT_ONCE):
        query = select(columns.uid, columns.copy_number, columns.recurrence_id).where(
            columns.uid.in_(wanted[start : start + AT_ONCE]), columns.recurrence_id != ""
        )
        for uid, copy_number, recurrence_id in await connection.execute(query):
            dates.setdefault((uid, copy_number), set()).add(recurrence_id)
    return dates


async def series_announced_before(
    session: AsyncSession, until: datetime, *, after: UUID | None, limit: int
) -> list[Task]:
    """Open series whose listeners know the dates only up to a moment before `until`, some at a time."""
    query = select(task_table).where(
        columns.is_recurring,
        columns.status.in_(("planned", "in_progress")),
        columns.announced_until < until,
        or_(columns.recurs_until.is_(None), columns.recurs_until >= columns.announced_until),
    )
    if after is not None:
        query = query.where(columns.id > after)
    return await tasks_of(session, query.order_by(columns.id).limit(limit).with_for_update())


async def take_numbers(session: AsyncSession, series: str, count: int) -> int:
    """The first of `count` numbers of the series, which are ours from here on; given back if the transaction fails."""
    connection = await session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(number_table).values(series=series, last=count)
    taken = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["series"], set_={"last": number_table.c.last + count}
        ).returning(number_table.c.last)
    )
    return int(taken.scalar_one()) - count + 1


def _conditions(wanted: TaskFilter, dialect: str) -> list[ColumnElement[bool]]:
    equal = {
        columns.uid: wanted.uid,
        columns.account_id: wanted.account_id,
        columns.source_message_id: wanted.message_id,
        columns.kind: wanted.kind,
        columns.type_id: wanted.type_id,
        columns.color: wanted.color,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if wanted.statuses:
        conditions.append(columns.status.in_(wanted.statuses))
    if wanted.starts_from is not None:
        conditions.append(columns.agenda_at >= wanted.starts_from)
    if wanted.starts_to is not None:
        conditions.append(columns.agenda_at < wanted.starts_to)
    if wanted.assignee_id is not None:
        conditions.append(_assigned_to(wanted.assignee_id))
    if wanted.contact_id is not None:
        tasks = select(contact_table.c.task_id).where(contact_table.c.contact_id == wanted.contact_id)
        conditions.append(columns.id.in_(tasks))
    if wanted.words:
        conditions.append(columns.id.in_(_tasks_with_words(wanted.words, dialect)))
    return conditions


def _on_calendar(wanted: TaskFilter, viewer: Viewer, dialect: str) -> list[ColumnElement[bool]]:
    """features R54, K8, K27: tasks always, meetings and interactions where they are ticked, cancelled ones never."""
    return [
        columns.status != "cancelled",
        or_(columns.kind == "task", columns.in_calendar),
        *_conditions(wanted, dialect),
        *_visible_to(viewer),
    ]


def _visible_to(viewer: Viewer) -> list[ColumnElement[bool]]:
    if viewer.sees_all:
        return []
    own: list[ColumnElement[bool]] = []
    if viewer.sees_all_tasks:
        own.append(columns.kind == "task")
    if viewer.sees_all_activities:
        own.append(columns.kind != "task")
    if viewer.user_id is not None:
        own.append(columns.created_by == viewer.user_id)
    if viewer.employee_id is not None:
        own.append(_assigned_to(viewer.employee_id))
    return [or_(*own) if own else false()]


def _assigned_to(employee_id: UUID) -> ColumnElement[bool]:
    return columns.id.in_(select(assignee_table.c.task_id).where(assignee_table.c.employee_id == employee_id))


def _tasks_with_words(words: Sequence[str], dialect: str) -> Select[Any]:
    """Tasks that hold, for every word looked for, one that begins with it; a number must be there as it is."""
    found = select(search_table.c.task_id)
    if dialect == "postgresql":
        prefixes = " & ".join(word if word.isdigit() else f"{word}:*" for word in words)
        return found.where(
            func.to_tsvector(literal_column("'simple'"), search_table.c.words).op("@@")(
                func.to_tsquery(literal_column("'simple'"), prefixes)
            )
        )
    prefixes = " ".join(f'"{word}"' if word.isdigit() else f'"{word}"*' for word in words)
    matching = select(_search_index.c.rowid).where(_search_index.c.words.op("MATCH")(prefixes))
    return found.where(search_table.c.seq.in_(matching))
