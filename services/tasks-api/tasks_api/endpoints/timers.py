"""How long somebody works on a task: its clock, and that of a form that is open (features K4, K5)."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from kit.etags import check_if_match, etag_of, show_version
from kit.tokens import Caller
from tasks_api import timing
from tasks_api.endpoints.callers import Writer
from tasks_api.endpoints.single_task import shape_of, task_to_change, with_etag
from tasks_api.parts import TasksParts, The
from tasks_api.repository import drafts
from tasks_api.schemas.particulars import DraftShape
from tasks_api.schemas.tasks import TaskShape

router = APIRouter(tags=["stages, clock and files of a task"])
Step = Callable[..., Awaitable[Any]]


@router.post("/v1/tasks/{task_id}/timer/start", response_model=TaskShape)
async def start_timer(the: The, caller: Writer, task_id: UUID, request: Request, response: Response) -> TaskShape:
    """Start the clock, or go on after a pause."""
    return await _on_task(the, caller, task_id, request, response, timing.start_timer)


@router.post("/v1/tasks/{task_id}/timer/pause", response_model=TaskShape)
async def pause_timer(the: The, caller: Writer, task_id: UUID, request: Request, response: Response) -> TaskShape:
    """Stop the clock; a pause does not count."""
    return await _on_task(the, caller, task_id, request, response, timing.pause_timer)


@router.post("/v1/task-drafts", response_model=DraftShape, status_code=201)
async def open_draft(the: The, caller: Writer, response: Response) -> DraftShape:
    """A form was opened: the clock runs until it is saved with `draft_id` (features K4)."""
    async with the.database.transaction() as session:
        shape = DraftShape.of(await timing.open_draft(session, subject=caller.subject, now=the.clock.now()))
    response.headers["location"] = f"/v1/task-drafts/{shape.id}"
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.get("/v1/task-drafts/{draft_id}", response_model=DraftShape)
async def show_draft(the: The, caller: Writer, draft_id: UUID, request: Request, response: Response) -> DraftShape:
    async with the.database.reading() as session:
        draft = await drafts.get_draft(session, draft_id, caller.subject)
    show_version(request, response, draft.version)
    return DraftShape.of(draft)


@router.post("/v1/task-drafts/{draft_id}/start", response_model=DraftShape)
async def start_draft(the: The, caller: Writer, draft_id: UUID, request: Request, response: Response) -> DraftShape:
    return await _on_draft(the, caller, draft_id, request, response, timing.start_draft)


@router.post("/v1/task-drafts/{draft_id}/pause", response_model=DraftShape)
async def pause_draft(the: The, caller: Writer, draft_id: UUID, request: Request, response: Response) -> DraftShape:
    return await _on_draft(the, caller, draft_id, request, response, timing.pause_draft)


@router.delete("/v1/task-drafts/{draft_id}", status_code=204)
async def drop_draft(the: The, caller: Writer, draft_id: UUID, request: Request) -> None:
    """The form was closed without being saved."""
    async with the.database.transaction() as session:
        draft = await drafts.get_draft(session, draft_id, caller.subject, to_change=True)
        check_if_match(request, etag_of(draft.version))
        await session.delete(draft)


async def _on_task(
    the: TasksParts, caller: Caller, task_id: UUID, request: Request, response: Response, step: Step
) -> TaskShape:
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        task = await step(session, the.desk, task, by=caller.subject, now=the.clock.now())
        shape = await shape_of(session, task)
    return with_etag(response, shape)


async def _on_draft(
    the: TasksParts, caller: Caller, draft_id: UUID, request: Request, response: Response, step: Step
) -> DraftShape:
    async with the.database.transaction() as session:
        draft = await drafts.get_draft(session, draft_id, caller.subject, to_change=True)
        check_if_match(request, etag_of(draft.version))
        shape = DraftShape.of(await step(session, draft, now=the.clock.now()))
    response.headers["etag"] = etag_of(shape.version)
    return shape
