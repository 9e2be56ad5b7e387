"""Replies that were begun and not sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from case_threader.errors import SavedReplyNotFound
from case_threader.models import SavedReply
from kit.database import AsyncSession
from kit.paging import Paging, one_page


async def get_saved_reply(session: AsyncSession, reply_id: UUID, *, author: str) -> SavedReply:
    """The saved reply, or SavedReplyNotFound, which is also said of somebody else's."""
    saved = await session.get(SavedReply, reply_id)
    if saved is None or saved.author != author:
        raise SavedReplyNotFound(reply_id)
    return saved


def saved_replies_in_list(paging: Paging, *, author: str, case_id: UUID | None) -> Select[Any]:
    """Those of one author, the newest first."""
    query = select(SavedReply).where(col(SavedReply.author) == author)
    if case_id is not None:
        query = query.where(col(SavedReply.case_id) == case_id)
    key: Any = col(SavedReply.id)
    return one_page(query, paging, key, descending=True)
