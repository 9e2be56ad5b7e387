"""Whose eyes a list is made for, and whose hands change it (features K32, K34, R53)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from kit.tokens import Caller
from tasks_api.scopes import MODIFIES_OTHERS, SEEN_BY


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who sees all tasks and all activities (meetings, interactions), or of either only their own.

    Own is what they made or are assigned to; nobody in particular owns nothing. What is not their own they change only with
    `changes_all`: seeing is not modifying (features K34).
    """

    sees_all_tasks: bool
    sees_all_activities: bool
    changes_all: bool = False
    user_id: UUID | None = None
    employee_id: UUID | None = None

    @classmethod
    def behind(cls, caller: Caller) -> Viewer:
        """For lists of tasks, meetings and interactions."""
        return cls(
            caller.has(SEEN_BY["tasks"]),
            caller.has(SEEN_BY["activities"]),
            caller.has(MODIFIES_OTHERS),
            caller.user_id,
            caller.employee_id,
        )

    @classmethod
    def of_calendar(cls, caller: Caller) -> Viewer:
        """For calendars, whose visibility is a right of its own (features K32)."""
        sees_all = caller.has(SEEN_BY["calendar"])
        return cls(sees_all, sees_all, caller.has(MODIFIES_OTHERS), caller.user_id, caller.employee_id)

    @property
    def sees_all(self) -> bool:
        """Whether nothing on the agenda is hidden from them."""
        return self.sees_all_tasks and self.sees_all_activities

    def owns(self, created_by: UUID | None, assignee_ids: Collection[UUID]) -> bool:
        """Whether they are author or executor of it."""
        made = self.user_id is not None and created_by == self.user_id
        return made or (self.employee_id is not None and self.employee_id in assignee_ids)

    def sees(self, kind: str, created_by: UUID | None, assignee_ids: Collection[UUID]) -> bool:
        sees_kind = self.sees_all_tasks if kind == "task" else self.sees_all_activities
        return sees_kind or self.owns(created_by, assignee_ids)

    def may_change(self, created_by: UUID | None, assignee_ids: Collection[UUID]) -> bool:
        return self.changes_all or self.owns(created_by, assignee_ids)


@dataclass(frozen=True, slots=True)
class DirectoryViewer:
    """Somebody who sees all firms and people, or those in their own care (features K32)."""

    sees_all_accounts: bool = True
    sees_all_contacts: bool = True
    employee_id: UUID | None = None

    @classmethod
    def behind(cls, caller: Caller) -> DirectoryViewer:
        return cls(caller.has(SEEN_BY["accounts"]), caller.has(SEEN_BY["contacts"]), caller.employee_id)

    def sees_account(self, owner_id: UUID | None) -> bool:
        return self.sees_all_accounts or self.cares_for(owner_id)

    def cares_for(self, owner_id: UUID | None) -> bool:
        return self.employee_id is not None and owner_id == self.employee_id


EVERYONE = DirectoryViewer()
"""Nothing is hidden: what the service itself looks up."""
