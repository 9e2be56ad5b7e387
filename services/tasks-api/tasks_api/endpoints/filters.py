"""The filter of a list as parameters of a request, and the filters people save (features W11)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of
from kit.schemas import Moment
from tasks_api import filter_saving
from tasks_api.endpoints.callers import Reader
from tasks_api.parts import The
from tasks_api.periods import Period
from tasks_api.repository import saved_filters
from tasks_api.schemas.filters import FilterBody, SavedFilterBody, SavedFilterChange, SavedFilterShape
from tasks_api.schemas.tasks import Color, Kind, Status
from tasks_api.task_filter import TaskFilter

router = APIRouter(tags=["lists"])

_Ids = Annotated[list[UUID] | None, Query(max_length=50, description="One or several.")]
_Percent = Annotated[int | None, Query(ge=0, le=100)]


async def filter_wanted(
    the: The,
    caller: Reader,
    filter_id: Annotated[UUID | None, Query(description="A saved filter; what is said beside it outranks it.")] = None,
    uid: Annotated[str | None, Query(max_length=1000)] = None,
    account_id: _Ids = None,
    contact_id: UUID | None = None,
    assignee_id: _Ids = None,
    message_id: UUID | None = None,
    kind: Annotated[list[Kind] | None, Query(description="One or several.")] = None,
    type_id: _Ids = None,
    status: Annotated[list[Status] | None, Query(description="One or several.")] = None,
    color: Annotated[list[Color] | None, Query(max_length=50)] = None,
    staged: bool | None = None,
    percent_from: _Percent = None,
    percent_to: _Percent = None,
    case_number: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    source: Annotated[str | None, Query(max_length=12, description="How it came to be: manual, invitation, …")] = None,
    created_by: UUID | None = None,
    owner_id: UUID | None = None,
    kind_id: UUID | None = None,
    priority_id: UUID | None = None,
    category_id: UUID | None = None,
    stage_id: UUID | None = None,
    recurring: bool | None = None,
    period: Annotated[Period | None, Query(description="Moves with time; `from` and `to` outrank it.")] = None,
    starts_from: Annotated[Moment | None, Query(alias="from", description="Begins then or later.")] = None,
    starts_to: Annotated[Moment | None, Query(alias="to", description="Begins before.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Beginnings of words, accents or not.")] = None,
) -> TaskFilter:
    """What a request asks for, on top of the saved filter it names."""
    said = {name: value for name, value in locals().items() if name not in _NOT_SAID and value is not None}
    if filter_id is not None:
        async with the.database.reading() as session:
            saved = await saved_filters.get_filter(session, filter_id, subject=caller.subject)
        said = {**FilterBody.model_validate(saved.filter).model_dump(exclude_unset=True), **said}
    return FilterBody.model_construct(**said).at(the.clock.now(), the.settings.default_timezone)


_NOT_SAID = frozenset({"the", "caller", "filter_id"})
Wanted = Annotated[TaskFilter, Depends(filter_wanted)]
"""The filter of a list request: `wanted: Wanted`."""


@router.get("/v1/task-filters", response_model=Page[SavedFilterShape])
async def list_filters(the: The, caller: Reader, paging: PageWanted) -> Page[SavedFilterShape]:
    """One's own saved filters, and those that others share."""
    async with the.database.reading() as session:
        found = await saved_filters.list_filters(session, paging, subject=caller.subject)
    return page_of(
        found, paging, key=lambda one: (one.id,), shape=lambda one: SavedFilterShape.of(one, subject=caller.subject)
    )


@router.post("/v1/task-filters", response_model=SavedFilterShape, status_code=201)
async def add_filter(the: The, caller: Reader, body: SavedFilterBody, response: Response) -> SavedFilterShape:
    async with the.database.transaction() as session:
        saved = filter_saving.save_filter(
            session,
            name=body.name,
            document=body.filter.document(),
            shared=body.shared,
            subject=caller.subject,
            now=the.clock.now(),
        )
    response.headers["location"] = f"/v1/task-filters/{saved.id}"
    response.headers["etag"] = etag_of(saved.version)
    return SavedFilterShape.of(saved, subject=caller.subject)


@router.get("/v1/task-filters/{filter_id}", response_model=SavedFilterShape)
async def show_filter(
    the: The, caller: Reader, filter_id: UUID, request: Request, response: Response
) -> SavedFilterShape:
    async with the.database.reading() as session:
        saved = await saved_filters.get_filter(session, filter_id, subject=caller.subject)
    show_version(request, response, saved.version)
    return SavedFilterShape.of(saved, subject=caller.subject)


@router.patch("/v1/task-filters/{filter_id}", response_model=SavedFilterShape)
async def patch_filter(
    the: The, caller: Reader, filter_id: UUID, body: SavedFilterChange, request: Request, response: Response
) -> SavedFilterShape:
    """Only one's own (403 otherwise)."""
    fields = body.fields()
    if body.filter is not None:
        fields["filter"] = body.filter.document()
    async with the.database.transaction() as session:
        known = await saved_filters.get_own_filter(session, filter_id, subject=caller.subject)
        check_if_match(request, etag_of(known.version))
        saved = filter_saving.change_filter(session, known, fields)
    response.headers["etag"] = etag_of(saved.version)
    return SavedFilterShape.of(saved, subject=caller.subject)


@router.delete("/v1/task-filters/{filter_id}", status_code=204)
async def remove_filter(the: The, caller: Reader, filter_id: UUID, request: Request) -> None:
    """Only one's own (403 otherwise)."""
    async with the.database.transaction() as session:
        known = await saved_filters.get_own_filter(session, filter_id, subject=caller.subject)
        check_if_match(request, etag_of(known.version))
        await session.delete(known)
