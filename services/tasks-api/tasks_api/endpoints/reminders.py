"""The reminders of one task: the tab that is there while the reminder automation is on (features R2)."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from contracts.tasks import AudiencePlan
from kit.etags import check_if_match, etag_of, show_version
from kit.tokens import Caller
from tasks_api.endpoints.callers import Reader, Writer
from tasks_api.parts import TasksParts, The
from tasks_api.reminder_planning import Audience, client_phone_options, get_automation, plan_reminders
from tasks_api.repository import tasks
from tasks_api.schemas.reminders import ClientBody, OperatorBody, PhoneOptionShape, PhoneOptionsShape
from tasks_api.schemas.tasks import AudienceShape, RemindersShape
from tasks_api.viewer import Viewer

router = APIRouter(tags=["reminders of a task"])


@router.get("/v1/tasks/{task_id}/reminders", response_model=RemindersShape)
async def show_reminders(
    the: The, caller: Reader, task_id: UUID, request: Request, response: Response
) -> RemindersShape:
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
        await get_automation(session)
    show_version(request, response, task.version)
    return RemindersShape.model_validate(task.reminders)


@router.put("/v1/tasks/{task_id}/reminders/client", response_model=AudienceShape)
async def plan_client_reminders(
    the: The, caller: Writer, task_id: UUID, body: ClientBody, request: Request, response: Response
) -> AudienceShape:
    """Whether and how the client is reminded of this task (features R4-R17)."""
    return await _plan(the, caller, task_id, "client", body.plan(), request, response)


@router.put("/v1/tasks/{task_id}/reminders/operator", response_model=AudienceShape)
async def plan_operator_reminders(
    the: The, caller: Writer, task_id: UUID, body: OperatorBody, request: Request, response: Response
) -> AudienceShape:
    """Whether and how those who carry the task out are reminded (features R4-R22)."""
    return await _plan(the, caller, task_id, "operator", body.plan(), request, response)


@router.get("/v1/tasks/{task_id}/reminders/client/phone-options", response_model=PhoneOptionsShape)
async def show_phone_options(the: The, caller: Reader, task_id: UUID) -> PhoneOptionsShape:
    """The numbers to choose from, the suggested one marked (features R12, R13)."""
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
        options = await client_phone_options(session, task)
    return PhoneOptionsShape(items=[PhoneOptionShape.of(option) for option in options])


async def _plan(
    the: TasksParts,
    caller: Caller,
    task_id: UUID,
    audience: Audience,
    plan: AudiencePlan,
    request: Request,
    response: Response,
) -> AudienceShape:
    async with the.database.transaction() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller), to_change=True)
        check_if_match(request, etag_of(task.version))
        task = await plan_reminders(session, the.desk, task, audience, plan, by=caller.subject, now=the.clock.now())
    response.headers["etag"] = etag_of(task.version)
    return AudienceShape.model_validate(getattr(task.reminders, audience))
