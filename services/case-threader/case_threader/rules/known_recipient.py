from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, new, unassigned
from contracts.addresses import Address


def known_recipient(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """We wrote to somebody of an account about something new, from any mail program: open a case (features C22).

    Those in To count, then those in Cc. A mail to several accounts (a newsletter, an offer to many) belongs to none of
    them: each answer then opens a case of its own.
    """
    if not mail.is_sent:
        return None
    for people in (mail.facts.to, mail.facts.cc, mail.facts.bcc):
        known = _known(people, evidence)
        if len(known) > 1:
            return unassigned("known_recipient", "several_accounts")
        for account_id, email in known.items():
            if mail.is_by_machine:
                return unassigned("known_recipient", "written_by_machine")
            contact_id = evidence.contact_of(email, account_id)
            return new("known_recipient", "new_topic_of_ours", account_id=account_id, contact_id=contact_id)
    return unassigned("known_recipient", "unknown_recipient")


def _known(people: Sequence[Address], evidence: Evidence) -> dict[UUID, str]:
    """The accounts among the recipients, each with the first address that led to it."""
    found: dict[UUID, str] = {}
    for person in people:
        accounts = evidence.accounts_of(person.email)
        if len(accounts) == 1 and not evidence.is_ours(person.email):
            found.setdefault(accounts.pop(), person.email)
    return found
