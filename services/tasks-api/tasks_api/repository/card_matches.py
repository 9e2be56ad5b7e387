"""Which cards are the same firm or person: for imports, and to find duplicates that are there already."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from kit.database import AsyncSession
from tasks_api.models.directory import Account, CardEmail, Contact
from tasks_api.repository.directory import AT_ONCE
from tasks_api.tax_ids import comparable

MOST_GROUPS = 200


async def accounts_with_tax_ids(session: AsyncSession, tax_ids: Collection[str]) -> dict[str, UUID]:
    """The oldest firm with each of these numbers, PL before it or not, by the comparable number."""
    spelled = {spelling for one in tax_ids for spelling in (comparable(one), f"PL{comparable(one)}", one)}
    found: dict[str, UUID] = {}
    for some in _pieces(sorted(spelled)):
        query = select(Account.tax_id, Account.id).where(
            col(Account.tax_id).in_(some), col(Account.deleted_at).is_(None)
        )
        for tax_id, account_id in await session.exec(query.order_by(col(Account.id))):
            if tax_id is not None:
                found.setdefault(comparable(tax_id), account_id)
    return found


async def accounts_named(session: AsyncSession, folded_names: Collection[str]) -> dict[str, UUID]:
    """The oldest firm of each of these folded names."""
    found: dict[str, UUID] = {}
    for some in _pieces(sorted(folded_names)):
        query = select(Account.folded_name, Account.id).where(
            col(Account.folded_name).in_(some), col(Account.deleted_at).is_(None)
        )
        for name, account_id in await session.exec(query.order_by(col(Account.id))):
            found.setdefault(name, account_id)
    return found


async def contacts_of_accounts(session: AsyncSession, account_ids: Collection[UUID]) -> dict[UUID, list[Contact]]:
    """The people at these firms, oldest first."""
    found: dict[UUID, list[Contact]] = {}
    for some in _pieces(list(account_ids)):
        query = select(Contact).where(col(Contact.account_id).in_(some), col(Contact.deleted_at).is_(None))
        for contact in await session.exec(query.order_by(col(Contact.id))):
            found.setdefault(contact.account_id, []).append(contact)
    return found


async def duplicate_groups(session: AsyncSession) -> list[tuple[str, str, list[UUID]]]:
    """Firms that share a tax number, an address or a name: (why, what they share, their ids), `MOST_GROUPS` of each at most."""
    there = col(Account.deleted_at).is_(None)
    groups: list[tuple[str, str, list[UUID]]] = []
    number = func.replace(col(Account.tax_id), "PL", "")
    for why, shared, source in (
        ("tax_id", number, select(number, col(Account.id)).where(there, col(Account.tax_id).is_not(None))),
        ("name", col(Account.folded_name), select(col(Account.folded_name), col(Account.id)).where(there)),
        (
            "email",
            col(CardEmail.email),
            select(col(CardEmail.email), col(Account.id))
            .join(Account, col(Account.id) == col(CardEmail.card_id))
            .where(there, CardEmail.kind == "account"),
        ),
    ):
        groups += await _groups(session, why, shared, source)
    return groups


async def _groups(session: AsyncSession, why: str, shared: Any, source: Any) -> list[tuple[str, str, list[UUID]]]:
    counted = source.with_only_columns(shared).group_by(shared).having(func.count() > 1).limit(MOST_GROUPS)
    connection = await session.connection()
    rows: Sequence[Any] = (await connection.execute(source.where(shared.in_(counted)).order_by(shared))).all()
    found: dict[str, list[UUID]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[1])
    return [(why, value, ids) for value, ids in found.items()]


def _pieces(values: list[Any]) -> list[list[Any]]:
    return [values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE)]
