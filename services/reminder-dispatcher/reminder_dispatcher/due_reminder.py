"""A reminder as dispatch sees it on its way."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DueReminder:
    """What dispatch has to know of a reminder. `attempts` counts those before the one that may follow."""

    id: UUID
    about: str
    task_id: UUID
    occurrence: str
    audience: str
    recipient_key: str
    channel: str
    rule: str
    generation: int
    starts_at: datetime
    ends_at: datetime | None
    begins_at: datetime
    due_at: datetime
    planned_at: datetime
    planned_by_hand: bool
    armed_at: datetime
    template_id: UUID | None
    address: str | None
    employee_id: UUID | None
    account_id: UUID | None
    case_number: int | None
    correlation_id: str
    attempts: int
    rfc_message_id: str | None
    sent_anew: bool
    reason: str | None
    recipient: str | None
    intent_at: datetime | None
    told_at: datetime | None
    task_is_open: bool = True
