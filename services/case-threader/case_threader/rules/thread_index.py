from __future__ import annotations

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, append


def thread_index(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """Outlook's conversation: sometimes only Thread-Index survives, its first 22 bytes name it (FreeScout #4922).

    It can be read from any mail of the conversation, so the sender must take part in the case as well.
    """
    if not evidence.settings.file_by_references:
        return None
    if not mail.facts.thread_index:
        return None
    for known in evidence.mails_of_conversation(mail.facts.thread_index):
        case = evidence.live_case(known.case_id)
        if case is not None and (mail.is_sent or evidence.belongs_to(mail.sender, case)):
            return append("thread_index", "same_conversation", case.id, evidence={"message_id": str(known.id)})
    return None
