"""The calendar: seen day by day, who is free, and a calendar taken in whole."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response

from kit.body_limits import body_limit
from kit.paging import Page, cursor_of, key_of
from kit.schemas import Moment
from kit.tokens import Caller
from tasks_api.agenda_printing import Style, print_agenda
from tasks_api.availability import availability
from tasks_api.calendar_importing import import_calendar, read_in_worker
from tasks_api.calendar_viewing import View, calendar_between, stretch, with_people
from tasks_api.chart_printing import print_chart
from tasks_api.chart_viewing import gantt, timeline
from tasks_api.endpoints.callers import Reader, Writer, editor_of
from tasks_api.endpoints.filters import Wanted
from tasks_api.errors.invitations import CalendarTooLarge
from tasks_api.parts import TasksParts, The
from tasks_api.report_columns import Language
from tasks_api.repository.agenda import Extra, OnCalendar
from tasks_api.schemas.calendar import (
    AvailabilityShape,
    EntryShape,
    FreeShape,
    ImportedShape,
    ImportShape,
)
from tasks_api.schemas.charts import ChartShape, gantt_document, timeline_document
from tasks_api.task_filter import TaskFilter
from tasks_api.viewer import Viewer
from tasks_api.windows import Window

router = APIRouter(tags=["calendar"])
PAGE = 200
ViewWanted = Annotated[View, Query(description="How much is shown when `to` is left out.")]
Include = Annotated[
    list[Extra] | None, Query(description="What a calendar usually leaves out (features R54); one or several.")
]
Sources = Annotated[
    list[Annotated[str, Query(max_length=40)]] | None,
    Query(
        max_length=20,
        description="`task`, and names of calendar sources (`absence`, `document_stage`, …); everything when left out. A filter "
        "that asks for more than people shows tasks only.",
    ),
]


@router.get("/v1/calendar", response_model=Page[EntryShape] | ChartShape)
async def show_calendar(
    the: The,
    caller: Reader,
    wanted: Wanted,
    view: ViewWanted = "workweek",
    include: Include = None,
    sources: Sources = None,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
    cursor: Annotated[str | None, Query(max_length=2048)] = None,
) -> Response:
    """What begins in [from, to), which outranks the view: tasks, what else is ticked for the calendar, the dates of series.

    Cancelled ones and done dates of a series are left out (features R54). Absences and stages of documents are there too,
    read-only, also when they began before (features R57).

    `view=timeline` has a row for each employee with their entries in lanes, `view=gantt` bars with what they wait for (features
    R58): a chart is one page, of 2,000 entries at most.
    """
    window = window_of(the, view, wanted.starts_from, wanted.starts_to)
    after = None
    if cursor is not None:
        starts_at, task_id, recurrence_id = key_of(cursor, (datetime, UUID, str))
        after = (cast("datetime", starts_at), str(task_id), str(recurrence_id))
    calendar = calendar_of(the, caller, wanted, include, sources)
    async with the.database.reading() as session:
        if view == "timeline":
            return _json(timeline_document(await timeline(session, the.desk, window, calendar), window))
        if view == "gantt":
            return _json(gantt_document(await gantt(session, the.desk, window, calendar), window))
        entries = await calendar_between(session, the.desk, window, calendar, after=after, limit=limit + 1)
        shown = with_people(entries[:limit])
    following = cursor_of(entries[limit - 1].position) if len(entries) > limit else None
    items = b",".join([EntryShape.text_of(one) for one in shown])
    return Response(b'{"items":[%b],"next":%b}' % (items, orjson.dumps(following)), media_type="application/json")


def _json(answer: dict[str, Any]) -> Response:
    return Response(orjson.dumps(answer, default=str), media_type="application/json")


@router.get(
    "/v1/calendar/agenda",
    response_class=Response,
    responses={200: {"description": "The printout.", "content": {"application/pdf": {}}}},
)
async def print_calendar(
    the: The,
    caller: Reader,
    wanted: Wanted,
    view: ViewWanted = "workweek",
    include: Include = None,
    sources: Sources = None,
    language: Annotated[Language | None, Query()] = None,
) -> Response:
    """The agenda of a day, a week or any stretch, a timeline or a Gantt chart, as a PDF to print."""
    settings = the.settings
    window = window_of(the, view, wanted.starts_from, wanted.starts_to)
    calendar = calendar_of(the, caller, wanted, include, sources)
    style = Style(language or settings.language, settings.default_timezone, settings.print_font)
    if view in ("timeline", "gantt"):
        content = await print_chart(the.database, the.desk, window, calendar, view, style)
    else:
        content = await print_agenda(the.database, the.desk, window, calendar, style, most=settings.printed_tasks)
    return Response(content, media_type="application/pdf")


@router.get("/v1/availability", response_model=AvailabilityShape)
async def show_availability(
    the: The,
    caller: Reader,
    employee_id: Annotated[list[UUID], Query(min_length=1, max_length=20)],
    starts_from: Annotated[Moment, Query(alias="from")],
    starts_to: Annotated[Moment, Query(alias="to")],
    but: Annotated[UUID | None, Query(description="The task that is being planned: it does not count.")] = None,
) -> AvailabilityShape:
    """Who is free between two moments, and what stands in the way (features R46, K38). It informs, it does not block."""
    window = window_of(the, "range", starts_from, starts_to)
    async with the.database.reading() as session:
        found = await availability(
            session, the.desk, window, list(dict.fromkeys(employee_id)), Viewer.of_calendar(caller),
            dialect=the.database.dialect, but=but,
        )  # fmt: skip
    return AvailabilityShape(items=[FreeShape.of(one) for one in found])


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


def calendar_of(
    the: TasksParts, caller: Caller, wanted: TaskFilter, include: list[Extra] | None, sources: list[str] | None
) -> OnCalendar:
    """What this caller may see of a calendar, and wants to."""
    return OnCalendar(
        replace(wanted, starts_from=None, starts_to=None),
        Viewer.of_calendar(caller),
        the.database.dialect,
        frozenset(include or ()),
        frozenset(sources) if sources else None,
    )


def window_of(the: TasksParts, view: View, starts_from: datetime | None, starts_to: datetime | None) -> Window:
    settings = the.settings
    return stretch(
        view,
        starts_from,
        starts_to,
        timezone=settings.default_timezone,
        now=the.clock.now(),
        most_days=settings.calendar_days,
    )
