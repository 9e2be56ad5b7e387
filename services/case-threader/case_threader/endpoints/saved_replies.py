"""The folder of drafts: replies somebody has begun; only they see them, until they are sent (features R88)."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from case_threader.endpoints.replies import LARGEST_MAIL, send_answer
from case_threader.models import SavedReply
from case_threader.parts import Reader, The, Writer, author_of
from case_threader.repository import cases
from case_threader.repository.saved_replies import get_saved_reply, saved_replies_in_list
from case_threader.schemas.replies import ReplyBody, ReplyShape
from case_threader.schemas.saved_replies import SavedReplyBody, SavedReplyShape
from kit.body_limits import body_limit
from kit.database import AsyncSession
from kit.etags import check_if_match, etag_of, show_version
from kit.ids import new_id
from kit.paging import Page, PageWanted, page_of

router = APIRouter(tags=["replies"])


@router.get("/v1/saved-replies", response_model=Page[SavedReplyShape])
async def list_saved_replies(
    the: The, caller: Reader, paging: PageWanted, case_number: int | None = None
) -> Page[SavedReplyShape]:
    """One's own drafts, the newest first."""
    async with the.database.reading() as session:
        case_id = (await cases.get_case(session, case_number)).id if case_number is not None else None
        query = saved_replies_in_list(paging, author=author_of(caller), case_id=case_id)
        listed = list((await session.scalars(query)).all())
        numbers = await cases.numbers_of(session, {one.case_id for one in listed})
    return page_of(
        listed,
        paging,
        key=lambda one: (one.id,),
        shape=lambda one: SavedReplyShape.of(one, case_number=numbers.get(one.case_id)),
    )


@router.post("/v1/cases/{number}/saved-replies", response_model=SavedReplyShape, status_code=201)
@body_limit(LARGEST_MAIL)
async def save_reply(
    the: The, caller: Writer, number: int, body: SavedReplyBody, response: Response
) -> SavedReplyShape:
    """Keep a reply to go on with later; nothing is sent and the case stays as it is."""
    now = the.clock.now()
    async with the.database.transaction() as session:
        case = await cases.get_live_case(session, number)
        saved = SavedReply(
            id=new_id(), version=1, case_id=case.id, author=author_of(caller), body=body.document(), created_at=now,
            changed_at=now,
        )  # fmt: skip
        session.add(saved)
        shape = SavedReplyShape.of(saved, case_number=case.number)
    response.headers["location"] = f"/v1/saved-replies/{shape.id}"
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.get("/v1/saved-replies/{reply_id}", response_model=SavedReplyShape)
async def show_saved_reply(
    the: The, caller: Reader, reply_id: UUID, request: Request, response: Response
) -> SavedReplyShape:
    async with the.database.reading() as session:
        shape = await _shape(session, await get_saved_reply(session, reply_id, author=author_of(caller)))
    show_version(request, response, shape.version)
    return shape


@router.put("/v1/saved-replies/{reply_id}", response_model=SavedReplyShape)
@body_limit(LARGEST_MAIL)
async def change_saved_reply(
    the: The, caller: Writer, reply_id: UUID, body: SavedReplyBody, request: Request, response: Response
) -> SavedReplyShape:
    """The draft anew, as a whole; attachments that are left out of the body stay."""
    async with the.database.transaction() as session:
        saved = await get_saved_reply(session, reply_id, author=author_of(caller))
        check_if_match(request, etag_of(saved.version))
        kept = {name: saved.body[name] for name in ("attachments",) if name in saved.body}
        saved.body = {**kept, **body.document()}
        saved.version += 1
        saved.changed_at = the.clock.now()
        session.add(saved)
        shape = await _shape(session, saved)
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.delete("/v1/saved-replies/{reply_id}", status_code=204)
async def remove_saved_reply(the: The, caller: Writer, reply_id: UUID, request: Request) -> None:
    async with the.database.transaction() as session:
        saved = await get_saved_reply(session, reply_id, author=author_of(caller))
        check_if_match(request, etag_of(saved.version))
        await session.delete(saved)


@router.post("/v1/saved-replies/{reply_id}/send", response_model=ReplyShape, status_code=202)
async def send_saved_reply(
    the: The, caller: Writer, reply_id: UUID, request: Request, response: Response
) -> ReplyShape:
    """Send it as it stands; the draft is gone in the same moment. 422 while nobody is written to."""
    async with the.database.reading() as session:
        saved = await get_saved_reply(session, reply_id, author=author_of(caller))
        check_if_match(request, etag_of(saved.version))
        case = await cases.get_case_by_id(session, saved.case_id)
    body = ReplyBody.model_validate({"to": [], **saved.body})
    return await send_answer(the, caller, case.number, body, response, saved_id=reply_id)


async def _shape(session: AsyncSession, saved: SavedReply) -> SavedReplyShape:
    numbers = await cases.numbers_of(session, {saved.case_id})
    return SavedReplyShape.of(saved, case_number=numbers.get(saved.case_id))
