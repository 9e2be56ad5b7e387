"""The address book: everybody a mail can be written to (features R83)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, literal, or_, select, union_all
from sqlmodel import col

from kit.database import AsyncSession
from tasks_api.address_matching import Kind
from tasks_api.models.directory import Account, CardEmail, Contact, Employee
from tasks_api.repository.directory import accounts_seen, contacts_seen
from tasks_api.viewer import DirectoryViewer

_TABLES: dict[Kind, Any] = {"account": Account, "contact": Contact, "employee": Employee}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address and the card it stands on; `account_id` is that of the firm, or of the person's firm."""

    email: str
    name: str
    kind: Kind
    card_id: UUID
    account_id: UUID | None
    active: bool


async def recipients(
    session: AsyncSession,
    words: Sequence[str],
    *,
    kinds: Sequence[Kind],
    account_id: UUID | None,
    include_inactive: bool,
    viewer: DirectoryViewer,
    limit: int,
) -> list[Recipient]:
    """Addresses whose card's name holds all words, or that hold them themselves, by name; each address once.

    Where an address stands on several cards the person outranks the firm. With an account: it and the people at it.
    """
    parts = [
        _of_kind(kind, words, account_id=account_id, include_inactive=include_inactive, viewer=viewer) for kind in kinds
    ]
    every = union_all(*parts).subquery("every")
    order = (every.c.folded_name, every.c.rank, every.c.email)
    connection = await session.connection()
    found: dict[str, Recipient] = {}
    for row in await connection.execute(select(every).order_by(*order).limit(limit * 3)):
        found.setdefault(row.email, Recipient(row.email, row.name, row.kind, row.card_id, row.account_id, row.active))
    return list(found.values())[:limit]


def _of_kind(
    kind: Kind, words: Sequence[str], *, account_id: UUID | None, include_inactive: bool, viewer: DirectoryViewer
) -> Select[Any]:
    table = _TABLES[kind]
    firms: dict[Kind, Any] = {
        "account": col(Account.id),
        "contact": col(Contact.account_id),
        "employee": literal(None, Uuid()),
    }
    firm = firms[kind]
    holds: list[ColumnElement[bool]] = [CardEmail.kind == kind, col(table.deleted_at).is_(None)]  # type: ignore[list-item]
    if not include_inactive:
        holds.append(col(table.active).is_(True))
    if account_id is not None:
        holds.append(firm == account_id)
    holds += [
        or_(
            col(table.folded_name).contains(word, autoescape=True),
            col(CardEmail.email).contains(word, autoescape=True),
        )
        for word in words
    ]
    if kind == "account":
        holds += accounts_seen(viewer)
    elif kind == "contact":
        holds += contacts_seen(viewer)
    rank = {"contact": 0, "employee": 1, "account": 2}[kind]
    return (
        select(
            col(CardEmail.email).label("email"),
            col(table.name).label("name"),
            col(table.folded_name).label("folded_name"),
            literal(kind).label("kind"),
            col(CardEmail.card_id).label("card_id"),
            firm.label("account_id"),
            col(table.active).label("active"),
            literal(rank).label("rank"),
        )
        .join(table, col(table.id) == col(CardEmail.card_id))
        .where(*holds)
    )
