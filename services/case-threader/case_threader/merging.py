"""Two cases become one: the merged number lives on as an alias, so that its tag still finds the way (features C36, C37)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from case_threader.announcements import facts_of
from case_threader.errors import CannotMerge
from case_threader.models import CaseChange, CaseRow
from case_threader.repository import cases, changes
from case_threader.repository.participants import add_missing, remove_participants
from case_threader.repository.settings import get_settings
from case_threader.settling import settle
from case_threader.undoable import ids_in, text_ids
from contracts.cases import CaseMerged
from kit.database import AsyncSession
from kit.outbox import announce


async def merge_cases(session: AsyncSession, number: int, *, into: int, author: str, now: datetime) -> CaseRow:
    """Move everything of case `number` into case `into`, which keeps its own title and account."""
    source, target = await cases.get_live_case(session, number), await cases.get_live_case(session, into)
    if source.id == target.id:
        raise CannotMerge(f"Cases {number} and {into} are one case already.")
    await move_over(session, source.id, source.number, target.id, author=author, now=now)
    source.merged_into = target.id
    source.version += 1
    session.add(source)
    await settle(session, target, reason="merged", now=now)
    prefix = (await get_settings(session)).settings.tag_prefix
    announce(session, CaseMerged(**facts_of(target, prefix), merged_number=source.number, at=now))
    return target


async def move_over(
    session: AsyncSession, source_id: UUID, number: int, target_id: UUID, *, author: str, now: datetime
) -> None:
    """Messages, timeline entries and participants; what was moved is remembered, so that it can come back."""
    moved, events = await cases.move_everything(session, from_case=source_id, to_case=target_id)
    joined = await add_missing(session, from_case=source_id, to_case=target_id)
    await changes.add_change(
        session, "merge", case_id=target_id, author=author, at=now,
        before={"messages": text_ids(moved), "events": text_ids(events), "participants": joined},
        after={"merged": str(source_id), "number": number},
    )  # fmt: skip


async def undo_merge(session: AsyncSession, change: CaseChange, *, now: datetime) -> CaseRow:
    """The merged case lives again, with what was moved out of it and is still where it was moved to."""
    target = await cases.get_case_by_id(session, change.case_id)
    source = await cases.get_case_by_id(session, ids_in(change.after, "merged")[0])
    if source.merged_into != target.id:
        raise CannotMerge(f"Case {source.number} is not merged into case {target.number} any more.")
    source.merged_into = None
    source.is_by_hand = target.is_by_hand = True  # whoever takes this back wants two cases
    session.add(source)
    await cases.move_back(session, ids_in(change.before, "messages"), from_case=target.id, to_case=source.id)
    await cases.move_events_back(session, ids_in(change.before, "events"), from_case=target.id, to_case=source.id)
    await remove_participants(session, target.id, change.before["participants"])
    await settle(session, source, reason="merge_undone", now=now)
    await settle(session, target, reason="merge_undone", now=now)
    return target
