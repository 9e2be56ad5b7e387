"""What the events `reminder.*` tell of a reminder; never its address."""

from datetime import datetime
from typing import Any

from reminder_dispatcher.due_reminder import DueReminder


def facts_of(reminder: DueReminder, *, at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "reminder_id": reminder.id,
        "task_id": reminder.task_id,
        "about": reminder.about,
        "recurrence_id": reminder.occurrence or None,
        "audience": reminder.audience,
        "channel": reminder.channel,
        "employee_id": reminder.employee_id,
        "account_id": reminder.account_id if reminder.audience == "client" else None,
        "due_at": reminder.due_at,
        "case_number": reminder.case_number,
        "at": at,
        **more,
    }
