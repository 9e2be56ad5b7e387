"""A decision about an invitation is taken back in one call (issue 3, Audit).

Taking back is what a person decides: what was received stays remembered, so the same mail does not bring it back, and later
ones respect it as they respect everything done by hand (docs/decisions/0026).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from contracts.tasks import InvitationDecided
from kit.database import AsyncSession
from kit.outbox import announce
from tasks_api.booking import Booking
from tasks_api.changes_made import Made
from tasks_api.desk import Desk
from tasks_api.errors.invitations import ChangedSince, NothingToUndo
from tasks_api.invitation_records import fact_of
from tasks_api.itip.shapes import TaskFields
from tasks_api.models.invitations import InvitationRow
from tasks_api.repository import invitations, tasks
from tasks_api.task import FIELD_NAMES, Task
from tasks_api.task_editing import Editor


@dataclass(frozen=True, slots=True)
class Undone:
    """`kept`: fields that were changed again since and therefore stay as they are, by task."""

    invitation: InvitationRow
    task_ids: list[UUID]
    kept: dict[UUID, list[str]] = field(default_factory=dict)


async def undo_decision(
    session: AsyncSession, desk: Desk, invitation_id: UUID, *, force: bool, editor: Editor, now: datetime
) -> Undone:
    """Take back what the decision did: what it made goes, what it changed is as before, what it cancelled is open again.

    Raises NothingToUndo, and ChangedSince where a task it made has been worked on since, unless `force`.
    """
    record = await invitations.get_invitation(session, invitation_id)
    if not record.changes or record.undone_at is not None:
        raise NothingToUndo
    made = [Made.from_document(one) for one in record.changes]
    family = await tasks.tasks_with_uids(session, [record.uid or ""], to_change=True)
    touched = [task.id for task in _doomed(made, family) if task.touched_by_hand]
    if touched and not force:
        raise ChangedSince(touched)
    undoing = _Undoing(desk.booking(session, now=now), family)
    for one in reversed(made):
        await undoing.take_back(one, numbers=lambda: desk.numbers(session, 1, now=now), now=now)
    undoing.booking.say(by=editor.subject, again=undoing.series_to_tell())
    await undoing.booking.write()
    record.undone_at, record.undone_by = now, editor.subject
    record.would = None
    record.version += 1
    session.add(record)
    announce(session, fact_of(record, InvitationDecided))
    return Undone(record, list(dict.fromkeys(one.task_id for one in made)), undoing.kept)


def _doomed(made: Sequence[Made], family: Sequence[Task]) -> list[Task]:
    """The tasks that taking the decision back removes; a series takes its dates with it."""
    created = {one.task_id for one in made if one.did == "created"}
    series = {(task.copy_number) for task in family if task.id in created and task.recurrence_id is None}
    return [task for task in family if task.id in created or task.copy_number in series]


class _Undoing:
    def __init__(self, booking: Booking, family: Sequence[Task]) -> None:
        self.booking = booking
        self.kept: dict[UUID, list[str]] = {}
        self._family = {task.id: task for task in family}
        self._dates_changed = False
        booking.know_overrides(
            {
                (task.uid, task.copy_number): {
                    one.recurrence_id for one in family if one.recurrence_id and one.copy_number == task.copy_number
                }
                for task in family
                if task.uid is not None
            }
        )

    async def take_back(self, made: Made, *, numbers: Any, now: datetime) -> None:
        task = self._family.get(made.task_id)
        if made.did == "removed":
            await self._bring_back(made, numbers=numbers, now=now)
            return
        if task is None:
            return
        if made.did == "created":
            for one in _doomed([made], list(self._family.values())):
                self.booking.remove(one)
                del self._family[one.id]
                self._dates_changed = True
            return
        self.booking.touch(task)
        task.touched_by_hand = True
        if made.did == "updated":
            self._set_back(task, made)
        elif made.did == "cancelled" and task.status == "cancelled":
            task.status = cast("Any", made.status)
            task.completed_at = now if made.status == "completed" else None
        elif made.did == "reopened" and not task.is_closed:
            task.status = "cancelled"

    def _set_back(self, task: Task, made: Made) -> None:
        back: dict[str, Any] = {}
        for name, (old, new) in made.fields.items():
            if getattr(task.fields, name) == new:
                back[name] = old
            else:
                self.kept.setdefault(task.id, []).append(name)
        task.set(**back)

    async def _bring_back(self, made: Made, *, numbers: Any, now: datetime) -> None:
        """A date that had a task of its own gets it again."""
        series = next((task for task in self._family.values() if task.recurrence_id is None), None)
        taken = {task.recurrence_id for task in self._family.values()}
        if series is None or made.recurrence_id is None or made.recurrence_id in taken:
            return
        (number,) = await numbers()
        fields = TaskFields(**{name: made.fields[name][0] for name in FIELD_NAMES if name in made.fields})
        task = replace(
            series, id=made.task_id, number=number, fields=fields, recurrence_id=made.recurrence_id, version=1,
            status=cast("Any", made.status), recurs_until=None, announced_until=None, touched_by_hand=True, created_at=now,
            updated_at=now, completed_at=None,
        )  # fmt: skip
        self.booking.add(task)
        self._family[task.id] = task
        self._dates_changed = True

    def series_to_tell(self) -> list[Task]:
        return [task for task in self._family.values() if task.is_recurring] if self._dates_changed else []
