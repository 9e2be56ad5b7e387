"""Single messages and the decisions about them, and the list of those that wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, literal, or_, select, union_all
from sqlmodel import col

from case_threader.errors import FilingNotFound
from case_threader.models import CaseEvent, CaseRow, Filing, KnownId, Message
from case_threader.repository import tables
from case_threader.repository.among import among
from case_threader.repository.cases import cases_with_participant
from kit.database import AsyncSession
from kit.paging import Paging, one_page

MOST_WAITING = 2000


async def get_filing(session: AsyncSession, message_id: UUID, *, fresh: bool = False) -> Filing:
    """The decision about a mail; `fresh` when statements have changed it behind the session's back."""
    filing = await session.get(Filing, message_id, populate_existing=fresh)
    if filing is None:
        raise FilingNotFound(message_id)
    return filing


async def find_message(session: AsyncSession, message_id: UUID | None) -> Message | None:
    if message_id is None:
        return None
    query = select(Message).where(col(Message.id) == message_id)
    message: Message | None = await session.scalar(query)
    return message


async def held_messages(session: AsyncSession, message_ids: Collection[UUID]) -> dict[UUID, Message]:
    """For each id of a mail (a copy counts as its first) or of a reply, the message that stands for it."""
    filing = tables.filings.c
    rows = await session.execute(
        select(filing.message_id, filing.held_by).where(among(session, filing.message_id, message_ids))
    )
    holder: dict[UUID, UUID | None] = {each: each for each in message_ids}
    holder.update({row.message_id: row.held_by for row in rows})
    ids = {each for each in holder.values() if each is not None}
    found = {
        message.id: message
        for message in await session.scalars(select(Message).where(among(session, tables.messages.c.id, ids)))
    }
    return {each: found[held] for each, held in holder.items() if held is not None and held in found}


def waiting_in_list(paging: Paging, *, outcome: str) -> Select[Any]:
    """Decisions with this outcome that have a message, and that message; the newest receipt first."""
    filing = tables.filings.c
    both = select(Filing, Message).join(Message, col(Message.id) == col(Filing.message_id))
    query = cast("Select[Any]", both.where(col(Filing.outcome) == outcome))
    return one_page(query, paging, filing.received_at, filing.message_id, descending=True)


def filings_in_list(paging: Paging, *, outcome: str) -> Select[Filing]:
    """Decisions with this outcome, the newest receipt first."""
    filing = tables.filings.c
    query = select(Filing).where(col(Filing.outcome) == outcome)
    return one_page(query, paging, filing.received_at, filing.message_id, descending=True)


def messages_in_list(
    paging: Paging, *, account_id: UUID | None, contact_id: UUID | None, emails: Collection[str]
) -> Select[Message]:
    """The messages of living cases of the account, else of those of the contact or in which an address takes part."""
    message, case = tables.messages.c, tables.cases.c
    living = select(case.id).where(case.deleted_at.is_(None), case.merged_into.is_(None))
    if account_id is not None:
        living = living.where(case.account_id == account_id)
    else:
        taking_part = case.id.in_(cases_with_participant(emails))
        living = living.where(or_(taking_part, case.contact_id == contact_id) if contact_id else taking_part)
    query = select(Message).where(message.case_id.in_(living))
    return one_page(query, paging, message.received_at, message.id, descending=True)


async def version_of(session: AsyncSession, message_id: UUID) -> int:
    return (await get_filing(session, message_id)).version


async def waiting_from(session: AsyncSession, sender: str) -> list[UUID]:
    """The mails of one sender that wait for a person, oldest first."""
    query = (
        select(col(Filing.message_id))
        .join(Message, col(Message.id) == col(Filing.message_id))
        .where(col(Filing.outcome) == "unassigned", col(Message.sender_email) == sender)
        .order_by(col(Filing.received_at))
        .limit(500)
    )
    return list(await session.scalars(query))


async def waiting_threads(session: AsyncSession) -> list[tuple[UUID, UUID]]:
    """The mails that wait because they answer one that waits still: (the mail, the one it answers)."""
    filing = tables.filings.c
    query = (
        select(filing.message_id, filing.evidence)
        .where(filing.outcome == "unassigned", filing.rule == "waiting_thread")
        .order_by(filing.received_at.desc())
        .limit(MOST_WAITING)
    )
    rows = await session.execute(query)
    answers = [(row.message_id, UUID(row.evidence["message_id"])) for row in rows if "message_id" in row.evidence]
    if not answers:
        return []
    waits = filing.outcome == "unassigned"
    answered = among(session, filing.message_id, {leader for _, leader in answers})
    waiting = set(await session.scalars(select(filing.message_id).where(waits, answered)))
    return [(follower, leader) for follower, leader in answers if leader in waiting]


async def cases_of_senders(session: AsyncSession, emails: Collection[str]) -> dict[str, CaseRow]:
    """For each address the living case with the newest activity in which it takes part."""
    participant, case = tables.participants.c, tables.cases.c
    query = (
        select(participant.email, CaseRow)
        .join(CaseRow, case.id == participant.case_id)
        .where(among(session, participant.email, emails), case.deleted_at.is_(None), case.merged_into.is_(None))
        .order_by(case.last_activity_at)
    )
    return dict((await session.execute(query)).all())


async def reports_about(session: AsyncSession, rfc_message_id: str) -> list[Message]:
    """Delivery reports about this mail that were set aside since its case was not known."""
    query = (
        select(Message)
        .join(KnownId, col(KnownId.message_id) == col(Message.id))
        .where(
            col(KnownId.rfc_message_id) == rfc_message_id,
            col(KnownId.kind) == "reported",
            col(Message.case_id).is_(None),
        )
    )
    return list((await session.scalars(query)).all())


def timeline_of(case_id: UUID, paging: Paging) -> Select[Any]:
    """What stands on the timeline, oldest first: (id, at, source) with source `message` or `event`."""
    message, event = tables.messages.c, tables.case_events.c
    both = union_all(
        select(message.id.label("id"), message.received_at.label("at"), literal("message").label("source")).where(
            message.case_id == case_id
        ),
        select(event.id.label("id"), event.at.label("at"), literal("event").label("source")).where(
            event.case_id == case_id
        ),
    ).subquery("timeline")
    return one_page(select(both.c.id, both.c.at, both.c.source), paging, both.c.at, both.c.id)


async def messages_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Message]:
    rows = await session.scalars(select(Message).where(among(session, tables.messages.c.id, ids)))
    return {message.id: message for message in rows}


async def messages_in_order(session: AsyncSession, ids: Collection[UUID]) -> list[Message]:
    """By receipt; none for no ids."""
    found = await messages_by_id(session, ids) if ids else {}
    return sorted(found.values(), key=lambda message: (message.received_at, message.id))


async def events_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, CaseEvent]:
    rows = await session.scalars(select(CaseEvent).where(among(session, tables.case_events.c.id, ids)))
    return {event.id: event for event in rows}


async def known_ids_of(session: AsyncSession, rfc_message_ids: Sequence[str]) -> list[UUID]:
    query = select(col(KnownId.message_id)).where(
        among(session, tables.known_ids.c.rfc_message_id, rfc_message_ids), col(KnownId.kind) == "own"
    )
    return list(await session.scalars(query))


async def newest_receipt_of(session: AsyncSession, message_ids: Collection[UUID]) -> datetime | None:
    messages = await messages_by_id(session, message_ids)
    return max((message.received_at for message in messages.values()), default=None)


async def messages_bearing(session: AsyncSession, rfc_message_ids: Sequence[str]) -> dict[str, str]:
    """For each of these ids that a message of ours bears: its spelling there."""
    known, message = tables.known_ids.c, tables.messages.c
    query = (
        select(known.rfc_message_id, message.written_message_id, message.rfc_message_id)
        .join(tables.messages, message.id == known.message_id)
        .where(among(session, known.rfc_message_id, rfc_message_ids), known.kind == "own")
    )
    rows = await session.execute(query)
    return {key: written or canonical for key, written, canonical in rows}
