from __future__ import annotations

from case_threader.evidence import Evidence, KnownCase, KnownMail
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, append, bounce, quarantined

_UNDELIVERED = frozenset({"failed", "delayed", "unknown"})
_RECEIPTS = frozenset({"read_receipt", "abuse_report"})


def delivery_report(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """A machine reports about a mail: a bounce, a delay, a receipt. It belongs where that mail is, if it was ours.

    Its own subject and sender say nothing. A bounce of a mail we never sent is backscatter and is set aside; read
    receipts and complaints that name nothing of ours go on through the other rules like any machine's mail.
    """
    report = mail.facts.report
    if report is None:
        return None
    answer = bounce if report.kind in _UNDELIVERED else append
    reason = f"delivery_{report.kind}"
    for known in _our_mails(mail, evidence):
        case = evidence.live_case(known.case_id)
        if case is not None:
            return answer("delivery_report", reason, case.id, evidence={"message_id": str(known.id)})
    tagged = _case_by_enclosed_subject(mail, evidence) if not mail.reported else None
    if tagged is not None:
        return answer("delivery_report", reason, tagged.id, evidence={"enclosed_tag": tagged.number})
    if report.kind in _RECEIPTS:
        return None
    known_but_nowhere = any(_our_mails(mail, evidence))
    return quarantined("delivery_report", "mail_in_no_case" if known_but_nowhere else "mail_not_ours")


def _our_mails(mail: ReadMail, evidence: Evidence) -> list[KnownMail]:
    """What the report is about, as far as we sent it."""
    bearing = (known for reported in mail.reported for known in evidence.mails_bearing(reported))
    return [known for known in bearing if known.direction == "outgoing"]


def _case_by_enclosed_subject(mail: ReadMail, evidence: Evidence) -> KnownCase | None:
    """Some reports enclose no Message-ID: our tag in the enclosed subject, if who was not reached takes part there."""
    assert mail.facts.report is not None
    unreached = [recipient.email for recipient in mail.facts.report.recipients]
    for number in reversed(mail.enclosed_tag_numbers):
        case = evidence.case_numbered(number)
        if case is not None and any(evidence.takes_part(email, case) for email in unreached):
            return case
    return None
