"""What the deciding module asked for is carried out on tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.calendar import CalendarObject
from contracts.tasks import TaskAttendee, TaskParticipant, TaskSource
from kit.events import Heard
from tasks_api.account_linking import AccountMatch, linked_account
from tasks_api.address_matching import Holder
from tasks_api.booking import Booking
from tasks_api.changes_made import Carried, Made, all_fields, changed_fields
from tasks_api.itip.memory import SeriesMemory
from tasks_api.itip.shapes import (
    CancelTask,
    Change,
    CreateTask,
    Decision,
    KnownSeries,
    KnownTask,
    RemoveTask,
    ReopenTask,
    UpdateTask,
)
from tasks_api.reminder_plans import AutomationSettings, plan_of_new_task, without_sms
from tasks_api.task import NO_REMINDERS, Task

_IMPORTED = TaskSource(kind="calendar")


def known_series(
    uids: Iterable[str], tasks: Sequence[Task], memories: Mapping[str, SeriesMemory]
) -> dict[str, KnownSeries]:
    """What is stored about each of these UIDs, as the deciding module wants it; `tasks` oldest first."""
    of_uid: defaultdict[str, list[KnownTask]] = defaultdict(list)
    for task in tasks:
        if task.uid is not None:
            of_uid[task.uid].append(
                KnownTask(task.id, task.recurrence_id, task.status, task.fields, task.touched_by_hand)
            )
    return {uid: KnownSeries(uid, memories.get(uid), tuple(of_uid.get(uid, ()))) for uid in uids}


@dataclass(slots=True, kw_only=True)
class Newcomers:
    """What a task gets that a calendar does not speak about. `numbers` are used up from the front."""

    numbers: list[str]
    type_id: UUID | None
    automation: AutomationSettings
    holders: Mapping[str, Sequence[Holder]]
    created_by: UUID | None = None


class SeriesBooking:
    """Carries out decisions on the tasks of one transaction; `tasks` are those that are there already."""

    def __init__(self, booking: Booking, tasks: Sequence[Task], newcomers: Newcomers, *, now: datetime) -> None:
        self._booking = booking
        self._newcomers = newcomers
        self._now = now
        self._numbers = iter(newcomers.numbers)
        self._tasks = {task.id: task for task in tasks}
        self._of_uid: defaultdict[str, list[Task]] = defaultdict(list)
        for task in tasks:
            if task.uid is not None:
                self._of_uid[task.uid].append(task)
        booking.know_overrides(_overridden(tasks))

    def carry_out(
        self, decision: Decision, event: CalendarObject, *, by: str, because: Heard[Any] | None = None
    ) -> Carried:
        """Do what a decision about a mail asks for; tells whose account it belongs to when it makes a task, or would.

        What mail brings from somebody nobody knows is never told by SMS (reliability C6); a person who decides vouches for it.
        """
        match = None
        if any(isinstance(change, CreateTask) for change in (*decision.changes, *decision.would_change)):
            sender = event.sender.email if event.sender else None
            match = linked_account(sender, decision.organizer, self._newcomers.holders)
        source = TaskSource.model_construct(kind="invitation", message_id=event.message_id, document=None)
        made = self._apply(
            decision, source, match, own=event.own_addresses, reminded=not event.imported, by_mail=because is not None
        )
        self._booking.say(by=by, because=because, again=self._series_to_tell(decision.uid, decision.changes))
        return Carried(match, made)

    def carry_out_import(self, decision: Decision, *, by: str) -> None:
        """Do what a decision about a calendar of our own asks for."""
        match = linked_account(None, decision.organizer, self._newcomers.holders)
        self._apply(decision, _IMPORTED, match, own=(), reminded=True, by_mail=False)
        self._booking.say(by=by, again=self._series_to_tell(decision.uid, decision.changes))

    def make_again(
        self, uid: str, creations: Sequence[CreateTask], event: CalendarObject, *, organizer: str | None, by: str
    ) -> Carried:
        """A person wants these tasks a second time (features E11): they get a copy number of their own."""
        match = linked_account(event.sender.email if event.sender else None, organizer, self._newcomers.holders)
        source = TaskSource.model_construct(kind="invitation", message_id=event.message_id, document=None)
        copy_number = 1 + max((task.copy_number for task in self._of_uid[uid]), default=-1)
        for creation in creations:
            self._create(uid, creation, source, match, own=event.own_addresses, reminded=True, copy_number=copy_number)
        self._booking.say(by=by)
        return Carried(match, tuple(Made(one.task_id, "created", one.recurrence_id) for one in creations))

    @property
    def tasks(self) -> Mapping[UUID, Task]:
        """The tasks as they now are."""
        return self._tasks

    async def write(self) -> None:
        await self._booking.write()

    # ---- one decision

    def _apply(
        self,
        decision: Decision,
        source: TaskSource,
        match: AccountMatch | None,
        *,
        own: Collection[str],
        reminded: bool,
        by_mail: bool,
    ) -> tuple[Made, ...]:
        made: list[Made] = []
        for change in decision.changes:
            if not isinstance(change, CreateTask):
                made.append(self._change(change))
                continue
            made.append(Made(change.task_id, "created", change.recurrence_id))
            like = self._tasks.get(change.like) if change.like else None
            if like is not None:
                self._create_like(decision.uid, change, source, like)
            else:
                self._create(decision.uid, change, source, match, own=own, reminded=reminded, by_mail=by_mail)
        return tuple(made)

    def _change(self, change: UpdateTask | CancelTask | ReopenTask | RemoveTask) -> Made:
        task = self._tasks[change.task_id]
        made = _made(task, change)
        match change:
            case UpdateTask():
                self._booking.touch(task)
                task.fields = replace(task.fields, **{name: getattr(change.fields, name) for name in change.changed})
            case CancelTask():
                self._booking.touch(task)
                task.status, task.completed_at = "cancelled", None
            case ReopenTask():
                self._booking.touch(task)
                task.status, task.completed_at = "planned", None
            case RemoveTask():
                self._booking.remove(task)
                self._of_uid[task.uid or ""].remove(task)
                del self._tasks[task.id]
        return made

    def _create(
        self,
        uid: str,
        creation: CreateTask,
        source: TaskSource,
        match: AccountMatch | None,
        *,
        own: Collection[str],
        reminded: bool,
        by_mail: bool = False,
        copy_number: int = 0,
    ) -> None:
        task = self._new(uid, creation, source, copy_number)
        if match is not None:
            task.account_id = match.account_id
            task.contact_ids = (match.contact_id,) if match.contact_id else ()
        task.participants = self._invited_employees(creation.fields.attendees, own)
        task.type_id = self._newcomers.type_id
        if reminded:
            plan = plan_of_new_task(self._newcomers.automation, kind=creation.fields.kind)
            is_unknown = match is not None and match.match == "none"
            task.reminders = without_sms(plan) if by_mail and is_unknown else plan
        self._add(task)

    def _create_like(self, uid: str, creation: CreateTask, source: TaskSource, like: Task) -> None:
        """One date of a known series begins with what people decided for the series."""
        task = self._new(uid, creation, source, like.copy_number)
        task.account_id, task.contact_ids, task.participants = like.account_id, like.contact_ids, like.participants
        task.type_id, task.color, task.case_number = like.type_id, like.color, like.case_number
        task.invited_from = like.invited_from
        task.reminders = (
            like.reminders.model_copy(update={"remind_at": None}) if like.reminders.remind_at else like.reminders
        )
        self._add(task)

    def _new(self, uid: str, creation: CreateTask, source: TaskSource, copy_number: int) -> Task:
        taken = {(task.recurrence_id, task.copy_number) for task in self._of_uid[uid]}
        while (creation.recurrence_id, copy_number) in taken:
            copy_number += 1
        return Task(
            id=creation.task_id,
            number=next(self._numbers),
            fields=creation.fields,
            created_at=self._now,
            updated_at=self._now,
            status=creation.status,
            uid=uid,
            recurrence_id=creation.recurrence_id,
            copy_number=copy_number,
            source=source,
            reminders=NO_REMINDERS,
            created_by=self._newcomers.created_by,
        )

    def _add(self, task: Task) -> None:
        self._booking.add(task)
        self._tasks[task.id] = task
        self._of_uid[task.uid or ""].append(task)

    def _invited_employees(
        self, attendees: Sequence[TaskAttendee], own: Collection[str]
    ) -> tuple[TaskParticipant, ...]:
        """Our people who are invited carry the task out (docs/decisions/0042): by attendee, or by the mailbox it came to."""
        invited: dict[UUID, TaskParticipant] = {}
        for email in (*(one.email for one in attendees if one.partstat != "DECLINED"), *own):
            for holder in self._newcomers.holders.get(email, ()):
                if holder.kind == "employee" and holder.active:
                    invited.setdefault(
                        holder.card_id,
                        TaskParticipant.model_construct(
                            employee_id=holder.card_id, phone=None, email=None, remind=True
                        ),
                    )
        return tuple(invited.values())

    def _series_to_tell(self, uid: str, changes: Iterable[Change]) -> list[Task]:
        """Series that lost a date to a task of its own, or got one back: their listeners must hear the dates anew."""
        if not any(isinstance(change, RemoveTask) or _makes_override(change) for change in changes):
            return []
        return [task for task in self._of_uid[uid] if task.is_recurring]


def _made(task: Task, change: UpdateTask | CancelTask | ReopenTask | RemoveTask) -> Made:
    """What the change will have done to the task, for the record."""
    match change:
        case UpdateTask():
            fields = changed_fields(task.fields, change.fields, change.changed)
            return Made(task.id, "updated", task.recurrence_id, task.status, fields)
        case CancelTask():
            return Made(task.id, "cancelled", task.recurrence_id, task.status)
        case ReopenTask():
            return Made(task.id, "reopened", task.recurrence_id, task.status)
        case RemoveTask():
            return Made(task.id, "removed", task.recurrence_id, task.status, all_fields(task.fields))


def _makes_override(change: Change) -> bool:
    return isinstance(change, CreateTask) and change.recurrence_id is not None


def _overridden(tasks: Sequence[Task]) -> dict[tuple[str, int], set[str]]:
    dates: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for task in tasks:
        if task.uid is not None and task.recurrence_id is not None:
            dates[task.uid, task.copy_number].add(task.recurrence_id)
    return dates
