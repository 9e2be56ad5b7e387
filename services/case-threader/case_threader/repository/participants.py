"""Who takes part in a case."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select, update

from case_threader.repository import tables
from case_threader.repository.among import among
from case_threader.repository.filings import add_participants
from kit.database import AsyncSession


async def add_missing(session: AsyncSession, *, from_case: UUID, to_case: UUID) -> list[str]:
    """Let everybody of one case take part in another as well; the addresses that were new there."""
    participant = tables.participants
    there = set(await session.scalars(select(participant.c.email).where(participant.c.case_id == to_case)))
    rows = (await session.execute(select(participant).where(participant.c.case_id == from_case))).mappings().all()
    await add_participants(session, [{**row, "case_id": to_case} for row in rows])
    return [row["email"] for row in rows if row["email"] not in there]


async def remove_participants(session: AsyncSession, case_id: UUID, emails: Collection[str]) -> int:
    """How many there were."""
    participant = tables.participants
    gone = await session.scalars(
        delete(participant)
        .where(participant.c.case_id == case_id, among(session, participant.c.email, emails))
        .returning(participant.c.email)
    )
    return len(gone.all())


async def verify_participant(session: AsyncSession, case_id: UUID, email: str) -> bool:
    """A person vouches for somebody who only knew the case number; False when nobody of that address takes part."""
    participant = tables.participants
    result = await session.execute(
        update(participant)
        .where(participant.c.case_id == case_id, participant.c.email == email)
        .values(verified=True)
        .returning(participant.c.email)
    )
    return result.first() is not None


async def unverified_among(session: AsyncSession, case_id: UUID, emails: Collection[str]) -> list[str]:
    participant = tables.participants
    query = select(participant.c.email).where(
        participant.c.case_id == case_id, among(session, participant.c.email, emails), participant.c.verified.is_(False)
    )
    return list(await session.scalars(query))
