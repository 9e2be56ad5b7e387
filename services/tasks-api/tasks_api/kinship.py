"""Which task hangs on which: parent and children, the one before and the one after (features R44, K11, K39)."""

from __future__ import annotations

from uuid import UUID

from kit.database import AsyncSession
from tasks_api.booking import Booking
from tasks_api.errors.tasks import TaskNotFound
from tasks_api.errors.work import ParentClosed, ParentOfOtherAccount, ParentUnknown, ThreadCycle, ThreadTooLong
from tasks_api.repository import tasks
from tasks_api.repository.threads import tasks_of_thread
from tasks_api.task import Task
from tasks_api.threads import MOST_IN_THREAD, below, root_of
from tasks_api.viewer import Viewer


async def hang_on(
    session: AsyncSession, booking: Booking, task: Task, parent_id: UUID | None, *, viewer: Viewer
) -> None:
    """Make the task a child of another one the viewer sees, or of none; what hangs on it comes along.

    The parent must be open and of the same account (features K39), and must not hang on the task itself.
    """
    if parent_id == task.particulars.parent_id:
        return
    mine = await tasks_of_thread(session, root_of(task), limit=MOST_IN_THREAD + 1, to_change=True)
    descendants = below(task.id, mine)
    thread_id = None
    if parent_id is not None:
        parent = await _parent(session, task, parent_id, viewer=viewer)
        if parent.id == task.id or any(one.id == parent.id for one in descendants):
            raise ThreadCycle
        thread_id = root_of(parent)
        there = await tasks_of_thread(session, thread_id, limit=MOST_IN_THREAD + 1)
        if thread_id != root_of(task) and len(there) + len(descendants) + 1 > MOST_IN_THREAD:
            raise ThreadTooLong(MOST_IN_THREAD)
    booking.touch(task)
    task.particularize(parent_id=parent_id, thread_id=thread_id)
    for one in descendants:
        booking.touch(booking.known(one)).particularize(thread_id=thread_id or task.id)


async def refuse_below_closed(session: AsyncSession, task: Task) -> None:
    """A child waits for its parent (features R52)."""
    parent_id = task.particulars.parent_id
    found = await tasks.tasks_with_ids(session, [parent_id]) if parent_id is not None else []
    if found and found[0].is_closed:
        raise ParentClosed(found[0].id)


async def part_from_kin(session: AsyncSession, booking: Booking, task: Task) -> None:
    """The task is about to go: its children move up to its parent, the one before and the one after forget it."""
    more = task.particulars
    mine = await tasks_of_thread(session, root_of(task), limit=MOST_IN_THREAD + 1, to_change=True)
    for child in [one for one in mine if one.particulars.parent_id == task.id]:
        descendants = below(child.id, mine) if more.thread_id is None else []  # the root goes: each child becomes one
        booking.touch(booking.known(child)).particularize(parent_id=more.parent_id, thread_id=more.thread_id)
        for one in descendants:
            booking.touch(booking.known(one)).particularize(thread_id=child.id)
    neighbours = [one for one in (more.previous_id, more.next_id) if one is not None]
    for found in await tasks.tasks_with_ids(session, neighbours):
        one = booking.touch(booking.known(found))
        if one.particulars.next_id == task.id:
            one.particularize(next_id=None)
        if one.particulars.previous_id == task.id:
            one.particularize(previous_id=None)


async def _parent(session: AsyncSession, task: Task, parent_id: UUID, *, viewer: Viewer) -> Task:
    try:
        parent = await tasks.get_task(session, parent_id, viewer)
    except TaskNotFound:
        raise ParentUnknown(parent_id) from None
    if parent.is_closed:
        raise ParentClosed(parent.id)
    if parent.account_id is not None and task.account_id is not None and parent.account_id != task.account_id:
        raise ParentOfOtherAccount
    return parent
