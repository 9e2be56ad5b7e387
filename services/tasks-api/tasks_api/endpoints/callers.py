"""Who calls, as the use cases about tasks want to know it."""

from typing import Annotated

from fastapi import Depends

from kit.tokens import Caller, requires
from tasks_api.task_editing import Editor
from tasks_api.viewer import Viewer

Reader = Annotated[Caller, Depends(requires("tasks:read"))]
Writer = Annotated[Caller, Depends(requires("tasks:write"))]


def editor_of(caller: Caller) -> Editor:
    return Editor(caller.subject, Viewer.behind(caller), caller.user_id, caller.employee_id)
