"""Plays histories of invitations in memory: calendars are read, decided, and the decisions carried out on a handful of tasks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from contracts.addresses import Address
from contracts.calendar import CALENDAR_EVENTS, CalendarObject, Component
from contracts.mail import Authentication
from ical.reading import read_calendar
from ical.recurrence import occurrences
from tasks_api.itip import (
    CancelTask,
    Change,
    Context,
    CreateTask,
    Decision,
    KnownSeries,
    KnownTask,
    RemoveTask,
    ReopenTask,
    SeriesMemory,
    UpdateTask,
    decide,
    import_events,
    uids_of,
)
from tasks_api.itip.fields import series_of

ANNA = "anna@klient.example"
OFFICE = "biuro@firma.example"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ics(*lines: str, method: str = "REQUEST", component: str = "VEVENT") -> bytes:
    """A calendar with one event: UID, DTSTAMP, ORGANIZER and ATTENDEE are filled in unless a line gives them."""
    given = {line.split(":")[0].split(";")[0] for line in lines}
    event = list(lines)
    for name, line in {
        "UID": "UID:u1@klient.example",
        "DTSTAMP": "DTSTAMP:20260101T000000Z",
        "ORGANIZER": f"ORGANIZER;CN=Anna:mailto:{ANNA}",
        "ATTENDEE": f"ATTENDEE;RSVP=TRUE:mailto:{OFFICE}",
    }.items():
        if name not in given:
            event.append(line)
    return calendar([event], method=method, component=component)


def calendar(events: Sequence[Sequence[str]], *, method: str | None = "REQUEST", component: str = "VEVENT") -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *([f"METHOD:{method}"] if method else [])]
    for event in events:
        lines += [f"BEGIN:{component}", *(line for line in event if line), f"END:{component}"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


class Play:
    """An installation in miniature: what is stored about each UID, and every decision in order."""

    def __init__(self, *, own: Iterable[str] = (OFFICE,), **context: Any) -> None:
        self.series: dict[str, KnownSeries] = {}
        self.decisions: list[Decision] = []
        self.now = NOW
        self._own = frozenset(own)
        self._context = context
        self._numbers = count(1)

    # ---- doing

    def hear(
        self,
        calendar: bytes | Sequence[Component],
        *,
        sender: str | None = ANNA,
        method: str | None = None,
        mail: int | None = None,
        verdict: str = "unchecked",
        **context: Any,
    ) -> Decision:
        """A mail with this calendar arrives; the last decision about it."""
        self.now += timedelta(minutes=1)
        event = self.event(calendar, sender=sender, method=method, mail=mail, verdict=verdict)
        return self.decide(event, **context)

    def event(
        self,
        calendar: bytes | Sequence[Component],
        *,
        sender: str | None = ANNA,
        method: str | None = None,
        mail: int | None = None,
        verdict: str = "unchecked",
    ) -> CalendarObject:
        problems: list[str] = []
        if isinstance(calendar, bytes):
            reading = read_calendar(calendar, account_timezone="Europe/Warsaw")
            method = method or reading.calendars[0].method
            problems = [*reading.problems, *reading.calendars[0].problems]
            calendar = reading.calendars[0].components
        return CALENDAR_EVENTS.get(method or "", CalendarObject)(
            message_id=UUID(int=mail if mail is not None else next(self._numbers) + 1_000),
            mail_account_id=UUID(int=1),
            mailbox=OFFICE,
            own_addresses=[OFFICE] if OFFICE in self._own else [],
            account_timezone="Europe/Warsaw",
            mail_subject="A mail",
            received_at=self.now,
            sender=Address(email=sender) if sender else None,
            from_count=1 if sender else 0,
            method=method,
            components=list(calendar),
            problems=problems,
            authentication=Authentication.model_validate({"verdict": verdict}),
        )

    def decide(self, event: CalendarObject, **context: Any) -> Decision:
        known = {uid: self.known(uid) for uid in uids_of(event)}
        decisions = decide(event, known, self.context(**context))
        for decision in decisions:
            self.carry_out(decision)
        return decisions[-1]

    def import_calendar(self, calendar: bytes) -> list[Decision]:
        components = read_calendar(calendar, account_timezone="Europe/Warsaw").calendars[0].components
        known = {component.uid: self.known(component.uid) for component in components}
        decisions = import_events(components, known, self.context())
        for decision in decisions:
            self.carry_out(decision)
        return decisions

    def carry_out(self, decision: Decision) -> None:
        """As the service does it: changes one by one, and the memory through its document."""
        tasks = carried_out(self.known(decision.uid).tasks, decision.changes)
        assert tasks == decision.after.tasks, "the changes must lead to the state the decision names"
        memory = decision.after.memory
        document = json.loads(json.dumps(memory.to_document())) if memory else None
        assert SeriesMemory.from_document(document) == memory
        self.series[decision.uid] = KnownSeries(decision.uid, SeriesMemory.from_document(document), tasks)
        self.decisions.append(decision)

    def by_hand(self, task: KnownTask, **changes: Any) -> None:
        """A person edits a task: `status` or any of its fields."""
        status = changes.pop("status", task.status)
        edited = replace(task, status=status, fields=replace(task.fields, **changes), touched_by_hand=True)
        uid = next(uid for uid, series in self.series.items() if task in series.tasks)
        known = self.known(uid)
        tasks = tuple(edited if one.task_id == task.task_id else one for one in known.tasks)
        self.series[uid] = replace(known, tasks=tasks)

    def delete(self, task: KnownTask) -> None:
        for uid, known in self.series.items():
            self.series[uid] = replace(known, tasks=tuple(one for one in known.tasks if one.task_id != task.task_id))

    def context(self, **changes: Any) -> Context:
        made = count(1 + sum(len(series.tasks) for series in self.series.values()) + 100 * len(self.decisions))
        given = {"now": self.now, "own_addresses": self._own, "new_id": lambda: UUID(int=next(made)), **self._context}
        return Context(**{**given, **changes})

    # ---- looking

    def known(self, uid: str) -> KnownSeries:
        return self.series.get(uid, KnownSeries(uid))

    def tasks(self, uid: str = "u1@klient.example") -> tuple[KnownTask, ...]:
        return self.known(uid).tasks

    def task(self, key: str | None = None, *, uid: str = "u1@klient.example") -> KnownTask:
        found = [task for task in self.tasks(uid) if task.recurrence_id == key]
        assert len(found) == 1, f"{len(found)} tasks at {key}, of {[t.recurrence_id for t in self.tasks(uid)]}"
        return found[0]

    def dates(self, uid: str = "u1@klient.example") -> list[tuple[str, str]]:
        """What a calendar shows of the UID: starts and titles of all that is not cancelled."""
        tasks = self.tasks(uid)
        overridden = [task.recurrence_id for task in tasks if task.recurrence_id]
        shown = []
        for task in tasks:
            if task.status == "cancelled":
                continue
            if task.recurrence_id is None:
                found = occurrences(
                    series_of(task.fields),
                    start=NOW - 4000 * HOUR * 24,
                    end=NOW + 4000 * HOUR * 24,
                    leaving_out=overridden,
                )
                shown += [(one.starts_at.isoformat(), task.fields.title) for one in found.items]
            elif task.fields.starts_at:
                shown.append((task.fields.starts_at.isoformat(), task.fields.title))
        return sorted(shown)


def carried_out(tasks: Sequence[KnownTask], changes: Sequence[Change]) -> tuple[KnownTask, ...]:
    """The tasks after these changes, done as `shapes.py` tells."""
    now = list(tasks)
    for change in changes:
        match change:
            case CreateTask():
                now.append(KnownTask(change.task_id, change.recurrence_id, change.status, change.fields))
            case UpdateTask():
                values = {name: getattr(change.fields, name) for name in change.changed}
                now = [
                    replace(t, fields=replace(t.fields, **values)) if t.task_id == change.task_id else t for t in now
                ]
            case CancelTask():
                now = [replace(t, status="cancelled") if t.task_id == change.task_id else t for t in now]
            case ReopenTask():
                now = [replace(t, status="planned") if t.task_id == change.task_id else t for t in now]
            case RemoveTask():
                now = [t for t in now if t.task_id != change.task_id]
    return tuple(now)
