"""Writing from a case: the mail is made, stands in the case and closes it, all in one transaction; sending follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from case_threader.announcements import facts_of
from case_threader.case_settings import CaseSettings
from case_threader.composing import Wording, composed_body, day_of
from case_threader.errors import (
    MailAccountCannotSend,
    MailAccountUnknown,
    NobodyToWriteTo,
    TemplateUnknown,
    UnverifiedRecipient,
)
from case_threader.folding import words_of
from case_threader.learning import contact_for
from case_threader.merge_fields import Facts, filled
from case_threader.message_ids import index_key, is_writable, new_message_id
from case_threader.models import CaseRow, MailAccount, Message, Reply, ReplyTemplate
from case_threader.opening import open_case
from case_threader.outgoing_mail import File, Mailbox, OutgoingMail, mail_bytes, wire_address
from case_threader.participants import outside
from case_threader.quoting import Quote
from case_threader.repository import cases, directory
from case_threader.repository.filings import add_participants
from case_threader.repository.messages import messages_bearing
from case_threader.repository.participants import unverified_among, verify_participant
from case_threader.repository.replies import add_reply
from case_threader.repository.settings import get_settings
from case_threader.repository.wordings import find_signature, find_template
from case_threader.settling import settle
from case_threader.subject_tags import foreign_tags, tag_of, untagged, with_tag, without_own_tags
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
    """What a person wants to send. The template's text stands below what was written, then the signature, then the quote."""

    to: Sequence[Mailbox]
    cc: Sequence[Mailbox] = ()
    bcc: Sequence[Mailbox] = ()
    subject: str | None = None
    text: str = ""
    html: str | None = None
    files: Sequence[File] = field(default=())
    template_id: UUID | None = None
    with_signature: bool = True
    quote: Quote | None = None
    wants_receipt: bool = False

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
    author_name: str = ""
    zone: str = "UTC"
    locale: str = "en"


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
    return await put_in_case(session, case, draft, desk, settings=settings, subject=subject, answered=answered)


async def write_to_account(session: AsyncSession, account_id: UUID, draft: Draft, desk: Desk) -> tuple[CaseRow, Reply]:
    """A new topic of ours opens a case; its first mail bears the tag already (features C22, C48). AccountUnknown."""
    if not draft.recipients:
        raise NobodyToWriteTo
    settings = (await get_settings(session)).settings
    template = await _template(session, draft.template_id)
    wanted = draft.subject or ""
    if not wanted and template is not None:
        wanted = filled(template.subject, await facts_for(session, None, account_id, draft, desk, settings=settings))
    title = title_of(without_own_tags(wanted, settings.prefixes))
    contact_id = await contact_for(session, canonical_email(draft.recipients[0]), account_id)
    case = await open_case(
        session,
        account_id=account_id,
        contact_id=contact_id,
        title=title,
        opened_by=desk.mail_account.address,
        now=desk.now,
    )
    subject = _tagged(wanted, case, settings)
    closes = settings.close_on_first_outbound
    reply = await put_in_case(
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
    return _tagged(" ".join(text.split()), case, settings)


def _tagged(subject: str, case: CaseRow, settings: CaseSettings) -> str:
    if settings.tag_position == "none":
        return untagged(subject, prefixes=settings.prefixes, limit=settings.subject_limit)
    return with_tag(
        subject,
        settings.tag_prefix,
        case.number,
        prefixes=settings.prefixes,
        limit=settings.subject_limit,
        at_start=settings.tag_position == "start",
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


async def put_in_case(
    session: AsyncSession,
    case: CaseRow,
    draft: Draft,
    desk: Desk,
    *,
    settings: CaseSettings,
    subject: str,
    answered: Message | None,
    closes: bool = True,
    is_automatic: bool = False,
) -> Reply:
    """Write the mail, let it stand in the case and act on its status, and queue it."""
    body = await compose(session, case, draft, desk, settings=settings)
    mail = OutgoingMail(
        message_id=new_message_id(desk.random, domain_of(wire_address(desk.mail_account.address))),
        sender=Mailbox(desk.mail_account.address, _display_name(desk.mail_account)),
        to=draft.to, cc=draft.cc, subject=subject, text=body.text, html=body.html, files=draft.files,
        in_reply_to=written_id(answered) if answered else None,
        references=await _references(session, answered), loop_mark=desk.loop_mark, date=desk.now,
        is_automatic=is_automatic,
        receipt_to=Mailbox(desk.mail_account.address) if draft.wants_receipt else None,
    )  # fmt: skip
    reached = await outside(
        session, case, {each.email: each.name for each in (*draft.to, *draft.cc, *draft.bcc)}, now=desk.now
    )
    reply = Reply(
        id=new_id(), case_id=case.id, version=1, mail_account_id=desk.mail_account.id, rfc_message_id=mail.message_id,
        sender=desk.mail_account.address, subject=subject, recipients=[wire_address(each) for each in draft.recipients],
        content=mail_bytes(mail), status="queued", attempts=[], next_attempt_at=desk.now, created_at=desk.now,
        sent_at=None, author=desk.author[:200], closes=closes and bool(reached),
        acknowledged=canonical_email(draft.to[0].email) if is_automatic else None,
    )  # fmt: skip
    message = _message_of(reply, mail, draft, is_automatic=is_automatic)
    searched = f"{subject} {' '.join(draft.recipients)} {body.text[:3000]}"
    await add_reply(session, reply, message, words=words_of(searched), own_id=index_key(mail.message_id))
    await add_participants(session, [{**row, "message_id": reply.id} for row in reached])
    await settle(session, case, reason="reply_sent", now=desk.now)
    filed = CaseMailFiled(
        **facts_of(case, settings.tag_prefix), message_id=reply.id, direction="outgoing", outcome="append",
        rule="acknowledgement" if is_automatic else "reply", filed_at=desk.now,
    )  # fmt: skip
    announce(session, filed)
    return reply


async def compose(session: AsyncSession, case: CaseRow, draft: Draft, desk: Desk, *, settings: CaseSettings) -> Wording:
    """The body as it leaves. Raises TemplateUnknown."""
    template = await _template(session, draft.template_id)
    signature = await find_signature(session, desk.mail_account.id) if draft.with_signature else None
    return composed_body(
        Wording(draft.text, draft.html),
        template=Wording(template.text, template.html) if template else None,
        signature=Wording(signature.text, signature.html) if signature else None,
        quote=draft.quote,
        facts=await facts_for(session, case, case.account_id, draft, desk, settings=settings),
    )


async def facts_for(
    session: AsyncSession,
    case: CaseRow | None,
    account_id: UUID | None,
    draft: Draft,
    desk: Desk,
    *,
    settings: CaseSettings,
) -> Facts:
    """What the fields of templates stand for in a mail of this case; its own fields are empty before it is opened."""
    names = await directory.names_of_accounts(session, {account_id}) if account_id else {}
    first = next(iter((*draft.to, *draft.cc)), None)
    return Facts(
        case_number=str(case.number) if case else "", case_title=case.title if case else "",
        case_tag=tag_of(settings.tag_prefix, case.number) if case else "",
        account=names.get(account_id, "") if account_id else "",
        recipient=(first.name or first.email) if first else "", author=desk.author_name,
        mailbox_name=_display_name(desk.mail_account), mailbox_address=desk.mail_account.address,
        date=day_of(desk.now.astimezone(ZoneInfo(desk.zone)), locale=desk.locale),
    )  # fmt: skip


async def _template(session: AsyncSession, template_id: UUID | None) -> ReplyTemplate | None:
    template = await find_template(session, template_id)
    if template_id is not None and template is None:
        raise TemplateUnknown(template_id)
    return template


def _message_of(reply: Reply, mail: OutgoingMail, draft: Draft, *, is_automatic: bool) -> Message:
    """The reply as it stands in the case; its copy in Sent will be a duplicate of it."""
    return Message(
        id=reply.id, place=0, case_id=reply.case_id, direction="outgoing", effect="closes" if reply.closes else "none",
        is_reply=True, by_machine=is_automatic, verified=True, rfc_message_id=mail.message_id, written_message_id=None,
        identity=None, thread_index=None,
        mailboxes=[reply.sender], mail_account_id=reply.mail_account_id, subject=reply.subject, sender_email=reply.sender,
        sender_name=mail.sender.name, recipients={"to": _people(draft.to), "cc": _people(draft.cc), "bcc": _people(draft.bcc)},
        ancestors=[mail.in_reply_to] if mail.in_reply_to else [], preview=" ".join(mail.text[: 2 * PREVIEW].split())[:PREVIEW],
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
