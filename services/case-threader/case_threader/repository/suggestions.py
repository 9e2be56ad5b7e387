"""What a waiting mail may belong to, where no rule could be sure."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, union_all

from case_threader.models import CaseRow
from case_threader.repository import tables
from case_threader.repository.among import among
from kit.database import AsyncSession

MOST_FOUND = 200


async def accounts_named(session: AsyncSession, folded_names: Collection[str]) -> dict[str, set[UUID]]:
    """The accounts of this (folded) name, and those of contacts of this name."""
    if not folded_names:
        return {}
    account, contact = tables.accounts.c, tables.contacts.c
    named = select(account.folded_name, account.id.label("account_id")).where(
        among(session, account.folded_name, folded_names), account.deleted.is_(False)
    )
    persons = select(contact.folded_name, contact.account_id).where(
        among(session, contact.folded_name, folded_names), contact.deleted.is_(False)
    )
    found: dict[str, set[UUID]] = {}
    for row in await session.execute(union_all(named, persons).limit(MOST_FOUND)):
        found.setdefault(row.folded_name, set()).add(row.account_id)
    return found


async def cases_mentioning(session: AsyncSession, rfc_message_ids: Collection[str]) -> dict[str, list[UUID]]:
    """For each Message-ID the cases with a message that bears or mentions it."""
    if not rfc_message_ids:
        return {}
    known, message = tables.known_ids.c, tables.messages.c
    query = (
        select(known.rfc_message_id, message.case_id)
        .join(tables.messages, message.id == known.message_id)
        .where(among(session, known.rfc_message_id, rfc_message_ids), message.case_id.is_not(None))
        .order_by(message.received_at.desc())
        .limit(MOST_FOUND)
    )
    found: dict[str, list[UUID]] = {}
    for row in await session.execute(query):
        found.setdefault(row.rfc_message_id, []).append(row.case_id)
    return found


async def cases_of_conversations(session: AsyncSession, thread_indices: Collection[str]) -> dict[str, list[UUID]]:
    """For each conversation of Outlook the cases with a message of it."""
    if not thread_indices:
        return {}
    message = tables.messages.c
    query = (
        select(message.thread_index, message.case_id)
        .where(among(session, message.thread_index, thread_indices), message.case_id.is_not(None))
        .order_by(message.received_at.desc())
        .limit(MOST_FOUND)
    )
    found: dict[str, list[UUID]] = {}
    for row in await session.execute(query):
        found.setdefault(row.thread_index, []).append(row.case_id)
    return found


async def open_cases_titled(
    session: AsyncSession, account_ids: Collection[UUID], titles: Collection[str]
) -> dict[tuple[UUID, str], list[CaseRow]]:
    """The open cases of these accounts with exactly these titles, by account and title; the newest activity first."""
    if not account_ids or not titles:
        return {}
    case = tables.cases.c
    query = (
        select(CaseRow)
        .where(
            among(session, case.account_id, account_ids), among(session, case.title, titles), case.status == "open",
            case.deleted_at.is_(None), case.merged_into.is_(None),
        )
        .order_by(case.last_activity_at.desc())
        .limit(MOST_FOUND)
    )  # fmt: skip
    found: dict[tuple[UUID, str], list[CaseRow]] = {}
    for row in await session.scalars(query):
        if row.account_id is not None:
            found.setdefault((row.account_id, row.title), []).append(row)
    return found
