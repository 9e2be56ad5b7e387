"""Whose eyes a list is made for (features K32, R53)."""

from dataclasses import dataclass
from uuid import UUID

from kit.tokens import Caller
from tasks_api.scopes import SEES_ALL_TASKS


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who sees all tasks, or those they made or are assigned to. Nobody in particular sees nothing."""

    sees_all: bool
    user_id: UUID | None = None
    employee_id: UUID | None = None

    @classmethod
    def behind(cls, caller: Caller) -> "Viewer":
        return cls(caller.has(SEES_ALL_TASKS), caller.user_id, caller.employee_id)
