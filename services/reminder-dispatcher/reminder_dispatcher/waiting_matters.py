"""What waits for somebody of ours, seen as tasks that can be reminded of: a case without an answer, an invitation nobody has
decided about. Pure (issue 6, point 6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from contracts.tasks import TaskState
from reminder_dispatcher.automation import WaitingRule
from reminder_dispatcher.reminder_plan import Key, Wanted, iso_minutes

About = Literal["case", "invitation"]
_NEVER_TOO_LATE = timedelta(days=3652)
"""What waits does not begin at some moment after which nobody need be told."""


@dataclass(frozen=True, slots=True)
class Matter:
    """`since` is when it began to wait; `owner_id` the employee who leads it, if anybody does."""

    about: About
    id: UUID
    since: datetime
    title: str
    number: str = ""
    said_by: str = ""
    account_id: UUID | None = None
    case_number: int | None = None
    owner_id: UUID | None = None


def is_overdue(matter: Matter, rule: WaitingRule, *, now: datetime) -> bool:
    return matter.since + rule.after <= now


def people_told(matter: Matter, rule: WaitingRule) -> tuple[UUID, ...]:
    """Who leads it, else those whom the settings name."""
    return (matter.owner_id,) if matter.owner_id is not None else rule.employee_ids


def wanted_for(matter: Matter, rule: WaitingRule) -> list[Wanted]:
    """One reminder for each person and channel, once for each time it begins to wait."""
    due_at = matter.since + rule.after
    told_apart_by = matter.since + _NEVER_TOO_LATE
    return [
        Wanted(
            key=Key(matter.id, "", "operator", employee.hex, plan.channel, f"waits.{iso_minutes(rule.after)}"),
            starts_at=matter.since,
            ends_at=None,
            begins_at=told_apart_by,
            due_at=due_at,
            template_id=plan.template_id,
            employee_id=employee,
        )
        for employee in people_told(matter, rule)
        for plan in rule.channels
    ]


def as_task(matter: Matter, *, timezone: str) -> TaskState:
    """What templates say of it: the number is the tag of the case, the start is since when it waits, the description who wrote."""
    return TaskState(
        task_id=matter.id,
        version=1,
        number=matter.number,
        title=matter.title,
        description=matter.said_by,
        starts_at=matter.since,
        timezone=timezone,
        account_id=matter.account_id,
        case_number=matter.case_number,
        assignee_ids=[matter.owner_id] if matter.owner_id else [],
    )
