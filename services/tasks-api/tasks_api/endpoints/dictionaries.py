"""What tasks choose from: kinds, dictionaries, settings of work, attributes of accounts."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of
from tasks_api import dictionary_keeping
from tasks_api.dictionaries import (
    KIND_LABELS,
    REQUIRED_FIELDS,
    STATUS_LABELS,
    Language,
    label_in,
    language_of,
)
from tasks_api.endpoints.callers import DecidesAll, DirectoryReader, DirectoryWriter, Reader, Writer
from tasks_api.parts import The
from tasks_api.repository import directory, registers
from tasks_api.schemas.registers import (
    AttributesBody,
    AttributeShape,
    AttributesShape,
    Dictionary,
    KindShape,
    KindsShape,
    StatusShape,
    TaskSettingsBody,
    TaskSettingsShape,
    ValueBody,
    ValueChange,
    ValueShape,
)
from tasks_api.viewer import DirectoryViewer

router = APIRouter(tags=["dictionaries"])


def spoken(request: Request) -> Language:
    """The language the caller reads."""
    return language_of(request.headers.get("accept-language"), request.app.state.parts.settings.locale)


Spoken = Annotated[Language, Depends(spoken)]


@router.get("/v1/task-kinds", response_model=KindsShape)
async def list_kinds(_: Reader, language: Spoken) -> KindsShape:
    """The kinds of tasks with what each needs, and the states a task can be in, in the language of the caller."""
    return KindsShape(
        kinds=[
            KindShape(kind=kind, label=label_in(language, labels), labels=labels, required=list(REQUIRED_FIELDS[kind]))
            for kind, labels in KIND_LABELS.items()
        ],
        statuses=[
            StatusShape(status=status, label=label_in(language, labels), labels=labels)
            for status, labels in STATUS_LABELS.items()
        ],
    )


@router.get("/v1/dictionaries/{dictionary}", response_model=Page[ValueShape])
async def list_values(
    the: The,
    _: Reader,
    dictionary: Dictionary,
    paging: PageWanted,
    language: Spoken,
    active: Annotated[bool | None, Query(description="Only values that can be chosen, or only retired ones.")] = None,
) -> Page[ValueShape]:
    """The values in their order, retired ones included: tasks may still have them (features K47)."""
    async with the.database.reading() as session:
        values = await registers.list_values(session, dictionary, paging, active=active)
    return page_of(
        values, paging, key=lambda one: (one.position, one.id), shape=lambda one: ValueShape.of(one, language)
    )


@router.post("/v1/dictionaries/{dictionary}", response_model=ValueShape, status_code=201)
async def add_value(
    the: The, _: Writer, dictionary: Dictionary, body: ValueBody, language: Spoken, response: Response
) -> ValueShape:
    async with the.database.transaction() as session:
        value = await dictionary_keeping.add_value(session, dictionary, dict(body), now=the.clock.now())
        shape = ValueShape.of(value, language)
    response.headers["location"] = f"/v1/dictionaries/{dictionary}/{shape.id}"
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.get("/v1/dictionaries/{dictionary}/{value_id}", response_model=ValueShape)
async def show_value(
    the: The,
    _: Reader,
    dictionary: Dictionary,
    value_id: UUID,
    language: Spoken,
    request: Request,
    response: Response,
) -> ValueShape:
    async with the.database.reading() as session:
        value = await registers.get_value(session, dictionary, value_id)
    show_version(request, response, value.version)
    return ValueShape.of(value, language)


@router.patch("/v1/dictionaries/{dictionary}/{value_id}", response_model=ValueShape)
async def patch_value(
    the: The,
    _: Writer,
    dictionary: Dictionary,
    value_id: UUID,
    body: ValueChange,
    language: Spoken,
    request: Request,
    response: Response,
) -> ValueShape:
    """Rename, move or retire a value; a retired one can no longer be chosen and stays readable (features K47)."""
    async with the.database.transaction() as session:
        value = await registers.get_value(session, dictionary, value_id)
        check_if_match(request, etag_of(value.version))
        shape = ValueShape.of(await dictionary_keeping.change_value(session, value, body.fields()), language)
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.delete("/v1/dictionaries/{dictionary}/{value_id}", status_code=204)
async def remove_value(the: The, _: Writer, dictionary: Dictionary, value_id: UUID, request: Request) -> None:
    """A value that tasks have stays (409): retire it instead."""
    async with the.database.transaction() as session:
        value = await registers.get_value(session, dictionary, value_id)
        check_if_match(request, etag_of(value.version))
        await dictionary_keeping.delete_value(session, dictionary, value_id)


@router.get("/v1/task-settings", response_model=TaskSettingsShape)
async def show_task_settings(the: The, _: Reader, request: Request, response: Response) -> TaskSettingsShape:
    async with the.database.reading() as session:
        settings = await registers.task_settings(session)
    show_version(request, response, settings.version)
    return TaskSettingsShape.of(settings)


@router.put("/v1/task-settings", response_model=TaskSettingsShape)
async def put_task_settings(
    the: The, _: DecidesAll, body: TaskSettingsBody, request: Request, response: Response
) -> TaskSettingsShape:
    """How this company works with tasks: the step of per cent, the cap of the clock, attributes that are carried over."""
    async with the.database.transaction() as session:
        known = await registers.task_settings(session)
        check_if_match(request, etag_of(known.version))
        settings = replace(known, **dict(body), version=known.version + 1)
        await registers.keep_task_settings(session, settings)
    response.headers["etag"] = etag_of(settings.version)
    return TaskSettingsShape.of(settings)


@router.get("/v1/accounts/{account_id}/attributes", response_model=AttributesShape)
async def show_attributes(the: The, caller: DirectoryReader, account_id: UUID) -> AttributesShape:
    async with the.database.reading() as session:
        await directory.get_account(session, account_id, DirectoryViewer.behind(caller))
        found = await registers.account_attributes(session, account_id)
    return AttributesShape(attributes=[AttributeShape.of(one) for one in found])


@router.put("/v1/accounts/{account_id}/attributes", response_model=AttributesShape)
async def put_attributes(the: The, caller: DirectoryWriter, account_id: UUID, body: AttributesBody) -> AttributesShape:
    """Everything known of the account by name; what is `carried` is copied into its new tasks (features R50)."""
    async with the.database.transaction() as session:
        await directory.get_account(session, account_id, DirectoryViewer.behind(caller))
        await registers.replace_account_attributes(session, account_id, [dict(one) for one in body.attributes])
        found = await registers.account_attributes(session, account_id)
    return AttributesShape(attributes=[AttributeShape.of(one) for one in found])
