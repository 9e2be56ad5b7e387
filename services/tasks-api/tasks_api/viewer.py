"""Whose eyes a list is made for, and whose hands change it (features K32-K34, R53, R63)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from kit.tokens import Caller
from tasks_api.organisation import NOBODY, Circle
from tasks_api.scopes import AGENDA_LISTS, MODIFIES_OTHERS, SEEN_BY, List
from tasks_api.task_filter import TaskFilter


@dataclass(frozen=True, slots=True)
class Limit:
    """A filter an administrator lays over what somebody sees: only what fits is left, or what fits is hidden (features R63).

    `of` says of what sort: tasks, activities (meetings and interactions), or everything.
    """

    wanted: TaskFilter
    hides: bool = False
    of: Literal["tasks", "activities", "everything"] = "everything"


@dataclass(frozen=True, slots=True)
class CardLimit:
    """The same for firms and the people at them; what is empty does not matter."""

    account_ids: frozenset[UUID] = frozenset()
    owner_ids: frozenset[UUID] = frozenset()
    active: bool | None = None
    hides: bool = False

    def lets_through(self, account_id: UUID, owner_id: UUID | None, *, active: bool) -> bool:
        """Whether a card of this firm is left to be seen; `active` is that of the card itself."""
        fits = (
            (not self.account_ids or account_id in self.account_ids)
            and (not self.owner_ids or owner_id in self.owner_ids)
            and (self.active is None or active == self.active)
        )
        return fits != self.hides


@dataclass(frozen=True, slots=True)
class Member(Caller):
    """A caller with their place in the house: whose work they see of each list, and what is hidden from them."""

    circles: Mapping[List, Circle] = field(default_factory=dict)
    limits: Mapping[List, tuple[Limit, ...]] = field(default_factory=dict)
    card_limits: Mapping[List, tuple[CardLimit, ...]] = field(default_factory=dict)

    @property
    def has_limits(self) -> bool:
        """Whether something of the agenda is hidden from them."""
        return any(self.limits.get(name) for name in AGENDA_LISTS)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who sees all tasks and all activities (meetings, interactions), or of either what a circle does, or only their own.

    Own is what they made or are assigned to; nobody in particular owns nothing. What is not their own they change only with
    `changes_all`: seeing is not modifying (features K34). What `limits` hide is not there for them, their own included.
    """

    sees_all_tasks: bool
    sees_all_activities: bool
    changes_all: bool = False
    user_id: UUID | None = None
    employee_id: UUID | None = None
    tasks_of: Circle = NOBODY
    activities_of: Circle = NOBODY
    limits: tuple[Limit, ...] = ()

    @classmethod
    def behind(cls, caller: Caller) -> Viewer:
        """For lists of tasks, meetings and interactions."""
        member = _member(caller)
        return cls(
            caller.has(SEEN_BY["tasks"]),
            caller.has(SEEN_BY["activities"]),
            caller.has(MODIFIES_OTHERS),
            caller.user_id,
            caller.employee_id,
            member.circles.get("tasks", NOBODY),
            member.circles.get("activities", NOBODY),
            (*member.limits.get("tasks", ()), *member.limits.get("activities", ())),
        )

    @classmethod
    def of_calendar(cls, caller: Caller) -> Viewer:
        """For calendars, whose visibility is a right of its own (features K32)."""
        member = _member(caller)
        sees_all, circle = caller.has(SEEN_BY["calendar"]), member.circles.get("calendar", NOBODY)
        return cls(
            sees_all, sees_all, caller.has(MODIFIES_OTHERS), caller.user_id, caller.employee_id, circle, circle,
            member.limits.get("calendar", ()),
        )  # fmt: skip

    @property
    def sees_all(self) -> bool:
        """Whether they see the agenda of everybody (what an administrator hides apart)."""
        return self.sees_all_tasks and self.sees_all_activities

    def owns(self, created_by: UUID | None, assignee_ids: Collection[UUID]) -> bool:
        """Whether they are author or executor of it."""
        made = self.user_id is not None and created_by == self.user_id
        return made or (self.employee_id is not None and self.employee_id in assignee_ids)

    def sees(self, kind: str, created_by: UUID | None, assignee_ids: Collection[UUID]) -> bool:
        """Whether it is theirs to see, as far as it matters whose it is; limits are asked of the database."""
        sees_kind = self.sees_all_tasks if kind == "task" else self.sees_all_activities
        circle = self.tasks_of if kind == "task" else self.activities_of
        return sees_kind or self.owns(created_by, assignee_ids) or circle.holds(created_by, assignee_ids)

    def sees_agenda_of(self, employee_id: UUID) -> bool:
        """Whether everything this employee carries out is theirs to see."""
        if self.sees_all or employee_id == self.employee_id:
            return True
        return employee_id in self.tasks_of.employee_ids and employee_id in self.activities_of.employee_ids

    def may_change(self, created_by: UUID | None, assignee_ids: Collection[UUID]) -> bool:
        return self.changes_all or self.owns(created_by, assignee_ids)


@dataclass(frozen=True, slots=True)
class DirectoryViewer:
    """Somebody who sees all firms and people, or those in their own care or in that of their circle (features K32)."""

    sees_all_accounts: bool = True
    sees_all_contacts: bool = True
    account_owners: frozenset[UUID] = frozenset()
    contact_owners: frozenset[UUID] = frozenset()
    account_limits: tuple[CardLimit, ...] = ()
    contact_limits: tuple[CardLimit, ...] = ()

    @classmethod
    def behind(cls, caller: Caller) -> DirectoryViewer:
        member = _member(caller)
        own = frozenset() if caller.employee_id is None else frozenset({caller.employee_id})
        return cls(
            caller.has(SEEN_BY["accounts"]),
            caller.has(SEEN_BY["contacts"]),
            own | member.circles.get("accounts", NOBODY).employee_ids,
            own | member.circles.get("contacts", NOBODY).employee_ids,
            member.card_limits.get("accounts", ()),
            member.card_limits.get("contacts", ()),
        )

    @property
    def sees_everything(self) -> bool:
        return self.sees_all_accounts and self.sees_all_contacts and not self.account_limits and not self.contact_limits

    def sees_account(self, account_id: UUID, owner_id: UUID | None, *, active: bool) -> bool:
        return (self.sees_all_accounts or owner_id in self.account_owners) and all(
            limit.lets_through(account_id, owner_id, active=active) for limit in self.account_limits
        )

    def sees_contact(self, account_id: UUID, owner_id: UUID | None, *, active: bool) -> bool:
        """`account_id` and `owner_id` are those of the firm, `active` is the contact's own."""
        return (self.sees_all_contacts or owner_id in self.contact_owners) and all(
            limit.lets_through(account_id, owner_id, active=active) for limit in self.contact_limits
        )


EVERYONE = DirectoryViewer()
"""Nothing is hidden: what the service itself looks up."""


def _member(caller: Caller) -> Member:
    """Services are no members of the house; a person's place in it was looked up at the door, or this is a mistake of ours."""
    if isinstance(caller, Member):
        return caller
    if caller.user_id is not None:
        raise TypeError("The place of this caller in the organisation was not looked up.")
    return Member(caller.subject, caller.scopes)
