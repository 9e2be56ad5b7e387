"""What is known when mails are filed. Gathered for a whole batch at once; a filed mail is evidence for the next one.

The rules ask, they never query: everything here is in memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from case_threader.case_settings import CaseSettings
from case_threader.shared_domains import is_shared
from contracts.addresses import domain_of

LOOK_BACK = timedelta(hours=2)
"""How far back cases opened by one sender are counted."""
PROVES_NOTHING = 20


@dataclass(slots=True)
class KnownCase:
    """A case as the rules see it. Changes of a batch are made here and written at its end."""

    id: UUID
    number: int
    version: int
    title: str
    status: str
    status_at: datetime
    status_reason: str
    account_id: UUID | None
    contact_id: UUID | None
    owner_id: UUID | None
    last_activity_at: datetime
    mentions: list[int]
    merged_into: UUID | None = None
    continues: UUID | None = None
    continued_by: UUID | None = None
    is_by_hand: bool = False
    is_deleted: bool = False
    is_new: bool = False
    is_changed: bool = False


@dataclass(slots=True)
class KnownMail:
    """A message that was filed before, in a case or waiting for one."""

    id: UUID
    case_id: UUID | None
    direction: str
    is_reply: bool
    identity: str | None
    received_at: datetime
    mailboxes: list[str]
    effect: str
    delivery: dict[str, Any] | None = None
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """One card an address stands on."""

    kind: str  # account, contact, employee, mailbox
    owner_id: UUID
    account_id: UUID | None


@dataclass(frozen=True, slots=True)
class Decided:
    """An earlier decision about a mail."""

    outcome: str
    held_by: UUID | None
    version: int


@dataclass(frozen=True, slots=True)
class LearnedIds:
    """The ids by which a message will be found again."""

    own: str | None
    mentioned: list[str]
    reported: list[str]
    thread_index: str | None


@dataclass(slots=True)
class Evidence:
    """Everything gathered for a batch."""

    settings: CaseSettings
    loop_mark: str
    now: datetime
    own_domains: frozenset[str] = frozenset()
    cases: dict[UUID, KnownCase] = field(default_factory=dict)
    mails: dict[UUID, KnownMail] = field(default_factory=dict)
    decided: dict[UUID, Decided] = field(default_factory=dict)
    case_ids_by_number: dict[int, UUID] = field(default_factory=dict)
    bearing_id: dict[str, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    mentioning_id: dict[str, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    reporting_id: dict[str, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    by_identity: dict[str, UUID] = field(default_factory=dict)
    by_thread_index: dict[str, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    people: dict[str, list[KnownPerson]] = field(default_factory=lambda: defaultdict(list))
    accounts_at_domain: dict[str, frozenset[UUID]] = field(default_factory=dict)
    by_title: dict[str, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    parties: set[tuple[UUID, str]] = field(default_factory=set)
    lately_opened: Counter[tuple[str, str]] = field(default_factory=Counter)

    # ---- cases

    def live_case(self, case_id: UUID | None) -> KnownCase | None:
        """The case, or the one it was merged into, however long the chain (features C36); None for a deleted one."""
        seen: set[UUID] = set()
        while case_id is not None and case_id not in seen:
            seen.add(case_id)
            case = self.cases.get(case_id)
            if case is None or case.is_deleted:
                return None
            if case.merged_into is None:
                return case
            case_id = case.merged_into
        return None

    def other_halves(self, case: KnownCase, own_id: str) -> list[KnownCase]:
        """Cases that answers to this mail have opened before it arrived: with it they are one conversation.

        Only of the same account, and not where people have drawn the border themselves, or the reopen window has.
        """
        found: list[KnownCase] = []
        for known in self.mails_mentioning(own_id):
            other = self.live_case(known.case_id)
            if other is None or other is case or other in found or case.account_id is None:
                continue
            linked = other.id in (case.continues, case.continued_by)
            if other.account_id == case.account_id and not (linked or case.is_by_hand or other.is_by_hand):
                found.append(other)
        return found

    def open_cases_titled(self, title: str) -> list[KnownCase]:
        """Known for the accounts of the senders, when the settings match by subject."""
        living = (self.live_case(each) for each in self.by_title.get(title, ()))
        return [case for case in living if case is not None and case.status == "open"]

    def case_numbered(self, number: int) -> KnownCase | None:
        return self.live_case(self.case_ids_by_number.get(number))

    # ---- mails

    def mails_bearing(self, rfc_message_id: str) -> list[KnownMail]:
        """The messages with this Message-ID, newest first: usually one, but broken senders use an id again and again."""
        return self._newest_first(self.bearing_id.get(rfc_message_id, ()))

    def mails_mentioning(self, rfc_message_id: str) -> list[KnownMail]:
        return self._newest_first(self.mentioning_id.get(rfc_message_id, ()))

    def mails_of_conversation(self, thread_index: str) -> list[KnownMail]:
        return self._newest_first(self.by_thread_index.get(thread_index, ()))

    def twin_of(self, identity: str | None) -> KnownMail | None:
        twin_id = self.by_identity.get(identity) if identity else None
        return self.mails.get(twin_id) if twin_id else None

    def _newest_first(self, ids: Iterable[UUID]) -> list[KnownMail]:
        found = [self.mails[each] for each in ids if each in self.mails]
        return sorted(found, key=lambda mail: mail.received_at, reverse=True) if len(found) > 1 else found

    # ---- people

    def is_ours(self, email: str) -> bool:
        """A mail account, an alias, an employee; else our own domain, unless the directory says it is a client's."""
        cards = self.people.get(email, ())
        if any(card.kind in ("mailbox", "employee") for card in cards):
            return True
        return not cards and domain_of(email) in self.own_domains

    def outsiders(self, emails: Iterable[str]) -> list[str]:
        return [email for email in emails if not self.is_ours(email)]

    def accounts_of(self, email: str) -> set[UUID]:
        """The accounts an address leads to, over the account's own card or that of a contact. Several prove none."""
        return {card.account_id for card in self.people.get(email, ()) if card.account_id is not None}

    def contact_of(self, email: str, account_id: UUID) -> UUID | None:
        """The only contact of this account with the address."""
        contacts = [
            card.owner_id
            for card in self.people.get(email, ())
            if card.kind == "contact" and card.account_id == account_id
        ]
        return contacts[0] if len(contacts) == 1 else None

    def takes_part(self, email: str, case: KnownCase) -> bool:
        return (case.id, email) in self.parties

    def belongs_to(self, email: str, case: KnownCase) -> bool:
        """Whether the address has something to do with the case: takes part, is of its account, or is ours."""
        if self.takes_part(email, case) or self.is_ours(email):
            return True
        return case.account_id is not None and case.account_id in self.accounts_of(email)

    def is_of_domain(self, email: str, account_id: UUID | None) -> bool:
        """Whether the address lies in a domain that only this account of the directory uses."""
        domain = domain_of(email)
        if account_id is None or not domain or is_shared(domain):
            return False
        return self.accounts_at_domain.get(domain, frozenset()) == frozenset((account_id,))

    # ---- what a filed mail teaches

    def learn_case(self, case: KnownCase) -> None:
        self.cases[case.id] = case
        self.case_ids_by_number[case.number] = case.id
        if self.settings.match_by_subject and case.id not in self.by_title[case.title]:
            self.by_title[case.title].append(case.id)

    def learn_mail(self, mail: KnownMail, ids: LearnedIds) -> None:
        self.mails[mail.id] = mail
        if mail.identity is not None:
            self.by_identity[mail.identity] = mail.id
        if ids.own is not None:
            self.bearing_id[ids.own].append(mail.id)
        for each in ids.mentioned:
            self.mentioning_id[each].append(mail.id)
        for each in ids.reported:
            self.reporting_id[each].append(mail.id)
        if ids.thread_index is not None:
            self.by_thread_index[ids.thread_index].append(mail.id)

    def worth_learning(
        self, own_id: str | None, mentioned: Sequence[str], reported: Sequence[str], thread_index: str | None
    ) -> LearnedIds:
        """Of the ids of a mail those that can still prove something.

        What twenty mails share proves nothing about the next (a scanner with one Message-ID for all, a hostile sender),
        and a mail we have needs no memory of who mentioned it.
        """
        return LearnedIds(
            own=own_id if own_id and len(self.bearing_id[own_id]) < PROVES_NOTHING else None,
            mentioned=[
                each for each in mentioned
                if not self.bearing_id[each] and len(self.mentioning_id[each]) < PROVES_NOTHING
            ],
            reported=[each for each in reported if len(self.reporting_id[each]) < PROVES_NOTHING],
            thread_index=(
                thread_index if thread_index and len(self.by_thread_index[thread_index]) < PROVES_NOTHING else None
            ),
        )  # fmt: skip

    def has_opened_too_many(self, sender: str, wording: str) -> bool:
        """A robot without any sign of one: the same sender opens case after case with the same words."""
        most = self.settings.new_cases_per_sender
        return most is not None and self.lately_opened[(sender, wording)] >= most
