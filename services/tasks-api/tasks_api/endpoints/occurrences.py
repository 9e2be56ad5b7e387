"""Single dates of a series (DESIGN 2.8)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from kit.database import AsyncSession
from kit.etags import check_if_match, etag_of
from kit.schemas import Body, Line
from kit.tokens import Caller
from tasks_api import task_editing
from tasks_api.endpoints.callers import Writer, editor_of
from tasks_api.occurrence_taking import take_date
from tasks_api.parts import TasksParts, The
from tasks_api.repository import heard, tasks
from tasks_api.schemas.tasks import TaskShape
from tasks_api.task import Task
from tasks_api.viewer import Viewer

router = APIRouter(tags=["tasks"])

Key = Annotated[Line, Field(min_length=10, max_length=40, description="As calendars show it: 2026-11-30T09:00:00Z.")]


class OccurrenceBody(Body):
    recurrence_id: Key


@router.post("/v1/tasks/{task_id}/occurrences", response_model=TaskShape, status_code=201)
async def take_occurrence(
    the: The, caller: Writer, task_id: UUID, body: OccurrenceBody, request: Request, response: Response
) -> TaskShape:
    """Give one date of a series a task of its own: it can be changed, assigned and reminded of apart from the others.

    200 when it has one already.
    """
    async with the.database.transaction() as session:
        task, is_new = await _date(the, session, caller, task_id, body.recurrence_id, request)
        shape = await _shape(session, task)
    response.status_code = 201 if is_new else 200
    response.headers["location"] = f"/v1/tasks/{shape.id}"
    return _with_etag(response, shape)


@router.post("/v1/tasks/{task_id}/occurrences/{recurrence_id}/complete", response_model=TaskShape)
async def complete_occurrence(
    the: The,
    caller: Writer,
    task_id: UUID,
    recurrence_id: Annotated[str, Path(max_length=40)],
    request: Request,
    response: Response,
) -> TaskShape:
    """One date is done; the series goes on."""
    return await _moved(the, caller, task_id, recurrence_id, request, response, task_editing.complete_task)


@router.post("/v1/tasks/{task_id}/occurrences/{recurrence_id}/cancel", response_model=TaskShape)
async def cancel_occurrence(
    the: The,
    caller: Writer,
    task_id: UUID,
    recurrence_id: Annotated[str, Path(max_length=40)],
    request: Request,
    response: Response,
) -> TaskShape:
    """One date will not take place; the series goes on (features E26)."""
    return await _moved(the, caller, task_id, recurrence_id, request, response, task_editing.cancel_task)


async def _moved(
    the: TasksParts,
    caller: Caller,
    task_id: UUID,
    recurrence_id: str,
    request: Request,
    response: Response,
    move: task_editing.Move,
) -> TaskShape:
    async with the.database.transaction() as session:
        task, _ = await _date(the, session, caller, task_id, recurrence_id, request)
        task = await move(session, the.desk, task, editor=editor_of(caller), now=the.clock.now())
        shape = await _shape(session, task)
    return _with_etag(response, shape)


async def _date(
    the: TasksParts, session: AsyncSession, caller: Caller, task_id: UUID, recurrence_id: str, request: Request
) -> tuple[Task, bool]:
    series = await tasks.get_task(session, task_id, Viewer.behind(caller), to_change=True)
    check_if_match(request, etag_of(series.version))
    return await take_date(session, the.desk, series, recurrence_id, editor=editor_of(caller), now=the.clock.now())


async def _shape(session: AsyncSession, task: Task) -> TaskShape:
    return TaskShape.of(task, with_reminders=await heard.reminders_are_on(session))


def _with_etag(response: Response, shape: TaskShape) -> TaskShape:
    response.headers["etag"] = etag_of(shape.version)
    return shape
