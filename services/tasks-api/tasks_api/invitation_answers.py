"""A person decides about an invitation: make a task of it, take over an update, confirm a cancellation (features E4-E17)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.calendar import CALENDAR_EVENTS, CalendarObject, Component
from contracts.tasks import InvitationDecided
from ical.recurrence import instance_key
from kit.database import AsyncSession
from kit.outbox import announce
from tasks_api.account_linking import AccountMatch
from tasks_api.changes_made import Carried
from tasks_api.desk import Desk
from tasks_api.errors.invitations import (
    InvitationAlreadyUsed,
    InvitationCancelled,
    MessageHasNoInvitations,
    NotACancellation,
    NotAnInvitation,
    NothingToCancel,
    NothingToConfirm,
    NothingToDecide,
    NothingToUpdate,
    TasksNotOfInvitation,
)
from tasks_api.invitation_records import fact_of
from tasks_api.inviting import Surroundings, surroundings_of
from tasks_api.itip.deciding import decide, tasks_made_again
from tasks_api.itip.shapes import Context, CreateTask, Decision, Outcome
from tasks_api.models.invitations import InvitationRow
from tasks_api.repository import heard, invitations, task_types
from tasks_api.series_booking import Newcomers, SeriesBooking
from tasks_api.task import Task
from tasks_api.task_editing import Editor

OnDuplicate = Literal["fail", "create", "update"]
Result = Literal["created", "updated", "cancelled", "unchanged"]
CREATING = frozenset({"REQUEST", "PUBLISH", "ADD"})
CANCELLING = frozenset({"CANCEL", "REQUEST", "PUBLISH"})
"""A REQUEST or PUBLISH may carry STATUS:CANCELLED (invitations A4 rule 6)."""
ACCOUNT_NOT_FOUND, ACCOUNT_AMBIGUOUS = "account_not_found", "account_ambiguous"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a person's decision about one record."""

    invitation: InvitationRow
    result: Result
    task_ids: list[UUID]
    match: AccountMatch | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Case:
    """One record with everything about it."""

    record: InvitationRow
    event: CalendarObject
    around: Surroundings
    context: Context

    @property
    def uid(self) -> str:
        return self.record.uid or ""

    @property
    def tasks(self) -> list[Task]:
        """The tasks the record is about: the date it names, else the whole series."""
        return [task for task in self.around.tasks if task.recurrence_id == self.record.recurrence_id]


async def invitations_to_answer(session: AsyncSession, message_id: UUID) -> list[UUID]:
    """The records of a mail from which tasks can be made; MessageHasNoInvitations when there is none."""
    records = await invitations.invitations_of_message(session, message_id)
    chosen = [record.id for record in records if record.method in CREATING and record.uid]
    if not chosen:
        raise MessageHasNoInvitations(message_id)
    return chosen


async def make_tasks(
    session: AsyncSession, desk: Desk, invitation_id: UUID, on_duplicate: OnDuplicate, *, editor: Editor, now: datetime
) -> Answer:
    """Make a task of an invitation, by hand.

    If it was used already: `fail` says so (features E10), `create` makes another one (E11), `update` brings the one that is
    there up to date (E23). InvitationCancelled when the organizer has called it off meanwhile (E28).
    """
    case = await _case(session, desk, invitation_id, CREATING, NotAnInvitation, now=now)
    if case.tasks and on_duplicate == "fail":
        would = decide(case.event, case.around.known, case.context)
        raise InvitationAlreadyUsed(
            [task.id for task in case.tasks], update_available=any(one.outcome in _APPLIED for one in would)
        )
    if case.tasks and on_duplicate == "create":
        return await _make_again(session, desk, case, editor=editor, now=now)
    if not case.tasks and on_duplicate == "update":
        raise NothingToUpdate
    decisions = decide(case.event, case.around.known, case.context)
    if not case.tasks and not any(one.outcome in _APPLIED for one in decisions):
        if case.around.tasks:
            raise InvitationAlreadyUsed([task.id for task in case.around.tasks], update_available=False)
        raise InvitationCancelled
    return await _carry_out(session, desk, case, decisions, editor=editor, now=now)


async def confirm_cancellation(
    session: AsyncSession,
    desk: Desk,
    invitation_id: UUID,
    *,
    task_ids: Collection[UUID] | None,
    editor: Editor,
    now: datetime,
) -> Answer:
    """Cancel the tasks a cancellation is about: all of them, or those named (features E17, E29)."""
    case = await _case(session, desk, invitation_id, CANCELLING, NotACancellation, now=now, only_tasks=task_ids)
    strangers = set(task_ids or ()) - {task.id for task in case.around.tasks}
    if strangers:
        raise TasksNotOfInvitation(sorted(strangers))
    decisions = decide(case.event, case.around.known, case.context)
    if not any(one.outcome is Outcome.CANCELLED for one in decisions):
        raise NothingToCancel
    return await _carry_out(session, desk, case, decisions, editor=editor, now=now)


async def confirm_invitation(
    session: AsyncSession, desk: Desk, invitation_id: UUID, *, editor: Editor, now: datetime
) -> Answer:
    """Do what the record says it would do: take over an update, a proposal (COUNTER) or an answer that waited."""
    case = await _case(session, desk, invitation_id, frozenset(CALENDAR_EVENTS), NothingToConfirm, now=now)
    decisions = decide(case.event, case.around.known, case.context)
    if not any(one.outcome in _APPLIED for one in decisions):
        raise NothingToConfirm(case.record.method)
    return await _carry_out(session, desk, case, decisions, editor=editor, now=now)


async def dismiss_invitation(
    session: AsyncSession, invitation_id: UUID, *, editor: Editor, now: datetime
) -> InvitationRow:
    """Nothing shall come of it: the record leaves the list of those that wait."""
    record = await invitations.get_invitation(session, invitation_id)
    if record.outcome not in {Outcome.WAITING.value, Outcome.REVIEW.value}:
        raise NothingToDecide(record.outcome)
    record.outcome = Outcome.IGNORED.value
    record.reason = DISMISSED_BY_HAND
    _note_decision(session, record, editor=editor, now=now)
    return record


# ---- the steps

_APPLIED = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.CANCELLED, Outcome.REPLIED})


async def _case(
    session: AsyncSession,
    desk: Desk,
    invitation_id: UUID,
    methods: Collection[str],
    refusal: type[NotAnInvitation | NotACancellation | NothingToConfirm],
    *,
    now: datetime,
    only_tasks: Collection[UUID] | None = None,
) -> _Case:
    record = await invitations.get_invitation(session, invitation_id)
    if record.method not in methods or not record.uid:
        raise refusal(record.method)
    event = about(await invitations.get_object(session, record), record.uid, record.recurrence_id)
    around = await surroundings_of(session, [event])
    context = Context(
        now=now,
        own_addresses=around.own_addresses,
        policy=event.invitation_policy,
        auto_create_from=event.auto_create_from or desk.settings.auto_create_from,
        confirmed_by_person=True,
        only_tasks=frozenset(only_tasks) if only_tasks is not None else None,
        untitled=desk.untitled,
    )
    return _Case(record, event, around, context)


def about(event: CalendarObject, uid: str, recurrence_id: str | None) -> CalendarObject:
    """The object without what it says about others: the record of one date must not book the other dates."""

    def belongs(component: Component) -> bool:
        if component.uid != uid:
            return False
        if recurrence_id is None:
            return True
        when = component.recurrence_id
        start = (when.on or when.at) if when is not None else None
        return start is None or instance_key(start) == recurrence_id

    return event.model_copy(update={"components": [one for one in event.components if belongs(one)]})


async def _carry_out(
    session: AsyncSession, desk: Desk, case: _Case, decisions: Sequence[Decision], *, editor: Editor, now: datetime
) -> Answer:
    booking = await _booking(session, desk, case, _count_new(decisions), editor=editor, now=now)
    carried = [booking.carry_out(decision, case.event, by=editor.subject) for decision in decisions]
    match = next((one.match for one in reversed(carried) if one.match is not None), None)
    made = [made for one in carried for made in one.made]
    await booking.write()
    memories = {one.uid: one.after.memory for one in decisions if one.after.memory is not None}
    await invitations.keep_memories(session, memories, now=now)
    outcome = _sum_of(decisions)
    task_ids = list(dict.fromkeys(task_id for one in decisions for task_id in one.task_ids))
    return _answered(session, case, outcome, task_ids, Carried(match, tuple(made)), editor=editor, now=now)


async def _make_again(session: AsyncSession, desk: Desk, case: _Case, *, editor: Editor, now: datetime) -> Answer:
    creations = tasks_made_again(case.event, case.uid, case.context)
    if not creations:
        raise InvitationCancelled
    booking = await _booking(session, desk, case, len(creations), editor=editor, now=now)
    carried = booking.make_again(case.uid, creations, case.event, organizer=case.record.organizer, by=editor.subject)
    await booking.write()
    task_ids = [creation.task_id for creation in creations]
    return _answered(session, case, Outcome.CREATED, task_ids, carried, editor=editor, now=now)


async def _booking(
    session: AsyncSession, desk: Desk, case: _Case, new: int, *, editor: Editor, now: datetime
) -> SeriesBooking:
    newcomers = Newcomers(
        numbers=await desk.numbers(session, new, now=now),
        type_id=await task_types.default_type_id(session),
        automation=await heard.reminder_defaults(session),
        holders=case.around.holders,
        created_by=editor.user_id,
    )
    return SeriesBooking(desk.booking(session, now=now), case.around.tasks, newcomers, now=now)


def _answered(
    session: AsyncSession,
    case: _Case,
    outcome: Outcome,
    task_ids: Sequence[UUID],
    carried: Carried,
    *,
    editor: Editor,
    now: datetime,
) -> Answer:
    """The record remembers who decided what, and what that changed; listeners hear it."""
    record, match = case.record, carried.match
    if outcome in _APPLIED:
        record.outcome = outcome.value
        record.reason = DECIDED_BY_HAND
        record.task_ids = list(dict.fromkeys([*record.task_ids, *(str(task_id) for task_id in task_ids)]))
        record.account_match = match.to_document() if match else record.account_match
        record.changes = [*record.changes, *(made.to_document() for made in carried.made)]
        record.undone_at = record.undone_by = None
        _note_decision(session, record, editor=editor, now=now)
    result = _RESULTS.get(outcome, UNCHANGED)
    return Answer(record, result, list(task_ids), match, _warnings(match) if result == "created" else [])


def _note_decision(session: AsyncSession, record: InvitationRow, *, editor: Editor, now: datetime) -> None:
    record.would = None
    record.decided_at = now
    record.decided_by = editor.subject
    record.version += 1
    session.add(record)
    announce(session, fact_of(record, InvitationDecided))


def _warnings(match: AccountMatch | None) -> list[str]:
    """features E7, E30: the task is made all the same."""
    if match is None or match.account_id is not None:
        return []
    return [ACCOUNT_AMBIGUOUS if match.match == "ambiguous" else ACCOUNT_NOT_FOUND]


def _sum_of(decisions: Sequence[Decision]) -> Outcome:
    """The strongest outcome: what was applied outranks what was not."""
    return min((one.outcome for one in decisions), key=lambda outcome: outcome not in _APPLIED)


def _count_new(decisions: Sequence[Decision]) -> int:
    return sum(isinstance(change, CreateTask) for decision in decisions for change in decision.changes)


DECIDED_BY_HAND, DISMISSED_BY_HAND = "decided_by_hand", "dismissed_by_hand"
UNCHANGED: Result = "unchanged"
_RESULTS: dict[Outcome, Result] = {
    Outcome.CREATED: "created",
    Outcome.UPDATED: "updated",
    Outcome.CANCELLED: "cancelled",
}
