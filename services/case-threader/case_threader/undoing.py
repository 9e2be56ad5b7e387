"""Taking back what a person did to a case, newest first."""

from __future__ import annotations

from datetime import datetime

from case_threader.changing import undo_edit, undo_status
from case_threader.deleting import undo_delete
from case_threader.errors import ChangeNotFound
from case_threader.merging import undo_merge
from case_threader.models import CaseChange, CaseRow
from case_threader.moving import take_back_placing
from case_threader.repository import cases, changes, messages
from case_threader.splitting import undo_split
from kit.database import AsyncSession


async def undo_last_change(session: AsyncSession, number: int, *, now: datetime) -> CaseRow:
    """Take back the newest change of this case that still stands, a deletion included. Raises ChangeNotFound."""
    case = await cases.get_any_case(session, number)
    change = await changes.find_last_change_of_case(session, case.id)
    if change is None:
        raise ChangeNotFound
    change.undone_at = now
    session.add(change)
    await session.flush()
    return await _take_back(session, change, now=now)


async def _take_back(session: AsyncSession, change: CaseChange, *, now: datetime) -> CaseRow:
    match change.kind:
        case "merge":
            return await undo_merge(session, change, now=now)
        case "split":
            return await undo_split(session, change, now=now)
        case "delete":
            return await undo_delete(session, change, now=now)
        case "status":
            return await undo_status(session, change, now=now)
        case "edit":
            return await undo_edit(session, change)
        case _:
            message = await messages.find_message(session, change.message_id)
            if message is None:
                raise ChangeNotFound
            return await take_back_placing(session, change, message, now=now)
