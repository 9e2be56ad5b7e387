"""The units of the house, for everybody to read and for administrators to arrange: they decide who sees what (features K33)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from kit.database import AsyncSession
from kit.paging import Page, PageWanted, page_of
from kit.tokens import Caller
from tasks_api import rights_keeping
from tasks_api.endpoints.callers import DirectoryReader, in_crm
from tasks_api.endpoints.versioned import Version
from tasks_api.folding import search_words
from tasks_api.parts import TasksParts, The
from tasks_api.repository import organisation
from tasks_api.schemas.units import UnitBody, UnitChange, UnitShape
from tasks_api.scopes import ADMIN

router = APIRouter(tags=["directory"])
Administrator = Annotated[Caller, Depends(in_crm(ADMIN))]
_LOCK = "units"


@router.get("/v1/units", response_model=Page[UnitShape])
async def list_units(
    the: The,
    _: DirectoryReader,
    paging: PageWanted,
    q: Annotated[str, Query(max_length=200, description="Words of the name, in any order.")] = "",
    parent_id: Annotated[UUID | None, Query(description="Only units that lie right in this one.")] = None,
) -> Page[UnitShape]:
    async with the.database.reading() as session:
        found = await organisation.list_units(session, paging, words=search_words(q), parent_id=parent_id)
    return page_of(found, paging, key=lambda one: (one.id,), shape=UnitShape.of)


@router.post("/v1/units", response_model=UnitShape, status_code=201)
async def add_unit(the: The, caller: Administrator, body: UnitBody, version: Version) -> UnitShape:
    async with the.database.transaction() as session:
        await _hold(the, session)
        unit = await rights_keeping.create_unit(session, dict(body), by=caller.subject, now=the.clock.now())
        shape = UnitShape.of(unit)
    the.sights.forget()
    return version.made(shape, "/v1/units")


@router.get("/v1/units/{unit_id}", response_model=UnitShape)
async def show_unit(the: The, _: DirectoryReader, unit_id: UUID, version: Version) -> UnitShape:
    async with the.database.reading() as session:
        return version.shown(UnitShape.of(await organisation.get_unit(session, unit_id)))


@router.patch("/v1/units/{unit_id}", response_model=UnitShape)
async def patch_unit(the: The, caller: Administrator, unit_id: UUID, body: UnitChange, version: Version) -> UnitShape:
    async with the.database.transaction() as session:
        await _hold(the, session)
        known = await organisation.get_unit(session, unit_id)
        version.expect(known.version)
        unit = await rights_keeping.change_unit(session, known, body.fields(), by=caller.subject, now=the.clock.now())
        shape = UnitShape.of(unit)
    the.sights.forget()
    return version.changed(shape)


@router.delete("/v1/units/{unit_id}", status_code=204)
async def remove_unit(the: The, caller: Administrator, unit_id: UUID, version: Version) -> None:
    """409 `unit_in_use` while units lie in it or employees belong to it."""
    async with the.database.transaction() as session:
        await _hold(the, session)
        known = await organisation.get_unit(session, unit_id)
        version.expect(known.version)
        await rights_keeping.delete_unit(session, known, by=caller.subject, now=the.clock.now())
    the.sights.forget()


async def _hold(the: TasksParts, session: AsyncSession) -> None:
    """Two moves at a time could put two units into each other."""
    await the.database.lock(session, _LOCK)
