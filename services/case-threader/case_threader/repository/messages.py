"""Single messages and the decisions about them, and the list of those that wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal, or_, select, union_all
from sqlmodel import col

from case_threader.errors import FilingNotFound, MessageNotFound
from case_threader.models import CaseChange, CaseEvent, CaseRow, Filing, KnownId, Message, Reply
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


async def find_filing(session: AsyncSession, message_id: UUID) -> Filing | None:
    """The decision about a mail; a reply of ours has none."""
    return await session.get(Filing, message_id)


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


Folder = Literal["inbox", "settled", "sent", "outbox", "deleted"]
"""Where a message lies for those who work (features R88); in which folder of which mailbox is for mail-ingest to say."""


def messages_in_list(
    paging: Paging,
    *,
    account_id: UUID | None,
    contact_id: UUID | None,
    emails: Collection[str],
    folder: Folder | None = None,
) -> Select[Message]:
    """The messages of living cases of the account, of those of the contact or in which an address takes part, or of all; those
    of one folder."""
    message, case = tables.messages.c, tables.cases.c
    deleted = case.deleted_at.is_not(None) if folder == "deleted" else case.deleted_at.is_(None)
    whose = select(case.id).where(deleted, case.merged_into.is_(None))
    if account_id is not None:
        whose = whose.where(case.account_id == account_id)
    elif contact_id is not None or emails:
        taking_part = case.id.in_(cases_with_participant(emails))
        whose = whose.where(or_(taking_part, case.contact_id == contact_id) if contact_id else taking_part)
    holds: ColumnElement[bool] = message.case_id.in_(whose)
    if folder == "inbox" and account_id is None and contact_id is None and not emails:
        waiting = select(tables.filings.c.message_id).where(tables.filings.c.outcome == "unassigned")
        holds = or_(message.case_id.in_(whose.where(case.status == "open")), message.id.in_(waiting))
    elif folder in ("inbox", "settled"):
        holds = message.case_id.in_(whose.where(case.status == ("open" if folder == "inbox" else "closed")))
    query = select(Message).where(holds, *_lies_in(folder))
    return one_page(query, paging, message.received_at, message.id, descending=True)


def _lies_in(folder: Folder | None) -> list[ColumnElement[bool]]:
    message = tables.messages.c
    if folder in ("inbox", "settled"):
        return [message.direction == "incoming"]
    unsent = select(col(Reply.id)).where(col(Reply.status) != "sent")
    if folder == "outbox":
        return [message.id.in_(unsent)]
    if folder == "sent":
        return [message.direction == "outgoing", message.id.not_in(unsent)]
    return []


async def get_message(session: AsyncSession, message_id: UUID) -> Message:
    """The message that stands for a mail (a copy counts as its first) or a reply. MessageNotFound."""
    found = (await held_messages(session, [message_id])).get(message_id)
    if found is None:
        raise MessageNotFound(message_id)
    return found


def messages_of_thread(paging: Paging, message: Message) -> Select[Message]:
    """Those of the case it stands in, oldest first; of one that waits itself."""
    columns = tables.messages.c
    same = columns.case_id == message.case_id if message.case_id is not None else columns.id == message.id
    return one_page(select(Message).where(same), paging, columns.received_at, columns.id)


def changes_of_message(paging: Paging, message_id: UUID) -> Select[CaseChange]:
    """What people did to its place, newest first."""
    query = select(CaseChange).where(col(CaseChange.message_id) == message_id)
    newest_first: Any = col(CaseChange.id)
    return one_page(query, paging, newest_first, descending=True)


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
