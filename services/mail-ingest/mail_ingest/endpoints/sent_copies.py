"""What Goniec sent, for the folder Sent of its mailbox."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from kit.body_limits import body_limit
from kit.tokens import Caller, requires
from mail_ingest import repository
from mail_ingest.errors import EmptyMail
from mail_ingest.incoming import header_of
from mail_ingest.parsing.header_fields import read_fields
from mail_ingest.parsing.limits import Limits, Rejected
from mail_ingest.parsing.message_ids import written_message_id
from mail_ingest.parts import The
from mail_ingest.schemas.messages import KeptShape

LARGEST_COPY = 60 * 1024 * 1024

router = APIRouter(tags=["mail accounts"])
Sender = Annotated[Caller, Depends(requires("mail:send"))]
_RAW = {"required": True, "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}}}


@router.post(
    "/v1/mail-accounts/{account_id}/sent-copies", response_model=KeptShape, openapi_extra={"requestBody": _RAW}
)
@body_limit(LARGEST_COPY)
async def keep_sent_copy(the: The, _: Sender, account_id: UUID, request: Request) -> KeptShape:
    """Put a mail that was sent from this account into its folder Sent, unless it lies there.

    409 `no_sent_folder` when there is none; 503 `mailbox_out_of_reach` when asking again can help.
    """
    raw = await request.body()
    if not raw:
        raise EmptyMail
    message_id = _message_id(header_of(raw))
    async with the.database.reading() as session:
        account = await repository.get_account(session, account_id)
    return KeptShape(appended=await the.sent_folders.keep(account, raw, rfc_message_id=message_id))


def _message_id(head: bytes) -> str:
    """As the mail spells it; empty when it has none that can be read."""
    try:
        fields, _ = read_fields(head, 0, len(head), Limits())
    except Rejected:
        return ""
    return written_message_id(fields.every("message-id")) or ""
