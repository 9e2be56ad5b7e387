"""Mails that were kept and could not be understood: listed with the reason, and tried again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from kit.paging import Page, PageWanted, page_of
from kit.tokens import Caller, requires
from mail_ingest import repository
from mail_ingest.incoming import Taken
from mail_ingest.models import State
from mail_ingest.parts import The
from mail_ingest.repository import Wanted
from mail_ingest.retrying import retry_mail, retry_mails
from mail_ingest.schemas.messages import PushedShape, QuarantinedCard, RetriedShape, RetryAll

router = APIRouter(tags=["quarantine"])
Reader = Annotated[Caller, Depends(requires("mail:read"))]
Writer = Annotated[Caller, Depends(requires("mail:write"))]


@router.get("/v1/quarantine", response_model=Page[QuarantinedCard])
async def list_quarantine(
    the: The,
    _: Reader,
    paging: PageWanted,
    mail_account_id: UUID | None = None,
    reason: Annotated[str | None, Query(max_length=100, description="A stable code, for instance too_large.")] = None,
) -> Page[QuarantinedCard]:
    """Mails in quarantine, the latest first."""
    wanted = Wanted(account_id=mail_account_id, state=State.QUARANTINED, quarantine_reason=reason)
    async with the.database.reading() as session:
        rows = await repository.list_messages(session, wanted, paging)
    return page_of(rows, paging, key=lambda row: (row.id,), shape=QuarantinedCard.of)


@router.post("/v1/quarantine/retry", response_model=RetriedShape)
async def retry_quarantine(the: The, _: Writer, body: RetryAll) -> RetriedShape:
    """Read many of them once more, the oldest first; ask again with `after` = `next` until that is null."""
    taken = await retry_mails(
        the.intake, the.database, reason=body.reason, after=body.after, limit=body.limit, now=the.clock.now()
    )
    return RetriedShape(
        tried=len(taken),
        released=sum(1 for one in taken if one.status == "stored"),
        items=[_shape(one) for one in taken],
        next=taken[-1].id if len(taken) == body.limit else None,
    )


@router.post("/v1/quarantine/{message_id}/retry", response_model=PushedShape)
async def retry_one(the: The, _: Writer, message_id: UUID) -> PushedShape:
    """Read one of them once more. If it can be read now, it is announced as if it had just come."""
    return _shape(await retry_mail(the.intake, the.database, message_id, now=the.clock.now()))


def _shape(taken: Taken) -> PushedShape:
    return PushedShape.model_validate(taken)
