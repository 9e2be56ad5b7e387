"""Invitations come in by mail: a batch of calendar objects is decided about and booked at once (features E1-E32).

Everything the batch needs is read in a handful of queries, the deciding is pure (`tasks_api.itip`), and everything that
comes of it is written in bulk: an invitation costs about a millisecond, not twenty queries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.calendar import CalendarHeld, CalendarObject
from contracts.tasks import InvitationWaiting
from kit.database import AsyncSession
from kit.events import Heard
from kit.ids import new_id
from kit.outbox import announce
from tasks_api.address_matching import Holder
from tasks_api.desk import Desk
from tasks_api.flood_guarding import guard_for, keep_guard
from tasks_api.invitation_records import Record, fact_of, held_record, record_of, replied
from tasks_api.itip.deciding import decide, uids_of
from tasks_api.itip.memory import SeriesMemory
from tasks_api.itip.shapes import Context, CreateTask, Decision, KnownSeries, Outcome
from tasks_api.refreshing import answer_refreshes
from tasks_api.repository import directory, invitations, task_types, tasks
from tasks_api.repository import heard as copies
from tasks_api.series_booking import Newcomers, SeriesBooking, known_series
from tasks_api.task import Task

TURN = 10
"""Objects that are worked on before others on the event loop get their turn: some milliseconds."""
LONGEST_UID = 1000
"""Bytes; longer ones could not be looked up by an index."""
_WAITS = frozenset({Outcome.WAITING, Outcome.REVIEW})


@dataclass(slots=True)
class Surroundings:
    """What a batch is decided in the light of."""

    known: dict[str, KnownSeries]
    remembered: dict[str, SeriesMemory]
    holders: dict[str, list[Holder]]
    own_addresses: frozenset[str]
    tasks: list[Task] = field(default_factory=list)


async def hear_calendars(
    session: AsyncSession, desk: Desk, heard: Sequence[Heard[CalendarObject]], *, now: datetime
) -> None:
    """Decide about each object, book what follows and leave a record of every decision."""
    fresh = await _not_recorded(session, heard)
    if not fresh:
        return
    around = await surroundings_of(session, [one.event for one in fresh])
    guard = await guard_for(
        session,
        [one.event for one in fresh if _is_stranger(one.event, around)],
        per_sender=desk.settings.invitations_per_sender,
        per_mailbox=desk.settings.invitations_per_mailbox,
        now=now,
    )
    decided: list[tuple[Heard[CalendarObject], list[Decision]]] = []
    for index, one in enumerate(fresh):
        if index % TURN == TURN - 1:
            await asyncio.sleep(0)
        flooded = _is_stranger(one.event, around) and guard.holds(one.event)
        decisions = _decisions(one.event, around, desk, flooded=flooded, now=now)
        if _is_stranger(one.event, around):
            guard.note(one.event, decisions)
        for decision in decisions:
            around.known[decision.uid] = decision.after
        decided.append((one, decisions))
    await _book(session, desk, decided, around, now=now)
    await _remember(session, around, now=now)
    await keep_guard(session, guard)


async def _not_recorded(session: AsyncSession, heard: Sequence[Heard[CalendarObject]]) -> list[Heard[CalendarObject]]:
    """Without what mail-ingest tells again under a new event id; the first of two equal parts counts."""
    seen = await invitations.known_parts(session, {one.event.message_id for one in heard})
    fresh: list[Heard[CalendarObject]] = []
    for one in heard:
        part = (one.event.message_id, one.event.part)
        if part not in seen:
            seen.add(part)
            fresh.append(one)
    return fresh


async def surroundings_of(session: AsyncSession, events: Sequence[CalendarObject]) -> Surroundings:
    """Everything these objects are decided in the light of, in a handful of queries; the tasks are locked."""
    uids: set[str] = set()
    emails: set[str] = set()
    for event in events:
        if isinstance(event, CalendarHeld):
            continue
        uids |= uids_of(event)
        emails |= set(_addresses(event))
    uids = {uid for uid in uids if is_usable(uid)}
    there = await tasks.tasks_with_uids(session, uids, to_change=True)
    remembered = await invitations.memories_of(session, uids)
    holders = await directory.holders_of(session, emails)
    mailboxes = await copies.mailbox_addresses(session, emails)
    employees = {email for email, cards in holders.items() if any(card.kind == "employee" for card in cards)}
    return Surroundings(
        known=known_series(uids, there, remembered),
        remembered=dict(remembered),
        holders=holders,
        own_addresses=frozenset(mailboxes | employees),
        tasks=there,
    )


def _addresses(event: CalendarObject) -> Iterable[str]:
    """Every address the object names: who wrote it, who organizes, who is invited, whose mailbox it lay in."""
    if event.sender is not None:
        yield event.sender.email
    yield from event.own_addresses
    for component in event.components:
        if component.organizer is not None:
            yield component.organizer.email
        for attendee in component.attendees:
            yield attendee.email


def is_usable(uid: str) -> bool:
    return 0 < len(uid.encode("utf-8", "replace")) <= LONGEST_UID


def _is_stranger(event: CalendarObject, around: Surroundings) -> bool:
    """Whether nobody knows who wrote; history that is brought in is no flood."""
    known = event.sender is not None and event.sender.email in around.holders
    return not known and not event.imported and not isinstance(event, CalendarHeld)


def _decisions(
    event: CalendarObject, around: Surroundings, desk: Desk, *, flooded: bool, now: datetime
) -> list[Decision]:
    if isinstance(event, CalendarHeld) or not all(is_usable(uid) for uid in uids_of(event)):
        return []
    context = Context(
        now=now,
        own_addresses=around.own_addresses,
        policy=event.invitation_policy,
        auto_create_from=event.auto_create_from or desk.settings.auto_create_from,
        sender_known=event.sender is not None and event.sender.email in around.holders,
        flooded=flooded,
        untitled=desk.untitled,
    )
    return decide(event, around.known, context)


async def _book(
    session: AsyncSession,
    desk: Desk,
    decided: Sequence[tuple[Heard[CalendarObject], list[Decision]]],
    around: Surroundings,
    *,
    now: datetime,
) -> None:
    """Carry out every decision, in order, and leave the records."""
    newcomers = Newcomers(
        numbers=await desk.numbers(session, _count_new(decided), now=now),
        type_id=await task_types.default_type_id(session),
        automation=await copies.reminder_defaults(session),
        holders=around.holders,
    )
    booking = SeriesBooking(desk.booking(session, now=now), around.tasks, newcomers, now=now)
    objects: list[dict[str, Any]] = []
    records: list[Record] = []
    asked: list[tuple[Decision, Record]] = []
    for index, (one, decisions) in enumerate(decided):
        if index % TURN == TURN - 1:
            await asyncio.sleep(0)
        event = one.event
        object_id = new_id()
        objects.append(_object_row(object_id, event))
        if not decisions:
            records.append(held_record(object_id, event, now=now))
        for decision in decisions:
            carried = booking.carry_out(decision, event, by=f"mail:{event.message_id}", because=one)
            record = record_of(object_id, event, decision, carried, now=now)
            records.append(record)
            if decision.answer is not None:
                announce(session, replied(record, decision), because=one)
            if decision.asks is not None:
                asked.append((decision, record))
        for record in records[len(records) - max(len(decisions), 1) :]:
            if record.outcome in _WAITS:
                announce(session, fact_of(record, InvitationWaiting), because=one)
    await booking.write()
    await answer_refreshes(session, desk, asked, booking.tasks, now=now)
    await invitations.add_objects(session, objects)
    await invitations.add_records(session, [record.row() for record in records])


def _count_new(decided: Sequence[tuple[Heard[CalendarObject], list[Decision]]]) -> int:
    return sum(
        isinstance(change, CreateTask)
        for _, decisions in decided
        for decision in decisions
        for change in decision.changes
    )


async def _remember(session: AsyncSession, around: Surroundings, *, now: datetime) -> None:
    changed = {
        uid: series.memory
        for uid, series in around.known.items()
        if series.memory is not None and series.memory is not around.remembered.get(uid)
    }
    await invitations.keep_memories(session, changed, now=now)


def _object_row(object_id: UUID, event: CalendarObject) -> dict[str, Any]:
    return {
        "id": object_id,
        "message_id": event.message_id,
        "mail_account_id": event.mail_account_id,
        "part": event.part,
        "parts": event.parts,
        "received_at": event.received_at,
        "content": event.__pydantic_serializer__.to_json(event).decode(),
    }
