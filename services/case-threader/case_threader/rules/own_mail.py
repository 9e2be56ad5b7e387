from __future__ import annotations

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, duplicate, ignored


def own_mail(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """What this installation sent comes back: every mail of ours bears our loop mark (features C32, reliability A20).

    In a Sent folder it is the copy of what we have already. In an inbox it is a loop, or a mailbox of ours among the
    recipients. Without the mark our Message-ID is as good, since nobody can guess one, unless the mail is from somebody
    else: the same id on a different mail is a different mail. A report *about* our mail is not our mail.
    """
    if mail.facts.report is not None:
        return None
    reply = next((known for known in evidence.mails_bearing(mail.own_id or "") if known.is_reply), None)
    is_marked = evidence.loop_mark in mail.facts.loop_marks
    is_ours = reply is not None and (mail.is_sent or not mail.sender or evidence.is_ours(mail.sender))
    if not is_marked and not is_ours:
        return None
    reason = "loop_mark" if is_marked else "own_message_id"
    if mail.is_sent:
        return duplicate("own_mail", reason, twin_id=reply.id if reply else None)
    return ignored("own_mail", reason)
