"""Sends what was written: claim, commit, hand over, record. A crash between two of these loses nothing (DESIGN 4)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from case_threader.announcements import facts_of
from case_threader.attempts import MOST_UNKNOWN, next_attempt
from case_threader.locking import changing_cases
from case_threader.models import Reply
from case_threader.repository import cases
from case_threader.repository.messages import find_message
from case_threader.repository.replies import claim_due, get_reply, next_due
from case_threader.repository.settings import get_settings
from case_threader.settling import settle
from case_threader.smtp_accesses import NoAccess, SmtpAccesses
from contracts.cases import CaseReplySent
from kit.clock import Clock
from kit.database import AsyncSession, Database
from kit.outbox import announce
from kit.smtp import Sent, SmtpFailed, SmtpPermanent, SmtpSender, SmtpUnknown

CLAIMED_FOR = timedelta(minutes=10)
AT_A_TIME = 8
LOOK_SECONDS = 2.0

_BEGUN, _SENT, _TEMPORARY, _PERMANENT, _UNKNOWN = "begun", "sent", "temporary", "permanent", "unknown"

log = structlog.get_logger("case_threader.sending")


@dataclass(frozen=True, slots=True)
class Ending:
    """How one attempt ended."""

    outcome: str
    detail: str = ""
    code: int | None = None
    out_of_reach: bool = False
    refused: tuple[tuple[str, int | None, str], ...] = ()


class ReplySender:
    """Runs for the life of the service; `wake` spares a new reply the wait for the next look."""

    def __init__(self, database: Database, clock: Clock, smtp: SmtpSender, accesses: SmtpAccesses) -> None:
        self._database = database
        self._clock = clock
        self._smtp = smtp
        self._accesses = accesses
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def send_replies(self) -> None:
        """For ever: send what is due, then wait for something new or for the next moment."""
        while True:
            self._woken.clear()
            while await self.send_due():
                pass
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def send_due(self) -> int:
        """Send the replies that are due, several at a time; how many there were."""
        now = self._clock.now()
        async with self._database.reading() as session:
            due = await next_due(session)
        if due is None or due > now:
            return 0
        async with self._database.transaction() as session:
            claimed = await claim_due(session, now=now, until=now + CLAIMED_FOR, most=AT_A_TIME)
            to_send = [reply for reply in claimed if _begin(reply, now)]
        await asyncio.gather(*(self._send(reply) for reply in to_send))
        return len(claimed)

    async def _send(self, reply: Reply) -> None:
        ending = await self._hand_over(reply)
        async with changing_cases(self._database) as session:
            await _record(session, reply.id, ending, now=self._clock.now())
        log.info("reply_attempted", reply_id=str(reply.id), outcome=ending.outcome, attempts=len(reply.attempts))

    async def _hand_over(self, reply: Reply) -> Ending:
        try:
            access = await self._accesses.get(reply.mail_account_id)
            sent = await self._smtp.send(
                access, envelope_from=reply.sender, recipients=reply.recipients, message=reply.content
            )
        except NoAccess as error:
            return Ending(_TEMPORARY, str(error), out_of_reach=True)
        except SmtpUnknown as error:
            return Ending(_UNKNOWN, error.text, error.code)
        except SmtpFailed as error:
            if error.is_ours:
                self._accesses.forget(reply.mail_account_id)
            return _ending_of(error)
        return Ending(_SENT, sent.text, sent.code, refused=_refused(sent))


def _begin(reply: Reply, now: datetime) -> bool:
    """Note the attempt before it is made, so that a crash in it is seen; False when it must not be made any more."""
    attempts = [*reply.attempts]
    if attempts and attempts[-1]["outcome"] == _BEGUN:
        attempts[-1] = {**attempts[-1], "outcome": _UNKNOWN, "detail": "The sender stopped in the middle of it."}
    if sum(1 for attempt in attempts if attempt["outcome"] == _UNKNOWN) >= MOST_UNKNOWN:
        reply.attempts, reply.status, reply.next_attempt_at = attempts, "unknown", None
        reply.version += 1
        return False
    reply.attempts = [*attempts, {"at": now.isoformat(), "outcome": _BEGUN, "code": None, "detail": ""}]
    reply.status = "sending"
    reply.version += 1
    return True


def _ending_of(error: SmtpFailed) -> Ending:
    """The account's own trouble (sign-in, sender refused) may be mended; a refused recipient or mail will not be."""
    refused = tuple((email, reply.code, reply.text) for email, reply in error.per_recipient.items())
    if isinstance(error, SmtpPermanent) and not error.is_ours:
        return Ending(_PERMANENT, error.text, error.code, refused=refused)
    return Ending(_TEMPORARY, error.text, error.code, out_of_reach=error.stage == "connect", refused=refused)


def _refused(sent: Sent) -> tuple[tuple[str, int | None, str], ...]:
    return tuple((email, reply.code, reply.text) for email, reply in sent.refused.items())


async def _record(session: AsyncSession, reply_id: UUID, ending: Ending, *, now: datetime) -> None:
    reply = await get_reply(session, reply_id)
    attempts = [*reply.attempts]
    noted = {"at": attempts[-1]["at"], "outcome": ending.outcome, "code": ending.code, "detail": ending.detail[:500]}
    reply.attempts = [*attempts[:-1], noted]
    reply.version += 1
    session.add(reply)
    if ending.outcome == _SENT:
        await _record_sent(session, reply, ending, now=now)
        return
    unknown = sum(1 for attempt in reply.attempts if attempt["outcome"] == _UNKNOWN)
    again = None
    if ending.outcome != _PERMANENT and unknown < MOST_UNKNOWN:
        again = next_attempt(
            failures=len(reply.attempts), created_at=reply.created_at, now=now, out_of_reach=ending.out_of_reach
        )
    reply.next_attempt_at = again
    if again is not None:
        reply.status = "queued"
    elif ending.outcome == _UNKNOWN:
        reply.status = "unknown"
    else:
        reply.status = "failed"
        await _reopen(session, reply, ending, now=now)


async def _record_sent(session: AsyncSession, reply: Reply, ending: Ending, *, now: datetime) -> None:
    reply.status, reply.sent_at, reply.next_attempt_at = "sent", now, None
    message = await find_message(session, reply.id)
    if message is not None:
        message.sent_at = now
        if ending.refused:
            message.delivery = {"kind": "failed", "recipients": _recipients(ending)}
        session.add(message)
    case = await cases.get_case_by_id(session, message.case_id if message and message.case_id else reply.case_id)
    prefix = (await get_settings(session)).settings.tag_prefix
    told = CaseReplySent(
        **facts_of(case, prefix), reply_id=reply.id, rfc_message_id=reply.rfc_message_id,
        mail_account_id=reply.mail_account_id, recipients=list(reply.recipients), at=now,
    )  # fmt: skip
    announce(session, told)


async def _reopen(session: AsyncSession, reply: Reply, ending: Ending, *, now: datetime) -> None:
    """An answer that did not leave closes nothing."""
    message = await find_message(session, reply.id)
    if message is None:
        return
    message.effect = "none"
    message.delivery = {"kind": "failed", "recipients": _recipients(ending), "detail": ending.detail[:500]}
    session.add(message)
    if message.case_id is not None:
        case = await cases.get_case_by_id(session, message.case_id)
        await settle(session, case, reason="reply_failed", now=now)


def _recipients(ending: Ending) -> list[dict[str, Any]]:
    return [
        {"email": email, "action": "failed", "status": str(code) if code else None, "diagnostic": text[:500]}
        for email, code, text in ending.refused
    ]
