"""A database restored from a backup: recognised by the log of sendings, which knows of messages the database does not.

What became due between the backup and now is matched with that log. What left is never sent again, what did not is `missed`
and told to its owner; nothing of that time is sent by itself (reliability B16).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from kit.database import AsyncSession, Database
from kit.ids import new_id
from reminder_dispatcher.due_reminder import DueReminder
from reminder_dispatcher.models import Restoration, ToldBefore
from reminder_dispatcher.reminder_plan import Key
from reminder_dispatcher.repository import restoring as repository
from reminder_dispatcher.sendings import Sending, SendingLog, last_words

MATCHED_FOR = timedelta(days=7)
"""For so long what is armed anew may turn out to have been sent before."""

log = structlog.get_logger("reminder_dispatcher.restoring")


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the time between a backup and its restoration; empty for a database that never was restored."""

    since: datetime | None = None
    found_at: datetime | None = None
    told: Mapping[tuple[Key, datetime], ToldBefore] = field(default_factory=dict)

    def verdict(self, reminder: DueReminder) -> tuple[str, str, ToldBefore | None] | None:
        """Status, reason and what is known of the sending, for a reminder that must not be sent by itself any more."""
        if self.since is None or self.found_at is None:
            return None
        if reminder.planned_by_hand and reminder.armed_at >= self.found_at:
            return None  # somebody wants it again, and has seen what is known
        told = self.told.get((key_of(reminder), reminder.begins_at))
        if told is not None:
            return ("sent" if told.outcome == "accepted" else "unknown", "sent_before_restore", told)
        if reminder.attempts == 0 and self.since <= reminder.planned_at <= self.found_at:
            return ("missed", "restored", None)
        return None


def key_of(reminder: DueReminder) -> Key:
    return Key(
        reminder.task_id,
        reminder.occurrence,
        reminder.audience,
        reminder.recipient_key,
        reminder.channel,
        reminder.rule,
    )


async def recognise_restoration(database: Database, sendings: SendingLog, *, now: datetime) -> Restoration | None:
    """Compare the newest sending with the database; when it is lacking, keep all that is and the time it is of.

    A backup lacks what came last. A single older row that is gone says nothing: it may have been deleted.
    """
    newest = max(sendings.read(newest_only=True), key=lambda one: one.at, default=None)
    async with database.reading() as session:
        if newest is None or not await _unknown(session, [newest]):
            return None
    known = list(last_words(sendings.read()).values())
    async with database.transaction() as session:
        lacking = await _unknown(session, known)
        before = [one.at for one in known if (one.reminder_id, one.attempt) not in lacking]
        restoration = Restoration(
            id=new_id(),
            since=max(before, default=min(one.at for one in lacking.values()) - timedelta(minutes=1)),
            found_at=now,
            unknown_messages=len(lacking),
        )
        await repository.add_restoration(session, restoration, [_row(one) for one in lacking.values()])
    log.error(
        "database_was_restored",
        since=restoration.since.isoformat(),
        unknown_messages=restoration.unknown_messages,
    )
    return restoration


async def past_of(session: AsyncSession, *, now: datetime) -> Past:
    """What dispatch has to match with."""
    restorations = await repository.restorations_since(session, now - MATCHED_FOR)
    if not restorations:
        return Past()
    told = await repository.told_before(session)
    return Past(
        since=min(one.since for one in restorations),
        found_at=max(one.found_at for one in restorations),
        told={(_key(one), one.begins_at): one for one in told},
    )


async def _unknown(session: AsyncSession, sendings: Sequence[Sending]) -> dict[tuple[UUID, int], Sending]:
    """Those of which the database does not know: the reminder is not there, or had fewer attempts."""
    attempts = await repository.attempts_of_reminders(session, {one.reminder_id for one in sendings})
    told = await repository.told_ids(session)
    return {
        (one.reminder_id, one.attempt): one
        for one in sendings
        if attempts.get(one.reminder_id, 0) < one.attempt and one.reminder_id not in told
    }


def _row(sending: Sending) -> dict[str, object]:
    return {
        "id": sending.reminder_id,
        **sending.key._asdict(),
        "begins_at": sending.begins_at,
        "at": sending.at,
        "outcome": sending.step,
        "rfc_message_id": sending.rfc_message_id,
    }


def _key(told: ToldBefore) -> Key:
    return Key(told.task_id, told.occurrence, told.audience, told.recipient_key, told.channel, told.rule)
