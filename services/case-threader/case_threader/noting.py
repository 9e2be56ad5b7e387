"""What people write on the timeline of a case: notes, calls, meetings, SMS, tasks. None of it changes the status."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from case_threader.announcements import facts_of
from case_threader.models import CaseEvent
from case_threader.repository import cases
from case_threader.repository.settings import get_settings
from contracts.cases import CaseEventAdded
from kit.database import AsyncSession
from kit.ids import new_id
from kit.outbox import announce


async def add_event(
    session: AsyncSession,
    number: int,
    *,
    kind: str,
    text: str,
    at: datetime,
    data: dict[str, Any],
    author: str,
    now: datetime,
) -> CaseEvent:
    """Put an entry on the timeline (features C25, C47). Raises CaseNotFound."""
    case = await cases.get_live_case(session, number)
    event = CaseEvent(
        id=new_id(),
        case_id=case.id,
        kind=kind,
        text=text,
        at=at,
        author=author[:200],
        origin=None,
        version=1,
        data=data,
    )
    case.last_activity_at = max(case.last_activity_at, min(at, now))
    case.version += 1
    session.add(event)
    session.add(case)
    await session.flush()
    prefix = (await get_settings(session)).settings.tag_prefix
    announce(session, CaseEventAdded(**facts_of(case, prefix), event_id=event.id, kind=kind, text=text, at=at))
    return event
