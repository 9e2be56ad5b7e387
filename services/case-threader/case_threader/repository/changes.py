"""What people did, so that it can be shown and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from case_threader.models import CaseChange
from kit.database import AsyncSession
from kit.ids import new_id


async def add_change(
    session: AsyncSession,
    kind: str,
    *,
    case_id: UUID | None,
    author: str,
    at: datetime,
    message_id: UUID | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> CaseChange:
    change = CaseChange(
        id=new_id(), kind=kind, case_id=case_id, message_id=message_id, author=author[:200], at=at,
        before=before or {}, after=after or {}, undone_at=None,
    )  # fmt: skip
    session.add(change)
    await session.flush()
    return change


async def find_last_change_of_message(session: AsyncSession, message_id: UUID) -> CaseChange | None:
    """The newest change of where this message is that has not been taken back."""
    query = select(CaseChange).where(col(CaseChange.message_id) == message_id, col(CaseChange.undone_at).is_(None))
    return (await session.exec(query.order_by(col(CaseChange.id).desc()).limit(1))).first()


async def find_last_change_of_case(session: AsyncSession, case_id: UUID) -> CaseChange | None:
    query = select(CaseChange).where(col(CaseChange.case_id) == case_id, col(CaseChange.undone_at).is_(None))
    return (await session.exec(query.order_by(col(CaseChange.id).desc()).limit(1))).first()
