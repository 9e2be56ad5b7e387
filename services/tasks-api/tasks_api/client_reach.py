"""By which numbers and addresses the client of a task can be told: what is on the cards, the suggested one marked
(features R12, R13, R17, R73)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from kit.database import AsyncSession
from tasks_api.repository import directory
from tasks_api.task import Task

PHONE_FIELDS = ("sms_phone", "mobile", "phone")
MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class PhoneOption:
    """A number clients can be sent SMS on. `origin`: `contact.sms_phone`, `account.mobile`, …"""

    phone: str
    origin: str
    name: str
    contact_id: UUID | None
    is_default: bool


@dataclass(frozen=True, slots=True)
class EmailOption:
    """An address clients can be written to. `origin`: `contact.email` or `account.email`."""

    address: str
    origin: str
    name: str
    contact_id: UUID | None
    is_default: bool


async def client_phone_options(session: AsyncSession, task: Task) -> list[PhoneOption]:
    """The numbers to choose from: those of the task's contacts, else those of its account (features R12, R13, R73)."""
    options: list[PhoneOption] = []
    for contact_id in task.contact_ids:
        contact = await directory.find_contact(session, contact_id)
        if contact is not None and contact.active:
            options += _numbers(contact, "contact", contact.id)
    if not options and not task.contact_ids and task.account_id is not None:
        account = await directory.find_account(session, task.account_id)
        if account is not None:
            options = _numbers(account, "account", None)
    return _with_default(options)


async def client_email_options(session: AsyncSession, task: Task) -> list[EmailOption]:
    """The addresses to choose from, those of the task's contacts before those of its account; the first is the default
    (features R17)."""
    options: list[EmailOption] = []
    for contact_id in task.contact_ids:
        contact = await directory.find_contact(session, contact_id)
        if contact is not None and contact.active:
            options += await _addresses(session, contact, "contact.email", contact.id)
    if task.account_id is not None:
        account = await directory.find_account(session, task.account_id)
        if account is not None:
            options += await _addresses(session, account, "account.email", None)
    return [replace(option, is_default=index == 0) for index, option in enumerate(options)]


async def _addresses(
    session: AsyncSession, card: directory.CardWithPhones, origin: str, contact_id: UUID | None
) -> list[EmailOption]:
    emails = (await directory.emails_of(session, [card.id]))[card.id]
    return [EmailOption(email, origin, card.name, contact_id, is_default=False) for email in emails]


def _numbers(card: directory.CardWithPhones, kind: str, contact_id: UUID | None) -> list[PhoneOption]:
    """The numbers on one card, the one for SMS first."""
    return [
        PhoneOption(number, f"{kind}.{name}", card.name, contact_id, is_default=False)
        for name in PHONE_FIELDS
        if (number := getattr(card, name))
    ]


def _with_default(options: Sequence[PhoneOption]) -> list[PhoneOption]:
    """The first SMS phone is suggested; without one nothing is, a mobile is only offered (features R12)."""
    chosen = next((option for option in options if option.origin.endswith(".sms_phone")), None)
    return [replace(one, is_default=one is chosen) for one in options]
