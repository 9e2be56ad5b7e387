"""Writing from a case: the mail is made, stands in the case and closes it, all in one transaction; sending follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from case_threader.announcements import facts_of
from case_threader.case_settings import CaseSettings
from case_threader.errors import MailAccountCannotSend, MailAccountUnknown, NobodyToWriteTo, UnverifiedRecipient
from case_threader.folding import words_of
from case_threader.learning import contact_for
from case_threader.message_ids import index_key, is_writable, new_message_id
from case_threader.models import CaseRow, MailAccount, Message, Reply
from case_threader.opening import open_case
from case_threader.outgoing_mail import File, Mailbox, OutgoingMail, mail_bytes, wire_address
from case_threader.participants import outside
from case_threader.repository import cases, directory
from case_threader.repository.filings import add_participants
from case_threader.repository.messages import messages_bearing
from case_threader.repository.participants import unverified_among, verify_participant
from case_threader.repository.replies import add_reply
from case_threader.repository.settings import get_settings
from case_threader.settling import settle
from case_threader.subject_tags import foreign_tags, with_tag, without_own_tags
from case_threader.subjects import base_subject, title_of
from contracts.addresses import canonical_email, domain_of
from contracts.cases import CaseMailFiled
from kit.database import AsyncSession
from kit.ids import new_id
from kit.outbox import announce

PREVIEW = 300
MOST_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person wants to send."""

    to: Sequence[Mailbox]
    cc: Sequence[Mailbox] = ()
    bcc: Sequence[Mailbox] = ()
    subject: str | None = None
    text: str = ""
    html: str | None = None
    files: Sequence[File] = field(default=())

    @property
    def recipients(self) -> list[str]:
        return list(dict.fromkeys(mailbox.email for mailbox in (*self.to, *self.cc, *self.bcc)))


@dataclass(frozen=True, slots=True)
class Desk:
    """What every mail of ours needs beside the draft: who sends, and what must not be guessed or asked for in here."""

    mail_account: MailAccount
    loop_mark: str
    random: bytes
    author: str
    now: datetime


async def reply_to_case(
    session: AsyncSession, number: int, draft: Draft, desk: Desk, *, confirm_recipients: bool = False
) -> Reply:
    """Answer in the case: our tag at the end of the subject, In-Reply-To the newest mail from outside (features C6, C10, C11).

    Raises CaseNotFound, NobodyToWriteTo, UnverifiedRecipient.
    """
    case = await cases.get_live_case(session, number)
    settings = (await get_settings(session)).settings
    await _check_recipients(session, case, draft, confirm=confirm_recipients)
    answered = await cases.newest_incoming(session, case.id) or await cases.newest_message(session, case.id)
    subject = subject_of_reply(draft.subject, answered.subject if answered else "", case, settings)
    return await _put_in_case(session, case, draft, desk, settings=settings, subject=subject, answered=answered)


async def write_to_account(session: AsyncSession, account_id: UUID, draft: Draft, desk: Desk) -> tuple[CaseRow, Reply]:
    """A new topic of ours opens a case; its first mail bears the tag already (features C22, C48). AccountUnknown."""
    if not draft.recipients:
        raise NobodyToWriteTo
    settings = (await get_settings(session)).settings
    title = title_of(without_own_tags(draft.subject or "", settings.prefixes))
    contact_id = await contact_for(session, canonical_email(draft.recipients[0]), account_id)
    case = await open_case(
        session,
        account_id=account_id,
        contact_id=contact_id,
        title=title,
        opened_by=desk.mail_account.address,
        now=desk.now,
    )
    subject = with_tag(
        draft.subject or "", settings.tag_prefix, case.number, prefixes=settings.prefixes, limit=settings.subject_limit
    )
    closes = settings.close_on_first_outbound
    reply = await _put_in_case(
        session, case, draft, desk, settings=settings, subject=subject, answered=None, closes=closes
    )
    return case, reply


def subject_of_reply(wanted: str | None, answered: str, case: CaseRow, settings: CaseSettings) -> str:
    """`RE: …  [Acme#3932]`: what the other side wrote last, with the tags of other systems that the case has seen."""
    if wanted is not None:
        text = wanted
    else:
        base = base_subject(without_own_tags(answered, settings.prefixes)) or case.title
        missing = [tag for tag in foreign_tags(case.title, settings.prefixes) if tag not in base]
        text = " ".join(part for part in ("RE:", base, *missing) if part)
    return with_tag(
        " ".join(text.split()),
        settings.tag_prefix,
        case.number,
        prefixes=settings.prefixes,
        limit=settings.subject_limit,
    )


async def _check_recipients(session: AsyncSession, case: CaseRow, draft: Draft, *, confirm: bool) -> None:
    if not draft.recipients:
        raise NobodyToWriteTo
    emails = [canonical_email(email) for email in draft.recipients]
    unverified = await unverified_among(session, case.id, emails)
    if unverified and not confirm:
        raise UnverifiedRecipient(len(unverified))
    for email in unverified:
        await verify_participant(session, case.id, email)


async def _put_in_case(
    session: AsyncSession,
    case: CaseRow,
    draft: Draft,
    desk: Desk,
    *,
    settings: CaseSettings,
    subject: str,
    answered: Message | None,
    closes: bool = True,
) -> Reply:
    mail = OutgoingMail(
        message_id=new_message_id(desk.random, domain_of(wire_address(desk.mail_account.address))),
        sender=Mailbox(desk.mail_account.address, _display_name(desk.mail_account)),
        to=draft.to, cc=draft.cc, subject=subject, text=draft.text, html=draft.html, files=draft.files,
        in_reply_to=written_id(answered) if answered else None,
        references=await _references(session, answered), loop_mark=desk.loop_mark, date=desk.now,
    )  # fmt: skip
    reply = Reply(
        id=new_id(), case_id=case.id, version=1, mail_account_id=desk.mail_account.id, rfc_message_id=mail.message_id,
        sender=desk.mail_account.address, subject=subject, recipients=[wire_address(each) for each in draft.recipients],
        content=mail_bytes(mail), status="queued", attempts=[], next_attempt_at=desk.now, created_at=desk.now,
        sent_at=None, author=desk.author[:200],
    )  # fmt: skip
    reached = await outside(
        session, case, {each.email: each.name for each in (*draft.to, *draft.cc, *draft.bcc)}, now=desk.now
    )
    message = _message_of(reply, mail, draft, closes=closes and bool(reached))
    searched = f"{subject} {' '.join(draft.recipients)} {draft.text[:3000]}"
    await add_reply(session, reply, message, words=words_of(searched), own_id=index_key(mail.message_id))
    await add_participants(session, [{**row, "message_id": reply.id} for row in reached])
    await settle(session, case, reason="reply_sent", now=desk.now)
    filed = CaseMailFiled(
        **facts_of(case, settings.tag_prefix), message_id=reply.id, direction="outgoing", outcome="append", rule="reply",
        filed_at=desk.now,
    )  # fmt: skip
    announce(session, filed)
    return reply


def _message_of(reply: Reply, mail: OutgoingMail, draft: Draft, *, closes: bool) -> Message:
    """The reply as it stands in the case; its copy in Sent will be a duplicate of it."""
    return Message(
        id=reply.id, place=0, case_id=reply.case_id, direction="outgoing", effect="closes" if closes else "none",
        is_reply=True, by_machine=False, verified=True, rfc_message_id=mail.message_id, written_message_id=None,
        identity=None, thread_index=None,
        mailboxes=[reply.sender], mail_account_id=reply.mail_account_id, subject=reply.subject, sender_email=reply.sender,
        sender_name=mail.sender.name, recipients={"to": _people(draft.to), "cc": _people(draft.cc), "bcc": _people(draft.bcc)},
        ancestors=[mail.in_reply_to] if mail.in_reply_to else [], preview=" ".join(draft.text[: 2 * PREVIEW].split())[:PREVIEW],
        attachments=len(draft.files), received_at=reply.created_at, sent_at=reply.created_at, delivery=None,
    )  # fmt: skip


def _people(mailboxes: Sequence[Mailbox]) -> list[dict[str, Any]]:
    return [{"email": canonical_email(mailbox.email), "name": mailbox.name} for mailbox in mailboxes]


def written_id(message: Message) -> str | None:
    """The Message-ID in the spelling of its sender: mail programs of the other side compare it exactly."""
    spellings = (message.written_message_id, message.rfc_message_id)
    return next((each for each in spellings if each and is_writable(each)), None)


async def _references(session: AsyncSession, answered: Message | None) -> list[str]:
    """Oldest first, as far as we know their spelling, and the answered mail last (RFC 5322 section 3.6.4)."""
    if answered is None:
        return []
    known = await messages_bearing(session, answered.ancestors[:MOST_REFERENCES])
    ancestors = reversed(answered.ancestors[:MOST_REFERENCES])
    chain = [known[ancestor] for ancestor in ancestors if is_writable(known.get(ancestor, ""))]
    own = written_id(answered)
    return list(dict.fromkeys([*chain, *([own] if own else [])]))


def _display_name(mail_account: MailAccount) -> str:
    """The account's name, unless it is only its address again."""
    return "" if "@" in mail_account.name else mail_account.name


async def get_sender(session: AsyncSession, mail_account_id: UUID) -> MailAccount:
    """The mail account to send from. Raises MailAccountUnknown, MailAccountCannotSend."""
    mail_account = await directory.find_mail_account(session, mail_account_id)
    if mail_account is None:
        raise MailAccountUnknown(mail_account_id)
    if not mail_account.can_send:
        raise MailAccountCannotSend(mail_account.address)
    return mail_account
