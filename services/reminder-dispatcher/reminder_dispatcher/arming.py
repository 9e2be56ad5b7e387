"""From what tasks-api tells to the reminders that wait: one pass over a batch of tasks, a handful of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from contracts.tasks import TaskDeleted, TaskEvent, TaskState
from kit.database import AsyncSession
from kit.events import Heard
from reminder_dispatcher.arming_changes import changes
from reminder_dispatcher.arming_rows import ArmingWriter, Origin
from reminder_dispatcher.automation import zone_named
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
    correlation_id: str
    because: Heard[TaskEvent] | None = None
    is_deleted: bool = False

    @property
    def origin(self) -> Origin:
        return Origin(
            account_id=self.task.account_id,
            case_number=self.task.case_number,
            correlation_id=self.correlation_id,
            because=self.because,
        )

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
    armed = await _arm(session, told, rules, now=now)
    await copies.save_tasks(session, [(news.task, news.is_open) for news in told.values()], now=now)
    return armed


async def arm_again(session: AsyncSession, tasks: Sequence[TaskState], rules: ArmingRules, *, now: datetime) -> int:
    """The same for tasks as they are known: how many reminders are armed for another moment than before."""
    told = {task.task_id: _Told(task, f"zone-data-{task.task_id}") for task in tasks}
    return await _arm(session, told, rules, now=now)


async def _arm(session: AsyncSession, told: Mapping[UUID, _Told], rules: ArmingRules, *, now: datetime) -> int:
    settings = await automation_repository.get_settings(session)
    wanted = {task_id: _wanted(news, rules, now) for task_id, news in told.items()}
    since = min(
        (want.key.occurrence for wants in wanted.values() for want in wants if want.key.occurrence), default="~"
    )
    standing = await repository.standing_reminders(session, list(told), since_occurrence=since)
    writer = ArmingWriter(settings.quiet(rules.default_timezone), now)
    for task_id, news in told.items():
        result = changes(
            wanted[task_id], standing.get(task_id, ()), now=now, reason_to_withdraw=news.reason_to_withdraw
        )
        writer.take(news.origin, result)
    await writer.write(session)
    return writer.armed


async def _news(session: AsyncSession, heard: Sequence[Heard[TaskEvent]]) -> dict[UUID, _Told]:
    known = await copies.versions_of_tasks(session, {one.event.task.task_id for one in heard})
    told: dict[UUID, _Told] = {}
    for one in heard:
        task = one.event.task
        if task.version >= known.get(task.task_id, 0):
            known[task.task_id] = task.version
            told[task.task_id] = _Told(task, one.correlation_id, one, isinstance(one.event, TaskDeleted))
    return told


def _wanted(news: _Told, rules: ArmingRules, now: datetime) -> list[Wanted]:
    if not news.is_open:
        return []
    zone = zone_named(news.task.timezone, rules.default_timezone)
    return wanted_reminders(news.task, now=now, day_begins_at=rules.day_begins_at, zone=zone)
