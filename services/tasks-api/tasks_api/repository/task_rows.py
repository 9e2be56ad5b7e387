"""Tasks between the database and `tasks_api.task.Task`. Core statements, not the ORM: this is the hot path."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, Select, Table, bindparam, delete, literal, null, select, union_all, update

from contracts.tasks import ReminderPlan, TaskAttendee, TaskParticipant, TaskSource
from kit.database import AsyncSession, insert_many
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
_UPDATE = (
    update(task_table)
    .where(task_table.c.id == bindparam("the_id"))
    .values({column.name: bindparam(column.name) for column in task_table.columns if column.name not in _FIXED})
)
_PEOPLE = union_all(
    select(
        assignee_table.c.task_id,
        literal(0).label("is_contact"),
        assignee_table.c.position,
        assignee_table.c.employee_id,
        assignee_table.c.phone,
        assignee_table.c.email,
        assignee_table.c.remind,
    ).where(assignee_table.c.task_id.in_(bindparam("ids", expanding=True))),
    select(
        contact_table.c.task_id,
        literal(1),
        contact_table.c.position,
        contact_table.c.contact_id,
        null(),
        null(),
        null(),
    ).where(contact_table.c.task_id.in_(bindparam("ids", expanding=True))),
).order_by("is_contact", "position")
_UPDATE_SEARCH = (
    update(search_table).where(search_table.c.task_id == bindparam("the_id")).values(words=bindparam("words"))
)


_MOVE_AGENDA = (
    update(assignee_table)
    .where(assignee_table.c.task_id == bindparam("the_id"), assignee_table.c.agenda_at != bindparam("moved_to"))
    .values(agenda_at=bindparam("moved_to"))
)


async def tasks_of(session: AsyncSession, query: Select[Any]) -> list[Task]:
    """The tasks a query over the task table finds, in its order, with their assignees and contacts."""
    connection = await session.connection()
    rows = (await connection.execute(query)).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    participants, contacts = await _people(session, ids)
    return [_task(row, participants.get(row.id, ()), contacts.get(row.id, ())) for row in rows]


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
    connection = await session.connection()
    await connection.execute(_UPDATE, [_changed_row(task) for task in tasks])
    await connection.execute(_MOVE_AGENDA, [{"the_id": task.id, "moved_to": task.agenda_at} for task in tasks])
    reworded = [{"the_id": task.id, "words": search_words_of(task)} for task in tasks if task.id in words_changed]
    if reworded:
        await connection.execute(_UPDATE_SEARCH, reworded)
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


def _task(row: Row[Any], participants: Sequence[TaskParticipant], contacts: Sequence[UUID]) -> Task:
    values = row._mapping  # noqa: SLF001 - the documented way to a row's values by name
    said = {name: values[name] for name in FIELD_NAMES}
    said["rdates"] = tuple(said["rdates"])
    said["exdates"] = tuple(said["exdates"])
    said["attendees"] = tuple(TaskAttendee.model_construct(**attendee) for attendee in said["attendees"])
    return Task(
        id=row.id,
        number=row.number,
        fields=TaskFields(**said),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
        type_id=row.type_id,
        note=row.note,
        status=cast("Any", row.status),
        recurs_until=row.recurs_until,
        announced_until=row.announced_until,
        uid=row.uid,
        recurrence_id=row.recurrence_id or None,
        copy_number=row.copy_number,
        account_id=row.account_id,
        contact_ids=tuple(contacts),
        participants=tuple(participants),
        color=row.color,
        source=TaskSource.model_construct(
            kind=row.source_kind, message_id=row.source_message_id, document=row.source_document
        ),
        reminders=ReminderPlan.model_validate(row.reminders) if row.reminders else NO_REMINDERS,
        case_number=row.case_number,
        touched_by_hand=row.touched_by_hand,
        invited_from=row.invited_from,
        created_by=row.created_by,
        completed_at=row.completed_at,
        particulars=particulars_of(cast("Mapping[str, Any]", values)),
    )


async def _people(
    session: AsyncSession, ids: Sequence[UUID]
) -> tuple[dict[UUID, list[TaskParticipant]], dict[UUID, list[UUID]]]:
    """Assignees and contacts of these tasks, each in their order, in one query."""
    participants: dict[UUID, list[TaskParticipant]] = {}
    contacts: dict[UUID, list[UUID]] = {}
    connection = await session.connection()
    for start in range(0, len(ids), AT_ONCE):
        rows = await connection.execute(_PEOPLE, {"ids": ids[start : start + AT_ONCE]})
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
        {"task_id": task.id, "position": position, "agenda_at": task.agenda_at, **dict(participant)}
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
