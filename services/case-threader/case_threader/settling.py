"""After messages came to a case or left it: what its status and its last activity now are."""

from __future__ import annotations

from datetime import datetime

from case_threader.announcements import status_fact
from case_threader.models import CaseRow
from case_threader.repository import cases
from case_threader.repository.settings import get_settings
from case_threader.status import Effect, status_after
from kit.database import AsyncSession
from kit.outbox import announce


async def settle(session: AsyncSession, case: CaseRow, *, reason: str, now: datetime) -> None:
    """Let the whole history of the case decide again, and say so when that makes a difference. One version further."""
    await session.flush()
    former = case.status
    deciding = status_after(await cases.history_of_status(session, case.id))
    if deciding is not None:
        case.status = "closed" if deciding.effect is Effect.CLOSES else "open"
        case.status_at = deciding.at
    if case.status != former:
        case.status_reason = reason
    newest = await cases.newest_receipt(session, case.id)
    if newest is not None:
        case.last_activity_at = newest
    case.version += 1
    session.add(case)
    await session.flush()
    if case.status != former:
        prefix = (await get_settings(session)).settings.tag_prefix
        announce(session, status_fact(case, prefix, reason=reason, at=now))
