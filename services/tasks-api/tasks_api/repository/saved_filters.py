"""Filters people saved."""

from uuid import UUID

from sqlmodel import col, or_, select

from kit.database import AsyncSession
from kit.paging import Paging
from tasks_api.errors.lists import FilterNotFound, FilterOfOthers
from tasks_api.models.lists import SavedFilter
from tasks_api.repository.pages import rows_of_page


async def list_filters(session: AsyncSession, paging: Paging, *, subject: str) -> list[SavedFilter]:
    """Those of the subject, and those that others share."""
    query = select(SavedFilter).where(or_(SavedFilter.subject == subject, col(SavedFilter.shared)))
    return list(await session.exec(rows_of_page(query, paging, col(SavedFilter.id))))


async def get_filter(session: AsyncSession, filter_id: UUID, *, subject: str) -> SavedFilter:
    """The filter, or FilterNotFound, which is also said of what others do not share."""
    saved = await session.get(SavedFilter, filter_id)
    if saved is None or not (saved.shared or saved.subject == subject):
        raise FilterNotFound(filter_id)
    return saved


async def get_own_filter(session: AsyncSession, filter_id: UUID, *, subject: str) -> SavedFilter:
    saved = await get_filter(session, filter_id, subject=subject)
    if saved.subject != subject:
        raise FilterOfOthers
    return saved
