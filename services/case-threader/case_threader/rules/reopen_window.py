from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from case_threader.evidence import Evidence, KnownCase
from case_threader.mails import ReadMail
from case_threader.status import Effect, effect_of
from case_threader.verdicts import Outcome, Verdict, new


def within_reopen_window(verdict: Verdict, mail: ReadMail, evidence: Evidence) -> Verdict:
    """Days after its closing a case is not reopened: a new one is opened, linked both ways (setting `reopen_days`).

    By default cases live for ever (features C15). Where an old case is continued by a new one already, the mail goes there.
    Only what would reopen is concerned: our own mail and machines go into the old case and leave it closed.
    """
    days = evidence.settings.reopen_days
    if days is None or verdict.outcome is not Outcome.APPEND or effect_of(mail, verdict, evidence) is not Effect.OPENS:
        return verdict
    window = timedelta(days=days)
    case = evidence.live_case(verdict.case_id)
    if case is None:
        return verdict
    newest = _newest_continuation(case, evidence)
    if not _is_over(newest, mail, window):
        return replace(verdict, case_id=newest.id)
    return new(
        verdict.rule, "closed_too_long_ago", account_id=newest.account_id, contact_id=newest.contact_id,
        continues=newest.id, mentions=verdict.mentions, verified=verdict.verified, evidence=verdict.evidence,
    )  # fmt: skip


def _newest_continuation(case: KnownCase, evidence: Evidence) -> KnownCase:
    seen: set[UUID] = set()
    while case.continued_by is not None and case.id not in seen:
        seen.add(case.id)
        following = evidence.live_case(case.continued_by)
        if following is None:
            break
        case = following
    return case


def _is_over(case: KnownCase, mail: ReadMail, window: timedelta) -> bool:
    return case.status == "closed" and mail.facts.received_at - case.status_at > window
