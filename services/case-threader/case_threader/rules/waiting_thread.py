from __future__ import annotations

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, unassigned


def waiting_thread(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """It answers a mail that waits for a person, and its sender is not known either: both wait, and are decided together."""
    if not evidence.settings.file_by_references:
        return None
    if evidence.accounts_of(mail.sender):
        return None
    for ancestor in mail.ancestors:
        for known in evidence.mails_bearing(ancestor):
            if known.case_id is None:
                return unassigned("waiting_thread", "answers_a_waiting_mail", evidence={"message_id": str(known.id)})
    return None
