"""Which reminders a task wants, read from its plan, its dates and its people. Pure (features R3-R8, R29, R30, W5, W7, W26)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.tasks import AudiencePlan, ChannelPlan, Occurrence, TaskState
from reminder_dispatcher.due import beginning, due_moment

CLIENT = "client"
NOBODY = "nobody"
REMIND_AT = "remind_at"
OWN_MOMENT = "at."
"""Begins the rule of a moment somebody chose for themselves."""

_BEGUN_SINCE = timedelta(hours=12)
"""Dates that have begun are looked at this long, so that what is still being sent for them is not taken back."""


class Key(NamedTuple):
    """What makes two reminders the same: ids and ISO spellings only (features R90)."""

    task_id: UUID
    occurrence: str
    audience: str
    recipient_key: str
    channel: str
    rule: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reminder the task wants; `begins_at` is what its lead time counts back from."""

    key: Key
    starts_at: datetime
    ends_at: datetime | None
    begins_at: datetime
    due_at: datetime
    template_id: UUID | None = None
    address: str | None = None
    employee_id: UUID | None = None


def is_open(task: TaskState) -> bool:
    """Whether anybody may still be reminded of the task."""
    return task.status in ("planned", "in_progress")


def wanted_reminders(task: TaskState, *, now: datetime, day_begins_at: time, zone: ZoneInfo) -> list[Wanted]:
    """Everything the task wants from half a day ago on; `zone` is that of the task.

    Logged contacts do not remind, planned work does (features R3). A series wants one set per date.
    """
    if task.kind == "interaction" or not is_open(task):
        return []
    found: list[Wanted] = []
    for occurrence in _occurrences(task):
        begins_at = beginning(occurrence.starts_at, all_day=task.all_day, zone=zone, day_begins_at=day_begins_at)
        if begins_at > now - _BEGUN_SINCE:
            found += _for_clients(task, occurrence, begins_at, zone)
            found += _for_operators(task, occurrence, begins_at, zone)
            found += _for_themselves(task, occurrence, begins_at, zone)
    if task.reminders.remind_at is not None and task.reminders.remind_at > now - _BEGUN_SINCE:
        found += _for_assignees(task, task.reminders.remind_at)
    found += _at_own_moments(task, now)
    return list({want.key: want for want in reversed(found)}.values())[::-1]


def operators_of(task: TaskState) -> list[UUID]:
    """Who carries the task out and wants to be reminded: flagged participants, and assignees without a row of their own
    (features R23)."""
    told = [participant.employee_id for participant in task.participants if participant.remind]
    rows = {participant.employee_id for participant in task.participants}
    return list(dict.fromkeys([*told, *(employee for employee in task.assignee_ids if employee not in rows)]))


def iso_minutes(lead: timedelta) -> str:
    """A length as ISO 8601, always spelled in minutes (features R37), so that P1D and PT24H are the same."""
    return f"PT{int(lead.total_seconds() // 60)}M"


def is_lead_time(rule: str) -> bool:
    """Whether a rule says how long before the start; others name a moment, or how long something has waited."""
    return rule.startswith("PT")


def _occurrences(task: TaskState) -> list[Occurrence]:
    if task.occurrences or task.rrule or task.starts_at is None:
        return task.occurrences
    return [Occurrence(recurrence_id=task.recurrence_id, starts_at=task.starts_at, ends_at=task.ends_at)]


def _for_clients(task: TaskState, occurrence: Occurrence, begins_at: datetime, zone: ZoneInfo) -> Iterator[Wanted]:
    seen: Counter[tuple[str, str]] = Counter()
    for plan in _distinct(task.reminders.client):
        rule = iso_minutes(plan.lead_time)
        seen[plan.channel, rule] += 1
        place = seen[plan.channel, rule]
        recipient = CLIENT if place == 1 else f"{CLIENT}.{place}"
        key = Key(task.task_id, occurrence.recurrence_id or "", "client", recipient, plan.channel, rule)
        address = plan.phone if plan.channel == "sms" else plan.address
        yield Wanted(
            key=key,
            starts_at=occurrence.starts_at,
            ends_at=occurrence.ends_at,
            begins_at=begins_at,
            due_at=due_moment(begins_at, plan.lead_time, zone),
            template_id=plan.template_id,
            address=address or None,
        )


def _for_operators(task: TaskState, occurrence: Occurrence, begins_at: datetime, zone: ZoneInfo) -> Iterator[Wanted]:
    plans = {(plan.channel, iso_minutes(plan.lead_time)): plan for plan in reversed(_distinct(task.reminders.operator))}
    for (channel, rule), plan in plans.items():
        for employee, recipient in _told_operators(task):
            yield Wanted(
                key=Key(task.task_id, occurrence.recurrence_id or "", "operator", recipient, channel, rule),
                starts_at=occurrence.starts_at,
                ends_at=occurrence.ends_at,
                begins_at=begins_at,
                due_at=due_moment(begins_at, plan.lead_time, zone),
                template_id=plan.template_id,
                employee_id=employee,
            )


def _for_themselves(task: TaskState, occurrence: Occurrence, begins_at: datetime, zone: ZoneInfo) -> Iterator[Wanted]:
    """What people want to be reminded of for themselves before each date (features W26). What all operators are told in the
    same way is told once."""
    for own in task.reminders.personal:
        if own.lead_time is None:
            continue
        rule = iso_minutes(own.lead_time)
        yield Wanted(
            key=Key(task.task_id, occurrence.recurrence_id or "", "operator", own.employee_id.hex, own.channel, rule),
            starts_at=occurrence.starts_at,
            ends_at=occurrence.ends_at,
            begins_at=begins_at,
            due_at=due_moment(begins_at, own.lead_time, zone),
            template_id=own.template_id,
            employee_id=own.employee_id,
        )


def _at_own_moments(task: TaskState, now: datetime) -> Iterator[Wanted]:
    for own in task.reminders.personal:
        if own.at is None or own.at <= now - _BEGUN_SINCE:
            continue
        rule = f"{OWN_MOMENT}{own.at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
        yield Wanted(
            key=Key(task.task_id, "", "operator", own.employee_id.hex, own.channel, rule),
            starts_at=task.starts_at or own.at,
            ends_at=task.ends_at,
            begins_at=own.at,
            due_at=own.at,
            template_id=own.template_id,
            employee_id=own.employee_id,
        )


def _for_assignees(task: TaskState, remind_at: datetime) -> Iterator[Wanted]:
    """The moment set on the task itself: for those who do it, never for its author (features W5, W7)."""
    plans = {plan.channel: plan.template_id for plan in reversed(task.reminders.operator.channels)}
    ways: list[tuple[str, UUID | None]] = [*plans.items()] or [("email", None)]
    for channel, template_id in ways:
        for employee, recipient in _told_operators(task):
            yield Wanted(
                key=Key(task.task_id, "", "operator", recipient, channel, REMIND_AT),
                starts_at=task.starts_at or remind_at,
                ends_at=task.ends_at,
                begins_at=remind_at,
                due_at=remind_at,
                template_id=template_id,
                employee_id=employee,
            )


def _told_operators(task: TaskState) -> list[tuple[UUID | None, str]]:
    """Each with the spelling for the key. A task of nobody has one reminder that fails visibly (features W7)."""
    return [(employee, employee.hex) for employee in operators_of(task)] or [(None, NOBODY)]


def _distinct(audience: AudiencePlan) -> list[ChannelPlan]:
    if not audience.enabled:
        return []
    distinct = {
        (plan.channel, iso_minutes(plan.lead_time), plan.address, plan.phone): plan for plan in audience.channels
    }
    return list(distinct.values())
