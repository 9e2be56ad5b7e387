"""Raw mail that is handed in over HTTP. The busiest door of the house: little is done here for each mail."""

import hashlib
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

from kit.body_limits import body_limit
from kit.correlation import current_correlation_id
from kit.schemas import Moment
from kit.tokens import Caller, requires
from mail_ingest.errors import EmptyMail, FarTooLarge
from mail_ingest.incoming import KEPT_HEADER_BYTES, Incoming, digest, header_of
from mail_ingest.parts import MailIngestParts
from mail_ingest.schemas.messages import PushedShape

FAR_TOO_LARGE = 4
"""A body so many times over the limit is not even read to its end."""

router = APIRouter(tags=["messages"])
Writer = Annotated[Caller, Depends(requires("mail:write"))]


class PushQuery(BaseModel):
    folder: Literal["inbox", "sent"] = Field(default="inbox", description="Whether it came to us or we sent it.")
    received_at: Moment | None = Field(default=None, description="When it came; now, when it is left out.")
    imported: bool = Field(default=False, description="History: no side effects are wanted.")


_PLAIN = {b"": PushQuery(), b"folder=inbox": PushQuery(), b"folder=sent": PushQuery(folder="sent")}
_PARAMETERS: list[dict[str, Any]] = [
    {"name": "account_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
    *(
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in PushQuery.model_json_schema()["properties"].items()
    ),
]
_RAW = {
    "required": True,
    "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
}


@router.post(
    "/v1/mail-accounts/{account_id}/messages",
    status_code=201,
    response_model=PushedShape,
    responses={200: {"model": PushedShape, "description": "These bytes lay there already."}},
    openapi_extra={"parameters": _PARAMETERS, "requestBody": _RAW},
)
@body_limit(None)
async def push_mail(_: Writer, request: Request) -> Response:
    """Hand in one mail, as it travels. The answer comes when it is stored and read.

    Bytes that lie in this mailbox already are answered with 200 and the message they are. A mail over the size limit is
    quarantined as `too_large`, with its header.
    """
    the: MailIngestParts = request.app.state.parts
    account_id, query = _account_id(request), _query(request)
    now = the.clock.now()
    await the.accounts.mailbox(account_id)
    mail = Incoming(
        account_id=account_id,
        folder=query.folder,
        role=query.folder,
        raw=b"",
        sha256="",
        size=0,
        received_at=query.received_at or now,
        imported=query.imported,
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


def _account_id(request: Request) -> UUID:
    """FastAPI would do this and the next for us; that takes longer than all the rest of this door."""
    try:
        return UUID(request.path_params["account_id"])
    except ValueError:
        error = {"loc": ("path", "account_id"), "msg": "must be a UUID", "type": "uuid_parsing"}
        raise RequestValidationError([error]) from None


def _query(request: Request) -> PushQuery:
    plain = _PLAIN.get(request.scope["query_string"])
    if plain is not None:
        return plain
    try:
        return PushQuery.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise RequestValidationError(
            [{**one, "loc": ("query", *one["loc"])} for one in error.errors(include_url=False)]
        ) from None


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
