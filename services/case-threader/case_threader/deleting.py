"""A deleted case is followed by nothing: its number stays taken, its tag counts as one that names no case."""

from __future__ import annotations

from datetime import datetime

from case_threader.announcements import status_fact
from case_threader.models import CaseChange, CaseRow
from case_threader.repository import cases, changes
from case_threader.repository.settings import get_settings
from case_threader.settling import settle
from kit.database import AsyncSession
from kit.outbox import announce


async def delete_case(session: AsyncSession, number: int, *, author: str, now: datetime) -> CaseRow:
    """Leave a tombstone. What is in the case stays there unseen, so that an undo brings all of it back."""
    case = await cases.get_live_case(session, number)
    await changes.add_change(session, "delete", case_id=case.id, author=author, at=now, before={"status": case.status})
    case.deleted_at = now
    case.version += 1
    session.add(case)
    if case.status == "open":
        case.status = "closed"
        prefix = (await get_settings(session)).settings.tag_prefix
        announce(session, status_fact(case, prefix, reason="deleted", at=now))
    return case


async def undo_delete(session: AsyncSession, change: CaseChange, *, now: datetime) -> CaseRow:
    case = await cases.get_case_by_id(session, change.case_id)
    case.deleted_at = None
    await settle(session, case, reason="deletion_undone", now=now)
    if case.status != change.before["status"]:
        case.status = change.before["status"]
        session.add(case)
    return case
