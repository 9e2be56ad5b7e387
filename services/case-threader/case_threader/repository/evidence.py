"""Gathers what is known about the mails of a batch: a few statements however many mails there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from case_threader.case_settings import CaseSettings
from case_threader.evidence import LOOK_BACK, Decided, Evidence, KnownCase, KnownMail, KnownPerson
from case_threader.mails import ReadMail
from case_threader.repository import tables
from case_threader.repository.among import among
from case_threader.repository.directory import accounts_at_domains, own_domains
from contracts.addresses import domain_of
from kit.database import AsyncSession

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
    filings = tables.filings.c
    query = select(filings.message_id, filings.outcome, filings.held_by, filings.version)
    for row in await session.execute(query.where(among(session, filings.message_id, wanted))):
        evidence.decided[row.message_id] = Decided(row.outcome, row.held_by, row.version)


async def _gather_ids(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    wanted = {each for mail in mails for each in (*mail.ancestors, *mail.reported)}
    wanted |= {mail.own_id for mail in mails if mail.own_id is not None}
    if not wanted:
        return
    known = tables.known_ids.c
    query = (
        select(known.rfc_message_id, known.kind, *_MAIL_COLUMNS)
        .join(tables.messages, tables.messages.c.id == known.message_id)
        .where(among(session, known.rfc_message_id, wanted))
    )
    by_kind = {"own": evidence.bearing_id, "mentioned": evidence.mentioning_id, "reported": evidence.reporting_id}
    for row in await session.execute(query):
        _learn_mail(row, evidence)
        by_kind[row.kind][row.rfc_message_id].append(row.id)


async def _gather_twins(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    """The messages that are the same mails, those of the same conversations, and those that stand for earlier copies."""
    message = tables.messages.c
    identities = {mail.identity for mail in mails if mail.identity is not None}
    conversations = {mail.facts.thread_index for mail in mails if mail.facts.thread_index}
    holders = {each.held_by for each in evidence.decided.values() if each.held_by is not None}
    asked = [
        among(session, column, values)
        for column, values in (
            (message.identity, identities),
            (message.thread_index, conversations),
            (message.id, holders - evidence.mails.keys()),
        )
        if values
    ]
    for clause in asked:
        for row in await session.execute(select(*_MAIL_COLUMNS).where(clause)):
            _learn_mail(row, evidence)
            if row.identity is not None:
                evidence.by_identity[row.identity] = row.id
            if row.thread_index in conversations and row.id not in evidence.by_thread_index[row.thread_index]:
                evidence.by_thread_index[row.thread_index].append(row.id)


async def _gather_cases(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    numbers = {number for mail in mails for number in (*mail.tag_numbers, *mail.enclosed_tag_numbers)}
    ids = {mail.case_id for mail in evidence.mails.values() if mail.case_id is not None}
    case = tables.cases.c
    query = select(*_CASE_COLUMNS)
    if numbers:
        rows = (await session.execute(query.where(among(session, case.number, numbers)))).all()
        _learn_cases(rows, evidence)
    missing = ids - evidence.cases.keys()
    missing |= _followers(evidence)
    while missing:
        rows = (await session.execute(query.where(among(session, case.id, missing)))).all()
        _learn_cases(rows, evidence)
        missing = _followers(evidence) if rows else set()


def _followers(evidence: Evidence) -> set[UUID]:
    """The cases others were merged into or are continued by, as far as they are not known yet."""
    wanted = {each.merged_into for each in evidence.cases.values()} | {
        each.continued_by for each in evidence.cases.values()
    }
    return {each for each in wanted if each is not None} - evidence.cases.keys()


async def _gather_people(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    address = tables.known_addresses.c
    emails = {mail.sender for mail in mails if mail.sender}
    for mail in mails:
        emails.update(mail.recipients)
        emails.update(person.email for person in mail.facts.from_addresses)
    query = select(address.email, address.kind, address.owner_id, address.account_id)
    for row in await session.execute(query.where(among(session, address.email, emails))):
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
    case = tables.cases.c
    query = select(*_CASE_COLUMNS).where(
        among(session, case.account_id, accounts), among(session, case.title, titles), case.status == "open",
        case.deleted_at.is_(None), case.merged_into.is_(None),
    )  # fmt: skip
    _learn_cases([row for row in await session.execute(query) if row.id not in evidence.cases], evidence)


async def _gather_parties(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    if not evidence.cases:
        return
    emails = {mail.sender for mail in mails if mail.sender}
    for mail in mails:
        emails.update(mail.recipients)
        emails.update(each.email for each in (mail.facts.report.recipients if mail.facts.report else ()))
    participant = tables.participants.c
    query = select(participant.case_id, participant.email).where(
        among(session, participant.case_id, evidence.cases.keys()),
        among(session, participant.email, emails),
        participant.verified,
    )
    evidence.parties.update((row.case_id, row.email) for row in await session.execute(query))


async def _gather_lately_opened(session: AsyncSession, mails: Sequence[ReadMail], evidence: Evidence) -> None:
    if evidence.settings.new_cases_per_sender is None:
        return
    senders = {mail.sender for mail in mails if mail.sender in evidence.people}
    if not senders:
        return
    case = tables.cases.c
    query = (
        select(case.opened_by, case.opened_wording, func.count())
        .where(among(session, case.opened_by, senders), case.opened_at > evidence.now - LOOK_BACK)
        .group_by(case.opened_by, case.opened_wording)
    )
    for sender, wording, count in await session.execute(query):
        evidence.lately_opened[(sender, wording)] = count


def _learn_mail(row: Row[Any], evidence: Evidence) -> None:
    if row.id not in evidence.mails:
        evidence.mails[row.id] = KnownMail(
            id=row.id, case_id=row.case_id, direction=row.direction, is_reply=row.is_reply, identity=row.identity,
            received_at=row.received_at, mailboxes=list(row.mailboxes), effect=row.effect,
            delivery=row.delivery,
        )  # fmt: skip


def _learn_cases(rows: Iterable[Row[Any]], evidence: Evidence) -> None:
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
