"""Writing from a case, and what became of what was written."""

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from case_threader.answering import draft_reply, mail_account_of_case
from case_threader.composing import Wording
from case_threader.locking import changing_cases
from case_threader.models import CaseRow, MailAccount
from case_threader.originals import fetch_quote
from case_threader.parts import Reader, The, ThreaderParts, Writer, author_of
from case_threader.replying import Desk, Draft, compose, get_sender, reply_to_case, write_to_account
from case_threader.repository import cases, directory
from case_threader.repository.replies import get_reply, replies_in_list
from case_threader.repository.saved_replies import get_saved_reply
from case_threader.repository.settings import get_settings
from case_threader.retrying import retry_reply
from case_threader.schemas.replies import NewMailBody, ReplyBody, ReplyDraft, ReplyShape
from kit.body_limits import body_limit
from kit.etags import show_version
from kit.outgoing_mail import Mailbox
from kit.paging import Page, PageWanted, page_of
from kit.tokens import Caller

router = APIRouter(tags=["replies"])

LARGEST_MAIL = 30 * 1024 * 1024


@router.post("/v1/cases/{number}/replies", response_model=ReplyShape, status_code=202)
@body_limit(LARGEST_MAIL)
async def add_reply(the: The, caller: Writer, number: int, body: ReplyBody, response: Response) -> ReplyShape:
    """Answer in a case. It leaves at once or when the mail server takes it; the case is closed (features C6, C10, C11).

    Without `from_account_id` from the mail account at which the mail that is answered arrived.
    """
    return await send_answer(the, caller, number, body, response)


async def send_answer(
    the: ThreaderParts,
    caller: Caller,
    number: int,
    body: ReplyBody,
    response: Response,
    *,
    saved_id: UUID | None = None,
) -> ReplyShape:
    """Put the answer in the case and queue it; a saved reply it was made of is gone in the same transaction."""
    quote = None
    if body.quote_original:
        quote = await fetch_quote(
            the.database,
            the.service_client,
            number,
            zone=the.settings.default_timezone,
            locale=the.settings.locale,
        )
    draft = body.draft(body.subject, quote)
    async with changing_cases(the.database) as session:
        sender = body.from_account_id or await mail_account_of_case(session, number)
        desk = _desk(the, caller, await get_sender(session, sender))
        if saved_id is not None:
            await session.delete(await get_saved_reply(session, saved_id, author=author_of(caller)))
        reply = await reply_to_case(session, number, draft, desk, confirm_recipients=body.confirm_recipients)
        case = await cases.get_case_by_id(session, reply.case_id)
        shape = ReplyShape.of(reply, case_number=case.number)
    the.reply_sender.wake()
    response.headers["location"] = f"/v1/replies/{shape.id}"
    return shape


@router.post("/v1/messages", response_model=ReplyShape, status_code=202)
@body_limit(LARGEST_MAIL)
async def add_message(the: The, caller: Writer, body: NewMailBody, response: Response) -> ReplyShape:
    """Begin a new topic with an account: opens a case, whose tag the first mail bears already (features C22)."""
    async with changing_cases(the.database) as session:
        desk = _desk(the, caller, await get_sender(session, body.from_account_id))
        case, reply = await write_to_account(session, body.account_id, body.draft(body.subject), desk)
        shape = ReplyShape.of(reply, case_number=case.number)
    the.reply_sender.wake()
    response.headers["location"] = f"/v1/replies/{shape.id}"
    return shape


@router.get("/v1/cases/{number}/reply-draft", response_model=ReplyDraft)
async def show_reply_draft(
    the: The,
    caller: Reader,
    number: int,
    everybody: Annotated[bool, Query(alias="all", description="Reply to all.")] = False,
    template_id: Annotated[UUID | None, Query(description="Show the body with this template.")] = None,
) -> ReplyDraft:
    """What an answer begins with: from which account, to whom, its subject, and template and signature with their fields
    filled. Strangers who only know the number are left out."""
    async with the.database.reading() as session:
        addressed = await draft_reply(session, number, everybody=everybody)
        from_account_id = addressed.from_account_id
        mail_account = await directory.find_mail_account(session, from_account_id) if from_account_id else None
        body = Wording()
        if mail_account is not None:
            draft = Draft(
                to=[Mailbox(email, addressed.names.get(email, "")) for email in addressed.to], template_id=template_id
            )
            settings = (await get_settings(session)).settings
            case = await cases.get_live_case(session, number)
            body = await compose(session, case, draft, _desk(the, caller, mail_account), settings=settings)
    return ReplyDraft(
        from_account_id=mail_account.id if mail_account else None, to=addressed.to, cc=addressed.cc,
        subject=addressed.subject, text=body.text, html=body.html, unverified=addressed.unverified,
        undeliverable=addressed.undeliverable,
    )  # fmt: skip


@router.get("/v1/replies", response_model=Page[ReplyShape])
async def list_replies(
    the: The, _: Reader, paging: PageWanted, status: str | None = None, case_number: int | None = None
) -> Page[ReplyShape]:
    """What was written from cases, newest first; `status=failed` is what somebody has to look at."""
    async with the.database.reading() as session:
        case: CaseRow | None = await cases.get_case(session, case_number) if case_number is not None else None
        query = replies_in_list(paging, status=status, case_id=case.id if case else None)
        listed = list((await session.scalars(query)).all())
        numbers = await cases.numbers_of(session, {reply.case_id for reply in listed})
    return page_of(
        listed,
        paging,
        key=lambda reply: (reply.id,),
        shape=lambda reply: ReplyShape.of(reply, case_number=numbers[reply.case_id]),
    )


@router.get("/v1/replies/{reply_id}", response_model=ReplyShape)
async def show_reply(the: The, _: Reader, reply_id: UUID, request: Request, response: Response) -> ReplyShape:
    async with the.database.reading() as session:
        reply = await get_reply(session, reply_id)
        case = await cases.get_case_by_id(session, reply.case_id)
    show_version(request, response, reply.version)
    return ReplyShape.of(reply, case_number=case.number)


@router.post("/v1/replies/{reply_id}/retry", response_model=ReplyShape, status_code=202)
async def retry(the: The, _: Writer, reply_id: UUID) -> ReplyShape:
    """Send a failed reply once more, with the same Message-ID."""
    async with changing_cases(the.database) as session:
        reply = await retry_reply(session, reply_id, now=the.clock.now())
        case = await cases.get_case_by_id(session, reply.case_id)
        shape = ReplyShape.of(reply, case_number=case.number)
    the.reply_sender.wake()
    return shape


def _desk(the: ThreaderParts, caller: Caller, mail_account: MailAccount) -> Desk:
    return Desk(
        mail_account=mail_account, loop_mark=the.settings.loop_mark, random=secrets.token_bytes(16),
        author=author_of(caller), now=the.clock.now(), author_name=caller.name or "", zone=the.settings.default_timezone,
        locale=the.settings.locale,
    )  # fmt: skip
