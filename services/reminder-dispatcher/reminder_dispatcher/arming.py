"""From what tasks-api tells to the reminders that wait: one pass over a batch of tasks, a handful of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from contracts.reminders import ReminderArmed
from contracts.tasks import TaskDeleted, TaskEvent, TaskState
from kit.announcing import announce
from kit.database import AsyncSession
from kit.events import Heard
from kit.ids import new_id
from reminder_dispatcher.arming_changes import Changes, changed_values, changes
from reminder_dispatcher.automation import AutomationSettings, zone_named
from reminder_dispatcher.due import planned_moment
from reminder_dispatcher.quiet_hours import QuietHours
from reminder_dispatcher.reminder_plan import Wanted, is_open, wanted_reminders
from reminder_dispatcher.repository import arming as repository
from reminder_dispatcher.repository import automation as automation_repository
from reminder_dispatcher.repository import copies
from reminder_dispatcher.statuses import NOT_PLANNED, TASK_CANCELLED, TASK_COMPLETED, TASK_DELETED


@dataclass(frozen=True, slots=True)
class ArmingRules:
    """What arming has to know of the installation."""

    default_timezone: str
    day_begins_at: time


@dataclass(frozen=True, slots=True)
class _Told:
    """One task as it was told last, and by which event."""

    task: TaskState
    heard: Heard[TaskEvent]
    is_deleted: bool

    @property
    def is_open(self) -> bool:
        return is_open(self.task) and not self.is_deleted

    @property
    def reason_to_withdraw(self) -> str:
        if self.is_deleted:
            return TASK_DELETED
        return {"cancelled": TASK_CANCELLED, "completed": TASK_COMPLETED}.get(self.task.status, NOT_PLANNED)


async def arm(session: AsyncSession, heard: Sequence[Heard[TaskEvent]], rules: ArmingRules, *, now: datetime) -> int:
    """Keep the tasks, and make their armed reminders those they want; returns how many were armed.

    Only the last word about each task counts, and never an older one than what is known. features R90, R91.
    """
    told = await _news(session, heard)
    if not told:
        return 0
    settings = await automation_repository.get_settings(session)
    wanted = {task_id: _wanted(news, rules, now) for task_id, news in told.items()}
    since = min(
        (want.key.occurrence for wants in wanted.values() for want in wants if want.key.occurrence), default="~"
    )
    standing = await repository.standing_reminders(session, list(told), since_occurrence=since)
    await copies.save_tasks(session, [(news.task, news.is_open) for news in told.values()], now=now)

    writer = _Writer(settings, settings.quiet(rules.default_timezone), now)
    for task_id, news in told.items():
        result = changes(
            wanted[task_id], standing.get(task_id, ()), now=now, reason_to_withdraw=news.reason_to_withdraw
        )
        writer.take(news, result)
    await writer.write(session)
    return writer.armed


async def _news(session: AsyncSession, heard: Sequence[Heard[TaskEvent]]) -> dict[UUID, _Told]:
    known = await copies.versions_of_tasks(session, {one.event.task.task_id for one in heard})
    told: dict[UUID, _Told] = {}
    for one in heard:
        task = one.event.task
        if task.version >= known.get(task.task_id, 0):
            known[task.task_id] = task.version
            told[task.task_id] = _Told(task, one, isinstance(one.event, TaskDeleted))
    return told


def _wanted(news: _Told, rules: ArmingRules, now: datetime) -> list[Wanted]:
    if not news.is_open:
        return []
    zone = zone_named(news.task.timezone, rules.default_timezone)
    return wanted_reminders(news.task, now=now, day_begins_at=rules.day_begins_at, zone=zone)


class _Writer:
    """Collects the changes of a whole batch, to write each kind at once."""

    def __init__(self, settings: AutomationSettings, quiet: QuietHours | None, now: datetime) -> None:
        self._settings = settings
        self._quiet = quiet
        self._now = now
        self._inserted: list[dict[str, Any]] = []
        self._rearmed: list[dict[str, Any]] = []
        self._withdrawn: list[tuple[UUID, str]] = []
        self._marked: list[tuple[UUID, str]] = []
        self._said: list[tuple[_Told, dict[str, Any]]] = []

    @property
    def armed(self) -> int:
        return len(self._said)

    def take(self, news: _Told, result: Changes) -> None:
        for want, generation in result.insert:
            row = {**_EMPTY, **self._row(news, want, generation), "id": new_id(), "created_at": self._now}
            self._inserted.append(row)
            self._said.append((news, row))
        for reminder_id, want, generation in result.rearm:
            row = {**self._row(news, want, generation), "id": reminder_id}
            self._rearmed.append(row)
            self._said.append((news, row))
        self._withdrawn += result.withdraw
        self._marked += result.mark

    async def write(self, session: AsyncSession) -> None:
        """Withdrawing comes first: at most one reminder of a key is armed."""
        await repository.withdraw_reminders(session, self._withdrawn, now=self._now)
        await repository.mark_withdrawn(session, self._marked, now=self._now)
        await repository.rearm_reminders(session, self._rearmed)
        await repository.add_reminders(session, self._inserted)
        for news, row in self._said:
            announce(session, ReminderArmed(**_facts(row), at=self._now), because=news.heard)

    def _row(self, news: _Told, want: Wanted, generation: int) -> dict[str, Any]:
        quiet = self._quiet if self._quiet and self._quiet.concern(want.key.audience, want.key.channel) else None
        planned_at = planned_moment(want.due_at, want.begins_at, now=self._now, quiet=quiet)
        return {
            **want.key._asdict(),
            **changed_values(want),
            "generation": generation,
            "status": "armed",
            "reason": None,
            "planned_at": planned_at,
            "planned_by_hand": False,
            "next_at": planned_at,
            "armed_at": self._now,
            "account_id": news.task.account_id,
            "case_number": news.task.case_number,
            "correlation_id": news.heard.correlation_id[:200],
            "changed_at": self._now,
        }


_EMPTY: dict[str, Any] = {
    "late": False, "claim": None, "lease_until": None, "intent_at": None, "withdrawn": False, "sent_anew": False,
    "attempts": 0, "recipient": None, "subject": None, "text": None, "rfc_message_id": None, "gateway_id": None,
    "segments": None, "sent_at": None, "delivered_at": None, "reported_at": None,
}  # fmt: skip


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    """What events tell of an armed reminder."""
    return {
        "reminder_id": row["id"],
        "task_id": row["task_id"],
        "recurrence_id": row["occurrence"] or None,
        "audience": row["audience"],
        "channel": row["channel"],
        "employee_id": row["employee_id"],
        "account_id": row["account_id"] if row["audience"] == "client" else None,
        "due_at": row["due_at"],
        "case_number": row["case_number"],
        "reason": row["reason"],
    }
