"""What we sent also lies in the folder Sent of its mailbox, where the mail account wants that: put there over IMAP.

mail-ingest does it and looks first whether the server has kept a copy by itself, so asking twice makes no second copy. A mailbox
that is out of reach is asked again for two days; the mail has left in any case.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from case_threader.models import Reply
from case_threader.repository.replies import claim_copies, copies_are_due
from kit.clock import Clock
from kit.database import AsyncSession, Database
from kit.mail_attempts import GIVE_UP_AFTER
from kit.service_client import ServiceClient, SiblingRefused, SiblingUnavailable

CLAIMED_FOR = timedelta(minutes=10)
LOOK_SECONDS = 5.0
AGAIN_AFTER = (timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))

log = structlog.get_logger("case_threader.sent_copies")


class SentCopies:
    """Runs for the life of the service."""

    def __init__(self, database: Database, clock: Clock, siblings: ServiceClient) -> None:
        self._database = database
        self._clock = clock
        self._siblings = siblings

    async def keep_copies(self) -> None:
        """For ever: hand over what is due, then look again."""
        while True:
            while await self.keep_due():
                pass
            await asyncio.sleep(LOOK_SECONDS)

    async def keep_due(self) -> int:
        """Hand over the copies that are due; how many there were."""
        now = self._clock.now()
        async with self._database.reading() as session:
            if not await copies_are_due(session, now=now):
                return 0
        async with self._database.transaction() as session:
            claimed = await claim_copies(session, now=now, until=now + CLAIMED_FOR)
        for reply in claimed:
            problem, is_final = await self._hand_over(reply)
            async with self._database.transaction() as session:
                await _record(session, reply, problem, is_final=is_final, now=self._clock.now())
        return len(claimed)

    async def _hand_over(self, reply: Reply) -> tuple[str, bool]:
        """What went wrong, empty when nothing did; and whether asking again is of no use."""
        path = f"/v1/mail-accounts/{reply.mail_account_id}/sent-copies"
        headers = {"content-type": "message/rfc822"}
        try:
            await self._siblings.call("mail-ingest", "POST", path, content=reply.content, headers=headers)
        except SiblingRefused as refusal:
            return refusal.sentence, 400 <= refusal.answer_status < 500 and refusal.answer_status != 429
        except SiblingUnavailable as error:
            return error.sentence, False
        return "", False


async def _record(session: AsyncSession, claimed: Reply, problem: str, *, is_final: bool, now: datetime) -> None:
    reply = await session.get_one(Reply, claimed.id)
    reply.copy_attempts += 1
    reply.copy_detail = problem[:500]
    reply.copy_due_at = None
    reply.version += 1
    session.add(reply)
    pause = AGAIN_AFTER[min(reply.copy_attempts, len(AGAIN_AFTER)) - 1]
    if not problem:
        reply.copy_status = "kept"
    elif is_final or reply.sent_at is None or now + pause > reply.sent_at + GIVE_UP_AFTER:
        reply.copy_status = "failed"
        log.warning("sent_copy_failed", reply_id=str(reply.id), problem=problem)
    else:
        reply.copy_due_at = now + pause
