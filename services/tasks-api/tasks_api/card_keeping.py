"""The directory's use cases: cards are made, changed, deleted, and learn addresses. Every change is announced."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.directory import AccountChanged, ContactChanged, EmployeeChanged
from kit.database import AsyncSession
from kit.errors import FieldError, Invalid
from kit.ids import new_id
from kit.outbox import announce
from tasks_api.address_matching import Match, matched
from tasks_api.errors.directory import AccountUnknown, BadTaxNumber, EmployeeUnknown
from tasks_api.errors.organisation import UnitUnknown
from tasks_api.folding import folded
from tasks_api.models.directory import Account, Contact, Employee
from tasks_api.phone_numbers import NoPhoneNumber, canonical_phone
from tasks_api.repository import directory, organisation, people
from tasks_api.tax_ids import BadTaxId, checked_tax_id
from tasks_api.viewer import EVERYONE, DirectoryViewer

Fields = Mapping[str, Any]
"""The fields a caller named, by name; what is not in it stays as it is."""

_PHONES = ("phone", "mobile", "sms_phone")


# ---- accounts


async def create_account(session: AsyncSession, fields: Fields, *, region: str, now: datetime) -> Account:
    account = Account(id=new_id(), name="", folded_name="", created_at=now)
    await _set_account(session, account, fields, region=region)
    return account


async def change_account(session: AsyncSession, account_id: UUID, fields: Fields, *, region: str) -> Account:
    account = await directory.get_account(session, account_id)
    account.version += 1
    await _set_account(session, account, fields, region=region)
    return account


async def delete_account(session: AsyncSession, account_id: UUID, *, now: datetime) -> None:
    """Delete the firm and the people at it; tasks that name it keep its id."""
    account = await directory.get_account(session, account_id)
    for contact in await directory.contacts_of_account(session, account_id):
        await _delete_contact(session, contact, now=now)
    await directory.mark_deleted(session, account, now=now)
    announce(
        session,
        AccountChanged(account_id=account.id, version=account.version, name=account.name, active=False, deleted=True),
    )


async def learn_account_email(session: AsyncSession, account_id: UUID, email: str) -> tuple[Account, bool]:
    """Put an address on the card; whether it was new there (features C21)."""
    account = await directory.get_account(session, account_id)
    is_new = await directory.learn_email(session, account_id, "account", email)
    if is_new:
        account.version += 1
        session.add(account)
        await announce_account(session, account)
    return account, is_new


async def announce_account(session: AsyncSession, account: Account) -> None:
    emails = await directory.emails_of(session, [account.id])
    defaults = await directory.default_contact_ids(session, [account.id])
    announce(
        session,
        AccountChanged(
            account_id=account.id,
            version=account.version,
            name=account.name,
            emails=emails[account.id],
            phone=account.phone,
            mobile=account.mobile,
            sms_phone=account.sms_phone,
            default_contact_id=defaults.get(account.id),
            active=account.active,
        ),
    )


async def _set_account(session: AsyncSession, account: Account, fields: Fields, *, region: str) -> None:
    _set_card(account, fields, region=region)
    if "tax_id" in fields:
        account.tax_id = _tax_id(fields["tax_id"])
    if "owner_id" in fields:
        account.owner_id = await _check_owner(session, fields["owner_id"])
    session.add(account)
    await session.flush()
    if "emails" in fields:
        await directory.replace_emails(session, account.id, "account", fields["emails"])
    await announce_account(session, account)


def _tax_id(written: str | None) -> str | None:
    try:
        return checked_tax_id(written)
    except BadTaxId as wrong:
        raise BadTaxNumber(str(wrong)) from None


async def _check_owner(session: AsyncSession, employee_id: UUID | None) -> UUID | None:
    if employee_id is not None and employee_id not in await directory.find_employees(session, [employee_id]):
        raise EmployeeUnknown(employee_id, "#/owner_id")
    return employee_id


# ---- contacts


async def create_contact(session: AsyncSession, fields: Fields, *, region: str, now: datetime) -> Contact:
    """A person at a firm; the mark of the default contact moves to whoever got it last."""
    account = await directory.find_account(session, fields["account_id"])
    if account is None:
        raise AccountUnknown(fields["account_id"])
    contact = Contact(id=new_id(), account_id=account.id, name="", folded_name="", created_at=now)
    await _set_contact(session, contact, fields, region=region)
    return contact


async def change_contact(session: AsyncSession, contact_id: UUID, fields: Fields, *, region: str) -> Contact:
    contact = await directory.get_contact(session, contact_id)
    contact.version += 1
    await _set_contact(session, contact, fields, region=region)
    return contact


async def delete_contact(session: AsyncSession, contact_id: UUID, *, now: datetime) -> None:
    contact = await directory.get_contact(session, contact_id)
    was_default = contact.is_default
    await _delete_contact(session, contact, now=now)
    if was_default:
        await announce_account_of(session, contact)


async def learn_contact_email(session: AsyncSession, contact_id: UUID, email: str) -> tuple[Contact, bool]:
    contact = await directory.get_contact(session, contact_id)
    is_new = await directory.learn_email(session, contact_id, "contact", email)
    if is_new:
        contact.version += 1
        session.add(contact)
        await announce_contact(session, contact)
    return contact, is_new


async def announce_contact(session: AsyncSession, contact: Contact) -> None:
    emails = await directory.emails_of(session, [contact.id])
    announce(
        session,
        ContactChanged(
            contact_id=contact.id,
            account_id=contact.account_id,
            version=contact.version,
            name=contact.name,
            emails=emails[contact.id],
            phone=contact.phone,
            mobile=contact.mobile,
            sms_phone=contact.sms_phone,
            is_default=contact.is_default,
            active=contact.active,
        ),
    )


async def _set_contact(session: AsyncSession, contact: Contact, fields: Fields, *, region: str) -> None:
    _set_card(contact, fields, region=region)
    default_moved = "is_default" in fields and fields["is_default"] != contact.is_default
    if default_moved:
        former = await directory.clear_default_contact(session, contact.account_id, but=contact.id)
        if former is not None:
            await announce_contact(session, former)
        contact.is_default = fields["is_default"]
    session.add(contact)
    await session.flush()
    if "emails" in fields:
        await directory.replace_emails(session, contact.id, "contact", fields["emails"])
    await announce_contact(session, contact)
    if default_moved:
        await announce_account_of(session, contact)


async def announce_account_of(session: AsyncSession, contact: Contact) -> None:
    account = await directory.find_account(session, contact.account_id)
    if account is not None:
        account.version += 1
        session.add(account)
        await announce_account(session, account)


async def _delete_contact(session: AsyncSession, contact: Contact, *, now: datetime) -> None:
    await directory.mark_deleted(session, contact, now=now)
    announce(
        session,
        ContactChanged(
            contact_id=contact.id,
            account_id=contact.account_id,
            version=contact.version,
            name=contact.name,
            active=False,
            deleted=True,
        ),
    )


# ---- employees


async def create_employee(session: AsyncSession, fields: Fields, *, region: str, now: datetime) -> Employee:
    employee = Employee(id=new_id(), name="", folded_name="", created_at=now)
    await _set_employee(session, employee, fields, region=region)
    return employee


async def change_employee(session: AsyncSession, employee_id: UUID, fields: Fields, *, region: str) -> Employee:
    employee = await directory.get_employee(session, employee_id)
    employee.version += 1
    await _set_employee(session, employee, fields, region=region)
    return employee


async def delete_employee(session: AsyncSession, employee_id: UUID, *, now: datetime) -> None:
    """Delete the card; a login that belonged to it stays, without an employee."""
    employee = await directory.get_employee(session, employee_id)
    user = await people.find_user_of_employee(session, employee_id)
    if user is not None:
        user.employee_id = None
        user.version += 1
        session.add(user)
    await directory.mark_deleted(session, employee, now=now)
    announce(
        session,
        EmployeeChanged(
            employee_id=employee.id, version=employee.version, name=employee.name, active=False, deleted=True
        ),
    )


async def announce_employee(session: AsyncSession, employee: Employee) -> None:
    emails = (await directory.emails_of(session, [employee.id]))[employee.id]
    user = await people.find_user_of_employee(session, employee.id)
    announce(
        session,
        EmployeeChanged(
            employee_id=employee.id,
            version=employee.version,
            name=employee.name,
            email=emails[0] if emails else None,
            phone=employee.phone,
            user_id=user.id if user else None,
            reminders_enabled=user.reminders_enabled if user else True,
            locale=user.locale if user else None,
            unit_id=employee.unit_id,
            active=employee.active,
        ),
    )


async def announce_employee_again(session: AsyncSession, employee_id: UUID) -> None:
    """Something about the employee's login changed that listeners want to know."""
    employee = (await directory.find_employees(session, [employee_id])).get(employee_id)
    if employee is not None:
        employee.version += 1
        session.add(employee)
        await announce_employee(session, employee)


async def _set_employee(session: AsyncSession, employee: Employee, fields: Fields, *, region: str) -> None:
    _set_card(employee, fields, region=region)
    if "unit_id" in fields:
        if fields["unit_id"] is not None and await organisation.find_unit(session, fields["unit_id"]) is None:
            raise UnitUnknown(fields["unit_id"], "#/unit_id")
        employee.unit_id = fields["unit_id"]
    session.add(employee)
    await session.flush()
    if "email" in fields:
        emails = [fields["email"]] if fields["email"] else []
        await directory.replace_emails(session, employee.id, "employee", emails)
    await announce_employee(session, employee)


# ---- look-ups


async def match_address(session: AsyncSession, email: str, viewer: DirectoryViewer = EVERYONE) -> Match:
    """Who writes under this address (features E5), as far as the viewer sees the cards it stands on."""
    holders = (await directory.holders_of(session, [email])).get(email, [])
    return matched(await directory.holders_seen(session, holders, viewer))


async def match_addresses(session: AsyncSession, emails: Iterable[str]) -> dict[str, Match]:
    """Who writes under each of these addresses; those nobody has are left out. One query for all of them."""
    holders = await directory.holders_of(session, set(emails))
    return {email: matched(cards) for email, cards in holders.items()}


# ---- what all cards have


def _set_card(card: directory.Card, fields: Fields, *, region: str) -> None:
    if "name" in fields:
        card.name = " ".join(fields["name"].split())
        card.folded_name = folded(card.name)[:300]
    if "active" in fields:
        card.active = fields["active"]
    for name in _PHONES:
        if name in fields:
            setattr(card, name, _phone(fields[name], f"#/{name}", region=region))


def _phone(written: str | None, pointer: str, *, region: str) -> str | None:
    try:
        return canonical_phone(written or "", region=region)
    except NoPhoneNumber as wrong:
        raise Invalid(f"{written!r} {wrong}.", errors=[FieldError(pointer=pointer, detail=str(wrong))]) from None
