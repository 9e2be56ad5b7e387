"""Reminders that end without a message: nobody can be told by them, or whoever was sending them is gone."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts.reminders import ReminderDue, ReminderFailed
from kit.announcing import announce
from kit.correlation import correlation
from kit.database import AsyncSession
from reminder_dispatcher.channels.role import OutcomeUnknown
from reminder_dispatcher.claiming import Claimed
from reminder_dispatcher.composing import CannotCompose
from reminder_dispatcher.due_reminder import DueReminder
from reminder_dispatcher.facts import facts_of
from reminder_dispatcher.outcomes import after_attempt
from reminder_dispatcher.repository import dispatching as repository

PROCESS_GONE = OutcomeUnknown("process_gone", "Whoever was sending it ended before the answer was written down.")


async def take_up_abandoned(
    session: AsyncSession, channel: str, *, channel_kind: str, may_repeat: bool, now: datetime
) -> int:
    """Take up what was left behind on a channel; returns how many.

    A claim without an intent was never sent and simply waits again (reliability B1). An intent may have been sent: it is sent
    once more where that does no harm, and is `unknown` otherwise (reliability B2).
    """
    claimed, intended = await repository.abandoned_reminders(session, channel, now=now)
    await repository.put_back(session, [reminder.id for reminder in claimed], now=now)
    rows = []
    for reminder, withdrawn in intended:
        state = after_attempt(
            PROCESS_GONE,
            failures=reminder.attempts,
            now=now,
            latest=now,
            may_repeat=may_repeat,
            sent_anew=reminder.sent_anew,
            withdrawn=withdrawn,
            jitter=random.uniform(-1, 1),  # noqa: S311 - not for secrets
        )
        rows.append(
            {
                "id": reminder.id,
                "status": state.status,
                "reason": state.reason,
                "next_at": now if state.status == "armed" else reminder.planned_at,
                "sent_at": None,
                "delivered_at": None,
                "gateway_id": None,
                "segments": None,
                "sent_anew": state.sent_anew,
                "late": False,
            }
        )
        if state.status == "unknown":
            _tell_failure(session, reminder, reason="outcome_unknown", attempt=reminder.attempts, now=now)
    await repository.save_attempts(session, [_lost_attempt(reminder, channel_kind, now) for reminder, _ in intended])
    await repository.write_outcomes(session, rows, now=now)
    return len(claimed) + len(intended)


async def give_up(
    session: AsyncSession, impossible: Sequence[tuple[Claimed, CannotCompose]], *, channel_kind: str, now: datetime
) -> None:
    """End reminders nobody can be told by, with the reason where people look for it (features R22, R29)."""
    claims = {one.reminder.id: (one.claim_id, one.reminder.generation) for one, _ in impossible}
    held = await repository.still_claimed(session, claims)
    ours = [(one.reminder, why) for one, why in impossible if one.reminder.id in held]
    failed = [(reminder, why) for reminder, why in ours if not why.is_wish]
    await repository.close(
        session,
        [(reminder.id, "suppressed" if why.is_wish else "failed", why.reason) for reminder, why in ours],
        now=now,
    )
    await repository.save_attempts(
        session, [_refused_attempt(reminder, why, channel_kind, now) for reminder, why in failed]
    )
    await repository.count_attempts(session, [reminder.id for reminder, _ in failed], now=now)
    for reminder, why in failed:
        if reminder.attempts == 0:
            with correlation(reminder.correlation_id):
                announce(session, ReminderDue(**facts_of(reminder, at=now)))
        _tell_failure(session, reminder, reason=why.reason, attempt=reminder.attempts + 1, now=now)


def _tell_failure(session: AsyncSession, reminder: DueReminder, *, reason: str, attempt: int, now: datetime) -> None:
    with correlation(reminder.correlation_id):
        announce(session, ReminderFailed(**facts_of(reminder, at=now, reason=reason, attempt=attempt)))


def _lost_attempt(reminder: DueReminder, channel_kind: str, now: datetime) -> dict[str, Any]:
    """The attempt of which only the intent is known."""
    return {
        "reminder_id": reminder.id,
        "number": reminder.attempts,
        "channel": channel_kind,
        "recipient": reminder.recipient or "",
        "started_at": reminder.intent_at or now,
        "finished_at": now,
        "outcome": "unknown",
        "reason": PROCESS_GONE.reason,
        "detail": PROCESS_GONE.detail,
        "gateway_id": None,
    }


def _refused_attempt(reminder: DueReminder, why: CannotCompose, channel_kind: str, now: datetime) -> dict[str, Any]:
    return {
        "reminder_id": reminder.id,
        "number": reminder.attempts + 1,
        "channel": channel_kind,
        "recipient": "",
        "started_at": now,
        "finished_at": now,
        "outcome": "refused",
        "reason": why.reason,
        "detail": why.detail,
        "gateway_id": None,
    }
