"""What one iTIP object comes to, before authority and policy are asked."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.calendar import Component
from tasks_api.itip.shapes import Answer, Outcome, Proposal

ACTING = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.CANCELLED, Outcome.REPLIED})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`key` is the date it is about, None for the series or the plain event.

    `answer`: what a REPLY says; `asks`: who wants to be told how things stand.
    `keeps`: nothing is done to tasks, but what was remembered on the way is kept.
    """

    outcome: Outcome
    reason: str
    component: Component
    key: str | None = None
    proposal: Proposal | None = None
    answer: Answer | None = None
    asks: str | None = None
    keeps: bool = False

    @property
    def acts(self) -> bool:
        return self.outcome in ACTING


def review(reason: str, component: Component, key: str | None = None) -> Verdict:
    return Verdict(Outcome.REVIEW, reason, component, key)


def stale(reason: str, component: Component, key: str | None = None) -> Verdict:
    return Verdict(Outcome.STALE, reason, component, key)


def unchanged(reason: str, component: Component, key: str | None = None) -> Verdict:
    return Verdict(Outcome.UNCHANGED, reason, component, key)


def ignored(reason: str, component: Component, key: str | None = None) -> Verdict:
    return Verdict(Outcome.IGNORED, reason, component, key)
