"""Who calls and what they may do here: the one place where rights to tasks, calendar and directory are looked at.

What of each list somebody sees, and what of it they may change, is decided by `tasks_api.viewer`; the queries apply it. Whose
work they see beside their own, and what administrators hide from them, is looked up here (`members.py`).
"""

from typing import Annotated

from fastapi import Depends, Request

from kit.tokens import Caller, MissingScope, authorized, requires
from tasks_api.endpoints.members import member_of
from tasks_api.errors.people import CrmInactive
from tasks_api.scopes import ADMIN, MODIFIES_OTHERS, REOPENS, SEEN_BY
from tasks_api.task_editing import Editor
from tasks_api.viewer import Member, Viewer


class in_crm(requires):  # noqa: N801 - reads as a word at its place of use: Depends(in_crm("tasks:read"))
    """Dependency: the caller, who must have every one of `scopes`; 403 `crm_inactive` for a person who is no employee."""

    async def __call__(self, request: Request) -> Caller:
        caller = await authorized(request, *self.scopes)
        refuse_without_employee(caller)
        if caller.user_id is None or caller.has(ADMIN):
            return Member(caller.subject, caller.scopes, caller.user_id, caller.employee_id, caller.name)
        member = await member_of(request.app.state.parts, caller)
        if member.has_limits and not _SHOWS_EVERYTHING.isdisjoint(self.scopes):
            raise MissingScope(self.scopes)  # somebody from whom something is hidden does not see everything
        return member


def refuse_without_employee(caller: Caller) -> None:
    """features K35: a login without an employee can do nothing here; services and administrators are no employees."""
    if caller.user_id is not None and caller.employee_id is None and not caller.has(ADMIN):
        raise CrmInactive


_SHOWS_EVERYTHING = frozenset(SEEN_BY.values())

Reader = Annotated[Caller, Depends(in_crm("tasks:read"))]
Writer = Annotated[Caller, Depends(in_crm("tasks:write"))]
Reopener = Annotated[Caller, Depends(in_crm("tasks:write", REOPENS))]
DirectoryReader = Annotated[Caller, Depends(in_crm("directory:read"))]
DirectoryWriter = Annotated[Caller, Depends(in_crm("directory:write"))]
SeesAll = Annotated[Caller, Depends(in_crm("tasks:read", SEEN_BY["tasks"], SEEN_BY["activities"]))]
"""What would show mails or threads of everybody is for those who see all of the agenda (features R53)."""
DecidesAll = Annotated[Caller, Depends(in_crm("tasks:write", SEEN_BY["tasks"], SEEN_BY["activities"], MODIFIES_OTHERS))]
"""Deciding about invitations changes everybody's tasks (features K34)."""


def editor_of(caller: Caller) -> Editor:
    return Editor(caller.subject, Viewer.behind(caller), caller.user_id, caller.employee_id)
