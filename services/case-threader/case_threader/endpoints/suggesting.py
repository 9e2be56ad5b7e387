"""Mails that wait, with what a person may want to choose from and why (reference/cases.md: suggestions)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from case_threader.case_settings import CaseSettings
from case_threader.folding import folded
from case_threader.models import CaseRow, Filing, Message
from case_threader.repository import cases, directory, messages, suggestions
from case_threader.repository.settings import get_settings
from case_threader.schemas.filings import SuggestedAccount, SuggestedCase, WaitingShape
from case_threader.shared_domains import is_shared
from case_threader.subject_tags import without_own_tags
from case_threader.subjects import title_of
from contracts.addresses import domain_of
from kit.database import AsyncSession

MOST_SUGGESTED = 5

Waiting = Sequence[tuple[Filing, Message]]
Accounts = dict[str, list[tuple[UUID, str]]]
"""By sender: accounts, each with the reason why it is suggested."""


async def shapes_of_waiting(session: AsyncSession, waiting: Waiting) -> list[WaitingShape]:
    """Cases: the tagged one, those of the same conversation or of the sender, those with the same subject. Accounts: by
    the sender's address, domain and name. The surest first."""
    accounts = await _accounts(session, [message for _, message in waiting])
    names = await directory.names_of_accounts(session, {each for found in accounts.values() for each, _ in found})
    found = await _cases(session, waiting, accounts)
    return [
        WaitingShape.of(
            filing,
            message,
            accounts=[
                SuggestedAccount(account_id=each, name=names.get(each, ""), reason=reason)
                for each, reason in accounts.get(message.sender_email, [])
            ],
            cases=[
                SuggestedCase(number=case.number, title=case.title, reason=reason)
                for case, reason in found.get(filing.message_id, [])
            ],
        )
        for filing, message in waiting
    ]


async def _accounts(session: AsyncSession, waiting: Sequence[Message]) -> Accounts:
    senders = {message.sender_email for message in waiting if message.sender_email}
    domains = {domain_of(sender) for sender in senders}
    by_address = await directory.accounts_with_address(session, senders)
    by_domain = await directory.accounts_at_domains(session, {each for each in domains if each and not is_shared(each)})
    by_name = await suggestions.accounts_named(session, {folded(message.sender_name) for message in waiting} - {""})
    found: Accounts = {}
    for message in waiting:
        sender = message.sender_email
        if not sender:
            continue
        reasons: dict[UUID, str] = {}
        _note(reasons, by_address.get(sender, ()), "address_on_several_cards")
        _note(reasons, by_domain.get(domain_of(sender), ()), "same_domain")
        _note(reasons, by_name.get(folded(message.sender_name), ()), "same_name")
        found[sender] = list(reasons.items())[:MOST_SUGGESTED]
    return found


def _note(reasons: dict[UUID, str], accounts: Iterable[UUID], reason: str) -> None:
    for account in sorted(accounts):
        reasons.setdefault(account, reason)


async def _cases(session: AsyncSession, waiting: Waiting, accounts: Accounts) -> dict[UUID, list[tuple[CaseRow, str]]]:
    settings = (await get_settings(session)).settings
    tagged = await cases.living_cases(
        session, {filing.suggested_case_id for filing, _ in waiting if filing.suggested_case_id is not None}
    )
    related = await suggestions.cases_mentioning(
        session, {each for _, message in waiting for each in message.ancestors}
    )
    talked = await suggestions.cases_of_conversations(
        session, {message.thread_index for _, message in waiting if message.thread_index is not None}
    )
    living = await cases.living_cases(
        session, {each for found in (*related.values(), *talked.values()) for each in found}
    )
    of_senders = await messages.cases_of_senders(session, {m.sender_email for _, m in waiting if m.sender_email})
    titled = await suggestions.open_cases_titled(
        session,
        {account for found in accounts.values() for account, _ in found},
        {_title(message, settings) for _, message in waiting} - {""},
    )
    shown: dict[UUID, list[tuple[CaseRow, str]]] = {}
    for filing, message in waiting:
        own = of_senders.get(message.sender_email)
        offered = [
            *_living([filing.suggested_case_id], tagged, "tag"),
            *_living((each for id_ in message.ancestors for each in related.get(id_, ())), living, "answers_the_same"),
            *_living(talked.get(message.thread_index or "", ()), living, "same_conversation"),
            *([(own, "sender_takes_part")] if own is not None else []),
            *(
                (case, "same_subject")
                for account, _ in accounts.get(message.sender_email, [])
                for case in titled.get((account, _title(message, settings)), [])
            ),
        ]
        surest: dict[int, tuple[CaseRow, str]] = {}
        for case, reason in offered:
            surest.setdefault(case.number, (case, reason))
        shown[filing.message_id] = list(surest.values())[:MOST_SUGGESTED]
    return shown


def _living(ids: Iterable[UUID | None], living: Mapping[UUID, CaseRow], reason: str) -> Iterable[tuple[CaseRow, str]]:
    return [(living[each], reason) for each in ids if each is not None and each in living]


def _title(message: Message, settings: CaseSettings) -> str:
    return title_of(without_own_tags(message.subject, settings.prefixes))
