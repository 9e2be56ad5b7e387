"""Whose meeting a task is: ours to send out, or somebody else's to answer (DESIGN 5, Ours or theirs)."""

from __future__ import annotations

from kit.database import AsyncSession
from tasks_api.repository import heard, invitations
from tasks_api.task import Task


async def is_ours(session: AsyncSession, task: Task) -> bool:
    """Whether we organize it: nobody else vouched for its UID, and its ORGANIZER is an address of ours, or nobody."""
    memory = (await invitations.memories_of(session, [task.uid])).get(task.uid) if task.uid else None
    if memory is not None and memory.authority is not None and not memory.authority.ours:
        return False
    organizer = task.fields.organizer
    return organizer is None or bool(await heard.mailbox_addresses(session, [organizer]))
