"""The working copy of one UID while one iTIP object is decided: memory and tasks change here, the changes fall out at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from contracts.calendar import CalendarObject, Component
from ical.recurrence import is_occurrence
from ical.zones import iana_name
from tasks_api.itip.fields import changed_names, series_of, times_received
from tasks_api.itip.memory import Line, SeriesMemory, Version
from tasks_api.itip.shapes import (
    CancelTask,
    Change,
    Context,
    CreateTask,
    KnownSeries,
    KnownTask,
    RemoveTask,
    ReopenTask,
    TaskFields,
    TaskStatus,
    UpdateTask,
)

ACTIVE: TaskStatus = "planned"
CANCELLED: TaskStatus = "cancelled"


@dataclass(slots=True)
class Draft:
    """`holds` collects why a person has to agree first; with any, nothing of the draft is carried out by itself.

    `about`: the date the message is about, None for the series.
    """

    known: KnownSeries
    message: CalendarObject
    context: Context
    own: frozenset[str]
    memory: SeriesMemory
    tasks: list[KnownTask]
    holds: list[str]
    about: str | None = None

    @classmethod
    def of(cls, known: KnownSeries, message: CalendarObject, context: Context, own: frozenset[str]) -> Draft:
        return cls(known, message, context, own, known.memory or SeriesMemory(), list(known.tasks), [])

    # ---- looking

    @property
    def mail(self) -> str:
        return self.message.message_id.hex

    @property
    def home(self) -> str:
        return iana_name(self.message.account_timezone) or "UTC"

    @property
    def forced(self) -> bool:
        return self.context.confirmed_by_person

    def rows(self, key: str | None) -> list[KnownTask]:
        return [task for task in self.tasks if task.recurrence_id == key]

    def line(self, key: str | None) -> Line:
        return self.memory.series if key is None else self.memory.dates.get(key, Line())

    def series_fields(self) -> TaskFields | None:
        """Times and repeats of the series: as the organizer gave them, or of our own task; None when it is not known."""
        authority = self.memory.authority
        received = times_received(self.memory.series.received)
        if received is not None and not (authority is not None and authority.ours):
            return received
        return next((task.fields for task in self.tasks if task.recurrence_id is None), None)

    def has_date(self, key: str) -> bool:
        """Whether the series has that date by its rule or as an override; taken-out dates count as had."""
        if self.rows(key) or self.line(key).request is not None:
            return True
        fields = self.series_fields()
        return fields is not None and self.is_ruled(fields, key)

    def is_ruled(self, fields: TaskFields, key: str) -> bool:
        """Whether the rule gives that date, taken out or not."""
        return is_occurrence(series_of(fields, with_exdates=False), key)

    def version_of(self, component: Component) -> Version:
        """How new a component is. Without DTSTAMP, LAST-MODIFIED or the arrival of the mail stands in."""
        stamp = component.dtstamp or component.last_modified or self.message.received_at
        return Version(component.sequence, stamp)

    # ---- changing

    def remember(self, key: str | None, line: Line) -> None:
        if key is None:
            self.memory = replace(self.memory, series=line)
        else:
            self.memory = replace(self.memory, dates={**self.memory.dates, key: line})

    def forget(self, key: str) -> None:
        self.memory = replace(self.memory, dates={k: line for k, line in self.memory.dates.items() if k != key})

    def create(self, key: str | None, fields: TaskFields) -> KnownTask:
        task = KnownTask(self.context.new_id(), key, ACTIVE, fields)
        self.tasks.append(task)
        return task

    def edit(self, task: KnownTask, edited: Callable[[KnownTask], KnownTask]) -> None:
        self.tasks = [edited(one) if one.task_id == task.task_id else one for one in self.tasks]

    def set_fields(self, task: KnownTask, fields: TaskFields) -> None:
        self.edit(task, lambda one: replace(one, fields=fields))

    def set_status(self, task: KnownTask, status: TaskStatus) -> None:
        self.edit(task, lambda one: replace(one, status=status))

    def remove(self, task: KnownTask) -> None:
        self.tasks = [one for one in self.tasks if one.task_id != task.task_id]

    # ---- the outcome

    def after(self) -> KnownSeries:
        return KnownSeries(self.known.uid, self.memory, tuple(self.tasks))

    def changes(self) -> tuple[Change, ...]:
        before = {task.task_id: task for task in self.known.tasks}
        now = {task.task_id for task in self.tasks}
        like = next((task.task_id for task in self.known.tasks if task.recurrence_id is None), None)
        found: list[Change] = []
        for task in self.tasks:
            stored = before.get(task.task_id)
            if stored is None:
                copied = like if task.recurrence_id is not None else None
                found.append(CreateTask(task.task_id, task.recurrence_id, task.fields, task.status, copied))
            else:
                found += _changes_of(stored, task)
        found += [RemoveTask(task_id) for task_id in before if task_id not in now]
        return tuple(found)


def _changes_of(stored: KnownTask, task: KnownTask) -> Iterable[Change]:
    names = changed_names(stored.fields, task.fields)
    if names:
        yield UpdateTask(task.task_id, task.fields, names)
    if stored.status != task.status:
        yield CancelTask(task.task_id) if task.status == CANCELLED else ReopenTask(task.task_id)
