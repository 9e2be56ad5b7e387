"""By which numbers and addresses the client of a task can be told: what is on the cards, the suggested one marked
(features R12, R13, R17, R73)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from kit.database import AsyncSession
from tasks_api.models.directory import Employee
from tasks_api.repository import directory
from tasks_api.task import Task

PHONE_FIELDS = ("sms_phone", "mobile", "phone")
MANUAL = "manual"
_PARTY_PHONE = "employee.phone"


@dataclass(frozen=True, slots=True)
class PhoneOption:
    """A number clients can be sent SMS on. `origin`: `contact.sms_phone`, `account.mobile`, `employee.phone`, …"""

    phone: str
    origin: str
    name: str
    contact_id: UUID | None
    is_default: bool


@dataclass(frozen=True, slots=True)
class EmailOption:
    """An address clients can be written to. `origin`: `contact.email`, `account.email` or `employee.email`."""

    address: str
    origin: str
    name: str
    contact_id: UUID | None
    is_default: bool


async def client_phone_options(session: AsyncSession, task: Task) -> list[PhoneOption]:
    """The numbers to choose from: those of the task's contacts, else those of its account or of the employee it is with (features
    R12, R13, R73)."""
    options: list[PhoneOption] = []
    for contact_id in task.contact_ids:
        contact = await directory.find_contact(session, contact_id)
        if contact is not None and contact.active:
            options += _numbers(contact, "contact", contact.id)
    if not options and not task.contact_ids and task.account_id is not None:
        account = await directory.find_account(session, task.account_id)
        if account is not None:
            options = _numbers(account, "account", None)
    party = await _party_of(session, task)
    if party is not None and party.phone:
        options = [PhoneOption(party.phone, _PARTY_PHONE, party.name, None, is_default=False)]
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
    party = await _party_of(session, task)
    if party is not None:
        emails = (await directory.emails_of(session, [party.id]))[party.id]
        options += [EmailOption(email, "employee.email", party.name, None, is_default=False) for email in emails]
    return [replace(option, is_default=index == 0) for index, option in enumerate(options)]


async def _party_of(session: AsyncSession, task: Task) -> Employee | None:
    """The employee a task is with; a card that is not in use any more offers nothing."""
    employee_id = task.particulars.party_employee_id
    if employee_id is None:
        return None
    card = (await directory.find_employees(session, [employee_id])).get(employee_id)
    return card if card is not None and card.active else None


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
    """The first SMS phone is suggested; without one nothing is, a mobile is only offered (features R12). The one number of an
    employee's card is that for SMS (features R15)."""
    chosen = next((one for one in options if one.origin.endswith(".sms_phone") or one.origin == _PARTY_PHONE), None)
    return [replace(one, is_default=one is chosen) for one in options]
