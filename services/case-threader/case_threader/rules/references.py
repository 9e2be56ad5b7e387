from __future__ import annotations

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, append


def references(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """The nearest ancestor that is in a case: In-Reply-To, then References from the end (RFC 5322 section 3.6.4).

    Whoever knows the Message-ID of a mail has seen it, so the sender is not asked for. References follow the message to
    the case where it now lives, through moves, splits and merges. The newest of several mails with one id counts.
    """
    if not evidence.settings.file_by_references:
        return None
    for distance, ancestor in enumerate(mail.ancestors):
        for known in evidence.mails_bearing(ancestor):
            case = evidence.live_case(known.case_id)
            if case is not None:
                reason = "answers_ours" if known.direction == "outgoing" else "answers_theirs"
                return append(
                    "references", reason, case.id, evidence={"message_id": str(known.id), "distance": distance}
                )
    return None
