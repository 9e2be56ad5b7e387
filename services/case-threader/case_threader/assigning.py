"""The wizard: a person decides about a mail that waits (features C4, C19-C23, C38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from case_threader.announcements import facts_of
from case_threader.errors import AlreadyAssigned, CannotBeAssigned
from case_threader.learning import contact_for
from case_threader.models import CaseRow, Filing, Message
from case_threader.opening import open_case
from case_threader.participants import take_part
from case_threader.repository import cases, changes, messages
from case_threader.repository.filings import redecide
from case_threader.repository.settings import get_settings
from case_threader.settling import settle
from case_threader.subject_tags import without_own_tags
from case_threader.subjects import title_of
from case_threader.undoable import text_ids
from contracts.cases import CaseMailFiled
from kit.database import AsyncSession
from kit.outbox import announce


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that can be put into a case by hand."""

    filing: Filing
    message: Message


async def get_waiting(session: AsyncSession, message_id: UUID) -> Waiting:
    """The waiting mail behind this id (a copy of it counts as well); FilingNotFound, AlreadyAssigned, CannotBeAssigned."""
    filing = await messages.get_filing(session, message_id)
    message = await messages.find_message(session, filing.held_by)
    if message is None:
        raise CannotBeAssigned(message_id, filing.outcome)
    if message.case_id is not None:
        case = await cases.get_case_by_id(session, message.case_id)
        if case.deleted_at is None:
            raise AlreadyAssigned(message_id, case.number)
    return Waiting(filing, message)


async def assign_to_account(
    session: AsyncSession,
    message_id: UUID,
    *,
    account_id: UUID,
    contact_id: UUID | None = None,
    is_new: bool = False,
    author: str,
    now: datetime,
) -> CaseRow:
    """Open a case of this account with the mail in it (features C19).

    AccountUnknown while the news of it is under way, unless it `is_new`: just made for this very mail.
    """
    waiting = await get_waiting(session, message_id)
    settings = (await get_settings(session)).settings
    contact_id = contact_id or await contact_for(session, waiting.message.sender_email, account_id)
    case = await open_case(
        session, account_id=account_id, is_surely_there=is_new, contact_id=contact_id, message_id=waiting.message.id,
        title=title_of(without_own_tags(waiting.message.subject, settings.prefixes)),
        opened_by=waiting.message.sender_email, now=now,
    )  # fmt: skip
    await _put_into(session, waiting, case, outcome="new", author=author, now=now)
    return case


async def assign_to_case(
    session: AsyncSession, message_id: UUID, *, number: int, author: str, now: datetime
) -> CaseRow:
    """Append the mail to an existing case (features C20); whoever wrote it takes part from now on."""
    case = await cases.get_live_case(session, number)
    waiting = await get_waiting(session, message_id)
    await _put_into(session, waiting, case, outcome="append", author=author, now=now)
    return case


async def assign_earlier(
    session: AsyncSession, sender: str, *, account_id: UUID | None, number: int | None, author: str, now: datetime
) -> int:
    """Every other mail of this sender that waits (`backfill`, features C38); how many there were.

    With `number` into that case, else each opens a case of the account; what answers one of them goes with it.
    """
    waiting = await messages.waiting_from(session, sender)
    placed: set[UUID] = set()
    for message_id in waiting:
        if message_id in placed:
            continue
        placed |= {message_id, *await _waiting_with(session, message_id)}
        if number is not None:
            await assign_to_case(session, message_id, number=number, author=author, now=now)
        elif account_id is not None:
            await assign_to_account(session, message_id, account_id=account_id, is_new=True, author=author, now=now)
    return len(placed)


async def mark_as_spam(session: AsyncSession, message_id: UUID, *, author: str, now: datetime) -> None:
    """Nobody has to decide about it any more. It stays readable, can still be assigned, and this can be taken back."""
    waiting = await get_waiting(session, message_id)
    filing = waiting.filing
    await changes.add_change(
        session, "spam", case_id=None, message_id=waiting.message.id, author=author, at=now,
        before={"outcome": filing.outcome, "rule": filing.rule, "reason": filing.reason},
        after={"filing": str(filing.message_id)},
    )  # fmt: skip
    await redecide(
        session, waiting.filing.message_id, outcome="ignored", rule="by_hand", reason="spam", decided_by=author,
        decided_at=now,
    )  # fmt: skip


async def _put_into(
    session: AsyncSession, waiting: Waiting, case: CaseRow, *, outcome: str, author: str, now: datetime
) -> None:
    """The mail, and with it what waits in the same conversation: that is decided about once."""
    others = await _waiting_with(session, waiting.message.id)
    for message_id in others:
        other = await get_waiting(session, message_id)
        await _put_one(session, other, case, outcome="append", brought=[], author=author, now=now)
    await _put_one(session, waiting, case, outcome=outcome, brought=others, author=author, now=now)


async def _waiting_with(session: AsyncSession, message_id: UUID) -> list[UUID]:
    """The mails that wait because they answer this one or are answered by it (rule `waiting_thread`), however many steps away."""
    found = [message_id]
    answers = await messages.waiting_threads(session)
    for each in found:
        related = [one if other == each else other for one, other in answers if each in (one, other)]
        found += [other for other in dict.fromkeys(related) if other not in found]
    return found[1:]


async def _put_one(
    session: AsyncSession,
    waiting: Waiting,
    case: CaseRow,
    *,
    outcome: str,
    brought: Sequence[UUID],
    author: str,
    now: datetime,
) -> None:
    filing, message = waiting.filing, waiting.message
    await changes.add_change(
        session, "assign", case_id=case.id, message_id=message.id, author=author, at=now,
        before={"case_id": None, "outcome": filing.outcome, "rule": filing.rule, "reason": filing.reason},
        after={"case_id": str(case.id), "outcome": outcome, "opened": outcome == "new", "brought": text_ids(brought)},
    )  # fmt: skip
    message.case_id, message.verified = case.id, True
    session.add(message)
    await redecide(
        session, message.id, outcome=outcome, rule="by_hand", reason="assigned", decided_by=author, decided_at=now,
        suggested_case_id=None,
    )  # fmt: skip
    await take_part(session, case, [message], now=now)
    await _bring_late_reports(session, message, case)
    await settle(session, case, reason="assigned", now=now)
    prefix = (await get_settings(session)).settings.tag_prefix
    filed = CaseMailFiled(
        **facts_of(case, prefix), message_id=message.id, direction=_direction(message), outcome=outcome, rule="by_hand",
        filed_at=now,
    )  # fmt: skip
    announce(session, filed)


async def _bring_late_reports(session: AsyncSession, message: Message, case: CaseRow) -> None:
    """Bounces of a mail of ours that was in no case until now."""
    if message.direction != "outgoing" or message.rfc_message_id is None:
        return
    for report in await messages.reports_about(session, message.rfc_message_id):
        report.case_id = case.id
        session.add(report)
        await redecide(session, report.id, outcome="bounce", reason="late_delivery_report")


def _direction(message: Message) -> str:
    return message.direction
