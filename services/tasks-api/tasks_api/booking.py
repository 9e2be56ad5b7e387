"""What one transaction does to tasks: rows, history and events of all of them, written together at its end.

Tasks are changed in memory, step by step. After each step `say` notes what every touched task has become; `write` computes
the coming dates of the series among them, announces everything in the order it happened and writes the rows in bulk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.tasks import (
    Occurrence,
    TaskCancelled,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskEvent,
    TaskReopened,
    TaskUpdated,
)
from kit.database import AsyncSession
from kit.events import Heard
from kit.ids import new_id
from kit.outbox import announce
from tasks_api.letter_writing import LetterWriter
from tasks_api.letters import Change, revise
from tasks_api.repository import history, task_rows
from tasks_api.series_dates import SeriesDates, last_start, series_of
from tasks_api.task import Task, differences, own_occurrence, state_of
from tasks_api.windows import Window

_WORDS = frozenset({"title", "location", "organizer", "description"})
_PEOPLE = frozenset({"participants", "contact_ids"})


@dataclass(slots=True)
class Said:
    """One thing that happened to one task, as it will be announced."""

    event: type[TaskEvent]
    task: Task
    changed: list[str]
    by: str | None
    because: Heard[Any] | None
    overridden: frozenset[str]
    dates: list[Occurrence] = field(default_factory=list)


class Booking:
    """The tasks of one transaction. `window`: how far ahead events tell the dates of a series; `letters` writes to those who
    were invited to a task that changes."""

    def __init__(
        self,
        session: AsyncSession,
        *,
        now: datetime,
        window: Window,
        series_dates: SeriesDates,
        letters: LetterWriter,
    ) -> None:
        self._session = session
        self._letters = letters
        self._sent_out: dict[UUID, Task] = {}  # tasks people outside are invited to, as they were at first
        self._by: str | None = None
        self._now = now
        self._window = window
        self._series_dates = series_dates
        self._before: dict[UUID, Task | None] = {}  # since the last `say`; None: it was not there
        self._tasks: dict[UUID, Task] = {}
        self._made: dict[UUID, Task] = {}
        self._changed: dict[UUID, Task] = {}
        self._removed: dict[UUID, Task] = {}
        self._people_changed: set[UUID] = set()
        self._words_changed: set[UUID] = set()
        self._said: list[Said] = []
        self._history: list[dict[str, Any]] = []
        self._overridden: dict[tuple[str, int], set[str]] = {}

    # ---- what a step does

    def know_overrides(self, overridden: dict[tuple[str, int], set[str]]) -> None:
        """Dates of known series that have a task of their own, by (uid, copy number)."""
        for key, dates in overridden.items():
            self._overridden.setdefault(key, set()).update(dates)

    def add(self, task: Task) -> Task:
        """A new task."""
        self._before.setdefault(task.id, None)
        self._tasks[task.id] = self._made[task.id] = task
        self._note_override(task)
        return task

    def touch(self, task: Task) -> Task:
        """The task is about to be changed; what it was is remembered until the next `say`."""
        if task.id not in self._before:
            self._before[task.id] = task.snapshot()
        self._tasks[task.id] = task
        return task

    def known(self, task: Task) -> Task:
        """The task as this transaction holds it, when it was read a second time."""
        return self._tasks.get(task.id, task)

    def remove(self, task: Task) -> None:
        """The task is taken out of the list for good."""
        self.touch(task)
        self._removed[task.id] = task
        if task.uid is not None and task.recurrence_id is not None:
            self._overridden.get((task.uid, task.copy_number), set()).discard(task.recurrence_id)

    def say(
        self, *, by: str | None, because: Heard[Any] | None = None, again: Iterable[Task] = (), revises: bool = True
    ) -> list[Task]:
        """The step is over: note what became of every task it touched; those that really changed are returned.

        `again`: series whose own fields stay, but whose dates must be told anew because one of them got a task of its own.
        Without `revises` nobody who was invited is written to: what they were told still holds.
        """
        touched = [(self._tasks[task_id], before) for task_id, before in self._before.items()]
        self._by = by
        if revises:
            self._revise(touched)
        changed = [task for task, before in touched if self._note(task, before, by, because)]
        told = set(self._before)
        self._before = {}
        for task in again:
            if task.id not in told and not task.is_closed:
                self._tasks[task.id] = task
                self._note_new_version(task, TaskUpdated, ["occurrences"], by, because)
        return changed

    # ---- the end

    async def write(self) -> None:
        """Announce everything in order, then write history, rows and what those who were invited have to hear."""
        await self._find_dates()
        for said in self._said:
            state = state_of(said.task, said.dates)
            event = said.event.model_construct(task=state, changed=said.changed, by=said.by)
            announce(self._session, event, because=said.because)
        await history.add(self._session, self._history)
        lost = [task_id for task_id in self._removed if task_id not in self._made]
        kept = [task for task in self._changed.values() if task.id not in self._removed and task.id not in self._made]
        await task_rows.delete_tasks(self._session, lost)
        await task_rows.insert_tasks(
            self._session, [task for task in self._made.values() if task.id not in self._removed]
        )
        await task_rows.update_tasks(
            self._session, kept, people_changed=self._people_changed, words_changed=self._words_changed
        )
        if self._sent_out:
            changes = [
                Change(before, None if task_id in self._removed else self._tasks[task_id])
                for task_id, before in self._sent_out.items()
            ]
            await self._letters.tell_changes(changes, by=self._by)

    async def _find_dates(self) -> None:
        """The coming dates of every series that is spoken of, in one go."""
        series = [said for said in self._said if said.task.is_recurring and not said.task.is_closed]
        found = await self._series_dates.between([series_of(said.task.fields) for said in series], self._window)
        for said, dates in zip(series, found, strict=True):
            said.dates = [date for date in dates if date.recurrence_id not in said.overridden]
            task = self._tasks[said.task.id]
            task.recurs_until = last_start(task.fields)
            task.announced_until = self._window.ends_at
        for said in self._said:
            if not said.task.is_recurring:
                said.dates = own_occurrence(said.task)

    # ---- one task

    def _revise(self, touched: Iterable[tuple[Task, Task | None]]) -> None:
        for task, before in touched:
            if before is not None and before.invited_from is not None:
                self._sent_out.setdefault(task.id, before)
                if task.id not in self._removed:
                    revise(before, task)

    def _note(self, task: Task, before: Task | None, by: str | None, because: Heard[Any] | None) -> bool:
        if task.id in self._removed:
            task.version += 1
            self._note_said(task, TaskDeleted, [], by, because)
            self._note_history(task, "deleted", {}, by)
            return True
        if before is None:
            self._note_said(task, TaskCreated, [], by, because)
            self._note_history(task, "created", {}, by)
            return True
        changes = differences(before, task)
        if not changes:
            return False
        names = changes.keys()
        if names & _PEOPLE:
            self._people_changed.add(task.id)
        if names & _WORDS:
            self._words_changed.add(task.id)
        event, happened = _kind_of_change(before, task)
        task.updated_at = self._now
        self._note_new_version(task, event, list(names), by, because)
        self._note_history(task, happened, changes, by)
        return True

    def _note_new_version(
        self, task: Task, event: type[TaskEvent], names: list[str], by: str | None, because: Heard[Any] | None
    ) -> None:
        task.version += 1
        self._changed[task.id] = task
        self._note_said(task, event, names, by, because)

    def _note_said(
        self, task: Task, event: type[TaskEvent], names: list[str], by: str | None, because: Heard[Any] | None
    ) -> None:
        dates = self._overridden.get((task.uid, task.copy_number), ()) if task.uid and task.is_recurring else ()
        self._said.append(Said(event, task.snapshot(), names, by, because, frozenset(dates)))

    def _note_history(self, task: Task, happened: str, changes: dict[str, tuple[Any, Any]], by: str | None) -> None:
        self._history.append(
            {
                "id": new_id(),
                "task_id": task.id,
                "version": task.version,
                "happened": happened,
                "at": self._now,
                "by": by,
                "changes": {name: [history.plain(old), history.plain(new)] for name, (old, new) in changes.items()},
            }
        )

    def _note_override(self, task: Task) -> None:
        if task.uid is not None and task.recurrence_id is not None:
            self._overridden.setdefault((task.uid, task.copy_number), set()).add(task.recurrence_id)


def _kind_of_change(before: Task, after: Task) -> tuple[type[TaskEvent], str]:
    if before.status != after.status:
        if after.status == "cancelled":
            return TaskCancelled, "cancelled"
        if after.status == "completed":
            return TaskCompleted, "completed"
        if before.is_closed:
            return TaskReopened, "reopened"
    return TaskUpdated, "updated"
