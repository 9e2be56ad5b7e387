"""Task types."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of
from tasks_api import type_keeping
from tasks_api.endpoints.callers import Reader, Writer
from tasks_api.endpoints.dictionaries import Spoken
from tasks_api.parts import The
from tasks_api.repository import task_types
from tasks_api.schemas.registers import TaskTypeBody, TaskTypeChange, TaskTypeShape

router = APIRouter(tags=["task types"])


@router.get("/v1/task-types", response_model=Page[TaskTypeShape])
async def list_task_types(the: The, _: Reader, paging: PageWanted, language: Spoken) -> Page[TaskTypeShape]:
    async with the.database.reading() as session:
        types = await task_types.list_task_types(session, paging)
    return page_of(types, paging, key=lambda one: (one.id,), shape=lambda one: TaskTypeShape.of(one, language))


@router.post("/v1/task-types", response_model=TaskTypeShape, status_code=201)
async def add_task_type(the: The, _: Writer, body: TaskTypeBody, language: Spoken, response: Response) -> TaskTypeShape:
    async with the.database.transaction() as session:
        shape = TaskTypeShape.of(
            await type_keeping.create_task_type(session, dict(body), now=the.clock.now()), language
        )
    response.headers["location"] = f"/v1/task-types/{shape.id}"
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.get("/v1/task-types/{type_id}", response_model=TaskTypeShape)
async def show_task_type(
    the: The, _: Reader, type_id: UUID, language: Spoken, request: Request, response: Response
) -> TaskTypeShape:
    async with the.database.reading() as session:
        task_type = await task_types.get_task_type(session, type_id)
    show_version(request, response, task_type.version)
    return TaskTypeShape.of(task_type, language)


@router.patch("/v1/task-types/{type_id}", response_model=TaskTypeShape)
async def patch_task_type(
    the: The, _: Writer, type_id: UUID, body: TaskTypeChange, language: Spoken, request: Request, response: Response
) -> TaskTypeShape:
    async with the.database.transaction() as session:
        known = await task_types.get_task_type(session, type_id)
        check_if_match(request, etag_of(known.version))
        shape = TaskTypeShape.of(await type_keeping.change_task_type(session, type_id, body.fields()), language)
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.delete("/v1/task-types/{type_id}", status_code=204)
async def remove_task_type(the: The, _: Writer, type_id: UUID, request: Request) -> None:
    """A type that tasks have, a system type and the default type stay (409)."""
    async with the.database.transaction() as session:
        known = await task_types.get_task_type(session, type_id)
        check_if_match(request, etag_of(known.version))
        await type_keeping.delete_task_type(session, type_id)
