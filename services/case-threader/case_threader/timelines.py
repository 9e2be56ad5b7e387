"""Tasks and reminders of other services, as they appear on the timelines of cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from case_threader.announcements import CaseAsTold, facts_of
from case_threader.repository import cases
from case_threader.repository.entries import (
    Entry,
    add_entries,
    cases_of_mails,
    change_entries,
    entries_with_origins,
)
from case_threader.repository.settings import get_settings
from contracts.cases import CaseEventAdded
from contracts.reminders import ReminderSent
from contracts.tasks import TaskDeleted, TaskEvent, TaskState
from kit.database import AsyncSession
from kit.events import Event, Heard
from kit.ids import new_id
from kit.outbox import announce

LONGEST_TEXT = 2000


async def note_on_timelines(session: AsyncSession, heard: Sequence[Heard[Event]], *, now: datetime) -> None:
    """Put each task on the timeline of the case it was made for, or whose mail it came from; reminders follow their task.

    A task has one entry, which follows its changes; tasks that belong to no case are left out.
    """
    tasks: dict[UUID, Heard[TaskEvent]] = {}
    for each in heard:
        if isinstance(each.event, TaskEvent):
            tasks[each.event.task.task_id] = each  # type: ignore[assignment]
    reminders = [each for each in heard if isinstance(each.event, ReminderSent)]
    origins = {_origin_of_task(task_id) for task_id in tasks}
    origins |= {_origin_of_task(each.event.task_id) for each in reminders if isinstance(each.event, ReminderSent)}
    known = await entries_with_origins(session, origins)
    await _note_tasks(session, tasks, known, now=now)
    for each in reminders:
        if isinstance(each.event, ReminderSent):
            await _note_reminder(session, each.event, known, because=each)


async def _note_tasks(
    session: AsyncSession, tasks: dict[UUID, Heard[TaskEvent]], known: dict[str, Entry], *, now: datetime
) -> None:
    fresh = {task_id: each for task_id, each in tasks.items() if _origin_of_task(task_id) not in known}
    changed: list[Entry] = []
    for task_id, each in tasks.items():
        entry = known.get(_origin_of_task(task_id))
        if entry is not None and each.event.task.version > entry.version:
            entry.case_id = await _case_to_be_in(session, each.event.task, entry)
            _update(entry, each.event)
            changed.append(entry)
    await change_entries(session, changed)
    of_tasks = await _cases_of_tasks(session, [each.event.task for each in fresh.values()])
    added: list[tuple[Entry, CaseAsTold, Heard[Any]]] = []
    for task_id, each in fresh.items():
        case = of_tasks.get(task_id)
        if case is not None and not isinstance(each.event, TaskDeleted):
            entry = known[_origin_of_task(task_id)] = _entry_of_task(each.event, case, now=now)
            added.append((entry, case, each))
    await _add(session, added)


async def _case_to_be_in(session: AsyncSession, task: TaskState, entry: Entry) -> UUID:
    """Where the entry belongs now: people may give a task to another case."""
    if task.case_number is None or task.case_number == entry.data.get("case_number"):
        return entry.case_id
    case = await cases.find_live_case(session, task.case_number)
    return case.id if case is not None else entry.case_id


async def _cases_of_tasks(session: AsyncSession, tasks: Sequence[TaskState]) -> dict[UUID, CaseAsTold]:
    """The case a task names, else the one in which the mail is that it came from."""
    mails = {task.source.message_id for task in tasks if task.source.message_id is not None}
    by_mail = await cases_of_mails(session, mails) if mails else {}
    found: dict[UUID, CaseAsTold] = {}
    for task in tasks:
        case: CaseAsTold | None = None
        if task.case_number is not None:
            case = await cases.find_live_case(session, task.case_number)
        elif task.source.message_id is not None:
            case = by_mail.get(task.source.message_id)
        if case is not None:
            found[task.task_id] = case
    return found


def _entry_of_task(event: TaskEvent, case: CaseAsTold, *, now: datetime) -> Entry:
    task = event.task
    return Entry(
        id=new_id(), case_id=case.id, kind=task.kind, text=task.title[:LONGEST_TEXT], at=now, author=event.by or "",
        origin=_origin_of_task(task.task_id), version=task.version, data=_told_of(task),
    )  # fmt: skip


def _update(entry: Entry, event: TaskEvent) -> None:
    entry.text = event.task.title[:LONGEST_TEXT]
    entry.version = event.task.version
    entry.data = {**_told_of(event.task), **({"status": "deleted"} if isinstance(event, TaskDeleted) else {})}


def _told_of(task: TaskState) -> dict[str, Any]:
    return {
        "task_id": str(task.task_id),
        "number": task.number,
        "status": task.status,
        "starts_at": task.starts_at.isoformat() if task.starts_at else None,
        "ends_at": task.ends_at.isoformat() if task.ends_at else None,
        "all_day": task.all_day,
        "timezone": task.timezone,
        "location": task.location[:LONGEST_TEXT],
        "note": task.note[:LONGEST_TEXT],
        "case_number": task.case_number,
    }


async def _note_reminder(
    session: AsyncSession, reminder: ReminderSent, known: dict[str, Entry], *, because: Heard[Event]
) -> None:
    task = known.get(_origin_of_task(reminder.task_id))
    if reminder.case_number is not None:
        case = await cases.find_live_case(session, reminder.case_number)
    else:
        case = await cases.get_case_by_id(session, task.case_id) if task is not None else None
    if case is None:
        return
    origin = f"reminder:{reminder.reminder_id}"
    if await entries_with_origins(session, [origin]):
        return
    entry = Entry(
        id=new_id(), case_id=case.id, kind="sms" if reminder.channel == "sms" else "reminder",
        text=reminder.preview[:LONGEST_TEXT], at=reminder.at, author=_author_of(reminder), origin=origin, version=1,
        data={"reminder_id": str(reminder.reminder_id), "task_id": str(reminder.task_id), "audience": reminder.audience,
              "channel": reminder.channel},
    )  # fmt: skip
    await _add(session, [(entry, case, because)])


def _author_of(reminder: ReminderSent) -> str:
    """On whose behalf the automation runs (features R32), else the automation itself."""
    return f"user:{reminder.user_id}" if reminder.user_id is not None else "reminder-dispatcher"


async def _add(session: AsyncSession, added: Sequence[tuple[Entry, CaseAsTold, Heard[Any]]]) -> None:
    if not added:
        return
    prefix = (await get_settings(session)).settings.tag_prefix
    await add_entries(session, [entry for entry, _, _ in added])
    for entry, case, because in added:
        told = CaseEventAdded(
            **facts_of(case, prefix), event_id=entry.id, kind=entry.kind, text=entry.text, at=entry.at
        )
        announce(session, told, because=because)


def _origin_of_task(task_id: UUID) -> str:
    return f"task:{task_id}"
