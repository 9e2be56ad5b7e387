"""`POST /v1/calendar`: a calendar becomes tasks of our own; when it answers they are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson

from contracts.calendar import Component
from kit.database import AsyncSession
from kit.workers import WorkerFailed, WorkerPool
from tasks_api.calendar_reading import READ, components_of, job_of
from tasks_api.desk import Desk
from tasks_api.errors.invitations import CalendarHasMethod, UnreadableCalendar
from tasks_api.inviting import is_usable
from tasks_api.itip.deciding import import_events
from tasks_api.itip.shapes import Context, CreateTask, Decision
from tasks_api.repository import directory, heard, invitations, task_types, tasks
from tasks_api.series_booking import Newcomers, SeriesBooking, known_series
from tasks_api.task_editing import Editor

_HARMLESS_METHODS = {"PUBLISH"}
"""Calendar programs write it into what they export; any other makes it a message to somebody."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one event, or of one date of a series."""

    uid: str
    recurrence_id: str | None
    outcome: str
    reason: str
    task_ids: list[UUID] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReadCalendar:
    components: list[Component]
    problems: list[str]


async def read_in_worker(workers: WorkerPool, calendar: bytes, *, timezone: str, most_bytes: int) -> ReadCalendar:
    """The components of a calendar; UnreadableCalendar or CalendarHasMethod when it cannot be imported."""
    (result,) = await workers.run(READ, [job_of(calendar, timezone=timezone, most_bytes=most_bytes)])
    if isinstance(result, WorkerFailed):
        raise UnreadableCalendar("The calendar is more than can be read.", problems=[result.reason])
    answer = orjson.loads(result)
    messages = [method for method in answer["methods"] if method not in _HARMLESS_METHODS]
    if messages:
        raise CalendarHasMethod(messages[0])
    if not answer["components"]:
        raise UnreadableCalendar("There is no event in the calendar.", problems=answer["problems"])
    return ReadCalendar(components_of(answer["components"]), answer["problems"])


async def import_calendar(
    session: AsyncSession, desk: Desk, components: Sequence[Component], *, editor: Editor, now: datetime
) -> list[Imported]:
    """Book events as our own: their organizer is one of us, and mail from outside can answer but not change them."""
    usable = [component for component in components if is_usable(component.uid)]
    uids = {component.uid for component in usable}
    there = await tasks.tasks_with_uids(session, uids, to_change=True)
    remembered = await invitations.memories_of(session, uids)
    emails = {email for component in usable for email in _addresses(component)}
    holders = await directory.holders_of(session, emails)
    own = await heard.mailbox_addresses(session, emails)
    context = Context(
        now=now,
        own_addresses=frozenset(own),
        untitled=desk.untitled,
        timezone=desk.settings.default_timezone,
        confirmed_by_person=True,
    )
    decisions = import_events(usable, known_series(uids, there, remembered), context)
    newcomers = Newcomers(
        numbers=await desk.numbers(session, _count_new(decisions), now=now),
        type_id=await task_types.default_type_id(session),
        automation=await heard.reminder_defaults(session),
        holders=holders,
        created_by=editor.user_id,
    )
    booking = SeriesBooking(desk.booking(session, now=now), there, newcomers, now=now)
    for decision in decisions:
        booking.carry_out_import(decision, by=editor.subject)
    await booking.write()
    memories = {one.uid: one.after.memory for one in decisions if one.after.memory is not None}
    await invitations.keep_memories(session, memories, now=now)
    return [
        Imported(one.uid, one.recurrence_id, one.outcome.value, one.reason, list(one.task_ids)) for one in decisions
    ]


def _addresses(component: Component) -> list[str]:
    invited = [attendee.email for attendee in component.attendees]
    return [*invited, component.organizer.email] if component.organizer else invited


def _count_new(decisions: Sequence[Decision]) -> int:
    return sum(isinstance(change, CreateTask) for decision in decisions for change in decision.changes)
