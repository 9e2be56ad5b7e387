from __future__ import annotations

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.subject_tags import without_own_tags
from case_threader.subjects import kind_of_subject
from case_threader.verdicts import Verdict, append


def same_subject(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """An answer without tag and references: the only open case of this name in which its sender takes part.

    Off unless the settings want it, since subjects repeat (reference/cases.md section 4 step 10): only for a reply, only with
    the very same base subject, and of two such cases none.
    """
    settings = evidence.settings
    if not settings.match_by_subject or mail.is_sent or not mail.title:
        return None
    if kind_of_subject(without_own_tags(mail.facts.mail_subject, settings.prefixes)) != "reply":
        return None
    cases = [case for case in evidence.open_cases_titled(mail.title) if evidence.takes_part(mail.sender, case)]
    if len(cases) != 1:
        return None
    return append("same_subject", "only_open_case", cases[0].id, evidence={"case": cases[0].number})
