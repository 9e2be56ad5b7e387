"""The states of a reminder, the reasons beside them, and what follows from either."""

from typing import Final, Literal

Status = Literal["armed", "sending", "sent", "delivered", "failed", "missed", "suppressed", "unknown"]

LIVE: Final = frozenset({"armed", "sending"})
TOLD: Final = frozenset({"sent", "delivered", "unknown"})
"""The recipient has been told, or may have been."""

TASK_CANCELLED: Final = "task_cancelled"
TASK_COMPLETED: Final = "task_completed"
TASK_DELETED: Final = "task_deleted"
NOT_PLANNED: Final = "not_planned"
MOVED: Final = "moved"
ALREADY_TOLD: Final = "already_told"
CANCELLED_BY_HAND: Final = "cancelled_by_hand"
AUTOMATION_OFF: Final = "automation_off"
OPTED_OUT: Final = "opted_out"
LATE: Final = "late"
NO_LONGER_WAITS: Final = "no_longer_waits"
ARMED_TOO_LATE: Final = "armed_too_late"

WITHDRAWN: Final = frozenset(
    {TASK_CANCELLED, TASK_COMPLETED, TASK_DELETED, NOT_PLANNED, MOVED, ALREADY_TOLD, NO_LONGER_WAITS}
)
"""Reasons of the task or its plan: when the task wants the reminder again, it is armed again."""
