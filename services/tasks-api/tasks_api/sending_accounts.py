"""Which of our mail accounts writes, and in whose name (features E2, E33; RFC 5546 section 3.2.3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from contracts.tasks import TaskAttendee

Why = Literal[
    "named",
    "sent_before",
    "organizer",
    "own_address",
    "only_one",
    "oldest",
    "invited_here",
    "invited",
    "invited_colleague",
    "received_here",
]


@dataclass(frozen=True, slots=True)
class SendingAccount:
    """A mail account of ours as it may write; `addresses` are its address and aliases, canonical."""

    id: UUID
    address: str
    name: str = ""
    addresses: tuple[str, ...] = ()
    can_send: bool = True

    @property
    def display_name(self) -> str:
        """The account's name, unless it is only an address again."""
        return "" if "@" in self.name else self.name


@dataclass(frozen=True, slots=True)
class Sender:
    """The account, the address of it that stands in From, and why it was chosen."""

    account: SendingAccount
    email: str
    reason: Why


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers an invitation: `attendee` is the invited address; another `sender.email` writes on behalf of it."""

    sender: Sender
    attendee: str
    name: str = ""

    @property
    def sent_by(self) -> str | None:
        return self.sender.email if self.sender.email != self.attendee else None


def chosen_sender(
    accounts: Sequence[SendingAccount],
    *,
    named: UUID | None = None,
    used: UUID | None = None,
    organizer: str | None = None,
    own_email: str | None = None,
) -> Sender | None:
    """The account that invites: the one named, else the one used before, the organizer's, the caller's own, the oldest.

    `accounts` oldest first; None when none of them may send.
    """
    usable = [account for account in accounts if account.can_send]
    if named is not None:
        return next((Sender(one, _written(one, organizer), "named") for one in usable if one.id == named), None)
    if organizer is not None:
        reason: Why = "sent_before" if used is not None else "organizer"
        found = next((one for one in usable if one.id == used and organizer in one.addresses), None) or next(
            (one for one in usable if organizer in one.addresses), None
        )
        return Sender(found, organizer, reason) if found is not None else None
    if own_email is not None:
        for account in usable:
            if own_email in account.addresses:
                return Sender(account, own_email, "own_address")
    if not usable:
        return None
    return Sender(usable[0], usable[0].address, "only_one" if len(usable) == 1 else "oldest")


def _written(account: SendingAccount, organizer: str | None) -> str:
    return organizer if organizer is not None and organizer in account.addresses else account.address


def chosen_answerer(
    accounts: Sequence[SendingAccount],
    attendees: Sequence[TaskAttendee],
    *,
    received_in: Collection[UUID] = (),
    colleagues: Collection[str] = (),
) -> Answerer | None:
    """Who answers: the mailbox of ours that is invited (first the one the invitation came to), else a mailbox for a colleague.

    Where none of us is on the list (a distribution list was invited), the mailbox that got the mail answers under its own
    address. None when no account of ours may send.
    """
    usable = sorted((one for one in accounts if one.can_send), key=lambda one: one.id not in received_in)
    names = {one.email: one.name for one in attendees}
    for account in usable:
        for email in (account.address, *account.addresses):
            if email in names:
                reason: Why = "invited_here" if account.id in received_in else "invited"
                return Answerer(Sender(account, email, reason), email, names[email])
    if not usable:
        return None
    writer = usable[0]
    colleague = next((one for one in attendees if one.email in colleagues), None)
    if colleague is not None:
        return Answerer(Sender(writer, writer.address, "invited_colleague"), colleague.email, colleague.name)
    if writer.id not in received_in:
        return None
    return Answerer(Sender(writer, writer.address, "received_here"), writer.address, writer.display_name)
