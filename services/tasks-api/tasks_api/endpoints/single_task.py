"""One task as an endpoint reads it, guards it by its version and shows it."""

from uuid import UUID

from fastapi import Request, Response

from kit.database import AsyncSession
from kit.etags import check_if_match, etag_of
from kit.tokens import Caller
from tasks_api.repository import heard, tasks
from tasks_api.schemas.tasks import TaskShape
from tasks_api.task import Task
from tasks_api.viewer import Viewer


async def task_to_change(session: AsyncSession, caller: Caller, task_id: UUID, request: Request) -> Task:
    """The task, held until the transaction ends, if the caller may change it and has seen its newest version."""
    task = await tasks.get_task(session, task_id, Viewer.behind(caller), to_change=True)
    check_if_match(request, etag_of(task.version))
    return task


async def shape_of(session: AsyncSession, task: Task) -> TaskShape:
    return TaskShape.of(task, with_reminders=await heard.reminders_are_on(session))


def with_etag(response: Response, shape: TaskShape) -> TaskShape:
    """The shape, its version and its neighbours in the headers (features K11)."""
    response.headers["etag"] = etag_of(shape.version)
    links = [
        f'</v1/tasks/{task_id}>; rel="{relation}"'
        for relation, task_id in (("next", shape.next_id), ("prev", shape.previous_id), ("up", shape.parent_id))
        if task_id is not None
    ]
    if links:
        response.headers["link"] = ", ".join(links)
    return shape
