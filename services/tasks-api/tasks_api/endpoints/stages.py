"""The stages of a task that is spread over time."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from kit.etags import show_version
from tasks_api import stage_keeping
from tasks_api.endpoints.callers import Reader, Writer
from tasks_api.endpoints.single_task import shape_of, task_to_change, with_etag
from tasks_api.parts import The
from tasks_api.repository import tasks
from tasks_api.schemas.particulars import StagePercentBody, StagesBody, StageShape, StagesShape
from tasks_api.schemas.tasks import TaskShape
from tasks_api.viewer import Viewer

router = APIRouter(tags=["stages, clock and files of a task"])


@router.get("/v1/tasks/{task_id}/stages", response_model=StagesShape)
async def show_stages(the: The, caller: Reader, task_id: UUID, request: Request, response: Response) -> StagesShape:
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
    show_version(request, response, task.version)
    return StagesShape(stages=[StageShape.of(stage) for stage in task.particulars.stages])


@router.put("/v1/tasks/{task_id}/stages", response_model=TaskShape)
async def plan_stages(
    the: The, caller: Writer, task_id: UUID, body: StagesBody, request: Request, response: Response
) -> TaskShape:
    """All stages in their order; the task widens to cover them, its per cent comes from them (features W19, W28)."""
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        task = await stage_keeping.plan_stages(
            session, the.desk, task, [dict(one) for one in body.stages], by=caller.subject, now=the.clock.now()
        )
        shape = await shape_of(session, task)
    return with_etag(response, shape)


@router.patch("/v1/tasks/{task_id}/stages/{stage_id}", response_model=TaskShape)
async def move_stage(
    the: The,
    caller: Writer,
    task_id: UUID,
    stage_id: UUID,
    body: StagePercentBody,
    request: Request,
    response: Response,
) -> TaskShape:
    """How far one stage is."""
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        task = await stage_keeping.move_stage(
            session, the.desk, task, stage_id, body.percent_complete, by=caller.subject, now=the.clock.now()
        )
        shape = await shape_of(session, task)
    return with_etag(response, shape)
