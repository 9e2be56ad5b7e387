"""Invitations of ours to a task, answers of ours to others' invitations, and what became of both."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from kit.database import AsyncSession
from kit.etags import check_if_match, etag_of, show_version
from kit.mail_sending import queue_again
from kit.paging import Page, PageWanted, page_of
from kit.tokens import Caller
from tasks_api.endpoints.callers import DecidesAll, Reader, SeesAll, Writer, editor_of
from tasks_api.errors.letters import LetterOnItsWay
from tasks_api.parts import The
from tasks_api.repository import heard, letters, tasks
from tasks_api.responding import respond
from tasks_api.schemas.letters import (
    CommentBody,
    InvitationsBody,
    LetterShape,
    PlanShape,
    RespondedShape,
    ResponseBody,
    SentOutShape,
    Status,
)
from tasks_api.schemas.values import Email
from tasks_api.sending_out import plan_invitation, send_out, withdraw_invitation
from tasks_api.task import Task
from tasks_api.viewer import Viewer

router = APIRouter(tags=["invitations of ours"])


@router.post("/v1/tasks/{task_id}/invitations", response_model=SentOutShape, status_code=202)
async def invite_to_task(
    the: The, caller: Writer, task_id: UUID, body: InvitationsBody, request: Request, response: Response
) -> SentOutShape:
    """Send the task out as an invitation (METHOD:REQUEST). From then on changes and a cancellation follow by themselves."""
    async with the.database.transaction() as session:
        task = await _task_to_change(session, caller, task_id, request)
        sent = await send_out(
            session, the.desk, task, people=body.people, from_account_id=body.from_account_id, comment=body.comment,
            editor=editor_of(caller), now=the.clock.now(),
        )  # fmt: skip
        shape = SentOutShape.of(sent, with_reminders=await _with_reminders(session))
    the.letter_sender.wake()
    response.headers["etag"] = etag_of(shape.task.version)
    response.headers["location"] = f"/v1/letters/{shape.letter.id}"
    return shape


@router.get("/v1/tasks/{task_id}/invitations", response_model=Page[LetterShape])
async def list_letters_of_task(the: The, caller: Reader, task_id: UUID, paging: PageWanted) -> Page[LetterShape]:
    """Every calendar message of ours about the task, newest first: invitations, updates, cancellations, answers."""
    async with the.database.reading() as session:
        await tasks.get_task(session, task_id, Viewer.behind(caller))
        found = await letters.list_letters(session, paging, task_ids=[task_id])
    return page_of(found, paging, key=lambda letter: (letter.id,), shape=LetterShape.of)


@router.get("/v1/tasks/{task_id}/invitations/recipients", response_model=PlanShape)
async def show_recipients(the: The, caller: Reader, task_id: UUID, from_account_id: UUID | None = None) -> PlanShape:
    """To whom an invitation would go, from which account, and why; nothing leaves (features E33)."""
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
        plan = await plan_invitation(session, task, editor=editor_of(caller), named=from_account_id)
    return PlanShape.of(plan)


@router.post("/v1/tasks/{task_id}/invitations/{email}/withdrawal", response_model=LetterShape, status_code=202)
async def withdraw(
    the: The, caller: Writer, task_id: UUID, email: Email, body: CommentBody, request: Request
) -> LetterShape:
    """Take one invitation back; the meeting goes on without that person (features E25)."""
    async with the.database.transaction() as session:
        task = await _task_to_change(session, caller, task_id, request)
        letter = await withdraw_invitation(
            session, the.desk, task, email, comment=body.comment, editor=editor_of(caller), now=the.clock.now()
        )
        shape = LetterShape.of(letter)
    the.letter_sender.wake()
    return shape


@router.post("/v1/tasks/{task_id}/response", response_model=RespondedShape, status_code=202)
async def respond_to_invitation(
    the: The, caller: Writer, task_id: UUID, body: ResponseBody, request: Request, response: Response
) -> RespondedShape:
    """Accept, decline or tentatively accept the invitation the task was made from: the organizer gets a METHOD:REPLY."""
    async with the.deciding() as session:
        task = await _task_to_change(session, caller, task_id, request)
        responded = await respond(
            session, the.desk, task, body.response, comment=body.comment, editor=editor_of(caller), now=the.clock.now()
        )
        shape = RespondedShape.of(responded, with_reminders=await _with_reminders(session))
    the.letter_sender.wake()
    response.headers["etag"] = etag_of(shape.task.version)
    response.headers["location"] = f"/v1/letters/{shape.letter.id}"
    return shape


@router.get("/v1/letters", response_model=Page[LetterShape])
async def list_letters(
    the: The,
    _: SeesAll,
    paging: PageWanted,
    status: Annotated[list[Status] | None, Query(description="One or several.")] = None,
) -> Page[LetterShape]:
    """All calendar messages of ours, newest first; `status=failed` shows what did not arrive."""
    async with the.database.reading() as session:
        found = await letters.list_letters(session, paging, statuses=tuple(status or ()))
    return page_of(found, paging, key=lambda letter: (letter.id,), shape=LetterShape.of)


@router.get("/v1/letters/{letter_id}", response_model=LetterShape)
async def show_letter(the: The, _: SeesAll, letter_id: UUID, request: Request, response: Response) -> LetterShape:
    async with the.database.reading() as session:
        letter = await letters.get_letter(session, letter_id)
    show_version(request, response, letter.version)
    return LetterShape.of(letter)


@router.get("/v1/letters/{letter_id}/raw", response_class=Response)
async def show_raw_letter(the: The, _: SeesAll, letter_id: UUID) -> Response:
    """The mail as it leaves, byte for byte."""
    async with the.database.reading() as session:
        letter = await letters.get_letter(session, letter_id)
    return Response(letter.content, media_type="message/rfc822", headers={"x-content-type-options": "nosniff"})


@router.post("/v1/letters/{letter_id}/retry", response_model=LetterShape)
async def retry_letter(the: The, _: DecidesAll, letter_id: UUID) -> LetterShape:
    """Send a calendar message that failed once more, with the same bytes."""
    async with the.database.transaction() as session:
        letter = await letters.get_letter(session, letter_id)
        if letter.status not in {"failed", "unknown"}:
            raise LetterOnItsWay(letter.status)
        queue_again(letter, now=the.clock.now())
        session.add(letter)
        shape = LetterShape.of(letter)
    the.letter_sender.wake()
    return shape


async def _task_to_change(session: AsyncSession, caller: Caller, task_id: UUID, request: Request) -> Task:
    task = await tasks.get_task(session, task_id, Viewer.behind(caller), to_change=True)
    check_if_match(request, etag_of(task.version))
    return task


async def _with_reminders(session: AsyncSession) -> bool:
    return await heard.reminders_are_on(session)
