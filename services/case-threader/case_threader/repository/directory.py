"""Our copies of the directory's cards and of the mail accounts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, select, update

from case_threader.models import Account, Contact, Employee, MailAccount
from case_threader.repository import tables
from case_threader.repository.among import among
from case_threader.shared_domains import is_shared
from contracts.addresses import domain_of
from kit.database import AsyncSession, insert_ignoring_conflicts, upsert_many
from kit.prepared import Prepared

Row = dict[str, Any]

_TABLES: dict[str, Table] = {
    "account": tables.accounts,
    "contact": tables.contacts,
    "employee": tables.employees,
    "mailbox": tables.mail_accounts,
}

_domains_of_mailboxes = Prepared(
    lambda _: select(tables.known_addresses.c.domain).where(tables.known_addresses.c.kind == "mailbox").distinct()
)


async def keep_cards(session: AsyncSession, kind: str, cards: Sequence[Row], addresses: Sequence[Row]) -> None:
    """Replace these cards of one kind and all addresses that stand on them."""
    table = _TABLES[kind]
    columns = [column.name for column in table.columns if column.name != "id"]
    await upsert_many(session, table, cards, ["id"], update=columns)
    address = tables.known_addresses
    owners = [card["id"] for card in cards]
    await session.execute(delete(address).where(address.c.kind == kind, among(session, address.c.owner_id, owners)))
    await insert_ignoring_conflicts(session, address, addresses, ["email", "kind", "owner_id"])


async def versions_of_cards(session: AsyncSession, kind: str, ids: Collection[UUID]) -> dict[UUID, int]:
    table = _TABLES[kind]
    rows = await session.execute(select(table.c.id, table.c.version).where(among(session, table.c.id, ids)))
    return {row.id: row.version for row in rows}


async def hand_over_cases(session: AsyncSession, *, of_account: UUID, to_account: UUID) -> None:
    """All cases of an account that was merged into another."""
    case = tables.cases
    await session.execute(
        update(case).where(case.c.account_id == of_account).values(account_id=to_account, version=case.c.version + 1)
    )


async def find_account(session: AsyncSession, account_id: UUID) -> Account | None:
    account = await session.get(Account, account_id)
    return None if account is None or account.deleted else account


async def find_contact(session: AsyncSession, contact_id: UUID) -> Contact | None:
    contact = await session.get(Contact, contact_id)
    return None if contact is None or contact.deleted else contact


async def find_employee(session: AsyncSession, employee_id: UUID) -> Employee | None:
    employee = await session.get(Employee, employee_id)
    return None if employee is None or employee.deleted else employee


async def find_mail_account(session: AsyncSession, mail_account_id: UUID) -> MailAccount | None:
    mail_account = await session.get(MailAccount, mail_account_id)
    return None if mail_account is None or mail_account.deleted else mail_account


async def mail_accounts_that_send(session: AsyncSession) -> list[UUID]:
    mail_account = tables.mail_accounts.c
    query = select(mail_account.id).where(mail_account.can_send, mail_account.deleted.is_(False))
    return list(await session.scalars(query))


async def names_of_accounts(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    account = tables.accounts.c
    rows = await session.execute(select(account.id, account.name).where(among(session, account.id, ids)))
    return {row.id: row.name for row in rows}


async def addresses_of(session: AsyncSession, kind: str, owner_id: UUID) -> list[str]:
    """The addresses on one card."""
    address = tables.known_addresses.c
    query = select(address.email).where(address.kind == kind, address.owner_id == owner_id)
    return list(await session.scalars(query))


async def contacts_with_address(session: AsyncSession, email: str, account_id: UUID) -> list[UUID]:
    address = tables.known_addresses.c
    query = select(address.owner_id).where(
        address.email == email, address.kind == "contact", address.account_id == account_id
    )
    return list(await session.scalars(query))


async def ours_among(session: AsyncSession, emails: Collection[str]) -> set[str]:
    """Those of the addresses that are ours; like `Evidence.is_ours`."""
    address = tables.known_addresses.c
    rows = await session.execute(select(address.email, address.kind).where(among(session, address.email, emails)))
    kinds: dict[str, set[str]] = {}
    for row in rows:
        kinds.setdefault(row.email, set()).add(row.kind)
    domains = await own_domains(session)
    return {
        email
        for email in emails
        if kinds.get(email, set()) & {"mailbox", "employee"} or (email not in kinds and domain_of(email) in domains)
    }


async def own_domains(session: AsyncSession) -> frozenset[str]:
    """The domains of our mail accounts in which nobody else can have an address."""
    return frozenset(domain for (domain,) in await _domains_of_mailboxes.rows(session) if not is_shared(domain))


async def accounts_at_domains(session: AsyncSession, domains: Collection[str]) -> dict[str, frozenset[UUID]]:
    """Which accounts of the directory have an address in each of the domains."""
    address = tables.known_addresses.c
    query = select(address.domain, address.account_id).distinct()
    found: dict[str, set[UUID]] = {}
    for row in await session.execute(
        query.where(among(session, address.domain, domains), address.account_id.is_not(None))
    ):
        found.setdefault(row.domain, set()).add(row.account_id)
    return {domain: frozenset(accounts) for domain, accounts in found.items()}


async def accounts_with_address(session: AsyncSession, emails: Collection[str]) -> dict[str, set[UUID]]:
    address = tables.known_addresses.c
    query = select(address.email, address.account_id).where(
        among(session, address.email, emails), address.account_id.is_not(None)
    )
    found: dict[str, set[UUID]] = {}
    for row in await session.execute(query):
        found.setdefault(row.email, set()).add(row.account_id)
    return found
