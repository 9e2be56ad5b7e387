"""A reply that failed is sent once more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from case_threader.errors import NothingToRetry
from case_threader.models import Reply
from case_threader.repository import cases
from case_threader.repository.messages import find_message
from case_threader.repository.replies import get_reply
from case_threader.settling import settle
from kit.database import AsyncSession
from kit.mail_sending import queue_again


async def retry_reply(session: AsyncSession, reply_id: UUID, *, now: datetime) -> Reply:
    """Queue it again, as new, with the same bytes and Message-ID; its case is closed by it again. NothingToRetry."""
    reply = await get_reply(session, reply_id)
    if reply.status not in ("failed", "unknown"):
        raise NothingToRetry(reply_id, reply.status)
    queue_again(reply, now=now)
    session.add(reply)
    message = await find_message(session, reply.id)
    if message is not None:
        message.effect, message.delivery = "closes" if reply.closes else "none", None
        session.add(message)
        if message.case_id is not None:
            case = await cases.get_case_by_id(session, message.case_id)
            await settle(session, case, reason="reply_retried", now=now)
    return reply
