"""Sends the replies that were written in cases, and tells their cases what became of them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime

from case_threader.announcements import facts_of
from case_threader.locking import changing_cases
from case_threader.models import Reply
from case_threader.repository import cases
from case_threader.repository.directory import find_mail_account
from case_threader.repository.messages import find_message
from case_threader.repository.settings import get_settings
from case_threader.settling import settle
from contracts.cases import CaseReplySent
from kit.database import AsyncSession
from kit.mail_sending import Ending, MailSender
from kit.outbox import announce


class ReplySender(MailSender[Reply]):
    table = Reply
    attempted = "reply_attempted"

    async def send_replies(self) -> None:
        await self.send_for_ever()

    def recording(self) -> AbstractAsyncContextManager[AsyncSession]:
        return changing_cases(self._database)

    async def follow_sent(self, session: AsyncSession, mail: Reply, ending: Ending, *, now: datetime) -> None:
        message = await find_message(session, mail.id)
        if message is not None:
            message.sent_at = now
            if ending.refused:
                message.delivery = {"kind": "failed", "recipients": ending.refused_recipients()}
            session.add(message)
        mail_account = await find_mail_account(session, mail.mail_account_id)
        if mail_account is not None and mail_account.keeps_sent_copies:
            mail.copy_status, mail.copy_due_at = "wanted", now
        case = await cases.get_case_by_id(session, message.case_id if message and message.case_id else mail.case_id)
        prefix = (await get_settings(session)).settings.tag_prefix
        told = CaseReplySent(
            **facts_of(case, prefix), reply_id=mail.id, rfc_message_id=mail.rfc_message_id,
            mail_account_id=mail.mail_account_id, recipients=list(mail.recipients), at=now,
        )  # fmt: skip
        announce(session, told)

    async def follow_failed(self, session: AsyncSession, mail: Reply, ending: Ending, *, now: datetime) -> None:
        """An answer that did not leave closes nothing; an acknowledgement that did not is only noted."""
        message = await find_message(session, mail.id)
        if message is None:
            return
        message.effect = "none"
        message.delivery = {
            "kind": "failed", "recipients": ending.refused_recipients(), "detail": ending.detail[:500],
        }  # fmt: skip
        session.add(message)
        if message.case_id is not None:
            case = await cases.get_case_by_id(session, message.case_id)
            await settle(session, case, reason="reply_failed", now=now)
