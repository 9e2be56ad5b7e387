"""Which calendar messages of ours a change of a task asks for (features E36; RFC 5546 sections 2.1.4, 3.2.2, 3.2.5).

A letter is a mail of ours with an iTIP object in it. Tasks that nobody outside was invited to ask for none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.tasks import TaskAttendee
from tasks_api.task import Task

Method = Literal["REQUEST", "CANCEL", "REPLY", "DECLINECOUNTER"]

_WHEN = ("starts_at", "ends_at", "starts_on", "ends_on", "all_day", "timezone", "rrule", "rdates", "exdates")
_WORDS = ("title", "description", "location")
_OPEN = "NEEDS-ACTION"


@dataclass(frozen=True, slots=True)
class Change:
    """One task over a whole transaction: what it was, and what it is now (None: it was taken out of the list)."""

    before: Task
    after: Task | None


@dataclass(frozen=True, slots=True)
class Due:
    """A letter to write: about the whole series (with its dates that differ), or about this one task."""

    method: Literal["REQUEST", "CANCEL"]
    task: Task
    recipients: tuple[str, ...]

    @property
    def uid(self) -> str:
        return self.task.uid or ""


def revise(before: Task, after: Task) -> None:
    """Count the SEQUENCE of a task people were invited to, and ask them again where another time was set.

    New words keep the number, and with it the answers: only its DTSTAMP will be newer (invitations A4 rule 16).
    """
    if before.invited_from is None or after.invited_from is None:
        return
    moved = _differ(before, after, _WHEN)
    called_off = after.status == "cancelled" and before.status != "cancelled"
    back = before.status == "cancelled" and not after.is_closed
    if not (moved or called_off or back) or after.fields.sequence > before.fields.sequence:
        return
    attendees = after.fields.attendees
    if moved or back:
        attendees = tuple(one.model_copy(update={"partstat": _OPEN}) for one in attendees)
    after.set(sequence=before.fields.sequence + 1, attendees=attendees)


def due_letters(changes: Iterable[Change], *, now: datetime) -> list[Due]:
    """What those who were invited have to be told after a transaction; at most one letter about each task.

    What is over by now concerns nobody; a series that is called off takes its dates with it without a word about each.
    """
    ended: set[str] = set()
    wanted: list[Due] = []
    for change in sorted(changes, key=lambda one: one.before.recurrence_id or ""):
        before, after = change.before, change.after
        if before.invited_from is None or before.uid is None or before.uid in ended:
            continue
        due = _due(before, after, now=now)
        if due is None:
            continue
        if due.method == "CANCEL" and before.recurrence_id is None:
            ended.add(before.uid)
        wanted.append(due)
    return wanted


def _due(before: Task, after: Task | None, *, now: datetime) -> Due | None:
    if after is None:
        return _withdrawn(before, now=now)
    if after.status == "cancelled":
        called_off = before.status != "cancelled" and lies_ahead(before, now)
        return Due("CANCEL", after, invited(after)) if called_off and invited(after) else None
    if after.is_closed or not invited(after):
        return None
    told = before.status == "cancelled" or _differ(before, after, (*_WHEN, *_WORDS))
    return Due("REQUEST", after, invited(after)) if told and lies_ahead(after, now) else None


def _withdrawn(before: Task, *, now: datetime) -> Due | None:
    """A task that was taken out of the list is called off; a date of a series goes back to what the series says."""
    if before.status == "cancelled" or not invited(before) or not lies_ahead(before, now):
        return None
    if before.recurrence_id is not None:
        return None
    gone = before.snapshot()
    gone.set(sequence=before.fields.sequence + 1)
    gone.status = "cancelled"
    return Due("CANCEL", gone, invited(before))


def given_back(changes: Iterable[Change]) -> set[tuple[str, int]]:
    """The series (UID, copy number) that got a date back: they have to be told anew, since nothing takes an override away."""
    changes = list(changes)
    series = {(one.before.uid, one.before.copy_number) for one in changes if one.before.recurrence_id is None}
    return {
        (one.before.uid, one.before.copy_number)
        for one in changes
        if one.after is None and one.before.recurrence_id is not None and one.before.uid is not None
        and one.before.invited_from is not None and (one.before.uid, one.before.copy_number) not in series
    }  # fmt: skip


def invited(task: Task, *, but: Collection[str] = ()) -> tuple[str, ...]:
    """Everybody the task was sent to."""
    return tuple(
        one.email for one in task.fields.attendees if one.email not in but and one.email != task.fields.organizer
    )


def lies_ahead(task: Task, now: datetime) -> bool:
    """Whether anything of it is still to come."""
    if task.is_recurring:
        return task.recurs_until is None or task.recurs_until > now
    last = task.fields.ends_at or task.fields.starts_at
    return last is None or last > now


def with_answer(task: Task, email: str, partstat: str, *, name: str = "") -> None:
    """Enter an answer into the list of those invited; somebody who is not on it is added."""
    known = {one.email: one for one in task.fields.attendees}
    known[email] = (
        known[email].model_copy(update={"partstat": partstat})
        if email in known
        else TaskAttendee(email=email, name=name, partstat=partstat)
    )
    task.set(attendees=tuple(known.values()))


def invite(task: Task, people: Sequence[tuple[str, str]], *, organizer: str, mail_account_id: UUID) -> None:
    """The task becomes a meeting of ours with these (address, name) on its list; whoever is on it keeps their answer."""
    known = {one.email: one for one in task.fields.attendees}
    for email, name in people:
        known.setdefault(email, TaskAttendee(email=email, name=name, partstat=_OPEN))
    task.invited_from = mail_account_id
    task.set(organizer=organizer, attendees=tuple(known.values()))


def uninvite(task: Task, email: str) -> None:
    task.fields = replace(task.fields, attendees=tuple(one for one in task.fields.attendees if one.email != email))


def _differ(before: Task, after: Task, names: Sequence[str]) -> bool:
    return any(getattr(before.fields, name) != getattr(after.fields, name) for name in names)
