"""Tasks, meetings and interactions, and what happened to them."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request, Response

from kit.etags import show_version
from kit.paging import Page, PageWanted, page_of
from kit.tokens import Caller
from tasks_api import task_editing
from tasks_api.endpoints.callers import Reader, Reopener, Writer, editor_of
from tasks_api.endpoints.single_task import shape_of, task_to_change, with_etag
from tasks_api.parts import TasksParts, The
from tasks_api.repository import history, tasks
from tasks_api.schemas.particulars import CompletionBody
from tasks_api.schemas.tasks import HistoryShape, ParticipantBody, TaskBody, TaskChange, TaskShape
from tasks_api.viewer import Viewer

router = APIRouter(tags=["tasks"])


@router.post("/v1/tasks", response_model=TaskShape, status_code=201)
async def add_task(the: The, caller: Writer, body: TaskBody, response: Response) -> TaskShape:
    async with the.database.transaction() as session:
        task = await task_editing.create_task(
            session, the.desk, body.fields(), editor=editor_of(caller), now=the.clock.now()
        )
        shape = await shape_of(session, task)
    response.headers["location"] = f"/v1/tasks/{task.id}"
    return with_etag(response, shape)


@router.get("/v1/tasks/{task_id}", response_model=TaskShape)
async def show_task(the: The, caller: Reader, task_id: UUID, request: Request, response: Response) -> TaskShape:
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
        shape = await shape_of(session, task)
    show_version(request, response, task.version)
    return with_etag(response, shape)


@router.patch("/v1/tasks/{task_id}", response_model=TaskShape)
async def patch_task(
    the: The, caller: Writer, task_id: UUID, body: TaskChange, request: Request, response: Response
) -> TaskShape:
    """Change the named fields. Moving the start alone keeps the length. A completed or cancelled task is frozen (409)."""
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        task = await task_editing.change_task(
            session, the.desk, task, body.fields(), editor=editor_of(caller), now=the.clock.now()
        )
        shape = await shape_of(session, task)
    return with_etag(response, shape)


@router.delete("/v1/tasks/{task_id}", status_code=204)
async def remove_task(the: The, caller: Writer, task_id: UUID, request: Request) -> None:
    """Take a task out of the list for good. A meeting that will not happen is better cancelled: it stays in the list."""
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        await task_editing.delete_task(session, the.desk, task, editor=editor_of(caller), now=the.clock.now())


@router.post("/v1/tasks/{task_id}/complete", response_model=TaskShape)
async def complete_task(
    the: The,
    caller: Writer,
    task_id: UUID,
    request: Request,
    response: Response,
    body: CompletionBody | None = None,
) -> TaskShape:
    """Done: at 100 per cent and frozen (features K9, W27). The next one may be planned in the same save (K43)."""
    follow_up = body.follow_up.wanted() if body and body.follow_up else None
    complete = partial(task_editing.complete_task, follow_up=follow_up)
    return await _moved(the, caller, task_id, request, response, complete)


@router.post("/v1/tasks/{task_id}/reopen", response_model=TaskShape)
async def reopen_task(the: The, caller: Reopener, task_id: UUID, request: Request, response: Response) -> TaskShape:
    """Open again, in progress; needs the scope `tasks:reopen` (features R51). A child waits for its parent (R52)."""
    return await _moved(the, caller, task_id, request, response, task_editing.reopen_task)


@router.post("/v1/tasks/{task_id}/cancel", response_model=TaskShape)
async def cancel_task(the: The, caller: Writer, task_id: UUID, request: Request, response: Response) -> TaskShape:
    """It will not happen; the task stays in the list with the code `a` (features E18)."""
    return await _moved(the, caller, task_id, request, response, task_editing.cancel_task)


@router.post("/v1/tasks/{task_id}/assignees", response_model=TaskShape, status_code=201)
async def add_assignee(
    the: The, caller: Writer, task_id: UUID, body: ParticipantBody, request: Request, response: Response
) -> TaskShape:
    """A further employee carries the task out (features E14)."""
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        task = await task_editing.add_assignee(
            session, the.desk, task, dict(body), editor=editor_of(caller), now=the.clock.now()
        )
        shape = await shape_of(session, task)
    return with_etag(response, shape)


@router.delete("/v1/tasks/{task_id}/assignees/{employee_id}", response_model=TaskShape)
async def remove_assignee(
    the: The, caller: Writer, task_id: UUID, employee_id: UUID, request: Request, response: Response
) -> TaskShape:
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        task = await task_editing.remove_assignee(
            session, the.desk, task, employee_id, editor=editor_of(caller), now=the.clock.now()
        )
        shape = await shape_of(session, task)
    return with_etag(response, shape)


@router.get("/v1/tasks/{task_id}/history", response_model=Page[HistoryShape])
async def show_history(the: The, caller: Reader, task_id: UUID, paging: PageWanted) -> Page[HistoryShape]:
    """What happened to the task, newest first: who changed what, from what to what."""
    async with the.database.reading() as session:
        await tasks.get_task(session, task_id, Viewer.behind(caller))
        entries = await history.list_history(session, task_id, paging)
    return page_of(entries, paging, key=lambda entry: (entry.id,), shape=HistoryShape.of)


async def _moved(
    the: TasksParts, caller: Caller, task_id: UUID, request: Request, response: Response, move: task_editing.Move
) -> TaskShape:
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        task = await move(session, the.desk, task, editor=editor_of(caller), now=the.clock.now())
        shape = await shape_of(session, task)
    return with_etag(response, shape)
