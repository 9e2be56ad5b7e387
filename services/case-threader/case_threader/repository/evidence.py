"""Gathers what is known about the mails of a batch: a few statements however many mails there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from case_threader.case_settings import CaseSettings
from case_threader.evidence import LOOK_BACK, Decided, Evidence, KnownCase, KnownMail, KnownPerson
from case_threader.mails import ReadMail
from case_threader.repository import tables
from case_threader.repository.directory import accounts_at_domains, own_domains
from contracts.addresses import domain_of
from kit.database import AsyncSession
from kit.prepared import Prepared, among

_MAIL_COLUMNS = (
    tables.messages.c.id,
    tables.messages.c.case_id,
    tables.messages.c.direction,
    tables.messages.c.is_reply,
    tables.messages.c.identity,
    tables.messages.c.thread_index,
    tables.messages.c.received_at,
    tables.messages.c.mailboxes,
    tables.messages.c.effect,
    tables.messages.c.delivery,
)
_CASE_COLUMNS = (
    tables.cases.c.id,
    tables.cases.c.number,
    tables.cases.c.version,
    tables.cases.c.title,
    tables.cases.c.status,
    tables.cases.c.status_at,
    tables.cases.c.status_reason,
    tables.cases.c.account_id,
    tables.cases.c.contact_id,
    tables.cases.c.owner_id,
    tables.cases.c.last_activity_at,
    tables.cases.c.mentions,
    tables.cases.c.merged_into,
    tables.cases.c.continues,
    tables.cases.c.continued_by,
    tables.cases.c.is_by_hand,
    tables.cases.c.deleted_at,
)

_filing, _known, _message, _case = tables.filings.c, tables.known_ids.c, tables.messages.c, tables.cases.c
_address, _participant = tables.known_addresses.c, tables.participants.c

_decisions = Prepared(
    lambda dialect: select(_filing.message_id, _filing.outcome, _filing.held_by, _filing.version).where(
        among(dialect, _filing.message_id, "message_ids")
    )
)
_mails_by_known_ids = Prepared(
    lambda dialect: (
        select(_known.rfc_message_id, _known.kind, *_MAIL_COLUMNS)
        .join(tables.messages, _message.id == _known.message_id)
        .where(among(dialect, _known.rfc_message_id, "rfc_message_ids"))
    )
)
_mails_by_identity = Prepared(lambda dialect: select(*_MAIL_COLUMNS).where(among(dialect, _message.identity, "values")))
_mails_by_thread_index = Prepared(
    lambda dialect: select(*_MAIL_COLUMNS).where(among(dialect, _message.thread_index, "values"))
)
_mails_by_id = Prepared(lambda dialect: select(*_MAIL_COLUMNS).where(among(dialect, _message.id, "values")))
_cases_by_number = Prepared(lambda dialect: select(*_CASE_COLUMNS).where(among(dialect, _case.number, "numbers")))
_cases_by_id = Prepared(lambda dialect: select(*_CASE_COLUMNS).where(among(dialect, _case.id, "ids")))
_open_cases_titled = Prepared(
    lambda dialect: select(*_CASE_COLUMNS).where(
        among(dialect, _case.account_id, "accounts"),
        among(dialect, _case.title, "titles"),
        _case.status == "open",
        _case.deleted_at.is_(None),
        _case.merged_into.is_(None),
    )
)
_cards_by_email = Prepared(
    lambda dialect: select(_address.email, _address.kind, _address.owner_id, _address.account_id).where(
        among(dialect, _address.email, "emails")
    )
)
_parties = Prepared(
    lambda dialect: select(_participant.case_id, _participant.email).where(
        among(dialect, _participant.case_id, "case_ids"),
        among(dialect, _participant.email, "emails"),
        _participant.verified,
    )
)
_lately_opened = Prepared(
    lambda dialect: (
        select(_case.opened_by, _case.opened_wording, func.count())
        .where(
            among(dialect, _case.opened_by, "senders"), _case.opened_at > bindparam("since", type_=_case.opened_at.type)
        )
        .group_by(_case.opened_by, _case.opened_wording)
    )
)


async def gather_evidence(
    session: AsyncSession,
    mails: Sequence[ReadMail],
    *,
    settings: CaseSettings,
    loop_mark: str,
    now: datetime,
    others: Collection[UUID] = (),
) -> Evidence:
    """Everything the rules may ask about these mails.

    `others` are mails of which only an earlier decision is asked for.
    """
    evidence = Evidence(settings=settings, loop_mark=loop_mark, now=now)
    await _gather_decisions(session, mails, others, evidence)
    await _gather_ids(session, mails, evidence)
    await _gather_twins(session, mails, evidence)
    await _gather_cases(session, mails, evidence)
    await _gather_people(session, mails, evidence)
    if settings.match_by_subject:
        await _gather_open_cases(session, mails, evidence)
    await _gather_parties(session, mails, evidence)
    await _gather_lately_opened(session, mails, evidence)
    return evidence


async def _gather_decisions(
    session: AsyncSession, mails: Sequence[ReadMail], others: Collection[UUID], evidence: Evidence
) -> None:
    wanted = {mail.facts.message_id for mail in mails} | set(others)
    wanted |= {mail.facts.same_bytes_as for mail in mails if mail.facts.same_bytes_as is not None}
    for row in await _decisions.rows(session, message_ids=list(wanted)):
        evidence.decided[row.message_id] = Decided(row.outcome, row.held_by, row.version)


async def _gather_ids(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    wanted = {each for mail in mails for each in (*mail.ancestors, *mail.reported)}
    wanted |= {mail.own_id for mail in mails if mail.own_id is not None}
    if not wanted:
        return
    by_kind = {"own": evidence.bearing_id, "mentioned": evidence.mentioning_id, "reported": evidence.reporting_id}
    for row in await _mails_by_known_ids.rows(session, rfc_message_ids=list(wanted)):
        _learn_mail(row, evidence)
        by_kind[row.kind][row.rfc_message_id].append(row.id)


async def _gather_twins(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    """The messages that are the same mails, those of the same conversations, and those that stand for earlier copies."""
    identities = {mail.identity for mail in mails if mail.identity is not None}
    conversations = {mail.facts.thread_index for mail in mails if mail.facts.thread_index}
    holders = {each.held_by for each in evidence.decided.values() if each.held_by is not None}
    asked: tuple[tuple[Prepared, Collection[Any]], ...] = (
        (_mails_by_identity, identities),
        (_mails_by_thread_index, conversations),
        (_mails_by_id, holders - evidence.mails.keys()),
    )
    for query, values in asked:
        for row in await query.rows(session, values=list(values)) if values else ():
            _learn_mail(row, evidence)
            if row.identity is not None:
                evidence.by_identity[row.identity] = row.id
            if row.thread_index in conversations and row.id not in evidence.by_thread_index[row.thread_index]:
                evidence.by_thread_index[row.thread_index].append(row.id)


async def _gather_cases(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    numbers = {number for mail in mails for number in (*mail.tag_numbers, *mail.enclosed_tag_numbers)}
    ids = {mail.case_id for mail in evidence.mails.values() if mail.case_id is not None}
    if numbers:
        _learn_cases(await _cases_by_number.rows(session, numbers=list(numbers)), evidence)
    missing = ids - evidence.cases.keys()
    missing |= _followers(evidence)
    while missing:
        rows = await _cases_by_id.rows(session, ids=list(missing))
        _learn_cases(rows, evidence)
        missing = _followers(evidence) if rows else set()


def _followers(evidence: Evidence) -> set[UUID]:
    """The cases others were merged into or are continued by, as far as they are not known yet."""
    wanted = {each.merged_into for each in evidence.cases.values()} | {
        each.continued_by for each in evidence.cases.values()
    }
    return {each for each in wanted if each is not None} - evidence.cases.keys()


async def _gather_people(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    emails = {mail.sender for mail in mails if mail.sender}
    for mail in mails:
        emails.update(mail.recipients)
        emails.update(person.email for person in mail.facts.from_addresses)
    for row in await _cards_by_email.rows(session, emails=list(emails)):
        evidence.people[row.email].append(KnownPerson(row.kind, row.owner_id, row.account_id))
    evidence.own_domains = await own_domains(session)
    tagging_strangers = {
        domain_of(mail.sender) for mail in mails if mail.tag_numbers and mail.sender not in evidence.people
    } - {""}
    if tagging_strangers:
        evidence.accounts_at_domain = await accounts_at_domains(session, tagging_strangers)


async def _gather_open_cases(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    """The open cases of the senders' accounts that are called as these mails are."""
    accounts = {account for mail in mails for account in evidence.accounts_of(mail.sender)}
    titles = {mail.title for mail in mails} - {""}
    if not accounts or not titles:
        return
    rows = await _open_cases_titled.rows(session, accounts=list(accounts), titles=list(titles))
    _learn_cases([row for row in rows if row.id not in evidence.cases], evidence)


async def _gather_parties(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    if not evidence.cases:
        return
    emails = {mail.sender for mail in mails if mail.sender}
    for mail in mails:
        emails.update(mail.recipients)
        emails.update(each.email for each in (mail.facts.report.recipients if mail.facts.report else ()))
    rows = await _parties.rows(session, case_ids=list(evidence.cases), emails=list(emails))
    evidence.parties.update((row.case_id, row.email) for row in rows)


async def _gather_lately_opened(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    if evidence.settings.new_cases_per_sender is None:
        return
    senders = {mail.sender for mail in mails if mail.sender in evidence.people}
    if not senders:
        return
    since = evidence.now - LOOK_BACK
    for sender, wording, count in await _lately_opened.rows(session, senders=list(senders), since=since):
        evidence.lately_opened[(sender, wording)] = count


def _learn_mail(row: Any, evidence: Evidence) -> None:
    if row.id not in evidence.mails:
        evidence.mails[row.id] = KnownMail(
            id=row.id, case_id=row.case_id, direction=row.direction, is_reply=row.is_reply, identity=row.identity,
            received_at=row.received_at, mailboxes=list(row.mailboxes), effect=row.effect,
            delivery=row.delivery,
        )  # fmt: skip


def _learn_cases(rows: Iterable[Any], evidence: Evidence) -> None:
    for row in rows:
        evidence.learn_case(
            KnownCase(
                id=row.id, number=row.number, version=row.version, title=row.title, status=row.status,
                status_at=row.status_at, status_reason=row.status_reason, account_id=row.account_id,
                contact_id=row.contact_id, owner_id=row.owner_id, last_activity_at=row.last_activity_at,
                mentions=list(row.mentions), merged_into=row.merged_into,
                continues=row.continues, continued_by=row.continued_by, is_by_hand=row.is_by_hand,
                is_deleted=row.deleted_at is not None,
            )
        )  # fmt: skip
