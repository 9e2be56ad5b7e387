from __future__ import annotations

from uuid import UUID

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, duplicate


def same_mail(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """One mail in several mailboxes, or fetched again, is one entry; it changes no status (features C40, C46).

    The very same bytes, or the same Message-ID with the same From, Date and Subject. The same Message-ID on a different
    mail is a different mail (reliability A12).
    """
    twin = evidence.twin_of(mail.identity)
    if mail.is_sent and twin is not None and twin.case_id is None and twin.direction == "incoming":
        return None  # it only claimed to be ours when it came; now it is known to be
    same_bytes = mail.facts.same_bytes_as
    if same_bytes is not None and same_bytes != mail.facts.message_id and same_bytes in evidence.decided:
        return duplicate("same_mail", "same_bytes", twin_id=_kept(evidence.decided[same_bytes].held_by, evidence))
    if twin is None or twin.id == mail.facts.message_id:
        return None
    return duplicate("same_mail", "same_message_id" if mail.own_id else "same_content", twin_id=twin.id)


def _kept(message_id: UUID | None, evidence: Evidence) -> UUID | None:
    return message_id if message_id in evidence.mails else None
