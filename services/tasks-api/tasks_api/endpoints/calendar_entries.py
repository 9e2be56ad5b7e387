"""Sources of the calendar, and the doors through which other systems put entries there (features R57)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response

from kit.paging import Page, PageWanted, page_of
from kit.tokens import Caller
from tasks_api import entry_keeping
from tasks_api.endpoints.callers import Reader, in_crm
from tasks_api.endpoints.units import Administrator
from tasks_api.endpoints.versioned import Version
from tasks_api.parts import The
from tasks_api.repository import calendar_entries
from tasks_api.schemas.calendar_entries import EntryBody, ForeignEntryShape, SourceBody, SourceChange, SourceShape
from tasks_api.scopes import FILLS_CALENDAR

router = APIRouter(tags=["calendar"])
Filler = Annotated[Caller, Depends(in_crm(FILLS_CALENDAR))]
SourceName = Annotated[str, Path(max_length=40)]
Key = Annotated[
    str,
    Path(min_length=1, max_length=entry_keeping.LONGEST_KEY, description="The id of the entry in the other system."),
]


@router.get("/v1/calendar-sources", response_model=Page[SourceShape])
async def list_sources(the: The, _: Reader) -> Page[SourceShape]:
    """What stands on calendars beside tasks, with its words and its colour; there are few, so it is one page."""
    async with the.database.reading() as session:
        found = await calendar_entries.list_sources(session)
    return Page(items=[SourceShape.of(one) for one in found], next=None)


@router.post("/v1/calendar-sources", response_model=SourceShape, status_code=201)
async def add_source(the: The, _: Administrator, body: SourceBody, version: Version, response: Response) -> SourceShape:
    async with the.database.transaction() as session:
        shape = SourceShape.of(await entry_keeping.create_source(session, dict(body), now=the.clock.now()))
    version.changed(shape)
    response.headers["location"] = f"/v1/calendar-sources/{shape.name}"
    return shape


@router.get("/v1/calendar-sources/{source}", response_model=SourceShape)
async def show_source(the: The, _: Reader, source: SourceName, version: Version) -> SourceShape:
    async with the.database.reading() as session:
        return version.shown(SourceShape.of(await calendar_entries.get_source(session, source)))


@router.patch("/v1/calendar-sources/{source}", response_model=SourceShape)
async def patch_source(
    the: The, _: Administrator, source: SourceName, body: SourceChange, version: Version
) -> SourceShape:
    """What is switched off is on no calendar; its entries are kept."""
    async with the.database.transaction() as session:
        known = await calendar_entries.get_source(session, source)
        version.expect(known.version)
        shape = SourceShape.of(entry_keeping.change_source(session, known, body.fields()))
    return version.changed(shape)


@router.delete("/v1/calendar-sources/{source}", status_code=204)
async def remove_source(the: The, _: Administrator, source: SourceName, version: Version) -> None:
    async with the.database.transaction() as session:
        known = await calendar_entries.get_source(session, source)
        version.expect(known.version)
        await entry_keeping.delete_source(session, known)


@router.get("/v1/calendar-sources/{source}/entries", response_model=Page[ForeignEntryShape])
async def list_entries(
    the: The, _: Filler, source: SourceName, paging: PageWanted, employee_id: UUID | None = None
) -> Page[ForeignEntryShape]:
    """What other systems put there; people look at `GET /v1/calendar`."""
    async with the.database.reading() as session:
        await calendar_entries.get_source(session, source)
        found = await calendar_entries.list_entries(session, paging, source, employee_id=employee_id)
    return page_of(found, paging, key=lambda one: (one.id,), shape=ForeignEntryShape.of)


@router.put("/v1/calendar-sources/{source}/entries/{key}", response_model=ForeignEntryShape)
async def put_entry(
    the: The, _: Filler, source: SourceName, key: Key, body: EntryBody, version: Version, response: Response
) -> ForeignEntryShape:
    """Make the entry or change it: 201 when it is new. Sent again, nothing changes."""
    async with the.database.transaction() as session:
        await calendar_entries.get_source(session, source)
        known = await calendar_entries.find_entry(session, source, key)
        if known is not None:
            version.expect(known.version)
        entry, is_new = await entry_keeping.put_entry(
            session, the.desk, source, key, body.fields(), now=the.clock.now()
        )
        shape = ForeignEntryShape.of(entry)
    response.status_code = 201 if is_new else 200
    return version.changed(shape)


@router.get("/v1/calendar-sources/{source}/entries/{key}", response_model=ForeignEntryShape)
async def show_entry(the: The, _: Filler, source: SourceName, key: Key, version: Version) -> ForeignEntryShape:
    async with the.database.reading() as session:
        return version.shown(ForeignEntryShape.of(await calendar_entries.get_entry(session, source, key)))


@router.delete("/v1/calendar-sources/{source}/entries/{key}", status_code=204)
async def remove_entry(the: The, _: Filler, source: SourceName, key: Key, version: Version) -> None:
    async with the.database.transaction() as session:
        known = await calendar_entries.get_entry(session, source, key)
        version.expect(known.version)
        await session.delete(known)
