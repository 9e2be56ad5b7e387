"""What is shown of cases and filings, put together from several tables."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from case_threader.models import CaseRow, Filing, Message
from case_threader.repository import cases, directory, messages
from case_threader.repository.settings import get_settings
from case_threader.schemas.cases import CaseItem, CaseShape, MessageShape, ParticipantShape, item_fields
from case_threader.schemas.filings import FilingShape, SuggestedAccount, SuggestedCase, WaitingShape
from case_threader.shared_domains import is_shared
from case_threader.subject_tags import tag_of
from contracts.addresses import domain_of
from kit.database import AsyncSession

MOST_MESSAGES = 1000
EXPANDED_MESSAGES = 20


async def shape_of_case(session: AsyncSession, case: CaseRow) -> CaseShape:
    """The whole case; of a very long one the newest thousand messages."""
    prefix = (await get_settings(session)).settings.tag_prefix
    shown = await cases.list_messages(session, case.id, most=MOST_MESSAGES)
    count = len(shown)
    if count == MOST_MESSAGES:
        count = (await cases.counts_of_messages(session, [case.id]))[case.id]
    target = await cases.final_target(session, case) if case.merged_into is not None else None
    numbers = await cases.numbers_of(session, [case.continues, case.continued_by])
    return CaseShape(
        **item_fields(case, tag=tag_of(prefix, case.number), message_count=count),
        messages=[MessageShape.of(message) for message in shown],
        participants=[ParticipantShape.of(each) for each in await cases.list_participants(session, case.id)],
        merged_into=target.number if target else None,
        continues=numbers.get(case.continues) if case.continues else None,
        continued_by=numbers.get(case.continued_by) if case.continued_by else None,
    )


async def shapes_of_cases(session: AsyncSession, listed: Sequence[CaseRow], *, expand: bool) -> list[CaseItem]:
    prefix = (await get_settings(session)).settings.tag_prefix
    counts = await cases.counts_of_messages(session, [case.id for case in listed])
    shapes = []
    for case in listed:
        fields = item_fields(case, tag=tag_of(prefix, case.number), message_count=counts.get(case.id, 0))
        newest = await cases.list_messages(session, case.id, most=EXPANDED_MESSAGES) if expand else None
        shown = [MessageShape.of(message) for message in newest] if newest is not None else None
        shapes.append(CaseItem(**fields, messages=shown))
    return shapes


async def shape_of_filing(session: AsyncSession, filing: Filing) -> FilingShape:
    return (await shapes_of_filings(session, [filing]))[0]


async def shapes_of_filings(session: AsyncSession, filings: Sequence[Filing]) -> list[FilingShape]:
    held = await messages.messages_by_id(session, {each.held_by for each in filings if each.held_by is not None})
    ids = {message.case_id for message in held.values()} | {each.suggested_case_id for each in filings}
    numbers = await cases.living_numbers(session, {each for each in ids if each is not None})
    waiting = {each.sender_email for each in held.values() if each.case_id is None and each.sender_email}
    taking_part = await messages.cases_of_senders(session, waiting) if waiting else {}
    shapes = []
    for filing in filings:
        message = held.get(filing.held_by) if filing.held_by else None
        number = numbers.get(message.case_id) if message is not None and message.case_id else None
        suggested = None
        if filing.outcome == "unassigned" and message is not None:
            suggested = numbers.get(filing.suggested_case_id) if filing.suggested_case_id else None
            if suggested is None and message.sender_email in taking_part:
                suggested = taking_part[message.sender_email].number
        shapes.append(FilingShape.of(filing, case_number=number, suggested_case_number=suggested))
    return shapes


async def shapes_of_waiting(session: AsyncSession, waiting: Sequence[tuple[Filing, Message]]) -> list[WaitingShape]:
    """Waiting mails with suggestions: the tagged case, cases the sender takes part in, accounts of his domain."""
    senders = {message.sender_email for _, message in waiting if message.sender_email}
    domains = {domain_of(sender) for sender in senders}
    at_domain = await directory.accounts_at_domains(session, {each for each in domains if each and not is_shared(each)})
    with_address = await directory.accounts_with_address(session, senders)
    taking_part = await messages.cases_of_senders(session, senders)
    tagged = await _tagged_cases(session, [filing for filing, _ in waiting])
    account_ids = {each for found in (*at_domain.values(), *with_address.values()) for each in found}
    names = await directory.names_of_accounts(session, account_ids)
    shapes = []
    for filing, message in waiting:
        sender = message.sender_email
        suggested = [tagged[filing.message_id]] if filing.message_id in tagged else []
        own = taking_part.get(sender)
        if own is not None and own.number not in {each.number for each in suggested}:
            suggested.append(SuggestedCase(number=own.number, title=own.title, reason="sender_takes_part"))
        accounts = [
            SuggestedAccount(account_id=each, name=names.get(each, ""), reason="address_on_several_cards")
            for each in sorted(with_address.get(sender, ()))
        ]
        accounts += [
            SuggestedAccount(account_id=each, name=names.get(each, ""), reason="same_domain")
            for each in sorted(at_domain.get(domain_of(sender), ()))
            if each not in with_address.get(sender, ())
        ][:5]
        shapes.append(WaitingShape.of(filing, message, accounts=accounts, cases=suggested))
    return shapes


async def _tagged_cases(session: AsyncSession, filings: Sequence[Filing]) -> dict[UUID, SuggestedCase]:
    """For each mail the case its tag names, followed to where that lives now."""
    wanted = {filing.suggested_case_id for filing in filings if filing.suggested_case_id is not None}
    living = await cases.living_cases(session, wanted)
    return {
        filing.message_id: SuggestedCase(number=case.number, title=case.title, reason="tag")
        for filing in filings
        if filing.suggested_case_id is not None and (case := living.get(filing.suggested_case_id)) is not None
    }
