"""Forms that are open: what their clocks say (features K4, K5)."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, delete

from kit.database import AsyncSession
from tasks_api.errors.work import DraftNotFound, DraftUnknown
from tasks_api.models.work import TaskDraft
from tasks_api.timers import Timer


async def get_draft(session: AsyncSession, draft_id: UUID, subject: str, *, to_change: bool = False) -> TaskDraft:
    """The open form of this person, or DraftNotFound."""
    draft = await session.get(TaskDraft, draft_id, with_for_update=to_change or None)
    if draft is None or draft.subject != subject:
        raise DraftNotFound(draft_id)
    return draft


def timer_of(draft: TaskDraft) -> Timer:
    return Timer(draft.seconds, draft.started_at, draft.capped)


async def take_draft(session: AsyncSession, draft_id: UUID, subject: str) -> Timer:
    """What the clock of the form says; the form is closed. DraftUnknown when it is not theirs."""
    try:
        draft = await get_draft(session, draft_id, subject, to_change=True)
    except DraftNotFound:
        raise DraftUnknown(draft_id) from None
    await session.delete(draft)
    return timer_of(draft)


async def forget_drafts(session: AsyncSession, *, before: datetime) -> None:
    """Nobody comes back to a form that was opened so long ago."""
    await session.exec(delete(TaskDraft).where(col(TaskDraft.created_at) < before))
