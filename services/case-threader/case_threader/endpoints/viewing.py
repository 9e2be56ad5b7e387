"""What is shown of cases and filings, put together from several tables."""

from __future__ import annotations

from collections.abc import Sequence

from case_threader.models import CaseRow, Filing
from case_threader.repository import cases, messages
from case_threader.repository.settings import get_settings
from case_threader.schemas.cases import CaseItem, CaseShape, MessageShape, ParticipantShape, item_fields
from case_threader.schemas.filings import FilingShape
from case_threader.subject_tags import tag_of
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
