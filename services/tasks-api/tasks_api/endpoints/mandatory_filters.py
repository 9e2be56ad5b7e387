"""Filters that administrators lay over what people see, and the history of who sees what (features R62, R63)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError

from kit.paging import Page, PageWanted, page_of
from tasks_api import rights_keeping
from tasks_api.endpoints.units import Administrator
from tasks_api.endpoints.versioned import Version
from tasks_api.errors.organisation import UnfitMandatoryFilter
from tasks_api.parts import The
from tasks_api.repository import organisation
from tasks_api.schemas.mandatory_filters import (
    MandatoryFilterBody,
    MandatoryFilterChange,
    MandatoryFilterShape,
    RightsHistoryShape,
    Subject,
    checked_filter,
)

router = APIRouter(tags=["rights"])


@router.get("/v1/mandatory-filters", response_model=Page[MandatoryFilterShape])
async def list_mandatory_filters(the: The, _: Administrator, paging: PageWanted) -> Page[MandatoryFilterShape]:
    async with the.database.reading() as session:
        found = await organisation.list_filters(session, paging)
    return page_of(found, paging, key=lambda one: (one.id,), shape=MandatoryFilterShape.of)


@router.post("/v1/mandatory-filters", response_model=MandatoryFilterShape, status_code=201)
async def add_mandatory_filter(
    the: The, caller: Administrator, body: MandatoryFilterBody, version: Version
) -> MandatoryFilterShape:
    """It holds from the next request on; those it concerns are not told, here is where it can be seen."""
    async with the.database.transaction() as session:
        made = await rights_keeping.create_mandatory_filter(session, dict(body), by=caller.subject, now=the.clock.now())
        shape = MandatoryFilterShape.of(made)
    the.sights.forget()
    return version.made(shape, "/v1/mandatory-filters")


@router.get("/v1/mandatory-filters/{filter_id}", response_model=MandatoryFilterShape)
async def show_mandatory_filter(the: The, _: Administrator, filter_id: UUID, version: Version) -> MandatoryFilterShape:
    async with the.database.reading() as session:
        return version.shown(MandatoryFilterShape.of(await organisation.get_filter(session, filter_id)))


@router.patch("/v1/mandatory-filters/{filter_id}", response_model=MandatoryFilterShape)
async def patch_mandatory_filter(
    the: The, caller: Administrator, filter_id: UUID, body: MandatoryFilterChange, version: Version
) -> MandatoryFilterShape:
    fields = body.fields()
    async with the.database.transaction() as session:
        known = await organisation.get_filter(session, filter_id)
        version.expect(known.version)
        if fields.keys() & {"lists", "filter"}:
            try:
                fields["filter"] = checked_filter(fields.get("lists", known.lists), fields.get("filter", known.filter))
            except ValidationError as wrong:
                raise UnfitMandatoryFilter(wrong.errors()[0]["msg"]) from None
            except ValueError as wrong:
                raise UnfitMandatoryFilter(str(wrong)) from None
        changed = await rights_keeping.change_mandatory_filter(
            session, known, fields, by=caller.subject, now=the.clock.now()
        )
        shape = MandatoryFilterShape.of(changed)
    the.sights.forget()
    return version.changed(shape)


@router.delete("/v1/mandatory-filters/{filter_id}", status_code=204)
async def remove_mandatory_filter(the: The, caller: Administrator, filter_id: UUID, version: Version) -> None:
    async with the.database.transaction() as session:
        known = await organisation.get_filter(session, filter_id)
        version.expect(known.version)
        await rights_keeping.delete_mandatory_filter(session, known, by=caller.subject, now=the.clock.now())
    the.sights.forget()


@router.get("/v1/rights-history", response_model=Page[RightsHistoryShape])
async def list_rights_history(
    the: The,
    _: Administrator,
    paging: PageWanted,
    kind: Subject | None = None,
    subject_id: UUID | None = None,
    by: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[RightsHistoryShape]:
    """Who changed what about units, memberships, logins and mandatory filters, newest first."""
    async with the.database.reading() as session:
        found = await organisation.list_history(session, paging, kind=kind, subject_id=subject_id, by=by)
    return page_of(found, paging, key=lambda one: (one.id,), shape=RightsHistoryShape.of)
