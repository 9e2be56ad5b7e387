"""The wizard: mails that wait for a person."""

from uuid import UUID

from fastapi import APIRouter

from case_threader.assigning import assign_earlier, assign_to_account, assign_to_case, get_waiting, mark_as_spam
from case_threader.endpoints.suggesting import shapes_of_waiting
from case_threader.endpoints.viewing import shape_of_filing
from case_threader.errors import CannotLearn
from case_threader.learning import check_can_be_learned, create_account, create_contact, learn_address
from case_threader.locking import changing_cases
from case_threader.parts import Reader, The, ThreaderParts, Writer, author_of
from case_threader.repository import cases, messages
from case_threader.schemas.filings import AssignBody, AssignedShape, WaitingShape
from kit.paging import Page, PageWanted, page_of

router = APIRouter(tags=["unassigned"])


@router.get("/v1/unassigned", response_model=Page[WaitingShape])
async def list_unassigned(the: The, _: Reader, paging: PageWanted) -> Page[WaitingShape]:
    """Mails about which a person decides, newest first, each with suggested accounts and cases and why."""
    async with the.database.reading() as session:
        rows = (await session.execute(messages.waiting_in_list(paging, outcome="unassigned"))).all()
        shapes = await shapes_of_waiting(session, rows)
    received = {filing.message_id: filing.received_at for filing, _ in rows}
    return page_of(
        shapes, paging, key=lambda shape: (received[shape.message_id], shape.message_id), shape=lambda shape: shape
    )


@router.post("/v1/unassigned/{message_id}", response_model=AssignedShape)
async def assign(the: The, caller: Writer, message_id: UUID, body: AssignBody) -> AssignedShape:
    """Decide about a waiting mail: a new case of an account, or an existing case; perhaps learn the sender's address.

    422 `account_unknown` while the news of a new account is under way here: ask again.
    """
    sender = await _check(the, message_id, body)
    account_id = body.account_id
    contact_id = body.contact_id
    if body.new_account is not None:
        account_id = await create_account(the.service_client, body.new_account.name, sender)
    elif body.new_contact is not None:
        contact_id = await create_contact(
            the.service_client, await _account_to_learn(the, body), body.new_contact.name, sender
        )
    elif body.learn_address:
        await learn_address(
            the.service_client, sender, account_id=await _account_to_learn(the, body), contact_id=contact_id
        )
    author, now, backfilled = author_of(caller), the.clock.now(), 0
    async with changing_cases(the.database) as session:
        if body.spam:
            await mark_as_spam(session, message_id, author=author, now=now)
        elif body.case_number is not None:
            await assign_to_case(session, message_id, number=body.case_number, author=author, now=now)
        elif account_id is not None:
            await assign_to_account(
                session, message_id, account_id=account_id, contact_id=contact_id, author=author, now=now,
                is_new=body.new_account is not None,
            )  # fmt: skip
        if body.backfill:
            backfilled = await assign_earlier(
                session, sender, account_id=account_id, number=body.case_number, author=author, now=now
            )
        filing = await shape_of_filing(session, await messages.get_filing(session, message_id, fresh=True))
    learned = body.learn_address or body.new_account is not None or body.new_contact is not None
    return AssignedShape(**filing.model_dump(), address_learned=learned, backfilled=backfilled)


async def _check(the: ThreaderParts, message_id: UUID, body: AssignBody) -> str:
    """The sender of the waiting mail; what can be refused is refused before another service is told anything."""
    async with the.database.reading() as session:
        sender = (await get_waiting(session, message_id)).message.sender_email
        if body.case_number is not None:
            await cases.get_live_case(session, body.case_number)
        if body.learn_address or body.new_account is not None or body.new_contact is not None:
            await check_can_be_learned(session, sender)
    return sender


async def _account_to_learn(the: ThreaderParts, body: AssignBody) -> UUID:
    """The account on whose card the address is written: the chosen one, else that of the case."""
    if body.account_id is not None:
        return body.account_id
    if body.case_number is None:
        raise CannotLearn("Spam teaches no address.")
    async with the.database.reading() as session:
        case = await cases.get_live_case(session, body.case_number)
    if case.account_id is None:
        raise CannotLearn(f"Case {case.number} belongs to no account.")
    return case.account_id
