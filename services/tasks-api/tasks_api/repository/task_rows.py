"""Tasks between the database and `tasks_api.task.Task`. Core statements, not the ORM: this is the hot path."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Select, Table, bindparam, delete, literal, null, or_, select, union_all, update

from contracts.tasks import ReminderPlan, TaskAttendee, TaskParticipant, TaskSource
from kit.database import AsyncSession, insert_many
from kit.prepared import Prepared, among
from tasks_api.folding import words_of
from tasks_api.itip.shapes import TaskFields
from tasks_api.models.base import metadata
from tasks_api.particulars import particulars_of, row_of
from tasks_api.repository.directory import AT_ONCE
from tasks_api.task import FIELD_NAMES, NO_REMINDERS, Task

task_table: Table = metadata.tables["task"]
assignee_table: Table = metadata.tables["task_assignee"]
contact_table: Table = metadata.tables["task_contact"]
search_table: Table = metadata.tables["task_search"]

_SEARCHED_DESCRIPTION = 2000
_FIXED = frozenset({"id", "number", "created_at", "created_by"})
_COLUMNS = tuple(column.name for column in task_table.columns)
_UPDATE = Prepared(
    lambda _: (
        update(task_table)
        .where(task_table.c.id == bindparam("the_id"))
        .values({name: bindparam(name) for name in _COLUMNS if name not in _FIXED})
    )
)
_UPDATE_SEARCH = Prepared(
    lambda _: update(search_table).where(search_table.c.task_id == bindparam("the_id")).values(words=bindparam("words"))
)
_MOVE_AGENDA = Prepared(
    lambda _: (
        update(assignee_table)
        .where(
            assignee_table.c.task_id == bindparam("the_id"),
            or_(
                assignee_table.c.agenda_at != bindparam("moved_to"), assignee_table.c.of_series != bindparam("repeats")
            ),
        )
        .values(agenda_at=bindparam("moved_to"), of_series=bindparam("repeats"))
    )
)
_BY_ID = Prepared(lambda _: select(task_table).where(task_table.c.id == bindparam("the_id")), by_key=True)
_BY_ID_TO_CHANGE = Prepared(
    lambda _: select(task_table).where(task_table.c.id == bindparam("the_id")).with_for_update(), by_key=True
)
_BY_IDS = Prepared(
    lambda dialect: select(task_table).where(among(dialect, task_table.c.id, "ids")).order_by(task_table.c.id),
    by_key=True,
)


def _people_among(dialect: str) -> Executable:
    assigned, taking_part = assignee_table.c, contact_table.c
    return union_all(
        select(
            assigned.task_id,
            literal(0).label("is_contact"),
            assigned.position,
            assigned.employee_id,
            assigned.phone,
            assigned.email,
            assigned.remind,
        ).where(among(dialect, assigned.task_id, "ids")),
        select(
            taking_part.task_id, literal(1), taking_part.position, taking_part.contact_id, null(), null(), null()
        ).where(among(dialect, taking_part.task_id, "ids")),
    ).order_by("is_contact", "position")


_PEOPLE = Prepared(_people_among, by_key=True)


async def find_task(session: AsyncSession, task_id: UUID, *, to_change: bool = False) -> Task | None:
    """`to_change`: the row is held until the transaction ends."""
    found = await _tasks(session, await (_BY_ID_TO_CHANGE if to_change else _BY_ID).rows(session, the_id=task_id))
    return found[0] if found else None


async def tasks_among(session: AsyncSession, task_ids: Sequence[UUID]) -> list[Task]:
    """Those of these tasks that are there, oldest first."""
    found: list[Task] = []
    for start in range(0, len(task_ids), AT_ONCE):
        found += await _tasks(session, await _BY_IDS.rows(session, ids=task_ids[start : start + AT_ONCE]))
    return found


async def tasks_of(session: AsyncSession, query: Select[Any]) -> list[Task]:
    """The tasks a query over the task table finds, in its order, with their assignees and contacts."""
    connection = await session.connection()
    return await _tasks(session, [tuple(row) for row in await connection.execute(query)])


async def insert_tasks(session: AsyncSession, tasks: Sequence[Task]) -> None:
    await insert_many(session, task_table, [_row(task) for task in tasks])
    await insert_many(session, search_table, [{"task_id": task.id, "words": search_words_of(task)} for task in tasks])
    await _insert_assignees(session, tasks)
    await _insert_contacts(session, tasks)


async def update_tasks(
    session: AsyncSession, tasks: Sequence[Task], *, people_changed: Collection[UUID], words_changed: Collection[UUID]
) -> None:
    """Write the whole rows; assignees and contacts only of those named in `people_changed`."""
    if not tasks:
        return
    await _UPDATE.many(session, [_changed_row(task) for task in tasks])
    moved = [{"the_id": task.id, "moved_to": task.agenda_at, "repeats": task.is_recurring} for task in tasks]
    await _MOVE_AGENDA.many(session, moved)
    reworded = [{"the_id": task.id, "words": search_words_of(task)} for task in tasks if task.id in words_changed]
    if reworded:
        await _UPDATE_SEARCH.many(session, reworded)
    regrouped = [task for task in tasks if task.id in people_changed]
    if regrouped:
        await _delete_from((assignee_table, contact_table), session, [task.id for task in regrouped])
        await _insert_assignees(session, regrouped)
        await _insert_contacts(session, regrouped)


async def delete_tasks(session: AsyncSession, task_ids: Sequence[UUID]) -> None:
    """Take the rows out; the history stays."""
    await _delete_from((assignee_table, contact_table, search_table), session, task_ids)
    for start in range(0, len(task_ids), AT_ONCE):
        connection = await session.connection()
        await connection.execute(delete(task_table).where(task_table.c.id.in_(task_ids[start : start + AT_ONCE])))


async def move_windows(session: AsyncSession, task_ids: Sequence[UUID], until: datetime) -> None:
    """The dates of these series are known up to `until`: there were no new ones."""
    if task_ids:
        connection = await session.connection()
        await connection.execute(update(task_table).where(task_table.c.id.in_(task_ids)).values(announced_until=until))


def search_words_of(task: Task) -> str:
    """What a search looks through: number, title, place, organizer and the beginning of the description, folded."""
    said = task.fields
    parts = (task.number, said.title, said.location, said.organizer or "", said.description[:_SEARCHED_DESCRIPTION])
    return " ".join(words_of(" ".join(part for part in parts if part)))


# ---- rows


def _row(task: Task) -> dict[str, Any]:
    row = _changed_row(task)
    del row["the_id"]
    row.update(id=task.id, number=task.number, created_at=task.created_at, created_by=task.created_by)
    return row


def _changed_row(task: Task) -> dict[str, Any]:
    said, source = task.fields, task.source
    row: dict[str, Any] = {name: getattr(said, name) for name in FIELD_NAMES}
    row.update(
        the_id=task.id,
        rdates=list(said.rdates),
        exdates=list(said.exdates),
        attendees=[{"email": one.email, "name": one.name, "partstat": one.partstat} for one in said.attendees],
        version=task.version,
        type_id=task.type_id,
        note=task.note,
        status=task.status,
        status_code=task.status_code,
        agenda_at=task.agenda_at,
        is_recurring=task.is_recurring,
        recurs_until=task.recurs_until,
        announced_until=task.announced_until,
        uid=task.uid,
        recurrence_id=task.recurrence_id or "",
        copy_number=task.copy_number,
        account_id=task.account_id,
        color=task.color,
        source_kind=source.kind,
        source_message_id=source.message_id,
        source_document=source.document,
        reminders={} if task.reminders is NO_REMINDERS else task.reminders.model_dump(mode="json"),
        case_number=task.case_number,
        touched_by_hand=task.touched_by_hand,
        invited_from=task.invited_from,
        updated_at=task.updated_at,
        completed_at=task.completed_at,
    )
    row.update(row_of(task.particulars))
    return row


async def _tasks(session: AsyncSession, rows: Sequence[tuple[Any, ...]]) -> list[Task]:
    """The tasks of these rows, whole, with their assignees and contacts."""
    if not rows:
        return []
    named = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    participants, contacts = await _people(session, [row["id"] for row in named])
    return [_task(row, participants.get(row["id"], ()), contacts.get(row["id"], ())) for row in named]


def _task(row: Mapping[str, Any], participants: Sequence[TaskParticipant], contacts: Sequence[UUID]) -> Task:
    said = {name: row[name] for name in FIELD_NAMES}
    said["rdates"] = tuple(said["rdates"])
    said["exdates"] = tuple(said["exdates"])
    said["attendees"] = tuple(TaskAttendee.model_construct(**attendee) for attendee in said["attendees"])
    return Task(
        id=row["id"],
        number=row["number"],
        fields=TaskFields(**said),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        version=row["version"],
        type_id=row["type_id"],
        note=row["note"],
        status=row["status"],
        recurs_until=row["recurs_until"],
        announced_until=row["announced_until"],
        uid=row["uid"],
        recurrence_id=row["recurrence_id"] or None,
        copy_number=row["copy_number"],
        account_id=row["account_id"],
        contact_ids=tuple(contacts),
        participants=tuple(participants),
        color=row["color"],
        source=TaskSource.model_construct(
            kind=row["source_kind"], message_id=row["source_message_id"], document=row["source_document"]
        ),
        reminders=ReminderPlan.model_validate(row["reminders"]) if row["reminders"] else NO_REMINDERS,
        case_number=row["case_number"],
        touched_by_hand=row["touched_by_hand"],
        invited_from=row["invited_from"],
        created_by=row["created_by"],
        completed_at=row["completed_at"],
        particulars=particulars_of(row),
    )


async def _people(
    session: AsyncSession, ids: Sequence[UUID]
) -> tuple[dict[UUID, list[TaskParticipant]], dict[UUID, list[UUID]]]:
    """Assignees and contacts of these tasks, each in their order, in one query."""
    participants: dict[UUID, list[TaskParticipant]] = {}
    contacts: dict[UUID, list[UUID]] = {}
    for start in range(0, len(ids), AT_ONCE):
        rows = await _PEOPLE.rows(session, ids=ids[start : start + AT_ONCE])
        for task_id, is_contact, _, person_id, phone, email, remind in rows:
            if is_contact:
                contacts.setdefault(task_id, []).append(person_id)
                continue
            participant = TaskParticipant.model_construct(
                employee_id=person_id, phone=phone, email=email, remind=bool(remind)
            )
            participants.setdefault(task_id, []).append(participant)
    return participants, contacts


async def _insert_assignees(session: AsyncSession, tasks: Iterable[Task]) -> None:
    rows = [
        {
            "task_id": task.id,
            "position": position,
            "agenda_at": task.agenda_at,
            "of_series": task.is_recurring,
            **dict(participant),
        }
        for task in tasks
        for position, participant in enumerate(task.participants)
    ]
    await insert_many(session, assignee_table, rows)


async def _insert_contacts(session: AsyncSession, tasks: Iterable[Task]) -> None:
    rows = [
        {"task_id": task.id, "contact_id": contact_id, "position": position}
        for task in tasks
        for position, contact_id in enumerate(task.contact_ids)
    ]
    await insert_many(session, contact_table, rows)


async def _delete_from(tables: Iterable[Table], session: AsyncSession, task_ids: Sequence[UUID]) -> None:
    connection = await session.connection()
    for start in range(0, len(task_ids), AT_ONCE):
        some = task_ids[start : start + AT_ONCE]
        for table in tables:
            await connection.execute(delete(table).where(table.c.task_id.in_(some)))
