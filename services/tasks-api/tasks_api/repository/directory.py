"""Cards of the directory and the addresses on them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, not_, true
from sqlmodel import col, delete, select

from kit.database import AsyncSession, insert_many
from kit.paging import Paging
from tasks_api.address_matching import Holder, Kind
from tasks_api.errors.directory import CardNotFound
from tasks_api.models.directory import Account, CardEmail, Contact, Employee
from tasks_api.repository.pages import rows_of_page
from tasks_api.viewer import EVERYONE, CardLimit, DirectoryViewer

Card = Account | Contact | Employee
CardWithPhones = Account | Contact
C = TypeVar("C", Account, Contact, Employee)
AT_ONCE = 500
"""Values in one IN list: under SQLite's limit of variables with room to spare."""


async def get_account(session: AsyncSession, account_id: UUID, viewer: DirectoryViewer = EVERYONE) -> Account:
    """The account, or CardNotFound; a deleted one is not found, nor one the viewer may not see."""
    account = await _get(session, Account, account_id, "account")
    if not viewer.sees_account(account.id, account.owner_id, active=account.active):
        raise CardNotFound("account", account_id)
    return account


async def get_contact(session: AsyncSession, contact_id: UUID, viewer: DirectoryViewer = EVERYONE) -> Contact:
    contact = await _get(session, Contact, contact_id, "contact")
    if not viewer.sees_everything:
        account = await session.get(Account, contact.account_id)
        owner_id = account.owner_id if account is not None else None
        if not viewer.sees_contact(contact.account_id, owner_id, active=contact.active):
            raise CardNotFound("contact", contact_id)
    return contact


async def get_employee(session: AsyncSession, employee_id: UUID) -> Employee:
    return await _get(session, Employee, employee_id, "employee")


async def find_account(session: AsyncSession, account_id: UUID) -> Account | None:
    account = await session.get(Account, account_id)
    return None if account is None or account.deleted_at else account


async def find_contact(session: AsyncSession, contact_id: UUID) -> Contact | None:
    contact = await session.get(Contact, contact_id)
    return None if contact is None or contact.deleted_at else contact


async def find_any_card(session: AsyncSession, kind: Kind, card_id: UUID) -> Card | None:
    """The card, a deleted one too: its row is kept for those who refer to it."""
    tables: dict[Kind, type[Account] | type[Contact] | type[Employee]] = {
        "account": Account,
        "contact": Contact,
        "employee": Employee,
    }
    return await session.get(tables[kind], card_id)


async def require_card(session: AsyncSession, kind: Kind, card_id: UUID) -> None:
    """CardNotFound when there never was such a card."""
    if await find_any_card(session, kind, card_id) is None:
        raise CardNotFound(kind, card_id)


async def find_employees(session: AsyncSession, employee_ids: Collection[UUID]) -> dict[UUID, Employee]:
    """Those of these employees that are there, by id."""
    found = await session.exec(
        select(Employee).where(col(Employee.id).in_(employee_ids), col(Employee.deleted_at).is_(None))
    )
    return {employee.id: employee for employee in found}


async def accounts_of_contacts(session: AsyncSession, contact_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The account of each of these contacts that is there."""
    found = await session.exec(
        select(Contact.id, Contact.account_id).where(
            col(Contact.id).in_(contact_ids), col(Contact.deleted_at).is_(None)
        )
    )
    return dict(found.all())


async def list_accounts(
    session: AsyncSession,
    paging: Paging,
    *,
    words: Sequence[str],
    email: str | None,
    active: bool | None,
    tax_id: str | None = None,
    owner_id: UUID | None = None,
    viewer: DirectoryViewer = EVERYONE,
) -> list[Account]:
    query = _filtered(select(Account), Account, words=words, email=email, active=active)
    if tax_id is not None:
        query = query.where(col(Account.tax_id).in_({tax_id, f"PL{tax_id}", tax_id.removeprefix("PL")}))
    if owner_id is not None:
        query = query.where(Account.owner_id == owner_id)
    query = query.where(*accounts_seen(viewer))
    return list(await session.exec(rows_of_page(query, paging, col(Account.id))))


async def list_contacts(
    session: AsyncSession,
    paging: Paging,
    *,
    account_id: UUID | None,
    words: Sequence[str],
    email: str | None,
    active: bool | None,
    viewer: DirectoryViewer = EVERYONE,
) -> list[Contact]:
    query = _filtered(select(Contact), Contact, words=words, email=email, active=active)
    query = query.where(*contacts_seen(viewer))
    if account_id is not None:
        query = query.where(Contact.account_id == account_id)
    return list(await session.exec(rows_of_page(query, paging, col(Contact.id))))


def accounts_seen(viewer: DirectoryViewer) -> list[ColumnElement[bool]]:
    """What must hold of an account for it to be theirs to see (features K32, R63)."""
    holds: list[ColumnElement[bool]] = []
    if not viewer.sees_all_accounts:
        holds.append(col(Account.owner_id).in_(viewer.account_owners))
    return holds + [_left_by(limit, col(Account.id), col(Account.active)) for limit in viewer.account_limits]


def contacts_seen(viewer: DirectoryViewer) -> list[ColumnElement[bool]]:
    """The same of a contact: the firm's care counts, and whether the contact itself is in use."""
    holds: list[ColumnElement[bool]] = []
    if not viewer.sees_all_contacts:
        cared_for = select(Account.id).where(col(Account.owner_id).in_(viewer.contact_owners))
        holds.append(col(Contact.account_id).in_(cared_for))
    return holds + [_left_by(limit, col(Contact.account_id), col(Contact.active)) for limit in viewer.contact_limits]


async def accounts_among(session: AsyncSession, ids: Collection[UUID], viewer: DirectoryViewer) -> set[UUID]:
    """Those of these accounts that are theirs to see."""
    found: set[UUID] = set()
    wanted = list(ids)
    for start in range(0, len(wanted), AT_ONCE):
        query = select(Account.id).where(col(Account.id).in_(wanted[start : start + AT_ONCE]), *accounts_seen(viewer))
        found.update(await session.exec(query))
    return found


async def holders_seen(session: AsyncSession, holders: Sequence[Holder], viewer: DirectoryViewer) -> list[Holder]:
    """Those of the cards an address stands on that are theirs to see; our own people are everybody's to see."""
    if viewer.sees_everything:
        return list(holders)
    accounts = await accounts_among(session, [one.card_id for one in holders if one.kind == "account"], viewer)
    named = [one.card_id for one in holders if one.kind == "contact"]
    query = select(Contact.id).where(col(Contact.id).in_(named), *contacts_seen(viewer))
    seen = accounts | set(await session.exec(query)) | {one.card_id for one in holders if one.kind == "employee"}
    return [one for one in holders if one.card_id in seen]


def _left_by(limit: CardLimit, account_id: Any, active: Any) -> ColumnElement[bool]:
    fits: list[ColumnElement[bool]] = [true()]
    if limit.account_ids:
        fits.append(account_id.in_(limit.account_ids))
    if limit.owner_ids:
        fits.append(account_id.in_(select(Account.id).where(col(Account.owner_id).in_(limit.owner_ids))))
    if limit.active is not None:
        fits.append(active == limit.active)
    return not_(and_(*fits)) if limit.hides else and_(*fits)


async def list_employees(
    session: AsyncSession,
    paging: Paging,
    *,
    words: Sequence[str],
    email: str | None,
    active: bool | None,
    unit_id: UUID | None = None,
) -> list[Employee]:
    query = _filtered(select(Employee), Employee, words=words, email=email, active=active)
    if unit_id is not None:
        query = query.where(Employee.unit_id == unit_id)
    return list(await session.exec(rows_of_page(query, paging, col(Employee.id))))


async def contacts_of_account(session: AsyncSession, account_id: UUID) -> list[Contact]:
    found = await session.exec(
        select(Contact)
        .where(Contact.account_id == account_id, col(Contact.deleted_at).is_(None))
        .order_by(col(Contact.id))
    )
    return list(found)


async def default_contact_ids(session: AsyncSession, account_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The default contact of each of these accounts that has one."""
    found = await session.exec(
        select(Contact.account_id, Contact.id).where(
            col(Contact.account_id).in_(account_ids), col(Contact.is_default), col(Contact.deleted_at).is_(None)
        )
    )
    return dict(found.all())


async def clear_default_contact(session: AsyncSession, account_id: UUID, *, but: UUID) -> Contact | None:
    """Take the default mark from whoever else has it; that contact, if there was one."""
    former = (
        await session.exec(
            select(Contact).where(Contact.account_id == account_id, col(Contact.is_default), Contact.id != but)
        )
    ).first()
    if former is not None:
        former.is_default = False
        former.version += 1
        session.add(former)
        await session.flush()
    return former


async def emails_of(session: AsyncSession, card_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The addresses on these cards, in the order they were given; a card without any is there with none."""
    found = await session.exec(
        select(CardEmail.card_id, CardEmail.email)
        .where(col(CardEmail.card_id).in_(card_ids))
        .order_by(col(CardEmail.card_id), col(CardEmail.position), col(CardEmail.email))
    )
    emails: dict[UUID, list[str]] = {card_id: [] for card_id in card_ids}
    for card_id, email in found:
        emails[card_id].append(email)
    return emails


async def replace_emails(session: AsyncSession, card_id: UUID, kind: Kind, emails: Iterable[str]) -> None:
    """Make these the addresses of the card, first one first."""
    await session.exec(delete(CardEmail).where(col(CardEmail.card_id) == card_id))
    rows = [_email_row(card_id, kind, email, position) for position, email in enumerate(dict.fromkeys(emails))]
    await insert_many(session, CardEmail, rows)


async def learn_email(session: AsyncSession, card_id: UUID, kind: Kind, email: str) -> bool:
    """Add an address to the card; False when it stands there already."""
    known = (await emails_of(session, [card_id]))[card_id]
    if email in known:
        return False
    await insert_many(session, CardEmail, [_email_row(card_id, kind, email, len(known), learned=True)])
    return True


async def holders_of(session: AsyncSession, emails: Collection[str]) -> dict[str, list[Holder]]:
    """On which cards each of these addresses stands; addresses nobody has are left out."""
    holders: dict[str, list[Holder]] = {}
    wanted = list(emails)
    for start in range(0, len(wanted), AT_ONCE):
        connection = await session.connection()
        rows = await connection.execute(_HOLDERS.where(col(CardEmail.email).in_(wanted[start : start + AT_ONCE])))
        for email, kind, card_id, account_id, name, active in rows:
            holders.setdefault(email, []).append(Holder(kind, card_id, account_id, name, active))
    return holders


async def mark_deleted(session: AsyncSession, card: Card, *, now: datetime) -> None:
    """Keep the row for those who refer to it, give its addresses free."""
    card.deleted_at = now
    card.active = False
    card.version += 1
    if isinstance(card, Contact):
        card.is_default = False
    session.add(card)
    await session.exec(delete(CardEmail).where(col(CardEmail.card_id) == card.id))


_HOLDERS = (
    select(  # type: ignore[call-overload]
        CardEmail.email,
        CardEmail.kind,
        CardEmail.card_id,
        case((col(CardEmail.kind) == "account", col(CardEmail.card_id)), else_=col(Contact.account_id)),
        case(
            (col(CardEmail.kind) == "account", col(Account.name)),
            (col(CardEmail.kind) == "contact", col(Contact.name)),
            else_=col(Employee.name),
        ),
        case(
            (col(CardEmail.kind) == "account", col(Account.active)),
            (col(CardEmail.kind) == "contact", col(Contact.active)),
            else_=col(Employee.active),
        ),
    )
    .outerjoin(Account, (col(CardEmail.card_id) == col(Account.id)) & (col(CardEmail.kind) == "account"))
    .outerjoin(Contact, (col(CardEmail.card_id) == col(Contact.id)) & (col(CardEmail.kind) == "contact"))
    .outerjoin(Employee, (col(CardEmail.card_id) == col(Employee.id)) & (col(CardEmail.kind) == "employee"))
    .order_by(col(CardEmail.card_id))
)


async def _get(session: AsyncSession, table: type[C], card_id: UUID, kind: str) -> C:
    card = await session.get(table, card_id)
    if card is None or card.deleted_at is not None:
        raise CardNotFound(kind, card_id)
    return card


def _filtered(
    query: Select[Any], table: type[C], *, words: Sequence[str], email: str | None, active: bool | None
) -> Any:
    query = query.where(col(table.deleted_at).is_(None))
    for word in words:
        query = query.where(col(table.folded_name).contains(word, autoescape=True))
    if email is not None:
        query = query.where(col(table.id).in_(select(CardEmail.card_id).where(CardEmail.email == email)))
    if active is not None:
        query = query.where(col(table.active) == active)
    return query


def _email_row(card_id: UUID, kind: Kind, email: str, position: int, *, learned: bool = False) -> dict[str, Any]:
    return {"card_id": card_id, "kind": kind, "email": email, "position": position, "learned": learned}
