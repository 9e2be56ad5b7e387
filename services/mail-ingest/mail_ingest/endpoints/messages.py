"""Messages: lists, the parsed mail, its bytes, its cleaned HTML, its attachments."""

from typing import Annotated, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from kit.etags import show_version
from kit.paging import Page, PageWanted, page_of
from kit.schemas import Moment
from kit.tokens import Caller, requires
from mail_ingest import repository
from mail_ingest.downloads import SANDBOXED_HTML, download_headers, safe_content_type
from mail_ingest.errors import AttachmentNotFound, NoHtml
from mail_ingest.folding import folded
from mail_ingest.mail_parts import attachment_of, html_of
from mail_ingest.models import State
from mail_ingest.parts import The
from mail_ingest.repository import Wanted
from mail_ingest.schemas.messages import AttachmentShape, MessageCard, MessageShape
from mail_ingest.verdicts import opened_document

router = APIRouter(tags=["messages"])
Reader = Annotated[Caller, Depends(requires("mail:read"))]
Words = Annotated[str, Query(alias="q", max_length=200, description="Words of subject and sender, in any order.")]
_STATES = {"stored": State.PARSED, "quarantined": State.QUARANTINED}


@router.get("/v1/messages", response_model=Page[MessageCard])
async def list_messages(
    the: The,
    _: Reader,
    paging: PageWanted,
    mail_account_id: UUID | None = None,
    role: Literal["inbox", "sent"] | None = None,
    folder: Annotated[str | None, Query(max_length=1000)] = None,
    status: Literal["stored", "quarantined"] | None = None,
    sender: Annotated[str | None, Query(alias="from", max_length=320, description="Address of the sender.")] = None,
    rfc_message_id: Annotated[str | None, Query(max_length=1000)] = None,
    sha256: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None,
    has_invitation: bool | None = None,
    received_from: Annotated[Moment | None, Query(description="Received at this moment or later.")] = None,
    received_before: Moment | None = None,
    q: Words = "",
) -> Page[MessageCard]:
    """Messages that were read or set aside, the latest received first."""
    wanted = Wanted(
        account_id=mail_account_id,
        role=role,
        folder=folder,
        state=_STATES[status] if status else None,
        from_email=sender.strip().lower() if sender else None,
        rfc_message_id=rfc_message_id.strip().strip("<>").lower() if rfc_message_id else None,
        sha256=sha256,
        has_invitation=has_invitation,
        received_from=received_from,
        received_before=received_before,
        words=folded(q).split()[:10],
    )
    async with the.database.reading() as session:
        rows = await repository.list_messages(session, wanted, paging)
    return page_of(rows, paging, key=lambda row: (row.id,), shape=MessageCard.of)


@router.get("/v1/messages/{message_id}", response_model=MessageShape)
async def show_message(the: The, _: Reader, message_id: UUID, request: Request) -> Response:
    """The parsed mail; of a quarantined one what its header told."""
    async with the.database.reading() as session:
        row = await repository.get_message(session, message_id)
        content = await repository.find_document(session, message_id)
    document = opened_document(content) if content is not None else {}
    shape = MessageShape.whole(row, document)
    response = Response(orjson.dumps(shape.model_dump(mode="json")), media_type="application/json")
    show_version(request, response, f"{row.state}-{row.quarantine_reason or 'read'}")
    return response


@router.get(
    "/v1/messages/{message_id}/raw",
    response_class=Response,
    responses={200: {"content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def show_raw(the: The, _: Reader, message_id: UUID) -> Response:
    """The very bytes that came, for quarantined mails as well; of a mail over the size limit its header."""
    async with the.database.reading() as session:
        raw = await repository.get_raw(session, message_id)
    content = await the.raw_store.read(raw)
    return Response(content, media_type="message/rfc822", headers=download_headers(f"{message_id}.eml"))


@router.get(
    "/v1/messages/{message_id}/html",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
async def show_html(
    the: The,
    _: Reader,
    message_id: UUID,
    fold: Annotated[bool, Query(description="Quotes open on a click.")] = True,
) -> Response:
    """The HTML, cleaned: no script, style sheet, form or frame, and nothing is loaded from elsewhere."""
    html = await html_of(the.database, the.raw_store, the.workers, the.settings, message_id, fold=fold)
    if html is None:
        raise NoHtml(message_id)
    headers = {"content-security-policy": SANDBOXED_HTML, "referrer-policy": "no-referrer", "cache-control": "private"}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/v1/messages/{message_id}/attachments", response_model=Page[AttachmentShape])
async def list_attachments(the: The, _: Reader, message_id: UUID) -> Page[AttachmentShape]:
    """What is enclosed, all of it on one page (features R85); a quarantined mail shows none."""
    async with the.database.reading() as session:
        row = await repository.get_message(session, message_id)
        content = await repository.find_document(session, message_id)
    document = opened_document(content) if content is not None else {}
    return Page(items=MessageShape.whole(row, document).attachments, next=None)


@router.get(
    "/v1/messages/{message_id}/attachments/{n}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def show_attachment(
    the: The, _: Reader, message_id: UUID, n: Annotated[int, Path(ge=1, le=1_000_000)]
) -> Response:
    """One attachment, to be saved and never to be shown: whatever the mail calls it."""
    found = await attachment_of(the.database, the.raw_store, the.workers, the.settings, message_id, n)
    if found is None:
        raise AttachmentNotFound(message_id, n)
    card, content = found
    return Response(
        content,
        headers={
            **download_headers(card["filename"]),
            "content-type": safe_content_type(card["content_type"]),
        },
    )
