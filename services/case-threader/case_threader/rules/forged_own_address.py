from __future__ import annotations

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, quarantined


def forged_own_address(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """It came from outside under an address of ours, and our own mail server saw DMARC fail: set aside.

    Else anybody closes a case, or speaks to our people, by writing as us (reference/cases.md section 4 step 3).
    """
    if mail.is_sent or mail.facts.authentication.dmarc != "fail":
        return None
    claimed = {mail.sender, *(person.email for person in mail.facts.from_addresses)}
    if not any(evidence.is_ours(email) for email in claimed if email):
        return None
    return quarantined("forged_own_address", "own_domain_dmarc_fail")
