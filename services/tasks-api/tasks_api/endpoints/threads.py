"""Tasks that hang on one another, and the doors to tasks from elsewhere (features R43, R44, K2, K17)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from kit.paging import Page, PageWanted, page_of
from tasks_api import task_editing
from tasks_api.endpoints.callers import SeesAll, Writer, editor_of
from tasks_api.endpoints.single_task import shape_of, with_etag
from tasks_api.parts import The
from tasks_api.repository import directory, tasks, threads
from tasks_api.schemas.tasks import TaskBody, TaskShape
from tasks_api.schemas.threads import BranchShape, ThreadShape, TreeShape
from tasks_api.threads import MOST_IN_THREAD, root_of, trees
from tasks_api.viewer import DirectoryViewer, Viewer

router = APIRouter(tags=["tasks"])


@router.get("/v1/task-threads", response_model=Page[ThreadShape])
async def list_threads(
    the: The,
    _: SeesAll,
    paging: PageWanted,
    account_id: Annotated[UUID | None, Query(description="Only threads of this account.")] = None,
) -> Page[ThreadShape]:
    """The list by thread: what others hang on, newest first. For those who see all of the agenda (features R43, R53)."""
    async with the.database.reading() as session:
        roots = await threads.list_roots(session, paging, account_id=account_id)
        sizes = await threads.sizes_of_threads(session, [root.id for root in roots])
    return page_of(
        roots, paging, key=lambda task: (task.id,), shape=lambda task: ThreadShape.of(task, sizes.get(task.id, 1))
    )


@router.get("/v1/tasks/{task_id}/thread", response_model=TreeShape)
async def show_thread(the: The, caller: SeesAll, task_id: UUID) -> TreeShape:
    """The whole tree a task belongs to (features R44)."""
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
        found = await threads.tasks_of_thread(session, root_of(task), limit=MOST_IN_THREAD)
    return TreeShape(items=[BranchShape.of(branch) for branch in trees(found)])


@router.post("/v1/accounts/{account_id}/tasks", response_model=TaskShape, status_code=201)
async def add_task_of_account(
    the: The, caller: Writer, account_id: UUID, body: TaskBody, response: Response
) -> TaskShape:
    """A task made from the card of an account: the account is filled in (features K2, K17)."""
    fields = {**body.fields(), "account_id": account_id}
    async with the.database.transaction() as session:
        await directory.get_account(session, account_id, DirectoryViewer.behind(caller))
        task = await task_editing.create_task(session, the.desk, fields, editor=editor_of(caller), now=the.clock.now())
        shape = await shape_of(session, task)
    response.headers["location"] = f"/v1/tasks/{task.id}"
    return with_etag(response, shape)
