"""Whoever was invited by us and asks how things stand (REFRESH) gets the current REQUEST (RFC 5546 section 3.2.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from kit.database import AsyncSession
from tasks_api.desk import Desk
from tasks_api.invitation_records import Record
from tasks_api.itip import reasons
from tasks_api.itip.shapes import Decision
from tasks_api.repository import letters
from tasks_api.task import Task

ONCE_IN = timedelta(minutes=5)
"""Two programs that ask each other must not go on for ever."""


async def answer_refreshes(
    session: AsyncSession,
    desk: Desk,
    asked: Sequence[tuple[Decision, Record]],
    tasks: Mapping[UUID, Task],
    *,
    now: datetime,
) -> None:
    """Answer those who may know; the record of each says whether anything was sent."""
    writer = desk.letters(session, now=now)
    for decision, record in asked:
        email = decision.asks or ""
        task = next(
            (tasks[one] for one in decision.task_ids if one in tasks and tasks[one].recurrence_id is None), None
        )
        task = task or next((tasks[one] for one in decision.task_ids if one in tasks), None)
        if task is None or task.invited_from is None or task.is_closed:
            continue
        if await letters.was_told_since(session, [task.id], email, now - ONCE_IN):
            continue
        sender = await writer.sender_of(task)
        if sender is not None:
            by = f"mail:{record.message_id}"
            await writer.send_request(task, sender, [email], by=by, kind="update", in_answer_to=record.id)
            record.reason = reasons.REFRESH_ANSWERED
