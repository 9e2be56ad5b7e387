"""Part of a case becomes a case of its own; answers to what moved follow it (osTicket #5325)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from case_threader.errors import CannotUndo, NotInThisCase
from case_threader.models import CaseChange, CaseRow
from case_threader.opening import open_case
from case_threader.participants import take_part
from case_threader.repository import cases, changes, messages
from case_threader.repository.filings import redecide
from case_threader.repository.settings import get_settings
from case_threader.settling import settle
from case_threader.subject_tags import without_own_tags
from case_threader.subjects import title_of
from case_threader.undoable import ids_in, text_ids
from kit.database import AsyncSession


async def split_case(
    session: AsyncSession, number: int, *, message_ids: Sequence[UUID], title: str | None, author: str, now: datetime
) -> CaseRow:
    """Move these messages to a new case of the same account. Raises NotInThisCase."""
    case = await cases.get_live_case(session, number)
    held = await messages.held_messages(session, message_ids)
    moved = {message.id: message for message in held.values() if message.case_id == case.id}
    missing = [each for each in message_ids if each not in held or held[each].id not in moved]
    if missing or not moved:
        raise NotInThisCase(case.number, len(missing))
    in_order = sorted(moved.values(), key=lambda message: (message.received_at, message.id))
    settings = (await get_settings(session)).settings
    fresh = await open_case(
        session, account_id=case.account_id, contact_id=case.contact_id, owner_id=case.owner_id,
        title=title or title_of(without_own_tags(in_order[0].subject, settings.prefixes)),
        opened_by=in_order[0].sender_email, message_id=in_order[0].id, now=now,
    )  # fmt: skip
    await cases.move_messages(session, moved.keys(), to_case=fresh.id)
    for message in in_order:
        await redecide(session, message.id, rule="by_hand", reason="split", decided_by=author, decided_at=now)
    await take_part(session, fresh, in_order, now=now)
    await changes.add_change(
        session, "split", case_id=case.id, author=author, at=now,
        before={"messages": text_ids(moved)}, after={"case_id": str(fresh.id), "number": fresh.number},
    )  # fmt: skip
    fresh.mentions = [case.number]
    fresh.is_by_hand = case.is_by_hand = True
    await settle(session, fresh, reason="split", now=now)
    await settle(session, case, reason="split", now=now)
    return fresh


async def undo_split(session: AsyncSession, change: CaseChange, *, now: datetime) -> CaseRow:
    """What was split off comes back; the new case goes, unless something else has come to it meanwhile."""
    case = await cases.get_case_by_id(session, change.case_id)
    fresh = await cases.get_case_by_id(session, ids_in(change.after, "case_id")[0])
    if fresh.deleted_at is not None or fresh.merged_into is not None:
        raise CannotUndo(f"Case {fresh.number} was merged or deleted since.")
    await cases.move_back(session, ids_in(change.before, "messages"), from_case=fresh.id, to_case=case.id)
    if await cases.is_empty(session, fresh.id):
        fresh.deleted_at = now
    await settle(session, fresh, reason="split_undone", now=now)
    await settle(session, case, reason="split_undone", now=now)
    return case
