"""A person says who takes part in a case."""

from __future__ import annotations

from datetime import datetime

from case_threader.errors import NotOutside
from case_threader.models import CaseRow
from case_threader.participants import outside
from case_threader.repository import cases
from case_threader.repository.filings import add_participants
from contracts.addresses import canonical_email
from kit.database import AsyncSession


async def add_participant(session: AsyncSession, number: int, *, email: str, name: str, now: datetime) -> CaseRow:
    """Whoever is named takes part, verified. Raises CaseNotFound, NotOutside."""
    case = await cases.get_live_case(session, number)
    rows = await outside(session, case, {canonical_email(email): name}, now=now)
    if not rows:
        raise NotOutside
    await add_participants(session, rows)
    case.version += 1
    session.add(case)
    await session.flush()
    return case
