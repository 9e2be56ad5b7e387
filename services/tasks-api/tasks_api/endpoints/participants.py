"""Who carries a task out and whether they are free then; and what happened to all tasks, for administrators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from kit.paging import Page, PageWanted, page_of
from kit.schemas import Moment
from kit.tokens import ADMIN, Caller, requires
from tasks_api.endpoints.callers import Reader
from tasks_api.participants import participants_of
from tasks_api.parts import The
from tasks_api.repository import history, tasks
from tasks_api.schemas.participants import AuditShape, ParticipantsShape, ParticipantWithTimeShape
from tasks_api.viewer import Viewer

router = APIRouter(tags=["tasks"])
Administrator = Annotated[Caller, Depends(requires(ADMIN))]


@router.get("/v1/tasks/{task_id}/participants", response_model=ParticipantsShape)
async def show_participants(the: The, caller: Reader, task_id: UUID) -> ParticipantsShape:
    """Those who carry the task out, and whether each is free at its time (features R45, R46). It informs, it does not block."""
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
        found = await participants_of(session, the.desk, task, Viewer.of_calendar(caller), dialect=the.database.dialect)
    return ParticipantsShape(items=[ParticipantWithTimeShape.of(one) for one in found])


@router.get("/v1/task-history", response_model=Page[AuditShape])
async def show_all_history(
    the: The,
    _: Administrator,
    paging: PageWanted,
    task_id: UUID | None = None,
    by: Annotated[str | None, Query(max_length=100, description="`user:…`, `mail:…`, `automation:…`")] = None,
    since: Annotated[Moment | None, Query(alias="from", description="Happened then or later.")] = None,
) -> Page[AuditShape]:
    """What was made, changed and deleted, newest first, deleted tasks included; for administrators (features R62)."""
    async with the.database.reading() as session:
        entries = await history.list_everything(session, paging, task_id=task_id, by=by, since=since)
    return page_of(entries, paging, key=lambda entry: (entry.id,), shape=AuditShape.of)
