"""Messages of cases, wherever somebody looks for them: on the card of an account, of a contact, of an address."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from case_threader.errors import NothingAskedFor
from case_threader.models import Message
from case_threader.parts import Reader, The
from case_threader.repository import cases, directory, messages
from case_threader.schemas.cases import MessageInCase
from contracts.addresses import canonical_email
from kit.paging import Page, PageWanted, page_of

router = APIRouter(tags=["cases"])


@router.get("/v1/messages", response_model=Page[MessageInCase])
async def list_messages(
    the: The,
    _: Reader,
    paging: PageWanted,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    participant: Annotated[str | None, Query(max_length=320, description="An address that takes part.")] = None,
) -> Page[MessageInCase]:
    """The messages of all cases of an account, or of those in which a contact or an address takes part; newest first
    (features C27). Name one of them."""
    if [account_id, contact_id, participant].count(None) != 2:
        raise NothingAskedFor
    async with the.database.reading() as session:
        emails = [canonical_email(participant)] if participant else []
        if contact_id is not None:
            emails = await directory.addresses_of(session, "contact", contact_id)
        query = messages.messages_in_list(paging, account_id=account_id, contact_id=contact_id, emails=emails)
        listed = list((await session.scalars(query)).all())
        numbers = await cases.numbers_of(session, {message.case_id for message in listed})

    def shape(message: Message) -> MessageInCase:
        assert message.case_id is not None
        return MessageInCase.within(message, case_number=numbers[message.case_id])

    return page_of(listed, paging, key=lambda message: (message.received_at, message.id), shape=shape)
