"""Which address an invitation of ours goes to, and why (features E33)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Why = Literal["named", "account_without_contact", "account_of_primary_contact", "contact", "contact_without_account_address",
              "account_of_contact_without_address"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """A firm or a person of the directory with its addresses, the first one first."""

    id: UUID
    name: str
    emails: tuple[str, ...] = ()
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Invitee:
    """An address and why it was chosen: `reason`."""

    email: str
    reason: Why
    name: str = ""
    account_id: UUID | None = None
    contact_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """`missing`: contacts (or the account) nobody can write to."""

    invitees: tuple[Invitee, ...] = ()
    missing: tuple[UUID, ...] = field(default=())


def chosen_invitees(account: Card | None, contacts: Sequence[Card]) -> Choice:
    """Nobody named: the firm's address. The firm's primary contact: the firm's address as well. Anybody else: their own.

    Where the wanted card has no address the other one is taken, which the reason tells; each address is written to once.
    """
    if account is None:
        return Choice()
    if not contacts:
        found = _of_account(account, None, "account_without_contact")
        return Choice((found,)) if found else Choice(missing=(account.id,))
    invitees: dict[str, Invitee] = {}
    missing = []
    for contact in contacts:
        chosen = _for_contact(account, contact)
        if chosen is None:
            missing.append(contact.id)
        else:
            invitees.setdefault(chosen.email, chosen)
    return Choice(tuple(invitees.values()), tuple(missing))


def _for_contact(account: Card, contact: Card) -> Invitee | None:
    if contact.is_default:
        return _of_account(account, contact, "account_of_primary_contact") or _of_contact(
            account, contact, "contact_without_account_address"
        )
    return _of_contact(account, contact, "contact") or _of_account(
        account, contact, "account_of_contact_without_address"
    )


def _of_account(account: Card, contact: Card | None, reason: Why) -> Invitee | None:
    if not account.emails:
        return None
    person = contact or account
    return Invitee(account.emails[0], reason, person.name, account.id, contact.id if contact else None)


def _of_contact(account: Card, contact: Card, reason: Why) -> Invitee | None:
    if not contact.emails:
        return None
    return Invitee(contact.emails[0], reason, contact.name, account.id, contact.id)
