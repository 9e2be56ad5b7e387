"""Records of what mails asked, the objects behind them, and what is remembered of each UID."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from contracts.calendar import CALENDAR_EVENTS, CalendarHeld, CalendarObject
from kit.database import AsyncSession, insert_many, upsert_many
from kit.paging import Paging
from tasks_api.errors.invitations import InvitationErased, InvitationNotFound
from tasks_api.itip.memory import SeriesMemory
from tasks_api.models.invitations import CalendarObjectRow, InvitationRow, SeriesMemoryRow
from tasks_api.repository.directory import AT_ONCE
from tasks_api.repository.pages import rows_of_page


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationFilter:
    message_id: UUID | None = None
    outcomes: tuple[str, ...] = ()
    uid: str | None = None


async def known_parts(session: AsyncSession, message_ids: Collection[UUID]) -> set[tuple[UUID, int]]:
    """Which (message, part) of these messages have been recorded before."""
    wanted = list(message_ids)
    found: set[tuple[UUID, int]] = set()
    connection = await session.connection()
    for start in range(0, len(wanted), AT_ONCE):
        query = select(CalendarObjectRow.message_id, CalendarObjectRow.part).where(
            col(CalendarObjectRow.message_id).in_(wanted[start : start + AT_ONCE])
        )
        found.update((row[0], row[1]) for row in await connection.execute(query))
    return found


async def is_complete(session: AsyncSession, message_id: UUID) -> bool:
    """Whether every calendar part of the message has been recorded."""
    query = select(func.count(), func.max(CalendarObjectRow.parts)).where(CalendarObjectRow.message_id == message_id)
    recorded, parts = (await session.exec(query)).one()
    return bool(recorded) and recorded >= (parts or 0)


async def add_objects(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    await insert_many(session, CalendarObjectRow, rows)


async def add_records(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    await insert_many(session, InvitationRow, rows)


async def get_invitation(session: AsyncSession, invitation_id: UUID) -> InvitationRow:
    """The record, or InvitationNotFound."""
    record = await session.get(InvitationRow, invitation_id)
    if record is None:
        raise InvitationNotFound(invitation_id)
    return record


async def get_object(session: AsyncSession, record: InvitationRow) -> CalendarObject:
    """The iTIP object the record is about, as mail-ingest told it, or InvitationErased."""
    row = await session.get_one(CalendarObjectRow, record.object_id)
    if not row.content:
        raise InvitationErased
    kind = CALENDAR_EVENTS.get(record.method or "", CalendarHeld)
    return kind.model_validate_json(row.content)


async def invitations_of_message(session: AsyncSession, message_id: UUID) -> list[InvitationRow]:
    query = select(InvitationRow).where(InvitationRow.message_id == message_id).order_by(col(InvitationRow.id))
    return list(await session.exec(query))


async def mail_accounts_of(session: AsyncSession, uid: str) -> list[UUID]:
    """The mail accounts that got invitations with this UID, the latest first."""
    query = (
        select(InvitationRow.mail_account_id)
        .where(InvitationRow.uid == uid, col(InvitationRow.method).in_(("REQUEST", "PUBLISH", "ADD")))
        .order_by(col(InvitationRow.id).desc())
        .limit(200)
    )
    return list(dict.fromkeys(await session.exec(query)))


async def list_invitations(session: AsyncSession, paging: Paging, wanted: InvitationFilter) -> list[InvitationRow]:
    """Newest first; those of one message in the order they stood in it."""
    query = select(InvitationRow)
    if wanted.message_id is not None:
        query = query.where(InvitationRow.message_id == wanted.message_id)
    if wanted.outcomes:
        query = query.where(col(InvitationRow.outcome).in_(wanted.outcomes))
    if wanted.uid is not None:
        query = query.where(InvitationRow.uid == wanted.uid)
    query = rows_of_page(query, paging, col(InvitationRow.id), descending=wanted.message_id is None)
    return list(await session.exec(query))


async def memories_of(session: AsyncSession, uids: Collection[str]) -> dict[str, SeriesMemory]:
    """What is remembered of each of these UIDs that anything is known about."""
    wanted = sorted(uids)
    memories: dict[str, SeriesMemory] = {}
    connection = await session.connection()
    for start in range(0, len(wanted), AT_ONCE):
        query = select(SeriesMemoryRow.uid, SeriesMemoryRow.document).where(
            col(SeriesMemoryRow.uid).in_(wanted[start : start + AT_ONCE])
        )
        for uid, document in await connection.execute(query):
            memory = SeriesMemory.from_document(document)
            if memory is not None:
                memories[uid] = memory
    return memories


async def keep_memories(session: AsyncSession, memories: Mapping[str, SeriesMemory], *, now: datetime) -> None:
    """Store what is now remembered of these UIDs, replacing what was."""
    rows = [{"uid": uid, "document": memory.to_document(), "updated_at": now} for uid, memory in memories.items()]
    await upsert_many(session, SeriesMemoryRow, rows, ["uid"], update=["document", "updated_at"])
