"""Which tasks a list, a calendar, a report or a feed is about, and which of them somebody may see: as conditions of a query."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from time import monotonic
from typing import Any, cast
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ColumnElement,
    Executable,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    column,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    true,
)

from kit.database import AsyncSession
from kit.prepared import Prepared
from tasks_api.common_words import KnownWords
from tasks_api.organisation import Circle
from tasks_api.repository.directory import AT_ONCE
from tasks_api.repository.task_rows import assignee_table, contact_table, search_table, task_table
from tasks_api.task_filter import TaskFilter
from tasks_api.viewer import Limit, Viewer

columns = task_table.c
COMMON = 1000
"""Words that more tasks than this hold are looked for along the order of the list, others in the index of words."""
KNOWN_QUESTIONS = 128
"""Combinations of filters whose prepared statements are kept."""

_search_index = table("task_search_index", column("rowid"), column("words"))  # FTS5; on PostgreSQL an index does it


async def conditions(
    session: AsyncSession, wanted: TaskFilter, viewer: Viewer, *, dialect: str, but_assignee: bool = False
) -> list[ColumnElement[bool]]:
    """What must hold of a task that is wanted and may be seen. `but_assignee`: the query itself sees to whose they are."""
    found = await _wanted(session, wanted, dialect=dialect, but_assignee=but_assignee)
    whose = wanted.one_assignee if but_assignee else None
    if whose is None or not viewer.sees_agenda_of(whose):
        found += await _visible_to(session, viewer)
    return [*found, *await limited(session, viewer, dialect=dialect)]


@dataclass(frozen=True, slots=True)
class AskedOften:
    """A filter of one value each, asked by somebody who sees everything: its values are parameters of a prepared statement.

    Whoever sees less, or asks for several values of something, is asked for by `conditions`.
    """

    fields: frozenset[str]
    """What the filter speaks of; names of `TaskFilter`."""
    words: int | None = None
    """How many words are looked for in each task of the list; 0: rare ones, which their index finds."""

    @property
    def is_of_one(self) -> bool:
        """Whether it is about the tasks of one employee."""
        return "assignee_ids" in self.fields

    @property
    def lies_together(self) -> bool:
        """Whether what is found lies together in an index, that of one employee or of everybody: nothing is looked at in vain."""
        return self.words is None and self.fields <= {"assignee_ids"}

    def holds(self, dialect: str, *, but_assignee: bool) -> list[ColumnElement[bool]]:
        """`conditions`, with parameters named as the fields are."""
        given = {name: (bindparam(name),) if name in _SEVERAL else bindparam(name) for name in self.fields}
        said = cast("Any", TaskFilter)(**given)
        found = [*_equalities(said), *_of_people(said, but_assignee=but_assignee)]
        if self.words == 0:
            found.append(_with_rare_words(dialect, bindparam("match", type_=Text)))
        elif self.words:
            found.append(_with_common_words([bindparam(f"word_{i}", type_=Text) for i in range(self.words)]))
        return found


_SEVERAL = frozenset(one.name for one in fields(TaskFilter) if one.default == ())
_FIELDS = tuple((one.name, one.default) for one in fields(TaskFilter))


async def asked_often(
    session: AsyncSession, wanted: TaskFilter, viewer: Viewer, *, dialect: str
) -> tuple[AskedOften, dict[str, Any]] | None:
    """What sort of question this is, and its parameters; None when it is none of those that are asked often."""
    if not viewer.sees_all or viewer.limits:
        return None
    values = {name: value for name, default in _FIELDS if (value := getattr(wanted, name)) != default}
    words: Sequence[str] = values.pop("words", ())
    for name in _SEVERAL.intersection(values):
        if len(values[name]) > 1:
            return None
        (values[name],) = values[name]
    names = frozenset(values)
    if not words:
        return AskedOften(names), values
    if await _are_common(session, words, dialect):
        patterns = {f"word_{i}": _pattern(word) for i, word in enumerate(words)}
        return AskedOften(names, len(words)), {**values, **patterns}
    return AskedOften(names, 0), {**values, "match": _beginnings(words, dialect)}


async def may_be_seen(session: AsyncSession, viewer: Viewer, task_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these tasks that the viewer may see."""
    connection = await session.connection()
    holds = await conditions(session, TaskFilter(), viewer, dialect=connection.dialect.name)
    found: set[UUID] = set()
    ids = list(task_ids)
    for start in range(0, len(ids), AT_ONCE):
        among = select(columns.id).where(columns.id.in_(ids[start : start + AT_ONCE]), *holds)
        found.update((await connection.execute(among)).scalars())
    return frozenset(found)


async def limited(session: AsyncSession, viewer: Viewer, *, dialect: str) -> list[ColumnElement[bool]]:
    """What an administrator's filters leave of whatever the viewer sees (features R63)."""
    return [await _left_by(session, limit, dialect) for limit in viewer.limits]


async def _left_by(session: AsyncSession, limit: Limit, dialect: str) -> ColumnElement[bool]:
    fits = and_(true(), *await _wanted(session, limit.wanted, dialect=dialect))
    left = not_(func.coalesce(fits, false())) if limit.hides else fits
    if limit.of == "everything":
        return left
    return or_(columns.kind != "task" if limit.of == "tasks" else columns.kind == "task", left)


async def _wanted(
    session: AsyncSession, wanted: TaskFilter, *, dialect: str, but_assignee: bool = False
) -> list[ColumnElement[bool]]:
    found = [*_equalities(wanted), *_of_people(wanted, but_assignee=but_assignee)]
    if wanted.words:
        found.append(await _with_words(session, wanted.words, dialect))
    return found


def _of_people(wanted: TaskFilter, *, but_assignee: bool) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.assignee_ids and not but_assignee:
        found.append(_assigned_to(wanted.assignee_ids))
    if wanted.contact_id is not None:
        taking_part = select(contact_table.c.task_id).where(contact_table.c.contact_id == wanted.contact_id)
        found.append(columns.id.in_(taking_part))
    return found


async def _visible_to(session: AsyncSession, viewer: Viewer) -> list[ColumnElement[bool]]:
    """Everything, or what the viewer or somebody of their circle made or is assigned to (features K32, R53)."""
    if viewer.sees_all:
        return []
    seen: list[ColumnElement[bool]] = []
    if viewer.sees_all_tasks:
        seen.append(columns.kind == "task")
    if viewer.sees_all_activities:
        seen.append(columns.kind != "task")
    own = _own_ids(viewer)
    if own is not None:
        seen.append(columns.id.in_(own))
    if viewer.tasks_of == viewer.activities_of:
        if viewer.tasks_of:
            seen.append(await _done_by(session, viewer.tasks_of))
    else:
        if viewer.tasks_of:
            seen.append(and_(columns.kind == "task", await _done_by(session, viewer.tasks_of)))
        if viewer.activities_of:
            seen.append(and_(columns.kind != "task", await _done_by(session, viewer.activities_of)))
    return [or_(*seen) if seen else false()]


async def _done_by(session: AsyncSession, circle: Circle) -> ColumnElement[bool]:
    """What a circle made or carries out. Of few tasks their ids are looked up; many would have to be sorted, so each task of
    the list is asked instead, in the order of the list."""
    made, assigned = columns.created_by.in_(circle.user_ids), assignee_table.c.employee_id.in_(circle.employee_ids)
    ids = select(columns.id).where(made).union_all(select(assignee_table.c.task_id).where(assigned))
    connection = await session.connection()
    some = ids.limit(COMMON + 1).subquery()
    if (await connection.execute(select(func.count()).select_from(some))).scalar_one() <= COMMON:
        return columns.id.in_(ids)
    # A value of each task, not EXISTS: PostgreSQL would collect all that they carry out before it looks at the first task.
    theirs = select(true()).where(assignee_table.c.task_id == columns.id, assigned).limit(1)
    return or_(func.coalesce(made, false()), func.coalesce(theirs.correlate(task_table).scalar_subquery(), false()))


def _own_ids(viewer: Viewer) -> Any:
    """One list of ids: two conditions joined by OR would make the database look at every task."""
    made = select(columns.id).where(columns.created_by == viewer.user_id)
    assigned = select(assignee_table.c.task_id).where(assignee_table.c.employee_id == viewer.employee_id)
    if viewer.user_id is None:
        return assigned if viewer.employee_id is not None else None
    return made if viewer.employee_id is None else made.union_all(assigned)


def _equalities(wanted: TaskFilter) -> list[ColumnElement[bool]]:
    equal = {
        columns.uid: wanted.uid,
        columns.source_message_id: wanted.message_id,
        columns.staged: wanted.staged,
        columns.case_number: wanted.case_number,
        columns.source_kind: wanted.source,
        columns.created_by: wanted.created_by,
        columns.owner_id: wanted.owner_id,
        columns.kind_id: wanted.kind_id,
        columns.priority_id: wanted.priority_id,
        columns.category_id: wanted.category_id,
        columns.stage_id: wanted.stage_id,
        columns.is_recurring: wanted.is_recurring,
    }
    found: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    several: dict[ColumnElement[Any], tuple[Any, ...]] = {
        columns.account_id: wanted.account_ids,
        columns.kind: wanted.kinds,
        columns.type_id: wanted.type_ids,
        columns.status: wanted.statuses,
        columns.color: wanted.colors,
    }
    found += [_one_of(column, values) for column, values in several.items() if values]
    percent = case((columns.status == "completed", 100), else_=columns.percent_complete)
    if wanted.percent_from is not None:
        found.append(percent >= wanted.percent_from)
    if wanted.percent_to is not None:
        found.append(percent <= wanted.percent_to)
    if wanted.starts_from is not None:
        found.append(columns.agenda_at >= wanted.starts_from)
    if wanted.starts_to is not None:
        found.append(columns.agenda_at < wanted.starts_to)
    return found


def _one_of(tested: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Of several statuses an index finds half of all tasks, out of order; hidden from it, the order is walked instead."""
    if len(values) == 1:
        same: ColumnElement[bool] = tested == values[0]
        return same
    hidden: ColumnElement[Any] = tested.op("||")("") if tested is columns.status else tested
    fits: ColumnElement[bool] = hidden.in_(values)
    return fits


def _assigned_to(employee_ids: Sequence[UUID]) -> ColumnElement[bool]:
    assigned = select(assignee_table.c.task_id).where(assignee_table.c.employee_id.in_(employee_ids))
    return columns.id.in_(assigned)


# ---- words


async def _with_words(session: AsyncSession, words: Sequence[str], dialect: str) -> ColumnElement[bool]:
    """Rare words: these tasks. Common ones would be thousands, to be sorted: they are looked for in each task of the list."""
    if not await _are_common(session, words, dialect):
        return _with_rare_words(dialect, literal(_beginnings(words, dialect)))
    return _with_common_words([literal(_pattern(word)) for word in words])


def _with_rare_words(dialect: str, match: ColumnElement[Any]) -> ColumnElement[bool]:
    places = _places_matching(dialect, match)
    among: ColumnElement[bool] = columns.id.in_(select(search_table.c.task_id).where(search_table.c.seq.in_(places)))
    return among


def _pattern(word: str) -> str:
    return f"% {word} %" if word.isdigit() else f"% {word}%"


def _with_common_words(patterns: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    text = literal(" ").concat(search_table.c.words).concat(" ")
    there: list[ColumnElement[bool]] = [text.like(pattern) for pattern in patterns]
    # A value of each task, not a join: the list is walked in its order, and left as soon as the page is full.
    looked_at = select(and_(*there)).where(search_table.c.task_id == columns.id)
    return looked_at.correlate(task_table).scalar_subquery()


async def _are_common(session: AsyncSession, words: Sequence[str], dialect: str) -> bool:
    known = _KNOWN_WORDS.setdefault(session.get_bind(), KnownWords())
    match, now = _beginnings(words, dialect), monotonic()
    common = known.are_common(match, COMMON, at=now)
    if common is None:
        common = await _count_as_common(session, words, match, dialect)
        known.learn(match, COMMON, common=common, at=now)
    return common


async def _count_as_common(session: AsyncSession, words: Sequence[str], match: str, dialect: str) -> bool:
    if dialect == "sqlite":
        # FTS5 gathers every word with a beginning before it gives out the first task; a whole word it finds one task at a time.
        whole = " ".join(f'"{word}"' for word in words)
        if await _are_many(session, whole):
            return True
    return await _are_many(session, match)


async def _are_many(session: AsyncSession, match: str) -> bool:
    found = await _HOW_MANY.rows(session, match=match, most=COMMON + 1)
    return int(found[0][0]) > COMMON


def _beginnings(words: Sequence[str], dialect: str) -> str:
    """Every word, or one that begins with it; a number must be there as it is."""
    if dialect == "postgresql":
        return " & ".join(word if word.isdigit() else f"{word}:*" for word in words)
    return " ".join(f'"{word}"' if word.isdigit() else f'"{word}"*' for word in words)


def _places_matching(dialect: str, match: ColumnElement[Any]) -> Select[Any]:
    """Where in `task_search` tasks are that match, in the words of the index of this database."""
    if dialect == "postgresql":
        simple: ColumnElement[str] = literal_column("'simple'")
        return select(search_table.c.seq).where(
            func.to_tsvector(simple, search_table.c.words).op("@@")(func.to_tsquery(simple, match))
        )
    return select(_search_index.c.rowid).where(_search_index.c.words.op("MATCH")(match))


def _how_many_match(dialect: str) -> Executable:
    some = _places_matching(dialect, bindparam("match", type_=Text)).limit(bindparam("most", type_=Integer))
    return select(func.count()).select_from(some.subquery())


_HOW_MANY = Prepared(_how_many_match)
_KNOWN_WORDS: WeakKeyDictionary[Any, KnownWords] = WeakKeyDictionary()
"""Of each database."""
