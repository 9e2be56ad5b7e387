"""Invitations: what mails asked, and what people decide about it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from kit.errors import GoniecError
from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of
from tasks_api.decision_undoing import undo_decision
from tasks_api.endpoints.callers import DecidesAll, SeesAll, editor_of
from tasks_api.errors.invitations import InvitationAlreadyUsed, Unconfirmed
from tasks_api.invitation_answers import (
    OnDuplicate,
    confirm_cancellation,
    confirm_invitation,
    dismiss_invitation,
    invitations_to_answer,
    make_tasks,
)
from tasks_api.parts import TasksParts, The
from tasks_api.proposal_declining import decline_proposal
from tasks_api.repository import invitations
from tasks_api.repository.invitations import InvitationFilter
from tasks_api.schemas.invitations import (
    AnswerShape,
    CancellationBody,
    InvitationShape,
    ItemShape,
    ItemsShape,
    Outcome,
    TasksBody,
    UndoBody,
    UndoneShape,
)
from tasks_api.schemas.letters import CommentBody
from tasks_api.task_editing import Editor

router = APIRouter(tags=["invitations"])


@router.get("/v1/invitations", response_model=Page[InvitationShape])
async def list_invitations(
    the: The,
    _: SeesAll,
    paging: PageWanted,
    message_id: UUID | None = None,
    outcome: Annotated[list[Outcome] | None, Query(description="One or several.")] = None,
    uid: Annotated[str | None, Query(max_length=1000)] = None,
) -> Page[InvitationShape]:
    """Newest first. The records of one mail appear together, once all its calendar parts have been decided about."""
    wanted = InvitationFilter(message_id=message_id, outcomes=tuple(outcome or ()), uid=uid)
    async with the.database.reading() as session:
        if message_id is not None and not await invitations.is_complete(session, message_id):
            return Page[InvitationShape](items=[])
        records = await invitations.list_invitations(session, paging, wanted)
    return page_of(records, paging, key=lambda record: (record.id,), shape=InvitationShape.of)


@router.get("/v1/invitations/{invitation_id}", response_model=InvitationShape)
async def show_invitation(
    the: The, _: SeesAll, invitation_id: UUID, request: Request, response: Response
) -> InvitationShape:
    async with the.database.reading() as session:
        record = await invitations.get_invitation(session, invitation_id)
    show_version(request, response, record.version)
    return InvitationShape.of(record)


@router.post("/v1/invitations/{invitation_id}/tasks", response_model=AnswerShape, status_code=201)
async def create_task(
    the: The, caller: DecidesAll, invitation_id: UUID, body: TasksBody, request: Request, response: Response
) -> AnswerShape:
    """Make a task of it by hand; 409 `invitation_already_used` asks first, 409 `invitation_cancelled` warns."""
    async with the.deciding() as session:
        known = await invitations.get_invitation(session, invitation_id)
        check_if_match(request, etag_of(known.version))
        answer = await make_tasks(
            session, the.desk, invitation_id, body.on_duplicate, editor=editor_of(caller), now=the.clock.now()
        )
        shape = AnswerShape.of(answer)
    response.status_code = 201 if shape.result == "created" else 200
    response.headers["etag"] = etag_of(shape.invitation.version)
    return shape


@router.post("/v1/messages/{message_id}/tasks", response_model=ItemsShape)
async def create_tasks_of_message(the: The, caller: DecidesAll, message_id: UUID, body: TasksBody) -> ItemsShape:
    """Make tasks of every invitation in a mail, one result each; one that fails does not undo the others (features E9)."""
    async with the.database.reading() as session:
        records = await invitations_to_answer(session, message_id)
    editor = editor_of(caller)
    return ItemsShape(items=[await _item(the, one, body.on_duplicate, editor) for one in records])


@router.post("/v1/invitations/{invitation_id}/cancellation", response_model=AnswerShape)
async def cancel_tasks(
    the: The, caller: DecidesAll, invitation_id: UUID, body: CancellationBody, request: Request, response: Response
) -> AnswerShape:
    """Confirm a cancellation: all its tasks get the status `cancelled`, code `a`, or only those named (features E17, E29)."""
    if not body.confirm:
        raise Unconfirmed
    async with the.deciding() as session:
        known = await invitations.get_invitation(session, invitation_id)
        check_if_match(request, etag_of(known.version))
        answer = await confirm_cancellation(
            session, the.desk, invitation_id, task_ids=body.task_ids, editor=editor_of(caller), now=the.clock.now()
        )
        shape = AnswerShape.of(answer)
    response.headers["etag"] = etag_of(shape.invitation.version)
    return shape


@router.post("/v1/invitations/{invitation_id}/confirmation", response_model=AnswerShape)
async def confirm(
    the: The, caller: DecidesAll, invitation_id: UUID, request: Request, response: Response
) -> AnswerShape:
    """Do what the record says it `would` do: an update, a proposal or an answer that waited for a person."""
    async with the.deciding() as session:
        known = await invitations.get_invitation(session, invitation_id)
        check_if_match(request, etag_of(known.version))
        answer = await confirm_invitation(
            session, the.desk, invitation_id, editor=editor_of(caller), now=the.clock.now()
        )
        shape = AnswerShape.of(answer)
    response.headers["etag"] = etag_of(shape.invitation.version)
    return shape


@router.post("/v1/invitations/{invitation_id}/dismissal", response_model=InvitationShape)
async def dismiss(
    the: The, caller: DecidesAll, invitation_id: UUID, request: Request, response: Response
) -> InvitationShape:
    """Nothing shall come of it; it leaves the list of those that wait."""
    async with the.deciding() as session:
        known = await invitations.get_invitation(session, invitation_id)
        check_if_match(request, etag_of(known.version))
        record = await dismiss_invitation(session, invitation_id, editor=editor_of(caller), now=the.clock.now())
        shape = InvitationShape.of(record)
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.post("/v1/invitations/{invitation_id}/undo", response_model=UndoneShape)
async def undo(
    the: The, caller: DecidesAll, invitation_id: UUID, body: UndoBody, request: Request, response: Response
) -> UndoneShape:
    """Take the decision back: what it made is removed, what it changed or cancelled is as it was before."""
    async with the.deciding() as session:
        known = await invitations.get_invitation(session, invitation_id)
        check_if_match(request, etag_of(known.version))
        undone = await undo_decision(
            session, the.desk, invitation_id, force=body.force, editor=editor_of(caller), now=the.clock.now()
        )
        shape = UndoneShape.of(undone)
    response.headers["etag"] = etag_of(shape.invitation.version)
    return shape


@router.post("/v1/invitations/{invitation_id}/decline", response_model=InvitationShape)
async def decline(
    the: The, caller: DecidesAll, invitation_id: UUID, body: CommentBody, request: Request, response: Response
) -> InvitationShape:
    """Decline a proposal of other times: whoever made it gets a METHOD:DECLINECOUNTER, and the meeting stays as it is."""
    async with the.deciding() as session:
        known = await invitations.get_invitation(session, invitation_id)
        check_if_match(request, etag_of(known.version))
        record, _ = await decline_proposal(
            session, the.desk, invitation_id, comment=body.comment, editor=editor_of(caller), now=the.clock.now()
        )
        shape = InvitationShape.of(record)
    the.letter_sender.wake()
    response.headers["etag"] = etag_of(shape.version)
    return shape


async def _item(the: TasksParts, invitation_id: UUID, on_duplicate: OnDuplicate, editor: Editor) -> ItemShape:
    try:
        async with the.deciding() as session:
            answer = await make_tasks(
                session, the.desk, invitation_id, on_duplicate, editor=editor, now=the.clock.now()
            )
    except InvitationAlreadyUsed as used:
        existing = [UUID(task_id) for task_id in used.extra["existing_task_ids"]]
        return ItemShape(
            invitation_id=invitation_id, result="duplicate", code=used.code, detail=used.sentence, task_ids=existing
        )
    except GoniecError as refused:
        return ItemShape(invitation_id=invitation_id, result="failed", code=refused.code, detail=refused.sentence)
    result = answer.result if answer.result != "cancelled" else "updated"
    return ItemShape(invitation_id=invitation_id, result=result, task_ids=answer.task_ids, warnings=answer.warnings)
