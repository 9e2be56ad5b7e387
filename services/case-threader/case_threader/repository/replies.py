"""The queue of mails that leave from cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import col

from case_threader.errors import ReplyNotFound
from case_threader.models import Message, Reply
from case_threader.repository import tables
from case_threader.repository.search import add_words
from case_threader.repository.settings import put_back, take_numbers
from kit.database import AsyncSession, insert_many
from kit.paging import Paging, one_page

COPIES_AT_A_TIME = 8


async def add_reply(
    session: AsyncSession, reply: Reply, message: Message, *, words: Sequence[str], own_id: str
) -> None:
    """Queue a reply and put it into its case as a message; its place in the search index is given here."""
    numbers = await take_numbers(session)
    message.place = numbers.place()
    await put_back(session, numbers)
    session.add(reply)
    session.add(message)
    await session.flush()
    await add_words(session, [(message.place, list(words))])
    await insert_many(session, tables.known_ids, [{"rfc_message_id": own_id, "kind": "own", "message_id": message.id}])


async def get_reply(session: AsyncSession, reply_id: UUID) -> Reply:
    query = select(Reply).where(col(Reply.id) == reply_id)
    reply: Reply | None = await session.scalar(query)
    if reply is None:
        raise ReplyNotFound(reply_id)
    return reply


async def copies_are_due(session: AsyncSession, *, now: datetime) -> bool:
    reply = tables.replies.c
    return await session.scalar(select(reply.id).where(reply.copy_due_at <= now).limit(1)) is not None


async def claim_copies(session: AsyncSession, *, now: datetime, until: datetime) -> list[Reply]:
    """Take the replies whose copies are due; what is not done `until` then is due again."""
    query = select(Reply).where(col(Reply.copy_due_at) <= now).order_by(col(Reply.copy_due_at)).limit(COPIES_AT_A_TIME)
    claimed = list((await session.scalars(query.with_for_update(skip_locked=True))).all())
    for reply in claimed:
        reply.copy_due_at = until
        session.add(reply)
    return claimed


async def count_acknowledged(session: AsyncSession, email: str, *, since: datetime) -> int:
    """How many automatic answers have been written to this address."""
    reply = tables.replies.c
    query = select(func.count()).where(reply.acknowledged == email, reply.created_at > since)
    return int(await session.scalar(query) or 0)


def replies_in_list(paging: Paging, *, status: str | None, case_id: UUID | None) -> Select[Reply]:
    query = select(Reply)
    if status is not None:
        query = query.where(col(Reply.status) == status)
    if case_id is not None:
        query = query.where(col(Reply.case_id) == case_id)
    return one_page(query, paging, tables.replies.c.id, descending=True)
