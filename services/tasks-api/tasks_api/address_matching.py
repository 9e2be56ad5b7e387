"""Whose address is it: one card, several, or nobody's (features E5, E7, E30)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Kind = Literal["account", "contact", "employee"]


@dataclass(frozen=True, slots=True)
class Holder:
    """A card on which an address stands; `account_id` is that of the firm itself or of the contact's firm."""

    kind: Kind
    card_id: UUID
    account_id: UUID | None
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """`account_id` and `contact_id` are set only where there is no doubt."""

    match: Literal["account", "contact", "employee", "ambiguous", "none"]
    account_id: UUID | None = None
    contact_id: UUID | None = None
    employee_id: UUID | None = None
    candidates: list[Holder] = field(default_factory=list)


NOBODY = Match("none")


def matched(holders: Sequence[Holder]) -> Match:
    """Who writes under an address that stands on these cards.

    Cards in use outrank retired ones. One of our own people is never taken for a client. An address of several firms proves
    none of them: no silent pick (features E30).
    """
    usable = [holder for holder in holders if holder.active] or list(holders)
    candidates = list(holders)
    employees = [holder for holder in usable if holder.kind == "employee"]
    if len(employees) == 1:
        return Match("employee", employee_id=employees[0].card_id, candidates=candidates)
    if employees:
        return Match("ambiguous", candidates=candidates)
    accounts = {holder.account_id for holder in usable}
    if not accounts:
        return NOBODY
    if len(accounts) > 1:
        return Match("ambiguous", candidates=candidates)
    (account_id,) = accounts
    contacts = [holder.card_id for holder in usable if holder.kind == "contact"]
    if len(contacts) == 1:
        return Match("contact", account_id=account_id, contact_id=contacts[0], candidates=candidates)
    return Match("account", account_id=account_id, candidates=candidates)
