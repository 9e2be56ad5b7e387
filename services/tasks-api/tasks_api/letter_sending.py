"""Sends calendar messages of ours, and says what became of them."""

from __future__ import annotations

from datetime import datetime

from contracts.tasks import InvitationSent, InvitationUndelivered
from kit.database import AsyncSession
from kit.mail_sending import Ending, MailSender
from kit.outbox import announce
from tasks_api.models.letters import Letter


class LetterSender(MailSender[Letter]):
    table = Letter
    attempted = "letter_attempted"

    async def follow_sent(self, session: AsyncSession, mail: Letter, ending: Ending, *, now: datetime) -> None:
        refused = [email for email, _, _ in ending.refused]
        reached = [email for email in mail.recipients if email not in refused]
        announce(session, InvitationSent(**_facts(mail), recipients=reached, at=now))
        if refused:
            announce(session, InvitationUndelivered(**_facts(mail), recipients=refused, detail=ending.detail, at=now))

    async def follow_failed(self, session: AsyncSession, mail: Letter, ending: Ending, *, now: datetime) -> None:
        told = InvitationUndelivered(**_facts(mail), recipients=list(mail.recipients), detail=ending.detail, at=now)
        announce(session, told)


def _facts(letter: Letter) -> dict[str, object]:
    return {
        "letter_id": letter.id,
        "task_id": letter.task_id,
        "method": letter.method,
        "uid": letter.uid,
        "recurrence_id": letter.recurrence_id,
        "sequence": letter.sequence,
        "mail_account_id": letter.mail_account_id,
        "rfc_message_id": letter.rfc_message_id,
    }
