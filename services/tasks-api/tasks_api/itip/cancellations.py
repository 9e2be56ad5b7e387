"""CANCEL: of an event, a series, single dates, all dates from one on, or of somebody's invitation (RFC 5546 section 3.2.5)."""

from __future__ import annotations

from dataclasses import replace

from contracts.calendar import Component
from tasks_api.itip import reasons
from tasks_api.itip.drafts import CANCELLED, Draft
from tasks_api.itip.fields import key_in, series_of
from tasks_api.itip.memory import Fact, Line, Version
from tasks_api.itip.settling import Stand, cancel, is_overtaken, stand_of_date
from tasks_api.itip.shapes import Outcome
from tasks_api.itip.verdicts import Verdict, ignored, review, stale, unchanged
from tasks_api.itip.waiting_facts import tombstone_of, with_tombstone
from tasks_api.itip.withdrawals import Withdrawal, named_in, withdrawal

_HOLDING = ("truncated", "bad_recurrence_id", "no_uid", "long_uid")


def bury(draft: Draft, component: Component) -> Verdict:
    """A CANCEL for a UID nothing is known of: remembered, so that a REQUEST it overtook does not bring the meeting back."""
    if (problem := _unusable(component)) is not None:
        return review(problem, component)
    tombstone = tombstone_of(draft.message, component, draft.version_of(component), named_in(component))
    draft.memory = with_tombstone(draft.memory, tombstone)
    return replace(ignored(reasons.UNKNOWN_UID, component, tombstone.recurrence_id), keeps=True)


def take_cancel(draft: Draft, component: Component) -> Verdict:
    if (problem := _unusable(component)) is not None:
        return review(problem, component)
    if component.recurrence_id is None:
        return _cancel(draft, component, None)
    series = draft.series_fields()
    key = key_in(series_of(series) if series else None, component.recurrence_id)
    return _cancel_from(draft, component, key) if component.this_and_future else _cancel(draft, component, key)


def _unusable(component: Component) -> str | None:
    """A CANCEL that may have lost its RECURRENCE-ID would cancel the whole series."""
    return next((problem for problem in _HOLDING if problem in component.problems), None)


def _cancel(draft: Draft, component: Component, key: str | None) -> Verdict:
    draft.about = key
    version, line = draft.version_of(component), draft.line(key)
    means = withdrawal(named_in(component), invited_to(draft, key), draft.own)
    if means is Withdrawal.OTHERS:
        return _uninvite(draft, component, key, version)
    if (verdict := _no_news(draft, component, key)) is not None:
        return verdict
    exists = key is None or draft.has_date(key)
    if line.status == CANCELLED or draft.forced:
        for task in draft.rows(key):
            cancel(draft, task)
    draft.remember(key, replace(line, cancel=Fact(version, (component.fingerprint,), draft.mail)))
    if not exists:
        return replace(ignored(reasons.NO_SUCH_DATE, component, key), keeps=True)
    reason = reasons.UNINVITED if means is Withdrawal.OURS else reasons.CANCELLED_BY_ORGANIZER
    return Verdict(Outcome.CANCELLED, reason, component, key)


def _no_news(draft: Draft, component: Component, key: str | None) -> Verdict | None:
    """SEQUENCE must not be lower; Exchange does not raise it for a cancelled date (A4 rule 3)."""
    version, line = draft.version_of(component), draft.line(key)
    if line.request is not None and version < line.request.version:
        return stale(reasons.OLDER, component, key)
    if key is not None and is_overtaken(version, draft.memory.series.request):
        return stale(reasons.SERIES_IS_NEWER, component, key)
    if draft.forced:
        return None
    if line.cancel is not None and line.cancel.version >= version and _is_gone(draft, key):
        return unchanged(reasons.ALREADY_CANCELLED, component, key)
    return None


def _is_gone(draft: Draft, key: str | None) -> bool:
    line = draft.line(key)
    if key is not None:
        return stand_of_date(draft.memory, key) is Stand.CANCELLED
    return line.cancel is not None and (line.request is None or line.cancel.version >= line.request.version)


def _cancel_from(draft: Draft, component: Component, key: str) -> Verdict:
    """RANGE=THISANDFUTURE: the series ends before that date."""
    version, fact = draft.version_of(component), draft.memory.cut.get(key)
    if is_overtaken(version, draft.memory.series.request):
        return stale(reasons.SERIES_IS_NEWER, component, key)
    if fact is not None and fact.version >= version and not draft.forced:
        return unchanged(reasons.ALREADY_CANCELLED, component, key)
    means = withdrawal(named_in(component), invited_to(draft, key), draft.own)
    if means is Withdrawal.OTHERS:
        return unchanged(reasons.OTHERS_UNINVITED, component, key)
    cut = {**draft.memory.cut, key: Fact(version, (component.fingerprint,), draft.mail)}
    draft.memory = replace(draft.memory, cut=cut)
    reason = reasons.UNINVITED if means is Withdrawal.OURS else reasons.CANCELLED_BY_ORGANIZER
    return Verdict(Outcome.CANCELLED, reason, component, key)


def invited_to(draft: Draft, key: str | None) -> frozenset[str]:
    """Whom the organizer has invited, without the organizer, as far as it is known."""
    rows = draft.rows(key) or draft.rows(None) or draft.tasks
    received = draft.line(key).received or draft.memory.series.received
    known = {email for task in rows[:1] for email in (one.email for one in task.fields.attendees)}
    known |= set(received.get("attendees", ()))
    authority = draft.memory.authority
    return frozenset(known - {authority.organizer if authority else None} - set(draft.line(key).uninvited))


def _uninvite(draft: Draft, component: Component, key: str | None, version: Version) -> Verdict:
    """Somebody else is withdrawn; the meeting goes on without them."""
    named = set(named_in(component) or ())
    line: Line = draft.line(key)
    if line.request is not None and version < line.request.version:
        return stale(reasons.OLDER, component, key)
    since = {email: version for email in named if email not in line.uninvited or line.uninvited[email] < version}
    if not since:
        return unchanged(reasons.ALREADY_CANCELLED, component, key)
    if key is None or draft.rows(key):
        draft.remember(key, replace(line, uninvited={**line.uninvited, **since}))
    for task in draft.rows(key):
        staying = tuple(one for one in task.fields.attendees if one.email not in named)
        draft.set_fields(task, replace(task.fields, attendees=staying))
    return Verdict(Outcome.UPDATED, reasons.OTHERS_UNINVITED, component, key)
