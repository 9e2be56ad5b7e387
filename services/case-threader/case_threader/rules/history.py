from __future__ import annotations

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, ignored


def history(mail: ReadMail, evidence: Evidence) -> Verdict | None:  # noqa: ARG001 - every rule is asked alike
    """Old mail brought in by `goniec import-mail` opens no case; its Message-ID is remembered for answers to come."""
    return ignored("history", "imported") if mail.facts.imported else None
