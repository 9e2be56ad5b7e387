"""Which account a task made from a mail belongs to (features E5-E7, E30)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from tasks_api.address_matching import NOBODY, Holder, Match, matched


@dataclass(frozen=True, slots=True)
class AccountMatch:
    """`by` tells which address was recognised; without an account, `candidates` are the cards to choose from."""

    match: Literal["account", "contact", "employee", "ambiguous", "none"]
    by: Literal["from", "organizer"] | None = None
    account_id: UUID | None = None
    contact_id: UUID | None = None
    candidates: tuple[Holder, ...] = ()

    def to_document(self) -> dict[str, Any]:
        return {
            "match": self.match,
            "by": self.by,
            "account_id": str(self.account_id) if self.account_id else None,
            "contact_id": str(self.contact_id) if self.contact_id else None,
            "candidates": [
                {"kind": one.kind, "id": str(one.card_id), "account_id": one.account_id and str(one.account_id), "name": one.name}
                for one in self.candidates
            ],
        }  # fmt: skip


def linked_account(sender: str | None, organizer: str | None, holders: Mapping[str, Sequence[Holder]]) -> AccountMatch:
    """The account of the sender; where that says nothing sure, the organizer's.

    The sender comes first because the source document says so (features E5); a secretary, a shared mailbox or a forward
    is why the organizer is asked at all. Nobody is picked out of several (features E30).
    """
    by_sender = _match(sender, holders)
    if by_sender.account_id is not None:
        return AccountMatch(by_sender.match, "from", by_sender.account_id, by_sender.contact_id)
    by_organizer = _match(organizer, holders) if organizer != sender else NOBODY
    if by_organizer.account_id is not None:
        return AccountMatch(by_organizer.match, "organizer", by_organizer.account_id, by_organizer.contact_id)
    unsure = by_sender if by_sender.match != "none" else by_organizer
    return AccountMatch(unsure.match, candidates=tuple(unsure.candidates))


def _match(email: str | None, holders: Mapping[str, Sequence[Holder]]) -> Match:
    return matched(holders[email]) if email is not None and email in holders else NOBODY
