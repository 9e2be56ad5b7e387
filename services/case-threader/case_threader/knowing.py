"""Keeps our own copy of who is who: cards of the directory and mail accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from case_threader.folding import folded
from case_threader.repository import directory, forgetting
from contracts.addresses import canonical_email, domain_of
from contracts.directory import AccountChanged, CardErased, ContactChanged, EmployeeChanged
from contracts.mail import MailAccountChanged
from kit.database import AsyncSession
from kit.events import Event

Row = dict[str, Any]
E = TypeVar("E", bound=Event)

CARD_EVENTS = (AccountChanged, ContactChanged, EmployeeChanged, CardErased, MailAccountChanged)
_LONGEST_ADDRESS = 320


async def keep_cards(session: AsyncSession, events: Sequence[Event]) -> None:
    """Take over these cards; of several states of one card only the last counts.

    What an address now proves holds for mail from here on; earlier unassigned mail waits for a person (features C38).
    """
    for event in events:
        if isinstance(event, CardErased):  # while we still know under which addresses they wrote
            await forgetting.forget_card(session, event.kind, event.card_id)
    await _keep_accounts(session, _latest(event for event in events if isinstance(event, AccountChanged)))
    await _keep_contacts(session, _latest(event for event in events if isinstance(event, ContactChanged)))
    await _keep_employees(session, _latest(event for event in events if isinstance(event, EmployeeChanged)))
    await _keep_mail_accounts(session, _latest(event for event in events if isinstance(event, MailAccountChanged)))


def _latest(events: Iterable[E]) -> list[E]:
    return list({event.key(): event for event in events}.values())


async def _keep_accounts(session: AsyncSession, events: list[AccountChanged]) -> None:
    known = await directory.versions_of_cards(session, "account", [event.account_id for event in events])
    events = [event for event in events if event.version >= known.get(event.account_id, 0)]
    cards = [
        {
            "id": event.account_id, "version": event.version, "name": event.name, "folded_name": folded(event.name),
            "deleted": event.deleted, "merged_into": event.merged_into,
        }
        for event in events
    ]  # fmt: skip
    addresses = [
        row
        for event in events
        if not event.deleted
        for row in _addresses("account", event.account_id, event.emails, account_id=event.account_id)
    ]
    await directory.keep_cards(session, "account", cards, addresses)
    for event in events:
        if event.merged_into is not None:
            await directory.hand_over_cases(session, of_account=event.account_id, to_account=event.merged_into)


async def _keep_contacts(session: AsyncSession, events: list[ContactChanged]) -> None:
    known = await directory.versions_of_cards(session, "contact", [event.contact_id for event in events])
    events = [event for event in events if event.version >= known.get(event.contact_id, 0)]
    cards = [
        {
            "id": event.contact_id, "version": event.version, "account_id": event.account_id, "name": event.name,
            "folded_name": folded(event.name), "deleted": event.deleted,
        }
        for event in events
    ]  # fmt: skip
    addresses = [
        row
        for event in events
        if not event.deleted
        for row in _addresses("contact", event.contact_id, event.emails, account_id=event.account_id)
    ]
    await directory.keep_cards(session, "contact", cards, addresses)
    for event in events:
        if event.merged_into is not None:
            await forgetting.hand_over_person(session, of_contact=event.contact_id, to_contact=event.merged_into)


async def _keep_employees(session: AsyncSession, events: list[EmployeeChanged]) -> None:
    known = await directory.versions_of_cards(session, "employee", [event.employee_id for event in events])
    events = [event for event in events if event.version >= known.get(event.employee_id, 0)]
    cards = [
        {"id": event.employee_id, "version": event.version, "name": event.name, "deleted": event.deleted}
        for event in events
    ]
    addresses = [
        row
        for event in events
        if not event.deleted and event.email
        for row in _addresses("employee", event.employee_id, [event.email], account_id=None)
    ]
    await directory.keep_cards(session, "employee", cards, addresses)


async def _keep_mail_accounts(session: AsyncSession, events: list[MailAccountChanged]) -> None:
    cards = [
        {
            "id": event.mail_account_id, "name": event.name, "address": canonical_email(event.address),
            "aliases": event.aliases, "can_send": event.can_send, "keeps_sent_copies": event.keeps_sent_copies,
            "deleted": event.deleted,
        }
        for event in events
    ]  # fmt: skip
    addresses = [
        row
        for event in events
        if not event.deleted
        for row in _addresses("mailbox", event.mail_account_id, [event.address, *event.aliases], account_id=None)
    ]
    await directory.keep_cards(session, "mailbox", cards, addresses)


def _addresses(kind: str, owner_id: UUID, emails: Iterable[str], *, account_id: UUID | None) -> list[Row]:
    canonical = dict.fromkeys(canonical_email(email) for email in emails)
    return [
        {"email": email, "kind": kind, "owner_id": owner_id, "account_id": account_id, "domain": domain_of(email)}
        for email in canonical
        if 3 <= len(email) <= _LONGEST_ADDRESS
    ]
