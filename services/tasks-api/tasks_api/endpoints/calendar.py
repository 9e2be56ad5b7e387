"""The calendar: seen day by day, and taken in whole."""

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query, Request

from kit.body_limits import body_limit
from kit.paging import Page, cursor_of, key_of
from kit.schemas import Moment
from tasks_api.calendar_importing import import_calendar, read_in_worker
from tasks_api.calendar_viewing import View, calendar_between, stretch
from tasks_api.endpoints.callers import Reader, Writer, editor_of
from tasks_api.errors.invitations import CalendarTooLarge
from tasks_api.parts import The
from tasks_api.repository.tasks import TaskFilter
from tasks_api.schemas.calendar import EntryShape, ImportedShape, ImportShape
from tasks_api.schemas.tasks import Kind, Status
from tasks_api.viewer import Viewer

router = APIRouter(tags=["calendar"])
PAGE = 200


@router.get("/v1/calendar", response_model=Page[EntryShape])
async def show_calendar(
    the: The,
    caller: Reader,
    starts_from: Annotated[Moment | None, Query(alias="from", description="Begins then or later.")] = None,
    starts_to: Annotated[Moment | None, Query(alias="to", description="Begins before; outranks the view.")] = None,
    view: Annotated[View, Query(description="How much is shown when `to` is left out.")] = "workweek",
    uid: Annotated[str | None, Query(max_length=1000)] = None,
    assignee_id: UUID | None = None,
    account_id: UUID | None = None,
    kind: Kind | None = None,
    type_id: UUID | None = None,
    status: Annotated[list[Status] | None, Query(description="One or several.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
    cursor: Annotated[str | None, Query(max_length=2048)] = None,
) -> Page[EntryShape]:
    """What begins in [from, to): tasks, meetings and the dates of series; cancelled ones and interactions are left out."""
    settings = the.settings
    window = stretch(
        view,
        starts_from,
        starts_to,
        timezone=settings.default_timezone,
        now=the.clock.now(),
        most_days=settings.calendar_days,
    )
    wanted = TaskFilter(
        uid=uid,
        assignee_id=assignee_id,
        account_id=account_id,
        kind=kind,
        type_id=type_id,
        statuses=tuple(status or ()),
    )
    after = None
    if cursor is not None:
        starts_at, task_id, recurrence_id = key_of(cursor, (datetime, UUID, str))
        after = (cast("datetime", starts_at), str(task_id), str(recurrence_id))
    async with the.database.reading() as session:
        entries = await calendar_between(
            session,
            the.desk,
            window,
            wanted,
            Viewer.behind(caller),
            dialect=the.database.dialect,
            after=after,
            limit=limit + 1,
        )
    following = cursor_of(entries[limit - 1].position) if len(entries) > limit else None
    return Page[EntryShape](items=[EntryShape.of(entry) for entry in entries[:limit]], next=following)


@router.post("/v1/calendar", response_model=ImportShape, status_code=201, openapi_extra={
    "requestBody": {"required": True, "content": {"text/calendar": {"schema": {"type": "string"}}}}
})  # fmt: skip
@body_limit(None)
async def take_in_calendar(the: The, caller: Writer, request: Request) -> ImportShape:
    """Import VEVENTs and VTODOs as tasks of our own; the tasks are there when this answers. Sent again, it updates them."""
    settings = the.settings
    calendar = await _body(request, settings.calendar_import_bytes)
    read = await read_in_worker(
        the.workers, calendar, timezone=settings.default_timezone, most_bytes=settings.calendar_import_bytes
    )
    async with the.deciding() as session:
        imported = await import_calendar(
            session, the.desk, read.components, editor=editor_of(caller), now=the.clock.now()
        )
    return ImportShape(items=[ImportedShape.of(one) for one in imported], problems=read.problems)


async def _body(request: Request, most: int) -> bytes:
    """The body, never more of it in memory than is allowed."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise CalendarTooLarge(most)
        pieces.append(piece)
    return b"".join(pieces)
