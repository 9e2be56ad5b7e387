"""Whoever writes about something new is told the number of the case, where the settings say so: once, and never a machine.

Two robots that answer each other are every help desk's loop (FreeScout #3670, Odoo #66329). So: only the opening of a case is
acknowledged, only to somebody who may be answered, a few times an hour for one address, with the marks of RFC 3834 and X-Loop.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from case_threader.case_settings import CaseSettings
from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.merge_fields import filled
from case_threader.models import MailAccount
from case_threader.replying import Desk, Draft, facts_for, put_in_case, subject_of_reply
from case_threader.repository import cases, directory
from case_threader.repository.messages import find_message
from case_threader.repository.replies import count_acknowledged
from case_threader.repository.wordings import find_template
from kit.database import AsyncSession
from kit.outgoing_mail import Mailbox

WITHIN = timedelta(hours=1)
TOO_OLD = timedelta(days=1)
"""A mail that lay that long before it was fetched is answered by a person or not at all."""

_TEXTS = {
    "pl": (
        "Dzień dobry,\n\notrzymaliśmy Państwa wiadomość i zapisaliśmy ją jako sprawę nr {{case_number}}. Pisząc do nas w tej "
        "sprawie, prosimy zostawić w temacie znacznik {{case_tag}}.\n\nTa wiadomość została wysłana automatycznie."
    ),
    "en": (
        "Hello,\n\nwe have received your message and keep it as case {{case_number}}. When you write to us about it, please leave "
        "{{case_tag}} in the subject.\n\nThis message was sent automatically."
    ),
}


@dataclass(frozen=True, slots=True)
class House:
    """What every mail of ours is marked with, and how it is written here."""

    loop_mark: str
    zone: str = "Europe/Warsaw"
    locale: str = "pl"


@dataclass(frozen=True, slots=True)
class Opened:
    """A case and the mail that opened it."""

    case_id: UUID
    mail: ReadMail


def silence(mail: ReadMail, evidence: Evidence) -> str | None:
    """Why nobody is told that this mail has opened a case; None when its sender may be."""
    facts = mail.facts
    if mail.is_sent or evidence.is_ours(mail.sender):
        return "ours"
    if not mail.sender:
        return "no_sender"
    if mail.is_by_machine or facts.do_not_answer or facts.loop_marks:
        return "do_not_answer"
    if facts.imported or evidence.now - facts.received_at > TOO_OLD:
        return "too_old"
    if facts.authentication.dmarc == "fail":
        return "sender_forged"
    return None


async def acknowledge(
    session: AsyncSession, opened: Sequence[Opened], *, settings: CaseSettings, house: House, now: datetime
) -> None:
    """Write to each of them, as far as the hour allows; the mails leave with the replies."""
    for each in opened:
        mail_account = await directory.find_mail_account(session, each.mail.facts.mail_account_id)
        if mail_account is None or not mail_account.can_send:
            continue
        told = await count_acknowledged(session, each.mail.sender, since=now - WITHIN)
        if told < settings.acknowledgements_per_hour:
            await _write_one(session, each, mail_account, settings=settings, house=house, now=now)
    await session.flush()
    session.expunge_all()  # the next mails of the batch change these rows behind the session's back


async def _write_one(
    session: AsyncSession,
    opened: Opened,
    mail_account: MailAccount,
    *,
    settings: CaseSettings,
    house: House,
    now: datetime,
) -> None:
    case = await cases.get_case_by_id(session, opened.case_id)
    desk = Desk(
        mail_account=mail_account, loop_mark=house.loop_mark, random=secrets.token_bytes(16), author="rules", now=now,
        zone=house.zone, locale=house.locale,
    )  # fmt: skip
    sender = opened.mail.person
    draft = Draft(to=[Mailbox(opened.mail.sender, sender.name if sender else "")])
    facts = await facts_for(session, case, case.account_id, draft, desk, settings=settings)
    template = await find_template(session, settings.acknowledgement_template_id)
    text = _TEXTS.get(house.locale[:2], _TEXTS["en"])
    draft = Draft(
        to=draft.to, template_id=template.id if template else None, text="" if template else filled(text, facts)
    )
    wanted = filled(template.subject, facts) if template and template.subject else None
    answered = await find_message(session, opened.mail.facts.message_id)
    subject = subject_of_reply(wanted, answered.subject if answered else "", case, settings)
    await put_in_case(
        session, case, draft, desk, settings=settings, subject=subject, answered=answered, closes=False,
        is_automatic=True,
    )  # fmt: skip
