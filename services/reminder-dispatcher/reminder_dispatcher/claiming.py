"""The first transaction of a dispatch: look at what is due, take what may be sent now, and end what may not be sent any more."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.reminders import ReminderMissed
from kit.announcing import announce
from kit.correlation import correlation
from kit.database import AsyncSession
from kit.ids import new_id
from reminder_dispatcher.automation import AutomationSettings
from reminder_dispatcher.due import ON_TIME, Step, deadline, judge
from reminder_dispatcher.due_reminder import DueReminder
from reminder_dispatcher.facts import facts_of
from reminder_dispatcher.outcomes import after_closing
from reminder_dispatcher.quiet_hours import QuietHours
from reminder_dispatcher.repository import automation as automation_repository
from reminder_dispatcher.repository import dispatching as repository
from reminder_dispatcher.repository.restoring import note_told
from reminder_dispatcher.restoring import Past
from reminder_dispatcher.statuses import ARMED_TOO_LATE, AUTOMATION_OFF, LATE, TASK_CANCELLED

LEASE = timedelta(seconds=60)
"""A claim that is not followed by an intent within this time is somebody else's to take."""
_LOOKED_AT = 200
"""Due reminders looked at in one transaction when they cannot all be sent."""
NEVER_RESTORED = Past()


@dataclass(frozen=True, slots=True)
class Claimed:
    """A reminder that is ours until its lease ends; `latest` is its deadline."""

    reminder: DueReminder
    claim_id: UUID
    latest: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """`changed` counts what was taken, held or ended; `from_backlog` those taken of the backlog, `ended` those by status;
    `is_troubled` when the channel is being tried after a pause, `paused_until` when it rests."""

    taken: list[Claimed] = field(default_factory=list)
    from_backlog: int = 0
    changed: int = 0
    ended: Mapping[str, int] = field(default_factory=dict)
    is_troubled: bool = False
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Appetite:
    """How many reminders one may take: in all, and of those that became due before `backlog_before`, when nobody was there."""

    limit: int
    backlog_before: datetime
    backlog_limit: int


async def claim_due(
    session: AsyncSession,
    channel: str,
    appetite: Appetite,
    *,
    now: datetime,
    default_zone: str,
    past: Past = NEVER_RESTORED,
) -> Claims:
    """Take reminders of a channel. What is too late is missed, what is not wanted any more is suppressed, quietly or not."""
    settings = await automation_repository.get_settings(session)
    states = {state.channel: state for state in await automation_repository.list_channel_states(session)}
    trouble = states.get(channel)
    limit = appetite.limit
    is_resting = trouble is not None and trouble.paused_until > now
    if trouble is not None:
        limit = 0 if is_resting else min(limit, 1)
    judge_one = _Judge(settings, settings.quiet(default_zone), now, past)

    looked_at = _LOOKED_AT if is_resting else max(limit, 1)
    since = appetite.backlog_before
    fresh = await repository.due_reminders(session, channel, now=now, limit=looked_at, since=since, before=None)
    taken = judge_one.take(fresh, limit)
    old = await repository.due_reminders(session, channel, now=now, limit=_LOOKED_AT, since=None, before=since)
    backlog = judge_one.take(old, min(limit - len(taken), appetite.backlog_limit))
    await judge_one.write(session)
    taken += backlog
    claim_id = new_id()
    if taken:
        ids = [reminder.id for reminder in taken]
        await repository.claim(session, ids, claim_id, lease_until=now + LEASE, now=now)
    return Claims(
        taken=[Claimed(reminder, claim_id, judge_one.latest(reminder)) for reminder in taken],
        from_backlog=len(backlog),
        changed=len(taken) + judge_one.settled,
        ended=judge_one.ended,
        is_troubled=trouble is not None,
        paused_until=trouble.paused_until if trouble is not None and is_resting else None,
    )


class _Judge:
    """Sorts due reminders into those to send, those that wait, and those whose time is over."""

    def __init__(self, settings: AutomationSettings, quiet: QuietHours | None, now: datetime, past: Past) -> None:
        self._settings = settings
        self._quiet = quiet
        self._now = now
        self._past = past
        self._told: list[dict[str, Any]] = []
        self._held: list[tuple[UUID, datetime]] = []
        self._closed: list[tuple[DueReminder, str, str | None]] = []

    @property
    def settled(self) -> int:
        return len(self._held) + len(self._closed)

    @property
    def ended(self) -> dict[str, int]:
        return Counter(status for _, status, _ in self._closed)

    def latest(self, reminder: DueReminder) -> datetime:
        return deadline(
            reminder.planned_at, reminder.begins_at, audience=reminder.audience, late_grace=self._settings.late_grace
        )

    def take(self, due: Sequence[DueReminder], limit: int) -> list[DueReminder]:
        """Those to send, at most `limit`; what must wait or end is remembered for `write`."""
        taken: list[DueReminder] = []
        for reminder in due:
            if not reminder.task_is_open:
                self._closed.append((reminder, "suppressed", TASK_CANCELLED))
            elif not self._settings.enabled:
                self._closed.append((reminder, "suppressed", AUTOMATION_OFF))
            elif self._is_of_the_past(reminder):
                continue
            elif self._may_leave(reminder) and len(taken) < limit:
                taken.append(reminder)
        return taken

    def _is_of_the_past(self, reminder: DueReminder) -> bool:
        """Whether it belongs to the time between a backup and its restoration; then it ends here."""
        verdict = self._past.verdict(reminder)
        if verdict is None:
            return False
        status, reason, told = verdict
        self._closed.append((reminder, status, reason))
        if told is not None:
            sent_at = told.at if told.outcome == "accepted" else None
            self._told.append(
                {"id": reminder.id, "at": told.at, "sent_at": sent_at, "rfc_message_id": told.rfc_message_id}
            )
        return True

    def _may_leave(self, reminder: DueReminder) -> bool:
        concerned = self._quiet is not None and self._quiet.concern(reminder.audience, reminder.channel)
        verdict = judge(
            now=self._now,
            planned_at=reminder.planned_at,
            starts_at=reminder.begins_at,
            audience=reminder.audience,
            late_grace=self._settings.late_grace,
            quiet=self._quiet if concerned else None,
        )
        if verdict.step is Step.HOLD and verdict.until is not None:
            self._held.append((reminder.id, verdict.until))
        elif verdict.step is Step.MISS:
            self._closed.append((reminder, *self._end(reminder, verdict.reason or LATE)))
        return verdict.step is Step.SEND

    def _end(self, reminder: DueReminder, reason: str) -> tuple[str, str | None]:
        if reminder.armed_at >= max(self.latest(reminder), reminder.planned_at + ON_TIME):
            reason = ARMED_TOO_LATE
        return after_closing(
            attempts=reminder.attempts, sent_anew=reminder.sent_anew, reason=reason, last_reason=reminder.reason
        )

    async def write(self, session: AsyncSession) -> None:
        await repository.hold(session, self._held, now=self._now)
        await repository.close(
            session, [(reminder.id, status, reason) for reminder, status, reason in self._closed], now=self._now
        )
        await note_told(session, self._told)
        for reminder, status, reason in self._closed:
            if status == "missed":
                with correlation(reminder.correlation_id):
                    announce(session, ReminderMissed(**facts_of(reminder, at=self._now, reason=reason, late=True)))
