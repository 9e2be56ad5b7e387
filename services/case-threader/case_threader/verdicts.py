"""What a rule answers about a mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID


class Outcome(StrEnum):
    NEW = "new"
    APPEND = "append"
    DUPLICATE = "duplicate"
    BOUNCE = "bounce"
    UNASSIGNED = "unassigned"
    QUARANTINED = "quarantined"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a mail belongs, which rule said so, and why.

    `rule` is the name of the rule, `reason` a stable code within it, `evidence` what was looked at (ids and numbers,
    never addresses or text). The rest depends on the outcome; the constructors below say what goes together.
    """

    outcome: Outcome
    rule: str
    reason: str
    case_id: UUID | None = None
    account_id: UUID | None = None
    contact_id: UUID | None = None
    continues: UUID | None = None
    twin_id: UUID | None = None
    mentions: tuple[int, ...] = ()
    suggested_case_id: UUID | None = None
    verified: bool = True
    evidence: Mapping[str, Any] = field(default_factory=dict)


def append(rule: str, reason: str, case_id: UUID, **more: Any) -> Verdict:
    """The mail goes into an existing case. `verified=False`: its sender has not shown to belong there."""
    return Verdict(Outcome.APPEND, rule, reason, case_id=case_id, **more)


def new(rule: str, reason: str, *, account_id: UUID | None, contact_id: UUID | None = None, **more: Any) -> Verdict:
    """The mail opens a case of this account; `continues` names an old case that it goes on from."""
    return Verdict(Outcome.NEW, rule, reason, account_id=account_id, contact_id=contact_id, **more)


def duplicate(rule: str, reason: str, *, twin_id: UUID | None, **more: Any) -> Verdict:
    """The same mail has a place already: that of the message `twin_id`, when there is one."""
    return Verdict(Outcome.DUPLICATE, rule, reason, twin_id=twin_id, **more)


def bounce(rule: str, reason: str, case_id: UUID, **more: Any) -> Verdict:
    """A report that a mail of this case was not delivered, or not yet."""
    return Verdict(Outcome.BOUNCE, rule, reason, case_id=case_id, **more)


def unassigned(rule: str, reason: str, **more: Any) -> Verdict:
    """A person decides; `suggested_case_id` is a case it may belong to."""
    return Verdict(Outcome.UNASSIGNED, rule, reason, **more)


def quarantined(rule: str, reason: str, **more: Any) -> Verdict:
    """Set aside: kept and shown, in no case."""
    return Verdict(Outcome.QUARANTINED, rule, reason, **more)


def ignored(rule: str, reason: str, **more: Any) -> Verdict:
    """Nothing is done with it."""
    return Verdict(Outcome.IGNORED, rule, reason, **more)
