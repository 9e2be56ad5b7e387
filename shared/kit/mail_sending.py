"""Mails of ours on their way out: claim, commit, hand over, record. A crash between two of these loses nothing (DESIGN 4).

A service writes a mail into a table of its own in the transaction that wants it sent. `MailSender` takes it from there; what
follows from an attempt for the rest of the service is told by `follow_sent` and `follow_failed`.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import select

from kit.clock import Clock
from kit.database import AsyncSession, Database
from kit.mail_attempts import MOST_UNKNOWN, next_attempt
from kit.smtp import Sent, SmtpFailed, SmtpPermanent, SmtpSender, SmtpUnknown
from kit.smtp_accesses import NoAccess, SmtpAccesses

CLAIMED_FOR = timedelta(minutes=10)
AT_A_TIME = 8
LOOK_SECONDS = 2.0

_BEGUN, _SENT, _TEMPORARY, _PERMANENT, _UNKNOWN = "begun", "sent", "temporary", "permanent", "unknown"
_LONGEST_DETAIL = 500

log = structlog.get_logger("kit.mail_sending")


M = TypeVar("M", bound=Any)


@dataclass(frozen=True, slots=True)
class Ending:
    """How one attempt ended."""

    outcome: str
    detail: str = ""
    code: int | None = None
    out_of_reach: bool = False
    refused: tuple[tuple[str, int | None, str], ...] = ()

    def refused_recipients(self) -> list[dict[str, Any]]:
        """As delivery facts: who did not get it, and what the server said."""
        return [
            {
                "email": email,
                "action": "failed",
                "status": str(code) if code else None,
                "diagnostic": text[:_LONGEST_DETAIL],
            }
            for email, code, text in self.refused
        ]


class MailSender(Generic[M]):
    """Runs for the life of a service; `wake` spares a new mail the wait for the next look.

    Subclasses name their `table`, which has the columns id, version, mail_account_id, rfc_message_id, sender and recipients (the
    envelope), content (bytes), status (queued, sending, sent, failed, unknown), attempts, next_attempt_at, created_at, sent_at.
    `next_attempt_at` is empty when nothing more is to be done; while a mail is `sending` it is the end of the claim, so that a
    sender that died is succeeded by another.
    """

    table: ClassVar[type[Any]]
    attempted: ClassVar[str] = "mail_attempted"

    def __init__(self, database: Database, clock: Clock, smtp: SmtpSender, accesses: SmtpAccesses) -> None:
        self._database = database
        self._clock = clock
        self._smtp = smtp
        self._accesses = accesses
        self._woken = asyncio.Event()

    # ---- what a service adds

    def recording(self) -> AbstractAsyncContextManager[AsyncSession]:
        """The transaction in which the end of an attempt is written down."""
        return self._database.transaction()

    async def follow_sent(self, session: AsyncSession, mail: M, ending: Ending, *, now: datetime) -> None:
        """The mail has left; `ending.refused` did not get it."""

    async def follow_failed(self, session: AsyncSession, mail: M, ending: Ending, *, now: datetime) -> None:
        """The mail will not be tried again."""

    # ---- the work

    def wake(self) -> None:
        self._woken.set()

    async def send_for_ever(self) -> None:
        """Send what is due, then wait for something new or for the next moment."""
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
        """Send the mails that are due, several at a time; how many there were."""
        now = self._clock.now()
        async with self._database.reading() as session:
            due = await self._next_due(session)
        if due is None or due > now:
            return 0
        async with self._database.transaction() as session:
            claimed = await self._claim_due(session, now=now, until=now + CLAIMED_FOR)
            to_send = [mail for mail in claimed if _begin(mail, now)]
        await asyncio.gather(*(self._send(mail) for mail in to_send))
        return len(claimed)

    async def _next_due(self, session: AsyncSession) -> datetime | None:
        due = self.table.next_attempt_at
        moment: datetime | None = await session.scalar(select(due).where(due.is_not(None)).order_by(due).limit(1))
        return moment

    async def _claim_due(self, session: AsyncSession, *, now: datetime, until: datetime) -> list[M]:
        """Take due mails for this sender alone; what is not finished `until` then is due again."""
        due = self.table.next_attempt_at
        query = select(self.table).where(due <= now).order_by(due).limit(AT_A_TIME)
        claimed = list((await session.scalars(query.with_for_update(skip_locked=True))).all())
        for mail in claimed:
            mail.next_attempt_at = until
            session.add(mail)
        return claimed

    async def _send(self, mail: M) -> None:
        ending = await self._hand_over(mail)
        async with self.recording() as session:
            await self._record(session, mail.id, ending, now=self._clock.now())
        log.info(self.attempted, id=str(mail.id), outcome=ending.outcome, attempts=len(mail.attempts))

    async def _hand_over(self, mail: M) -> Ending:
        try:
            access = await self._accesses.get(mail.mail_account_id)
            sent = await self._smtp.send(
                access, envelope_from=mail.sender, recipients=mail.recipients, message=mail.content
            )
        except NoAccess as error:
            return Ending(_TEMPORARY, str(error), out_of_reach=True)
        except SmtpUnknown as error:
            return Ending(_UNKNOWN, error.text, error.code)
        except SmtpFailed as error:
            if error.is_ours:
                self._accesses.forget(mail.mail_account_id)
            return _ending_of(error)
        return Ending(_SENT, sent.text, sent.code, refused=_refused(sent))

    async def _record(self, session: AsyncSession, mail_id: UUID, ending: Ending, *, now: datetime) -> None:
        mail: M = await session.get_one(self.table, mail_id)
        attempts = [*mail.attempts]
        detail = ending.detail[:_LONGEST_DETAIL]
        noted = {"at": attempts[-1]["at"], "outcome": ending.outcome, "code": ending.code, "detail": detail}
        mail.attempts = [*attempts[:-1], noted]
        mail.version += 1
        session.add(mail)
        if ending.outcome == _SENT:
            mail.status, mail.sent_at, mail.next_attempt_at = "sent", now, None
            await self.follow_sent(session, mail, ending, now=now)
            return
        mail.next_attempt_at = _again(mail, ending, now=now)
        if mail.next_attempt_at is not None:
            mail.status = "queued"
        elif ending.outcome == _UNKNOWN:
            mail.status = "unknown"
        else:
            mail.status = "failed"
            await self.follow_failed(session, mail, ending, now=now)


def queue_again(mail: Any, *, now: datetime) -> None:
    """Send a mail that failed once more, as new, with the same bytes and Message-ID."""
    mail.status, mail.next_attempt_at, mail.created_at, mail.attempts = "queued", now, now, []
    mail.version += 1


def _begin(mail: Any, now: datetime) -> bool:
    """Note the attempt before it is made, so that a crash in it is seen; False when it must not be made any more."""
    attempts = [*mail.attempts]
    if attempts and attempts[-1]["outcome"] == _BEGUN:
        attempts[-1] = {**attempts[-1], "outcome": _UNKNOWN, "detail": "The sender stopped in the middle of it."}
    mail.version += 1
    if _unknown_among(attempts) >= MOST_UNKNOWN:
        mail.attempts, mail.status, mail.next_attempt_at = attempts, "unknown", None
        return False
    mail.attempts = [*attempts, {"at": now.isoformat(), "outcome": _BEGUN, "code": None, "detail": ""}]
    mail.status = "sending"
    return True


def _again(mail: Any, ending: Ending, *, now: datetime) -> datetime | None:
    if ending.outcome == _PERMANENT or _unknown_among(mail.attempts) >= MOST_UNKNOWN:
        return None
    return next_attempt(
        failures=len(mail.attempts), created_at=mail.created_at, now=now, out_of_reach=ending.out_of_reach
    )


def _unknown_among(attempts: list[dict[str, Any]]) -> int:
    return sum(1 for attempt in attempts if attempt["outcome"] == _UNKNOWN)


def _ending_of(error: SmtpFailed) -> Ending:
    """The account's own trouble (sign-in, sender refused) may be mended; a refused recipient or mail will not be."""
    refused = tuple((email, reply.code, reply.text) for email, reply in error.per_recipient.items())
    if isinstance(error, SmtpPermanent) and not error.is_ours:
        return Ending(_PERMANENT, error.text, error.code, refused=refused)
    return Ending(_TEMPORARY, error.text, error.code, out_of_reach=error.stage == "connect", refused=refused)


def _refused(sent: Sent) -> tuple[tuple[str, int | None, str], ...]:
    return tuple((email, reply.code, reply.text) for email, reply in sent.refused.items())
