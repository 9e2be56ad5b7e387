"""Tasks that repeat: their pattern, their dates, and changes of one date, the following or all (features R64-R69)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from kit.errors import FieldError
from kit.schemas import Moment
from tasks_api.calendar_viewing import stretch
from tasks_api.endpoints.callers import Reader, Writer, editor_of
from tasks_api.endpoints.single_task import shape_of, task_to_change, with_etag
from tasks_api.errors.tasks import UnfitTask
from tasks_api.parts import The
from tasks_api.repository import tasks
from tasks_api.schedule import UnfitSchedule
from tasks_api.schemas.series import DateShape, DatesShape, PatternBody
from tasks_api.schemas.tasks import RecurrenceBody, TaskChange, TaskShape
from tasks_api.series_editing import Scope, change_date, delete_date
from tasks_api.series_patterns import pattern_times
from tasks_api.series_reading import dates_of_series
from tasks_api.task_editing import change_task
from tasks_api.viewer import Viewer

router = APIRouter(tags=["recurring tasks"])
_Key = Annotated[str, Path(max_length=40, description="As calendars show it: 2026-11-30T09:00:00Z, or 2026-11-30.")]
_Scope = Annotated[
    Scope, Query(description="Only this date, this and the following, or the whole series (features R69).")
]


@router.put("/v1/tasks/{task_id}/recurrence", response_model=TaskShape)
async def set_pattern(
    the: The, caller: Writer, task_id: UUID, body: PatternBody, request: Request, response: Response
) -> TaskShape:
    """How a task repeats, and from when to when each of its dates is; what is left out comes from the task (features R64-R68)."""
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        try:
            starts_at, ends_at = pattern_times(task.fields, starts=body.starts, ends=body.ends, length=body.duration)
        except UnfitSchedule as unfit:
            raise UnfitTask(
                f"{unfit.field} {unfit}.", errors=[FieldError(pointer=f"#/{unfit.field}", detail=str(unfit))]
            ) from None
        recurrence = RecurrenceBody(rrule=body.rrule, rdates=body.rdates, exdates=body.exdates)
        fields = {"starts_at": starts_at, "ends_at": ends_at, "recurrence": recurrence}
        task = await change_task(session, the.desk, task, fields, editor=editor_of(caller), now=the.clock.now())
        shape = await shape_of(session, task)
    return with_etag(response, shape)


@router.delete("/v1/tasks/{task_id}/recurrence", response_model=TaskShape)
async def end_pattern(the: The, caller: Writer, task_id: UUID, request: Request, response: Response) -> TaskShape:
    """The task takes place once, at its first date; dates that have a task of their own stay as tasks."""
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        task = await change_task(
            session, the.desk, task, {"recurrence": None}, editor=editor_of(caller), now=the.clock.now()
        )
        shape = await shape_of(session, task)
    return with_etag(response, shape)


@router.get("/v1/tasks/{task_id}/occurrences", response_model=DatesShape)
async def list_dates(
    the: The,
    caller: Reader,
    task_id: UUID,
    starts_from: Annotated[Moment | None, Query(alias="from", description="Begins then or later; now.")] = None,
    starts_to: Annotated[Moment | None, Query(alias="to", description="Begins before; a month later.")] = None,
) -> DatesShape:
    """The dates of a series, at most 400: those with a task of their own name it, with what became of them."""
    now = the.clock.now()
    window = stretch(
        "range",
        starts_from or now,
        starts_to,
        timezone=the.settings.default_timezone,
        now=now,
        most_days=the.settings.calendar_days,
    )
    async with the.database.reading() as session:
        series = await tasks.get_task(session, task_id, Viewer.behind(caller))
        found = await dates_of_series(session, the.desk, series, window)
    return DatesShape(items=[DateShape.of(one) for one in found])


@router.patch("/v1/tasks/{task_id}/occurrences/{recurrence_id}", response_model=TaskShape)
async def patch_date(
    the: The,
    caller: Writer,
    task_id: UUID,
    recurrence_id: _Key,
    scope: _Scope,
    body: TaskChange,
    request: Request,
    response: Response,
) -> TaskShape:
    """Change a date; `scope` has to be said. Answers with the task that holds the change: the date's own, the new series
    that begins with it, or the series."""
    async with the.database.transaction() as session:
        series = await task_to_change(session, caller, task_id, request)
        task = await change_date(
            session,
            the.desk,
            series,
            recurrence_id,
            body.fields(),
            scope=scope,
            editor=editor_of(caller),
            now=the.clock.now(),
        )
        shape = await shape_of(session, task)
    response.headers["location"] = f"/v1/tasks/{shape.id}"
    return with_etag(response, shape)


@router.delete("/v1/tasks/{task_id}/occurrences/{recurrence_id}", status_code=204)
async def remove_date(
    the: The, caller: Writer, task_id: UUID, recurrence_id: _Key, scope: _Scope, request: Request
) -> None:
    """Take out one date, that one and the following, or the whole series."""
    async with the.database.transaction() as session:
        series = await task_to_change(session, caller, task_id, request)
        await delete_date(
            session, the.desk, series, recurrence_id, scope=scope, editor=editor_of(caller), now=the.clock.now()
        )
