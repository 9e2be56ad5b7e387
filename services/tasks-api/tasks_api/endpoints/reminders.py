"""The reminders of one task: the tab that is there while the reminder automation is on (features R2)."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Request, Response

from contracts.tasks import AudiencePlan, ChannelPlan
from kit.database import AsyncSession
from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of
from kit.tokens import Caller
from tasks_api.client_reach import client_email_options, client_phone_options
from tasks_api.endpoints.callers import Reader, Writer
from tasks_api.errors.tasks import NoEmployeeOfOwn
from tasks_api.parts import TasksParts, The
from tasks_api.reminder_planning import Audience, get_automation, plan_own_reminders, plan_reminders
from tasks_api.repository import tasks
from tasks_api.repository.reminder_copies import default_templates, templates_by_id
from tasks_api.schemas.reminders import (
    ClientBody,
    EmailOptionShape,
    EmailOptionsShape,
    OperatorBody,
    OwnRemindersBody,
    OwnRemindersShape,
    PhoneOptionShape,
    PhoneOptionsShape,
    PlannedAudienceShape,
    PlannedRemindersShape,
    TimelineEntryShape,
)
from tasks_api.task_timeline import timeline_of
from tasks_api.viewer import Viewer

router = APIRouter(tags=["reminders of a task"])


@router.get("/v1/tasks/{task_id}/reminders", response_model=PlannedRemindersShape)
async def show_reminders(
    the: The, caller: Reader, task_id: UUID, request: Request, response: Response
) -> PlannedRemindersShape:
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
        await get_automation(session)
        client = await _shown(session, the, "client", task.reminders.client)
        operator = await _shown(session, the, "operator", task.reminders.operator)
    show_version(request, response, task.version)
    return PlannedRemindersShape(client=client, operator=operator, remind_at=task.reminders.remind_at)


@router.put("/v1/tasks/{task_id}/reminders/client", response_model=PlannedAudienceShape)
async def plan_client_reminders(
    the: The, caller: Writer, task_id: UUID, body: ClientBody, request: Request, response: Response
) -> PlannedAudienceShape:
    """Whether and how the client is reminded of this task (features R4-R17)."""
    return await _plan(the, caller, task_id, "client", body.enabled, body.plans(), request, response)


@router.put("/v1/tasks/{task_id}/reminders/operator", response_model=PlannedAudienceShape)
async def plan_operator_reminders(
    the: The, caller: Writer, task_id: UUID, body: OperatorBody, request: Request, response: Response
) -> PlannedAudienceShape:
    """Whether and how those who carry the task out are reminded (features R4-R22)."""
    return await _plan(the, caller, task_id, "operator", body.enabled, body.plans(), request, response)


@router.get("/v1/tasks/{task_id}/reminders/mine", response_model=OwnRemindersShape)
async def show_own_reminders(the: The, caller: Reader, task_id: UUID) -> OwnRemindersShape:
    """What the caller wants to be reminded of for themselves (features W26)."""
    employee_id = _own_employee(caller)
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
    return OwnRemindersShape.of(task.reminders.personal, employee_id)


@router.put("/v1/tasks/{task_id}/reminders/mine", response_model=OwnRemindersShape)
async def plan_own(
    the: The, caller: Writer, task_id: UUID, body: OwnRemindersBody, request: Request, response: Response
) -> OwnRemindersShape:
    """Be reminded of a task one sees, as often as one likes; nobody else is (features W26)."""
    employee_id = _own_employee(caller)
    viewer = replace(Viewer.behind(caller), changes_all=True)  # of what they see; only their own reminders change
    async with the.database.transaction() as session:
        task = await tasks.get_task(session, task_id, viewer, to_change=True)
        check_if_match(request, etag_of(task.version))
        task = await plan_own_reminders(
            session,
            the.desk,
            task,
            body.of(employee_id),
            employee_id=employee_id,
            by=caller.subject,
            now=the.clock.now(),
        )
    response.headers["etag"] = etag_of(task.version)
    return OwnRemindersShape.of(task.reminders.personal, employee_id)


@router.get("/v1/tasks/{task_id}/reminders/client/phone-options", response_model=PhoneOptionsShape)
async def show_phone_options(the: The, caller: Reader, task_id: UUID) -> PhoneOptionsShape:
    """The numbers to choose from, the suggested one marked (features R12, R13)."""
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
        options = await client_phone_options(session, task)
    return PhoneOptionsShape(items=[PhoneOptionShape.model_validate(option) for option in options])


@router.get("/v1/tasks/{task_id}/reminders/client/email-options", response_model=EmailOptionsShape)
async def show_email_options(the: The, caller: Reader, task_id: UUID) -> EmailOptionsShape:
    """The addresses to choose from, the one used when none is chosen marked (features R17)."""
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
        options = await client_email_options(session, task)
    return EmailOptionsShape(items=[EmailOptionShape.model_validate(option) for option in options])


@router.get("/v1/tasks/{task_id}/timeline", response_model=Page[TimelineEntryShape])
async def show_timeline(the: The, caller: Reader, task_id: UUID, paging: PageWanted) -> Page[TimelineEntryShape]:
    """What was done to the task and what its reminders became, newest first."""
    async with the.database.reading() as session:
        await tasks.get_task(session, task_id, Viewer.behind(caller))
        entries = await timeline_of(session, task_id, paging)
    return page_of(entries, paging, key=lambda entry: (entry.at, entry.id), shape=TimelineEntryShape.model_validate)


async def _plan(
    the: TasksParts,
    caller: Caller,
    task_id: UUID,
    audience: Audience,
    enabled: bool,
    channels: Sequence[ChannelPlan] | None,
    request: Request,
    response: Response,
) -> PlannedAudienceShape:
    async with the.database.transaction() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller), to_change=True)
        check_if_match(request, etag_of(task.version))
        task = await plan_reminders(
            session,
            the.desk,
            task,
            audience,
            enabled=enabled,
            channels=channels,
            by=caller.subject,
            now=the.clock.now(),
        )
        shape = await _shown(session, the, audience, getattr(task.reminders, audience))
    response.headers["etag"] = etag_of(task.version)
    return shape


async def _shown(
    session: AsyncSession, the: TasksParts, audience: Audience, plan: AudiencePlan
) -> PlannedAudienceShape:
    """A plan with the copies its templates send along (features R18, R19)."""
    chosen = await templates_by_id(session, {one.template_id for one in plan.channels if one.template_id})
    usual = await default_templates(session, the.settings.locale[:2])
    channels = []
    for one in plan.channels:
        template = chosen.get(one.template_id) if one.template_id else None
        template = template or usual.get((one.channel, audience)) or usual.get((one.channel, "*"))
        channels.append({**one.model_dump(), "bcc": template.bcc if template else []})
    return PlannedAudienceShape.model_validate({"enabled": plan.enabled, "channels": channels})


def _own_employee(caller: Caller) -> UUID:
    if caller.employee_id is None:
        raise NoEmployeeOfOwn
    return caller.employee_id
