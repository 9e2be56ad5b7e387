"""Who calls, as the use cases about tasks want to know it."""

from typing import Annotated

from fastapi import Depends

from kit.tokens import Caller, requires
from tasks_api.scopes import SEES_ALL_TASKS
from tasks_api.task_editing import Editor
from tasks_api.viewer import Viewer

Reader = Annotated[Caller, Depends(requires("tasks:read"))]
Writer = Annotated[Caller, Depends(requires("tasks:write"))]
SeesAll = Annotated[Caller, Depends(requires("tasks:read", SEES_ALL_TASKS))]
DecidesAll = Annotated[Caller, Depends(requires("tasks:write", SEES_ALL_TASKS))]
"""Invitations show mails of everybody: they are for those who see all tasks (features R53)."""


def editor_of(caller: Caller) -> Editor:
    return Editor(caller.subject, Viewer.behind(caller), caller.user_id, caller.employee_id)
