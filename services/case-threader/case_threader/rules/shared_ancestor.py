from __future__ import annotations

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, append


def shared_ancestor(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """This mail and a filed one answer a mail that we have never seen.

    Weaker than a reference: everybody who answers one newsletter refers to the same id (Chatwoot PR 13502), so the
    sender must take part in the case, belong to its account, or be one of us.
    """
    if not evidence.settings.file_by_references:
        return None
    for ancestor in mail.ancestors:
        for known in evidence.mails_mentioning(ancestor):
            case = evidence.live_case(known.case_id)
            if case is not None and (mail.is_sent or evidence.belongs_to(mail.sender, case)):
                return append("shared_ancestor", "answers_the_same", case.id, evidence={"message_id": str(known.id)})
    return None
