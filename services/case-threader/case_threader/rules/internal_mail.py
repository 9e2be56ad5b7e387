from __future__ import annotations

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, ignored


def internal_mail(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """We wrote to our own people only, about no case: nobody has to decide anything (features C49)."""
    if not mail.is_sent or not mail.recipients or evidence.outsiders(mail.recipients):
        return None
    return ignored("internal_mail", "nobody_outside")
