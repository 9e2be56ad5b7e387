"""What reminder-dispatcher told us: its templates, and what became of the reminders of our tasks."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import and_, col, delete, or_, select

from contracts.reminders import ReminderDelivered, ReminderFact, ReminderFailed, ReminderMissed, TemplateChanged
from kit.database import AsyncSession, insert_many, upsert_many
from tasks_api.models.reminders import TaskReminder, TemplateCopy
from tasks_api.models.tasks import TaskHistory

_STATUSES: dict[type[ReminderFact], str] = {
    ReminderDelivered: "delivered",
    ReminderFailed: "failed",
    ReminderMissed: "missed",
}
_CHANGING = ("status", "reason", "late", "at", "text", "user_id")


async def keep_template(session: AsyncSession, told: TemplateChanged) -> None:
    """Remember a template as it is now; a deleted one is forgotten."""
    await session.exec(delete(TemplateCopy).where(col(TemplateCopy.id) == told.template_id))
    if told.deleted:
        return
    row = {
        "id": told.template_id,
        "version": told.version,
        "name": told.name,
        "channel": told.channel,
        "locale": told.locale,
        "bcc": told.bcc,
        "default_contexts": told.default_contexts,
    }
    await insert_many(session, TemplateCopy, [row])


async def templates_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, TemplateCopy]:
    if not ids:
        return {}
    found = await session.exec(select(TemplateCopy).where(col(TemplateCopy.id).in_(ids)))
    return {template.id: template for template in found}


async def default_templates(session: AsyncSession, locale: str) -> dict[tuple[str, str], TemplateCopy]:
    """The default template of each (channel, context) in a language."""
    found = await session.exec(select(TemplateCopy).where(col(TemplateCopy.locale) == locale))
    return {(one.channel, context): one for one in found for context in one.default_contexts}


async def keep_reminders(session: AsyncSession, told: Sequence[ReminderFact]) -> None:
    """Remember what became of reminders of tasks; the last word about each counts. What was said when it was sent stays."""
    rows: dict[UUID, dict[str, object]] = {}
    of_tasks = [one for one in told if one.about == "task"]
    known = await _texts(session, {one.reminder_id for one in of_tasks})
    for one in of_tasks:
        text = one.preview or known.get(one.reminder_id, "")
        known[one.reminder_id] = text
        rows[one.reminder_id] = {
            "id": one.reminder_id,
            "task_id": one.task_id,
            "recurrence_id": one.recurrence_id,
            "audience": one.audience,
            "channel": one.channel,
            "employee_id": one.employee_id,
            "status": _STATUSES.get(type(one), "sent"),
            "reason": (one.reason or "")[:200] or None,
            "late": one.late,
            "due_at": one.due_at,
            "at": one.at,
            "text": text,
            "user_id": one.user_id,
        }
    await upsert_many(session, TaskReminder, list(rows.values()), ["id"], update=_CHANGING)


async def reminders_on_timeline(
    session: AsyncSession, task_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[TaskReminder]:
    """What became of the reminders of a task, newest first."""
    query = select(TaskReminder).where(TaskReminder.task_id == task_id)
    if before is not None:
        at, row_id = before
        older = or_(col(TaskReminder.at) < at, and_(col(TaskReminder.at) == at, col(TaskReminder.id) < row_id))
        query = query.where(older)
    query = query.order_by(col(TaskReminder.at).desc(), col(TaskReminder.id).desc()).limit(limit)
    return list(await session.exec(query))


async def changes_on_timeline(
    session: AsyncSession, task_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[TaskHistory]:
    """What happened to a task, newest first."""
    query = select(TaskHistory).where(TaskHistory.task_id == task_id)
    if before is not None:
        at, row_id = before
        older = or_(col(TaskHistory.at) < at, and_(col(TaskHistory.at) == at, col(TaskHistory.id) < row_id))
        query = query.where(older)
    query = query.order_by(col(TaskHistory.at).desc(), col(TaskHistory.id).desc()).limit(limit)
    return list(await session.exec(query))


async def _texts(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    found = await session.exec(select(TaskReminder.id, TaskReminder.text).where(col(TaskReminder.id).in_(ids)))
    return dict(found.all())
