"""Messages of cases, wherever somebody looks for them: on the card of an account, of a contact, of an address, in a folder;
and what the tabs of a message show (features R85, R88)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from case_threader.errors import NothingAskedFor
from case_threader.models import Message
from case_threader.parts import Reader, The
from case_threader.repository import cases, directory, messages
from case_threader.repository.messages import Folder
from case_threader.schemas.cases import ChangeShape, MessageAlone, MessageHistory
from contracts.addresses import canonical_email
from kit.paging import Page, PageWanted, page_of

router = APIRouter(tags=["cases"])


@router.get("/v1/messages", response_model=Page[MessageAlone])
async def list_messages(
    the: The,
    _: Reader,
    paging: PageWanted,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    participant: Annotated[str | None, Query(max_length=320, description="An address that takes part.")] = None,
    folder: Annotated[
        Folder | None,
        Query(
            description="inbox: came in and is not settled, unassigned mails too; settled: came in, its case is closed; "
            "sent: left; outbox: written and not yet accepted by a mail server; deleted: of deleted cases (features R88)."
        ),
    ] = None,
) -> Page[MessageAlone]:
    """The messages of all cases of an account, or of those in which a contact or an address takes part (features C27), or of one
    folder, or both; newest first. Name one of the first three, a folder, or one of each."""
    named = 3 - [account_id, contact_id, participant].count(None)
    if named > 1 or (named == 0 and folder is None):
        raise NothingAskedFor
    async with the.database.reading() as session:
        emails = [canonical_email(participant)] if participant else []
        if contact_id is not None:
            emails = await directory.addresses_of(session, "contact", contact_id)
        query = messages.messages_in_list(
            paging, account_id=account_id, contact_id=contact_id, emails=emails, folder=folder
        )
        listed = list((await session.scalars(query)).all())
        numbers = await cases.numbers_of(session, {message.case_id for message in listed})

    def shape(message: Message) -> MessageAlone:
        return MessageAlone.seen(message, case_number=numbers.get(message.case_id) if message.case_id else None)

    return page_of(listed, paging, key=lambda message: (message.received_at, message.id), shape=shape)


@router.get("/v1/messages/{message_id}", response_model=MessageAlone)
async def show_message(the: The, _: Reader, message_id: UUID) -> MessageAlone:
    """One message and the case it stands in; the mail itself is kept by mail-ingest (features R85)."""
    async with the.database.reading() as session:
        message = await messages.get_message(session, message_id)
        numbers = await cases.numbers_of(session, {message.case_id})
    return MessageAlone.seen(message, case_number=numbers.get(message.case_id) if message.case_id else None)


@router.get("/v1/messages/{message_id}/thread", response_model=Page[MessageAlone])
async def show_message_thread(the: The, _: Reader, message_id: UUID, paging: PageWanted) -> Page[MessageAlone]:
    """The conversation it belongs to, oldest first: everything in its case; a mail that waits stands alone (features R85)."""
    async with the.database.reading() as session:
        message = await messages.get_message(session, message_id)
        listed = list((await session.scalars(messages.messages_of_thread(paging, message))).all())
        numbers = await cases.numbers_of(session, {one.case_id for one in listed})

    def shape(one: Message) -> MessageAlone:
        return MessageAlone.seen(one, case_number=numbers.get(one.case_id) if one.case_id else None)

    return page_of(listed, paging, key=lambda one: (one.received_at, one.id), shape=shape)


@router.get("/v1/messages/{message_id}/history", response_model=MessageHistory)
async def show_message_history(the: The, _: Reader, message_id: UUID, paging: PageWanted) -> MessageHistory:
    """Which rule or person filed it, and every move since (features R85)."""
    async with the.database.reading() as session:
        message = await messages.get_message(session, message_id)
        filing = await messages.find_filing(session, message_id)
        listed = list((await session.scalars(messages.changes_of_message(paging, message.id))).all())
    page = page_of(listed, paging, key=lambda one: (one.id,), shape=ChangeShape.of)
    return MessageHistory(
        outcome=filing.outcome if filing else None,
        rule=filing.rule if filing else None,
        reason=filing.reason if filing else None,
        decided_at=filing.decided_at if filing else None,
        decided_by=filing.decided_by if filing else None,
        items=page.items,
        next=page.next,
    )
