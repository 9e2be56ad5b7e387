"""Names that SMS bear: asked for, stated by their owner, approved (features R74)."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of
from reminder_dispatcher import sender_names
from reminder_dispatcher.endpoints.callers import Reader, Writer, actor_of
from reminder_dispatcher.parts import The
from reminder_dispatcher.repository import sender_names as repository
from reminder_dispatcher.schemas.sender_names import SenderNameBody, SenderNameShape, StatementBody

router = APIRouter(tags=["sender names"])
Name = Annotated[str, Path(max_length=11)]


@router.get("/v1/sender-names", response_model=Page[SenderNameShape])
async def list_sender_names(the: The, _: Reader, paging: PageWanted) -> Page[SenderNameShape]:
    async with the.database.reading() as session:
        found = await repository.list_sender_names(session, paging)
    return page_of(found, paging, key=lambda one: (one.created_at, one.name), shape=SenderNameShape.of)


@router.post("/v1/sender-names", response_model=SenderNameShape, status_code=201)
async def add_sender_name(the: The, _: Writer, body: SenderNameBody, response: Response) -> SenderNameShape:
    """Ask for a name: it is `pending` until its owner has stated that it may be used."""
    async with the.database.transaction() as session:
        added = await sender_names.add_sender_name(session, body.name, now=the.clock.now())
    response.headers["location"] = f"/v1/sender-names/{added.name}"
    response.headers["etag"] = etag_of(added.version)
    return SenderNameShape.of(added)


@router.get("/v1/sender-names/{name}", response_model=SenderNameShape)
async def show_sender_name(the: The, _: Reader, name: Name, request: Request, response: Response) -> SenderNameShape:
    async with the.database.reading() as session:
        found = await sender_names.get_sender_name(session, name)
    show_version(request, response, found.version)
    return SenderNameShape.of(found)


@router.put("/v1/sender-names/{name}/statement", response_model=SenderNameShape)
async def state_ownership(
    the: The, caller: Writer, name: Name, body: StatementBody, request: Request, response: Response
) -> SenderNameShape:
    """Keep the owner's statement, and ask the gateway where it can be asked. Where it cannot, the statement approves the name."""
    async with the.database.transaction() as session:
        known = await sender_names.get_sender_name(session, name, lock=True)
        check_if_match(request, etag_of(known.version))
        await sender_names.state_ownership(session, known, body.statement, by=actor_of(caller), now=the.clock.now())
    return await _asked(the, name, response)


@router.delete("/v1/sender-names/{name}/statement", response_model=SenderNameShape)
async def take_statement_back(
    the: The, caller: Writer, name: Name, request: Request, response: Response
) -> SenderNameShape:
    """The name is `pending` again: SMS leave under that of the gateway."""
    async with the.database.transaction() as session:
        known = await sender_names.get_sender_name(session, name, lock=True)
        check_if_match(request, etag_of(known.version))
        known = await sender_names.state_ownership(session, known, None, by=actor_of(caller), now=the.clock.now())
    response.headers["etag"] = etag_of(known.version)
    return SenderNameShape.of(known)


@router.post("/v1/sender-names/{name}/check", response_model=SenderNameShape)
async def check_sender_name(the: The, _: Writer, name: Name, response: Response) -> SenderNameShape:
    """Ask the gateway now; it is asked every six hours anyway."""
    async with the.database.reading() as session:
        await sender_names.get_sender_name(session, name)
    return await _asked(the, name, response)


@router.delete("/v1/sender-names/{name}", status_code=204)
async def remove_sender_name(the: The, _: Writer, name: Name, request: Request) -> None:
    """409 while the reminder settings use it."""
    async with the.database.transaction() as session:
        known = await sender_names.get_sender_name(session, name, lock=True)
        check_if_match(request, etag_of(known.version))
        await sender_names.delete_sender_name(session, known)


async def _asked(the: The, name: str, response: Response) -> SenderNameShape:
    await the.sender_names.ask_about(name)
    async with the.database.reading() as session:
        found = await sender_names.get_sender_name(session, name)
    response.headers["etag"] = etag_of(found.version)
    return SenderNameShape.of(found)
