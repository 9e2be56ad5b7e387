"""Tasks of ours as the calendars that leave by mail (features E34; RFC 5546 section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ical.writing import Event, Person, cancellation_text, counter_decline_text, reply_text, request_text
from tasks_api.itip.shapes import TaskFields
from tasks_api.task import Task


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers an invitation: the invited address, and the mailbox that writes for it when that is another one."""

    email: str
    partstat: str
    name: str = ""
    sent_by: str | None = None


def request(tasks: Sequence[Task], *, organizer: Person, stamp: datetime) -> bytes:
    """METHOD:REQUEST for an event, one date of a series, or a series with its dates that differ (the series comes first).

    Dates of the series that are off are EXDATEs of it: every program understands these.
    """
    series = tasks[0] if tasks[0].recurrence_id is None else None
    off = tuple(one.recurrence_id for one in tasks if one.recurrence_id is not None and one.status == "cancelled")
    events = []
    for task in tasks:
        if series is not None and task is not series and task.status == "cancelled":
            continue
        event = _event(task, organizer=organizer, stamp=stamp)
        if task is series:
            event = replace(event, exdates=tuple(sorted({*event.exdates, *off})))
        events.append(event)
    return request_text(events)


def cancellation(task: Task, *, organizer: Person, stamp: datetime) -> bytes:
    """METHOD:CANCEL of an event, a whole series, or one date; STATUS:CANCELLED says that it is off for everybody."""
    event = _event(task, organizer=organizer, stamp=stamp)
    return cancellation_text([replace(event, rrule=None, rdates=(), exdates=())])


def withdrawal(task: Task, person: Person, *, organizer: Person, stamp: datetime) -> bytes:
    """METHOD:CANCEL for one attendee: the meeting goes on without them (RFC 5546 section 3.2.5)."""
    event = _event(task, organizer=organizer, stamp=stamp)
    return cancellation_text([replace(event, rdates=(), exdates=())], uninvited=[person])


def answer(task: Task, answering: Answering, *, sequence: int, comment: str | None, stamp: datetime) -> bytes:
    """METHOD:REPLY: the event as invited, with nobody but the one who answers, and the SEQUENCE that is answered."""
    organizer = Person(task.fields.organizer or "")
    event = replace(_event(task, organizer=organizer, stamp=stamp), sequence=sequence, description="", status=None)
    attendee = Person(answering.email, answering.name, answering.partstat, sent_by=answering.sent_by)
    return reply_text(event, attendee, comment=comment)


def declined_proposal(
    task: Task, proposer: Person, *, sequence: int, comment: str | None, organizer: Person, stamp: datetime
) -> bytes:
    """METHOD:DECLINECOUNTER: the proposal with this SEQUENCE is not followed (RFC 5546 section 3.2.8)."""
    event = replace(_event(task, organizer=organizer, stamp=stamp), sequence=sequence, status=None)
    return counter_decline_text(event, proposer, comment=comment)


def _event(task: Task, *, organizer: Person, stamp: datetime) -> Event:
    said = task.fields
    return Event(
        uid=task.uid or "",
        stamp=stamp,
        sequence=said.sequence,
        recurrence_id=task.recurrence_id,
        starts_at=None if said.all_day else said.starts_at,
        ends_at=None if said.all_day else said.ends_at,
        starts_on=said.starts_on,
        ends_on=said.ends_on,
        timezone=said.timezone,
        rrule=said.rrule,
        rdates=said.rdates,
        exdates=said.exdates,
        summary=said.title,
        description=said.description,
        location=said.location,
        status="CANCELLED" if task.status == "cancelled" else "CONFIRMED",
        organizer=organizer,
        attendees=_attendees(said, organizer),
    )


def _attendees(said: TaskFields, organizer: Person) -> tuple[Person, ...]:
    return tuple(
        Person(one.email, one.name, one.partstat, rsvp=one.partstat == "NEEDS-ACTION", role="REQ-PARTICIPANT")
        for one in said.attendees
        if one.email != organizer.email
    )
