"""Open or closed: what a message does to the status of its case, and which message decides (DESIGN 5, features C10-C14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.verdicts import Outcome, Verdict


class Effect(StrEnum):
    OPENS = "opens"
    CLOSES = "closes"
    NONE = "none"


def effect_of(mail: ReadMail, verdict: Verdict, evidence: Evidence) -> Effect:
    """What the mail does to the status of the case it is filed in.

    A client's mail opens; ours to somebody outside closes; what a machine wrote does nothing (else one colleague on
    holiday reopens every case), except that a failed delivery of our answer opens. A mail that claims an address of
    ours closes only when our own mail server has vouched for it.
    """
    report = mail.facts.report
    if verdict.outcome is Outcome.BOUNCE:
        return Effect.OPENS if report is not None and report.kind == "failed" else Effect.NONE
    if mail.is_by_machine or mail.facts.imported:
        return Effect.NONE
    if is_from_us(mail, evidence):
        return Effect.CLOSES if evidence.outsiders(mail.recipients) else Effect.NONE
    return Effect.NONE if evidence.is_ours(mail.sender) else Effect.OPENS


def is_from_us(mail: ReadMail, evidence: Evidence) -> bool:
    """Whether it was surely sent by us: it lay in Sent, or it bears an address of ours and passed authentication."""
    return mail.is_sent or (evidence.is_ours(mail.sender) and mail.facts.authentication.verdict == "passed")


@dataclass(frozen=True, slots=True)
class Deciding:
    """Something with a say in the status, and when we received it."""

    effect: Effect
    at: datetime
    reason: str


def decides(at: datetime, status_at: datetime) -> bool:
    """Whether something received at `at` may change a status decided by something received at `status_at`.

    The newest message by our own receipt decides; what arrives out of order never flips it (features C46).
    """
    return at >= status_at


def status_after(history: Iterable[Deciding]) -> Deciding | None:
    """The deciding one of a case's whole history; None when nothing in it has a say."""
    latest: Deciding | None = None
    for each in history:
        if each.effect is not Effect.NONE and (latest is None or decides(each.at, latest.at)):
            latest = each
    return latest
