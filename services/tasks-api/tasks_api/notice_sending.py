"""Sends calendar messages of ours, and says what became of them."""

from __future__ import annotations

from datetime import datetime

from contracts.tasks import InvitationSent, InvitationUndelivered
from kit.database import AsyncSession
from kit.mail_sending import Ending, MailSender
from kit.outbox import announce
from tasks_api.models.notices import Notice


class NoticeSender(MailSender[Notice]):
    table = Notice
    attempted = "notice_attempted"

    async def follow_sent(self, session: AsyncSession, mail: Notice, ending: Ending, *, now: datetime) -> None:
        refused = [email for email, _, _ in ending.refused]
        reached = [email for email in mail.recipients if email not in refused]
        announce(session, InvitationSent(**_facts(mail), recipients=reached, at=now))
        if refused:
            announce(session, InvitationUndelivered(**_facts(mail), recipients=refused, detail=ending.detail, at=now))

    async def follow_failed(self, session: AsyncSession, mail: Notice, ending: Ending, *, now: datetime) -> None:
        told = InvitationUndelivered(**_facts(mail), recipients=list(mail.recipients), detail=ending.detail, at=now)
        announce(session, told)


def _facts(notice: Notice) -> dict[str, object]:
    return {
        "notice_id": notice.id,
        "task_id": notice.task_id,
        "method": notice.method,
        "uid": notice.uid,
        "recurrence_id": notice.recurrence_id,
        "sequence": notice.sequence,
        "mail_account_id": notice.mail_account_id,
        "rfc_message_id": notice.rfc_message_id,
    }
