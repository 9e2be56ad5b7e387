"""A person puts a message where it belongs, and can take that back (features C20; every wizard step is reversible)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from case_threader.announcements import facts_of
from case_threader.assigning import assign_to_case
from case_threader.errors import AlreadyThere, CannotBeAssigned, ChangeNotFound
from case_threader.models import CaseChange, CaseRow, Filing, Message
from case_threader.participants import take_part
from case_threader.repository import cases, changes, messages
from case_threader.repository.filings import redecide
from case_threader.repository.settings import get_settings
from case_threader.settling import settle
from case_threader.undoable import ids_in
from contracts.cases import CaseMailFiled
from kit.database import AsyncSession
from kit.outbox import announce


async def move_message(session: AsyncSession, message_id: UUID, *, number: int, author: str, now: datetime) -> CaseRow:
    """Move the message to another case; one that waits is put there. Raises AlreadyThere, CaseNotFound."""
    message = await _held(session, message_id)
    if message.case_id is None:
        return await assign_to_case(session, message_id, number=number, author=author, now=now)
    target = await cases.get_live_case(session, number)
    if message.case_id == target.id:
        raise AlreadyThere(message_id, target.number)
    source = await cases.get_case_by_id(session, message.case_id)
    filing = await session.get(Filing, message.id)
    await changes.add_change(
        session, "move", case_id=target.id, message_id=message.id, author=author, at=now,
        before={"case_id": str(source.id), **_decision(filing)}, after={"case_id": str(target.id)},
    )  # fmt: skip
    source.is_by_hand = target.is_by_hand = True
    await _put(session, message, target)
    await redecide(session, message.id, rule="by_hand", reason="moved", decided_by=author, decided_at=now)
    await take_part(session, target, [message], now=now)
    await settle(session, source, reason="moved", now=now)
    await settle(session, target, reason="moved", now=now)
    prefix = (await get_settings(session)).settings.tag_prefix
    filed = CaseMailFiled(
        **facts_of(target, prefix), message_id=message.id, direction=_direction(message), outcome="append",
        rule="by_hand", filed_at=now,
    )  # fmt: skip
    announce(session, filed)
    return target


async def undo_placing(session: AsyncSession, message_id: UUID, *, now: datetime) -> Message:
    """Take back the last move, assignment or verdict of spam about this message. Raises ChangeNotFound."""
    message = await _held(session, message_id)
    change = await changes.find_last_change_of_message(session, message.id)
    if change is None:
        raise ChangeNotFound
    if change.kind == "spam":
        await _take_back_spam(session, change, now=now)
    else:
        await take_back_placing(session, change, message, now=now)
    return message


async def _take_back_spam(session: AsyncSession, change: CaseChange, *, now: datetime) -> None:
    for message_id in ids_in(change.after, "filing"):
        await redecide(session, message_id, decided_at=now, **change.before)
    change.undone_at = now
    session.add(change)


async def take_back_placing(session: AsyncSession, change: CaseChange, message: Message, *, now: datetime) -> CaseRow:
    """The message goes back to where it was, and with it what came along because it answers it."""
    left = await cases.get_case_by_id(session, message.case_id or ids_in(change.after, "case_id")[0])
    for follower in await messages.messages_in_order(session, ids_in(change.after, "brought")):
        along = await changes.find_last_change_of_message(session, follower.id)
        if along is not None and along.kind == "assign" and follower.case_id == left.id:
            await take_back_placing(session, along, follower, now=now)
    former = ids_in(change.before, "case_id")
    back = await cases.get_case_by_id(session, former[0]) if former else None
    if back is not None and back.merged_into is not None:
        back = await cases.live_case_of(session, back)
    await _put(session, message, back)
    await redecide(
        session, message.id, outcome=change.before["outcome"], rule=change.before["rule"],
        reason=change.before["reason"], decided_at=now,
    )  # fmt: skip
    change.undone_at = now
    session.add(change)
    await session.flush()
    if change.after.get("opened") and await cases.is_empty(session, left.id):
        left.deleted_at = now
    await settle(session, left, reason="move_undone", now=now)
    if back is not None:
        await settle(session, back, reason="move_undone", now=now)
    return back or left


async def _held(session: AsyncSession, message_id: UUID) -> Message:
    held = await messages.held_messages(session, [message_id])
    if message_id not in held:
        filing = await messages.get_filing(session, message_id)
        raise CannotBeAssigned(message_id, filing.outcome)
    return held[message_id]


async def _put(session: AsyncSession, message: Message, case: CaseRow | None) -> None:
    message.case_id = case.id if case is not None else None
    session.add(message)
    await session.flush()


def _decision(filing: Filing | None) -> dict[str, str]:
    if filing is None:  # a reply of ours was never decided about
        return {"outcome": "append", "rule": "reply", "reason": "sent_by_us"}
    return {"outcome": filing.outcome, "rule": filing.rule, "reason": filing.reason}


def _direction(message: Message) -> str:
    return message.direction
