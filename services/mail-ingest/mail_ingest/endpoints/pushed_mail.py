"""Raw mail that is handed in over HTTP. The busiest door of the house: little is done here for each mail."""

import hashlib
from typing import Annotated, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from kit.body_limits import body_limit
from kit.correlation import current_correlation_id
from kit.schemas import Moment
from kit.tokens import Caller, requires
from mail_ingest.errors import EmptyMail, FarTooLarge
from mail_ingest.incoming import KEPT_HEADER_BYTES, Incoming, digest, header_of
from mail_ingest.parts import The
from mail_ingest.schemas.messages import PushedShape

FAR_TOO_LARGE = 4
"""A body so many times over the limit is not even read to its end."""

router = APIRouter(tags=["messages"])
Writer = Annotated[Caller, Depends(requires("mail:write"))]
_RAW = {
    "required": True,
    "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
}


@router.post(
    "/v1/mail-accounts/{account_id}/messages",
    status_code=201,
    response_model=PushedShape,
    responses={200: {"model": PushedShape, "description": "These bytes lay there already."}},
    openapi_extra={"requestBody": _RAW},
)
@body_limit(None)
async def push_mail(
    the: The,
    _: Writer,
    account_id: UUID,
    request: Request,
    folder: Literal["inbox", "sent"] = "inbox",
    received_at: Annotated[Moment | None, Query(description="When it came; now, when it is left out.")] = None,
    imported: Annotated[bool, Query(description="History: no side effects are wanted.")] = False,
) -> Response:
    """Hand in one mail, as it travels. The answer comes when it is stored and read.

    Bytes that lie in this mailbox already are answered with 200 and the message they are. A mail over the size limit is
    quarantined as `too_large`, with its header.
    """
    now = the.clock.now()
    await the.accounts.mailbox(account_id)
    mail = Incoming(
        account_id=account_id,
        folder=folder,
        role=folder,
        raw=b"",
        sha256="",
        size=0,
        received_at=received_at or now,
        imported=imported,
        correlation_id=current_correlation_id(),
    )
    await _read_body(request, mail, limit=the.settings.max_message_bytes)
    taken = await the.pushes.take_in(mail)
    the.measures.took((the.clock.now() - now).total_seconds())
    answer = {
        "id": str(taken.id),
        "sha256": taken.sha256,
        "status": taken.status,
        "quarantine_reason": taken.quarantine_reason,
    }
    return Response(orjson.dumps(answer), 200 if taken.known else 201, media_type="application/json")


async def _read_body(request: Request, mail: Incoming, *, limit: int) -> None:
    """Fill in the bytes. Of a body over the limit only the beginning is held in memory, the rest is hashed as it passes."""
    pieces: list[bytes] = []
    size = 0
    stream = request.stream()
    async for piece in stream:
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            break
    if size == 0:
        raise EmptyMail
    if size <= limit:
        mail.raw = b"".join(pieces)
        mail.sha256, mail.size = digest(mail.raw), size
        return
    hashed = hashlib.sha256()
    for piece in pieces:
        hashed.update(piece)
    beginning = b"".join(pieces)[: 2 * KEPT_HEADER_BYTES]
    pieces.clear()
    async for piece in stream:
        size += len(piece)
        if size > limit * FAR_TOO_LARGE:
            raise FarTooLarge(limit * FAR_TOO_LARGE)
        hashed.update(piece)
    mail.raw, mail.whole = header_of(beginning), False
    mail.sha256, mail.size = hashed.hexdigest(), size
