"""Decisions where mails belong, and their correction by hand."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from case_threader.endpoints.viewing import shape_of_filing, shapes_of_filings
from case_threader.locking import changing_cases
from case_threader.moving import move_message, undo_placing
from case_threader.parts import Reader, The, Writer, author_of
from case_threader.repository import messages
from case_threader.schemas.filings import FilingShape, MoveBody, NothingBody, OutcomeName
from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of

router = APIRouter(tags=["filings"])


@router.get("/v1/filings", response_model=Page[FilingShape])
async def list_filings(
    the: The,
    _: Reader,
    paging: PageWanted,
    outcome: Annotated[OutcomeName, Query(description="Which decisions.")],
) -> Page[FilingShape]:
    """Decisions with one outcome, the newest receipt first: what was set aside, ignored, found to be a bounce."""
    async with the.database.reading() as session:
        listed = list((await session.scalars(messages.filings_in_list(paging, outcome=outcome))).all())
        shapes = await shapes_of_filings(session, listed)
    return page_of(shapes, paging, key=lambda shape: (shape.received_at, shape.message_id), shape=lambda shape: shape)


@router.get("/v1/filings/{message_id}", response_model=FilingShape)
async def show_filing(the: The, _: Reader, message_id: UUID, request: Request, response: Response) -> FilingShape:
    """Where a mail belongs and which rule said so; 404 until that is decided."""
    async with the.database.reading() as session:
        filing = await messages.get_filing(session, message_id)
        shape = await shape_of_filing(session, filing)
    show_version(request, response, f"{filing.version}-{shape.case_number or 0}")
    return shape


@router.put("/v1/filings/{message_id}", response_model=FilingShape)
async def put_filing(the: The, caller: Writer, message_id: UUID, body: MoveBody, request: Request) -> FilingShape:
    """Move a mail to another case; an unassigned one is put there."""
    async with changing_cases(the.database) as session:
        shape = await shape_of_filing(session, await messages.get_filing(session, message_id))
        check_if_match(request, etag_of(f"{await messages.version_of(session, message_id)}-{shape.case_number or 0}"))
        await move_message(session, message_id, number=body.case_number, author=author_of(caller), now=the.clock.now())
        return await shape_of_filing(session, await messages.get_filing(session, message_id, fresh=True))


@router.post("/v1/filings/{message_id}/undo", response_model=FilingShape)
async def undo_filing(the: The, _: Writer, message_id: UUID, body: NothingBody | None = None) -> FilingShape:  # noqa: ARG001
    """Take back the last move or assignment of this mail by a person."""
    async with changing_cases(the.database) as session:
        await undo_placing(session, message_id, now=the.clock.now())
        return await shape_of_filing(session, await messages.get_filing(session, message_id, fresh=True))
