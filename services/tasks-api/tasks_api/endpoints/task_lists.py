"""Lists of tasks: page by page, counted by group, and as a file of exactly what is filtered."""

from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from kit.paging import Page, PageWanted, cursor_of
from tasks_api.endpoints.callers import Reader
from tasks_api.endpoints.filters import Wanted
from tasks_api.parts import The
from tasks_api.report_columns import Language
from tasks_api.reporting import Format, report, value_names
from tasks_api.repository import heard
from tasks_api.repository.task_lists import Grouping, Order, count_by, list_keys
from tasks_api.repository.tasks import tasks_with_ids
from tasks_api.schemas.filters import GroupShape, GroupsShape
from tasks_api.schemas.task_texts import task_text
from tasks_api.schemas.tasks import TaskShape
from tasks_api.viewer import Viewer

router = APIRouter(tags=["lists"])

OrderWanted = Annotated[Order, Query(description="`-` turns the order around.")]
LanguageWanted = Annotated[Language | None, Query(description="Of the headings; default: the installation's.")]


@router.get("/v1/tasks", response_model=Page[TaskShape])
async def show_tasks(
    the: The, caller: Reader, paging: PageWanted, wanted: Wanted, order: OrderWanted = "created"
) -> Response:
    """Tasks the caller may see. A series is one task; its dates are in the calendar."""
    texts = the.task_texts
    async with the.database.reading() as session:
        keys = await list_keys(
            session, paging, wanted, Viewer.behind(caller), order=order, dialect=the.database.dialect
        )
        with_reminders = await heard.reminders_are_on(session)
        versions = [(key.id, key.version) for key in keys[: paging.limit]]
        shown = texts.known(versions, variant=with_reminders)
        for task in await tasks_with_ids(session, [task_id for task_id, _ in versions if task_id not in shown]):
            text = task_text(task, with_reminders=with_reminders)
            texts.remember(task.id, task.version, text, variant=with_reminders)
            shown[task.id] = text
    following = None
    if len(keys) > paging.limit:
        last = keys[paging.limit - 1]
        following = cursor_of((last.agenda_at, last.id) if order.endswith("starts_at") else (last.id,))
    items = b",".join(shown[task_id] for task_id, _ in versions if task_id in shown)
    return Response(b'{"items":[%s],"next":%s}' % (items, orjson.dumps(following)), media_type="application/json")


@router.get("/v1/tasks/groups", response_model=GroupsShape)
async def show_groups(the: The, caller: Reader, wanted: Wanted, by: Grouping = "type") -> GroupsShape:
    """How many of the filtered tasks there are of each type, status, … and how many of them are open (features W15)."""
    async with the.database.reading() as session:
        counted = await count_by(session, by, wanted, Viewer.behind(caller), dialect=the.database.dialect)
        names = await value_names(session, by, [key for key, _, _ in counted])
    items = [GroupShape(key=key, name=names.get(key), count=count, open=opened) for key, count, opened in counted]
    return GroupsShape(by=by, items=items)


@router.get(
    "/v1/tasks/report",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {
                "text/csv": {},
                "text/calendar": {},
                "application/pdf": {},
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {},
            },
        }
    },
)
async def show_report(
    the: The,
    caller: Reader,
    wanted: Wanted,
    format: Annotated[Format, Query()] = "csv",  # noqa: A002 - the name of the parameter
    order: OrderWanted = "starts_at",
    group_by: Annotated[Literal["type"] | None, Query()] = None,
    language: LanguageWanted = None,
) -> StreamingResponse:
    """Exactly the filtered list as a file, whatever its length (features W12). Cells that a spreadsheet would take for a
    formula are written as text."""
    file = await report(
        the.database,
        wanted,
        Viewer.behind(caller),
        format=format,
        order=order,
        by_type=group_by == "type",
        language=language or the.settings.language,
        timezone=the.settings.default_timezone,
        most_printed=the.settings.printed_tasks,
        font=the.settings.print_font,
        now=the.clock.now(),
    )
    return StreamingResponse(
        file.pieces, media_type=file.media_type, headers={"content-disposition": f'attachment; filename="{file.name}"'}
    )
