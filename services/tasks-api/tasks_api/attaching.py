"""Files on a task (features K31). What is known of a file stands on the task, its bytes beside it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from contracts.tasks import TaskAttachment
from kit.database import AsyncSession
from kit.ids import new_id
from tasks_api.desk import Desk
from tasks_api.errors.tasks import TaskCancelledAlready, TaskCompletedAlready
from tasks_api.errors.work import AttachmentNotFound, TooManyAttachments
from tasks_api.repository import files
from tasks_api.task import Task

MOST_ATTACHMENTS = 100


async def attach(
    session: AsyncSession,
    desk: Desk,
    task: Task,
    content: bytes,
    *,
    name: str,
    media_type: str,
    by: str,
    now: datetime,
) -> TaskAttachment:
    _refuse_closed(task)
    if len(task.particulars.attachments) >= MOST_ATTACHMENTS:
        raise TooManyAttachments(MOST_ATTACHMENTS)
    attachment = TaskAttachment(id=new_id(), name=name, media_type=media_type, size=len(content))
    await files.add_file(session, attachment.id, task.id, content, now=now)
    await _keep(session, desk, task, (*task.particulars.attachments, attachment), by=by, now=now)
    return attachment


async def detach(session: AsyncSession, desk: Desk, task: Task, attachment_id: UUID, *, by: str, now: datetime) -> None:
    _refuse_closed(task)
    attachment = attachment_of(task, attachment_id)
    await files.delete_file(session, attachment_id)
    left = tuple(one for one in task.particulars.attachments if one.id != attachment.id)
    await _keep(session, desk, task, left, by=by, now=now)


def attachment_of(task: Task, attachment_id: UUID) -> TaskAttachment:
    """What is known of the file, or AttachmentNotFound."""
    for attachment in task.particulars.attachments:
        if attachment.id == attachment_id:
            return attachment
    raise AttachmentNotFound(attachment_id)


async def _keep(
    session: AsyncSession, desk: Desk, task: Task, attachments: tuple[TaskAttachment, ...], *, by: str, now: datetime
) -> None:
    booking = desk.booking(session, now=now)
    booking.touch(task)
    task.particularize(attachments=attachments)
    task.touched_by_hand = True
    booking.say(by=by)
    await booking.write()


def _refuse_closed(task: Task) -> None:
    if task.status == "completed":
        raise TaskCompletedAlready
    if task.status == "cancelled":
        raise TaskCancelledAlready
