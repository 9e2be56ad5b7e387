"""Single cases, lists of them, who takes part, and what stands in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, false, func, select, union, update
from sqlmodel import col

from case_threader.errors import CaseNotFound
from case_threader.models import CaseChange, CaseRow, Message, Participant
from case_threader.repository import tables
from case_threader.repository.among import among
from case_threader.repository.search import NEWEST_MATCHES, cases_with, plan_for_these_words
from case_threader.status import Deciding, Effect
from kit.database import AsyncSession
from kit.paging import Paging, one_page

MOST_ACCOUNTS = 100
_LONGEST_CHAIN = 1000


async def get_case(session: AsyncSession, number: int) -> CaseRow:
    """The case with this number, even when it is an alias of another by now; CaseNotFound for a deleted one."""
    query = select(CaseRow).where(col(CaseRow.number) == number)
    case = await session.scalar(query)
    if case is None or case.deleted_at is not None:
        raise CaseNotFound(number)
    return case


async def get_any_case(session: AsyncSession, number: int) -> CaseRow:
    """The case with this number, deleted ones included."""
    case = await session.scalar(select(CaseRow).where(col(CaseRow.number) == number))
    if case is None:
        raise CaseNotFound(number)
    return case


async def get_live_case(session: AsyncSession, number: int) -> CaseRow:
    """The case with this number, or the one it was merged into; CaseNotFound when that is deleted."""
    case = await get_case(session, number)
    return await live_case_of(session, case)


async def find_live_case(session: AsyncSession, number: int) -> CaseRow | None:
    try:
        return await get_live_case(session, number)
    except CaseNotFound:
        return None


async def live_case_of(session: AsyncSession, case: CaseRow) -> CaseRow:
    for _ in range(_LONGEST_CHAIN):
        if case.merged_into is None:
            break
        query = select(CaseRow).where(col(CaseRow.id) == case.merged_into)
        following = await session.scalar(query)
        if following is None:
            break
        case = following
    if case.deleted_at is not None:
        raise CaseNotFound(case.number)
    return case


async def get_case_by_id(session: AsyncSession, case_id: UUID | None) -> CaseRow:
    query = select(CaseRow).where(col(CaseRow.id) == case_id)
    case = await session.scalar(query)
    if case is None:
        raise LookupError(f"A message or change points at case {case_id}, which is not there.")
    return case


async def list_cases(session: AsyncSession, ids: Collection[UUID]) -> list[CaseRow]:
    if not ids:
        return []
    return list((await session.scalars(select(CaseRow).where(among(session, tables.cases.c.id, ids)))).all())


async def living_cases(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, CaseRow]:
    """For each id the case, or the one it was merged into; deleted ones are left out."""
    found: dict[UUID, CaseRow] = {}
    for case in await list_cases(session, ids):
        target = await final_target(session, case)
        if target.deleted_at is None:
            found[case.id] = target
    return found


async def living_numbers(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, int]:
    return {case_id: case.number for case_id, case in (await living_cases(session, ids)).items()}


async def final_target(session: AsyncSession, case: CaseRow) -> CaseRow:
    """Where a case lives on: the end of its chain of mergers, itself when it was never merged."""
    for _ in range(_LONGEST_CHAIN):
        following = await session.get(CaseRow, case.merged_into) if case.merged_into is not None else None
        if following is None:
            break
        case = following
    return case


async def numbers_of(session: AsyncSession, ids: Collection[UUID | None]) -> dict[UUID, int]:
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    query = select(tables.cases.c.id, tables.cases.c.number).where(among(session, tables.cases.c.id, wanted))
    return {row.id: row.number for row in await session.execute(query)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases a list shows; None asks for nothing."""

    status: str | None = None
    account_id: UUID | None = None
    owner_id: UUID | None = None
    contact_id: UUID | None = None
    participant: str | None = None
    task_id: UUID | None = None


def cases_in_list(paging: Paging, wanted: Wanted, *, found: Select[UUID] | None = None) -> Select[CaseRow]:
    """Living cases, the one with the newest activity first; with `found` only those."""
    query = select(CaseRow).where(col(CaseRow.deleted_at).is_(None), col(CaseRow.merged_into).is_(None))
    for column in ("status", "account_id", "owner_id", "contact_id"):
        value = getattr(wanted, column)
        if value is not None:
            query = query.where(tables.cases.c[column] == value)
    if wanted.participant is not None:
        query = query.where(col(CaseRow.id).in_(cases_with_participant([wanted.participant])))
    if wanted.task_id is not None:
        event = tables.case_events.c
        query = query.where(col(CaseRow.id).in_(select(event.case_id).where(event.origin == f"task:{wanted.task_id}")))
    if found is not None:
        query = query.where(col(CaseRow.id).in_(found))
    return one_page(query, paging, tables.cases.c.last_activity_at, tables.cases.c.id, descending=True)


def cases_with_participant(emails: Collection[str]) -> Select[UUID]:
    """The ids of the cases in which one of these addresses takes part."""
    participant = tables.participants.c
    return select(participant.case_id).where(participant.email.in_(emails))


async def found_by(session: AsyncSession, words: Sequence[str], number: int | None) -> Select[UUID]:
    """The ids of the cases in which a message holds all the (folded) words, of those of accounts so named, and of the one
    so numbered."""
    account, case = tables.accounts.c, tables.cases.c
    parts: list[Select[Any]] = []
    if number is not None:
        parts.append(select(case.id).where(case.number == number))
    if words:
        await plan_for_these_words(session)
        named = select(account.id).where(*(account.folded_name.contains(word, autoescape=True) for word in words))
        of_accounts = select(case.id).where(case.account_id.in_(named.limit(MOST_ACCOUNTS)))
        parts += [await cases_with(session, words), of_accounts.limit(NEWEST_MATCHES)]
    if not parts:
        return select(case.id).where(false())
    each = union(*(select(part.subquery().c[0]) for part in parts)).subquery("found")
    return select(each.c[0])


async def counts_of_messages(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, int]:
    message = tables.messages.c
    query = select(message.case_id, func.count()).where(among(session, message.case_id, ids)).group_by(message.case_id)
    return dict((await session.execute(query)).all())


async def list_messages(session: AsyncSession, case_id: UUID, *, most: int) -> list[Message]:
    """The messages of a case in the order in which we received them; the newest `most`."""
    newest_first = (
        select(Message)
        .where(col(Message.case_id) == case_id)
        .order_by(col(Message.received_at).desc(), col(Message.id).desc())
        .limit(most)
    )
    return list((await session.scalars(newest_first)).all())[::-1]


async def newest_incoming(session: AsyncSession, case_id: UUID) -> Message | None:
    """The newest message somebody outside wrote to us: what an answer answers. Machines and the unverified do not count."""
    message: Message | None = await session.scalar(
        select(Message)
        .where(
            col(Message.case_id) == case_id,
            col(Message.direction) == "incoming",
            col(Message.by_machine).is_(False),
            col(Message.verified),
        )
        .order_by(col(Message.received_at).desc(), col(Message.id).desc())
        .limit(1)
    )
    return message


async def newest_message(session: AsyncSession, case_id: UUID) -> Message | None:
    message: Message | None = await session.scalar(
        select(Message)
        .where(col(Message.case_id) == case_id, col(Message.by_machine).is_(False))
        .order_by(col(Message.received_at).desc(), col(Message.id).desc())
        .limit(1)
    )
    return message


async def deliveries(session: AsyncSession, case_id: UUID) -> list[dict[str, Any]]:
    """What is known about the delivery of our mails of this case, oldest mail first."""
    message = tables.messages.c
    query = (
        select(message.delivery)
        .where(message.case_id == case_id, message.direction == "outgoing")
        .order_by(message.received_at, message.id)
    )
    return [delivery for delivery in await session.scalars(query) if delivery]


async def list_participants(session: AsyncSession, case_id: UUID) -> list[Participant]:
    query = select(Participant).where(col(Participant.case_id) == case_id)
    return list((await session.scalars(query.order_by(col(Participant.since), col(Participant.email)))).all())


async def history_of_status(session: AsyncSession, case_id: UUID) -> list[Deciding]:
    """Everything with a say in the status of a case: its messages, and what people set by hand."""
    message, change = tables.messages.c, tables.case_changes.c
    rows = await session.execute(select(message.effect, message.received_at).where(message.case_id == case_id))
    history = [Deciding(Effect(row.effect), row.received_at, "message") for row in rows]
    by_hand = await session.execute(
        select(change.after, change.at).where(
            change.case_id == case_id, change.kind == "status", change.undone_at.is_(None)
        )
    )
    for row in by_hand:
        effect = Effect.CLOSES if row.after["status"] == "closed" else Effect.OPENS
        history.append(Deciding(effect, row.at, "set_by_hand"))
    return sorted(history, key=lambda each: each.at)


async def move_messages(session: AsyncSession, message_ids: Collection[UUID], *, to_case: UUID | None) -> None:
    message = tables.messages
    await session.execute(update(message).where(among(session, message.c.id, message_ids)).values(case_id=to_case))


async def move_everything(session: AsyncSession, *, from_case: UUID, to_case: UUID) -> tuple[list[UUID], list[UUID]]:
    """All messages and timeline entries of a case; the ids of both come back, for an undo."""
    message, event = tables.messages, tables.case_events
    messages = list(await session.scalars(select(message.c.id).where(message.c.case_id == from_case)))
    events = list(await session.scalars(select(event.c.id).where(event.c.case_id == from_case)))
    await session.execute(update(message).where(message.c.case_id == from_case).values(case_id=to_case))
    await session.execute(update(event).where(event.c.case_id == from_case).values(case_id=to_case))
    return messages, events


async def move_back(session: AsyncSession, message_ids: Collection[UUID], *, from_case: UUID, to_case: UUID) -> None:
    """Those of the messages that are still where they were moved to."""
    message = tables.messages
    still_there = (message.c.case_id == from_case, among(session, message.c.id, message_ids))
    await session.execute(update(message).where(*still_there).values(case_id=to_case))


async def move_events_back(
    session: AsyncSession, event_ids: Collection[UUID], *, from_case: UUID, to_case: UUID
) -> None:
    event = tables.case_events
    still_there = (event.c.case_id == from_case, among(session, event.c.id, event_ids))
    await session.execute(update(event).where(*still_there).values(case_id=to_case))


async def is_empty(session: AsyncSession, case_id: UUID) -> bool:
    """Neither a message nor a timeline entry is in the case."""
    message = await session.scalar(select(tables.messages.c.id).where(tables.messages.c.case_id == case_id).limit(1))
    event = await session.scalar(
        select(tables.case_events.c.id).where(tables.case_events.c.case_id == case_id).limit(1)
    )
    return message is None and event is None


async def newest_receipt(session: AsyncSession, case_id: UUID) -> datetime | None:
    message = tables.messages.c
    moment: datetime | None = await session.scalar(
        select(func.max(message.received_at)).where(message.case_id == case_id)
    )
    return moment


async def list_changes(session: AsyncSession, case_id: UUID) -> list[CaseChange]:
    query = select(CaseChange).where(col(CaseChange.case_id) == case_id).order_by(col(CaseChange.id).desc())
    return list((await session.scalars(query.limit(200))).all())
