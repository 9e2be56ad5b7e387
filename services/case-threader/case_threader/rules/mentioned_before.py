from __future__ import annotations

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, append


def mentioned_before(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """An answer to this mail was filed before the mail itself arrived (JWZ's empty containers).

    Two mailboxes polled at different times, a Sent folder read later: the order of arrival is not that of writing.
    """
    for known in evidence.mails_mentioning(mail.own_id or ""):
        case = evidence.live_case(known.case_id)
        if case is not None:
            return append(
                "mentioned_before", "answered_by_a_filed_mail", case.id, evidence={"message_id": str(known.id)}
            )
    return None
