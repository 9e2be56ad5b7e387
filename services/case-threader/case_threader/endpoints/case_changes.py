"""Merge, split, participants, undo: what people do to cases as wholes."""

from fastapi import APIRouter, Response

from case_threader.endpoints.viewing import shape_of_case
from case_threader.errors import ParticipantNotFound
from case_threader.joining import add_participant
from case_threader.locking import changing_cases
from case_threader.merging import merge_cases
from case_threader.parts import Reader, The, Writer, author_of
from case_threader.repository import cases
from case_threader.repository.participants import remove_participants
from case_threader.schemas.cases import CaseShape, ChangeShape, MergeBody, ParticipantBody, SplitBody
from case_threader.splitting import split_case
from case_threader.undoing import undo_last_change
from kit.etags import etag_of
from kit.paging import Page

router = APIRouter(tags=["cases"])


@router.post("/v1/cases/{number}/merge", response_model=CaseShape)
async def merge(the: The, caller: Writer, number: int, body: MergeBody, response: Response) -> CaseShape:
    """Merge this case into another; its number becomes an alias (features C36, C37)."""
    async with changing_cases(the.database) as session:
        target = await merge_cases(session, number, into=body.into, author=author_of(caller), now=the.clock.now())
        shape = await shape_of_case(session, target)
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.post("/v1/cases/{number}/split", response_model=CaseShape, status_code=201)
async def split(the: The, caller: Writer, number: int, body: SplitBody, response: Response) -> CaseShape:
    """Move messages to a new case; answers to them follow."""
    async with changing_cases(the.database) as session:
        fresh = await split_case(
            session,
            number,
            message_ids=body.message_ids,
            title=body.title,
            author=author_of(caller),
            now=the.clock.now(),
        )
        shape = await shape_of_case(session, fresh)
    response.headers["location"] = f"/v1/cases/{shape.number}"
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.post("/v1/cases/{number}/undo", response_model=CaseShape)
async def undo(the: The, _: Writer, number: int, response: Response) -> CaseShape:
    """Take back the last merge, split, deletion, change or assignment of this case."""
    async with changing_cases(the.database) as session:
        case = await undo_last_change(session, number, now=the.clock.now())
        await session.flush()
        shape = await shape_of_case(session, case)
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.get("/v1/cases/{number}/changes", response_model=Page[ChangeShape])
async def list_changes(the: The, _: Reader, number: int) -> Page[ChangeShape]:
    """What people did to the case, newest first: the audit."""
    async with the.database.reading() as session:
        case = await cases.get_any_case(session, number)
        changes = await cases.list_changes(session, case.id)
    return Page[ChangeShape](items=[ChangeShape.of(change) for change in changes])


@router.post("/v1/cases/{number}/participants", response_model=CaseShape)
async def join(the: The, _: Writer, number: int, body: ParticipantBody, response: Response) -> CaseShape:
    """Add somebody to the case, or vouch for somebody who only knew its number (features C45)."""
    async with changing_cases(the.database) as session:
        case = await add_participant(session, number, email=body.email, name=body.name, now=the.clock.now())
        shape = await shape_of_case(session, case)
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.delete("/v1/cases/{number}/participants/{email}", status_code=204)
async def leave(the: The, _: Writer, number: int, email: str) -> None:
    """From now on a tag alone brings mail of this address into the case no more, unless its account owns the case."""
    async with changing_cases(the.database) as session:
        case = await cases.get_live_case(session, number)
        if not await remove_participants(session, case.id, [email.strip().lower()]):
            raise ParticipantNotFound(number)
        case.version += 1
        session.add(case)
