from __future__ import annotations

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, new, unassigned


def known_sender(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """Somebody of an account writes about something new: the next case, linked at once (features C16, C17, C39).

    An address on the cards of several accounts proves none (features E30). What a machine wrote never opens a case
    (DESIGN 5), nor does the twenty-first mail with the same words within two hours: a robot without any sign of one.
    """
    if not mail.sender:
        return None
    if evidence.is_ours(mail.sender):
        return unassigned("known_sender", "sender_is_ours")
    accounts = evidence.accounts_of(mail.sender)
    if not accounts:
        return None
    if len(accounts) > 1:
        return unassigned("known_sender", "address_of_several_accounts")
    if mail.is_by_machine:
        return unassigned("known_sender", "written_by_machine")
    if evidence.has_opened_too_many(mail.sender, mail.wording):
        return unassigned("known_sender", "too_many_new_cases")
    account_id = accounts.pop()
    contact_id = evidence.contact_of(mail.sender, account_id)
    return new("known_sender", "new_topic", account_id=account_id, contact_id=contact_id)
