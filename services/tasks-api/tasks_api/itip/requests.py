"""REQUEST, PUBLISH and ADD: what creates and changes events (RFC 5546 sections 3.2.1, 3.2.2 and 3.2.4).

Nothing here settles: the facts are remembered and the fields written, `settling.settle` then brings every task in line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from contracts.calendar import Component
from ical.recurrence import Occurrence, occurrences_from, start_of_key
from ical.zones import iana_name, zone
from tasks_api.itip import reasons
from tasks_api.itip.drafts import Draft
from tasks_api.itip.fields import (
    TimeSetByHand,
    fields_of,
    key_in,
    merged,
    midnight,
    remembered,
    series_of,
    titled,
    written,
)
from tasks_api.itip.memory import Fact, Line, Version
from tasks_api.itip.settling import ender_of, is_overtaken
from tasks_api.itip.shapes import Outcome, TaskFields
from tasks_api.itip.verdicts import Verdict, ignored, review, stale, unchanged
from tasks_api.itip.waiting_facts import pending_components, with_pending

_HOLDING = (
    "recurrence_refused",
    "truncated",
    "bad_dtstart",
    "bad_recurrence_id",
    "no_uid",
    "long_uid",
    "too_many_dates",
    "too_many_properties",
)
_HOLDING_EVEN_IF_CONFIRMED = ("bad_dtstart", "bad_recurrence_id")
_MOST_SEQUENCE = 2**31 - 1


def take_request(draft: Draft, components: Sequence[Component]) -> Verdict:
    """A series with its overrides, or one date of a series."""
    series = next((one for one in components if one.recurrence_id is None), None)
    leading = series or components[0]
    if (problem := unusable(draft, components)) is not None:
        return review(problem, leading)
    if series is None:
        return take_date(draft, leading, alone=True)
    return _take_whole(draft, series, [one for one in components if one.recurrence_id is not None])


def unusable(draft: Draft, components: Sequence[Component]) -> str | None:
    """Why these components may not act, as a code."""
    holding = _HOLDING_EVEN_IF_CONFIRMED if draft.forced else _HOLDING
    for one in components:
        found = next((problem for problem in holding if problem in one.problems), None)
        if found is not None:
            return found
        if one.kind == "VEVENT" and one.starts is None:
            return reasons.NO_START
    return None


# ---- a series, or an event that does not repeat


def _take_whole(draft: Draft, series: Component, dates: Sequence[Component]) -> Verdict:
    verdict = _take_series(draft, series, dates)
    taken = [take_date(draft, one) for one in dates]
    if verdict.acts:
        _take_pending(draft)
    problem = next((one for one in taken if one.outcome is Outcome.REVIEW), None)
    if problem is not None:
        return review(problem.reason, series)
    if not verdict.acts and any(one.acts for one in taken):
        return Verdict(Outcome.UPDATED, reasons.DATE_OF_SERIES, series)
    return verdict


def _take_series(draft: Draft, component: Component, dates: Sequence[Component]) -> Verdict:
    line, version = draft.line(None), draft.version_of(component)
    if (verdict := _no_news(draft, component, None)) is not None:
        if line.request is not None and line.request.version == version:
            _list(draft, fields_of(component, draft.home), dates, beside=draft.memory.listed)
        return verdict
    if component.status == "CANCELLED":
        return _cancelled_by_status(draft, component, None)
    fields = _without_uninvited(fields_of(component, draft.home), line, version)
    is_new = not draft.rows(None) and line.request is None
    said = _put(draft, None, fields)
    _list(draft, fields, dates)
    received = written(said, fields.rrule, fields.exdates)
    fact = _fact(line.request, version, component, draft.mail)
    draft.remember(None, replace(draft.line(None), request=fact, received=received))
    if is_new:
        return Verdict(Outcome.CREATED, reasons.NEW, component)
    return Verdict(Outcome.UPDATED, reasons.NEWER, component)


def _list(
    draft: Draft, series: TaskFields, dates: Sequence[Component], *, beside: frozenset[str] = frozenset()
) -> None:
    """Remember which dates the newest request of the series speaks of itself."""
    keys = (key_in(series_of(series), one.recurrence_id) for one in dates if one.recurrence_id is not None)
    draft.memory = replace(draft.memory, listed=beside | frozenset(keys))


def _no_news(draft: Draft, component: Component, key: str | None) -> Verdict | None:
    """Why a request is no news about the series or a date, None when it is (RFC 5546 section 2.1.5)."""
    version, line = draft.version_of(component), draft.line(key)
    fact = line.request
    if fact is not None and not draft.forced:
        if version == fact.version and component.fingerprint in fact.seen:
            return unchanged(reasons.SAME_AGAIN, component, key)
        if fact.message == draft.mail and component.fingerprint not in fact.seen:
            return ignored(reasons.SECOND_IN_MAIL, component, key)
        if component.sequence >= _MOST_SEQUENCE:
            return review(reasons.SEQUENCE_IMPLAUSIBLE, component, key)
    if fact is not None and version < fact.version:
        return stale(reasons.OLDER, component, key)
    if key is not None and is_overtaken(version, draft.memory.series.request) and key not in draft.memory.listed:
        return stale(reasons.SERIES_IS_NEWER, component, key)
    if _is_cancelled_since(draft, key, version):
        return stale(reasons.CANCELLED_BEFORE, component, key)
    return None


def _is_cancelled_since(draft: Draft, key: str | None, version: Version) -> bool:
    cancel = draft.line(key).cancel
    if key is None:
        return cancel is not None and cancel.version >= version
    if (
        cancel is not None
        and cancel.version >= version
        and not is_overtaken(cancel.version, draft.memory.series.request)
    ):
        return True
    return ender_of(draft.memory, key, version) is not None


def _fact(fact: Fact | None, version: Version, component: Component, mail: str) -> Fact:
    if fact is not None and fact.version == version:
        return fact.also_seen(component.fingerprint, mail)
    return Fact(version, (component.fingerprint,), mail)


def _without_uninvited(fields: TaskFields, line: Line, version: Version) -> TaskFields:
    """Without the attendees that a later CANCEL withdrew."""
    gone = {email for email, since in line.uninvited.items() if since >= version}
    return (
        replace(fields, attendees=tuple(one for one in fields.attendees if one.email not in gone)) if gone else fields
    )


def _put(draft: Draft, key: str | None, fields: TaskFields) -> dict[str, Any]:
    """Write the fields into the tasks of the key, or make one; where a person decided otherwise, hold. What was said."""
    rows, received = draft.rows(key), draft.line(key).received
    for task in rows:
        try:
            together = merged(task.fields, fields, received, own=draft.own, forced=draft.forced)
        except TimeSetByHand:
            draft.holds.append(reasons.TIME_SET_BY_HAND)
            together = merged(task.fields, fields, received, own=draft.own, forced=True)
        draft.set_fields(task, together)
    if not rows:
        if draft.line(key).request is not None or _is_deleted(draft):
            draft.holds.append(reasons.DELETED_BY_HAND)
        fields = titled(fields, draft.message, draft.context)
        draft.create(key, fields)
    said = remembered(fields)
    return said if fields.title else {**said, "title": received.get("title", "")}


def _is_deleted(draft: Draft) -> bool:
    """Whether a person took the whole series out of the list: then none of its dates comes back by itself."""
    return draft.memory.series.request is not None and not draft.tasks


def _cancelled_by_status(draft: Draft, component: Component, key: str | None) -> Verdict:
    """STATUS:CANCELLED inside a REQUEST or PUBLISH cancels (A4 rule 6)."""
    fact = Fact(draft.version_of(component), (component.fingerprint,), draft.mail)
    draft.remember(key, replace(draft.line(key), cancel=fact))
    return Verdict(Outcome.CANCELLED, reasons.CANCELLED_STATUS, component, key)


# ---- single dates


def take_date(draft: Draft, component: Component, *, alone: bool = False) -> Verdict:
    """One date; `alone` when the message is about nothing else."""
    assert component.recurrence_id is not None
    series = draft.series_fields()
    key = key_in(series_of(series) if series else None, component.recurrence_id)
    if alone:
        draft.about = key
    if not component.this_and_future:
        return _put_date(draft, component, key, fields_of(component, draft.home))
    if series is None:
        return _postponed(draft, component, key)
    return _put_range(draft, component, key, series)


def _put_date(draft: Draft, component: Component, key: str, fields: TaskFields) -> Verdict:
    if (verdict := _no_news(draft, component, key)) is not None:
        return verdict
    if component.status == "CANCELLED":
        return _cancelled_by_status(draft, component, key)
    line, version = draft.line(key), draft.version_of(component)
    is_new = not draft.rows(None) and not draft.rows(key)
    fields = _with_title_of_series(draft, _without_uninvited(fields, line, version))
    said = _put(draft, key, fields)
    fact = _fact(line.request, version, component, draft.mail)
    draft.remember(key, replace(draft.line(key), request=fact, received=said))
    if is_new:
        return Verdict(Outcome.CREATED, reasons.NEW, component, key)
    return Verdict(Outcome.UPDATED, reasons.DATE_OF_SERIES, component, key)


def _with_title_of_series(draft: Draft, fields: TaskFields) -> TaskFields:
    if fields.title:
        return fields
    return replace(fields, title=next((task.fields.title for task in draft.rows(None)), ""))


def _put_range(draft: Draft, component: Component, key: str, series: TaskFields) -> Verdict:
    """RANGE=THISANDFUTURE: this date and all later ones, each as an override of its own (decision 0024)."""
    found = occurrences_from(series_of(series), key)
    if found.truncated:
        return review(reasons.TOO_MANY_DATES, component, key)
    if not found.items:
        return review(reasons.NO_SUCH_DATE, component, key)
    fields = fields_of(component, draft.home)
    taken = [_put_date(draft, component, one.recurrence_id, _moved(fields, series, key, one)) for one in found.items]
    return replace(next((one for one in taken if one.acts), taken[0]), key=key)


def _moved(fields: TaskFields, series: TaskFields, key: str, to: Occurrence) -> TaskFields:
    """The content of one date of the series moved to another date, by the wall clock of the series."""
    first = start_of_key(key)
    if fields.starts_on is not None:
        days = (to.starts_on or to.starts_at.date()) - _day(first)
        starts_on = fields.starts_on + days
        ends_on = fields.ends_on + days if fields.ends_on else None
        return replace(
            fields,
            starts_on=starts_on,
            ends_on=ends_on,
            starts_at=midnight(starts_on, fields.timezone),
            ends_at=midnight(ends_on, fields.timezone) if ends_on else None,
        )
    if fields.starts_at is None or not isinstance(first, datetime):
        return fields
    clock = zone(iana_name(series.timezone) or "UTC")
    delta = fields.starts_at.astimezone(clock).replace(tzinfo=None) - first.astimezone(clock).replace(tzinfo=None)
    wall = to.starts_at.astimezone(clock).replace(tzinfo=None) + delta
    starts_at = wall.replace(tzinfo=clock).astimezone(UTC)
    ends_at = starts_at + (fields.ends_at - fields.starts_at) if fields.ends_at else None
    return replace(fields, starts_at=starts_at, ends_at=ends_at)


def _day(start: datetime | date) -> date:
    return start.date() if isinstance(start, datetime) else start


# ---- ADD, and what makes sense only once the series is known


def take_add(draft: Draft, component: Component) -> Verdict:
    """ADD: another date of a known series; one that overtook its REQUEST waits for it (RFC 5546 section 3.2.4)."""
    if (problem := unusable(draft, [component])) is not None:
        return review(problem, component)
    when = component.recurrence_id or component.starts
    if when is None:
        return review(reasons.NO_START, component)
    series = draft.series_fields()
    key = key_in(series_of(series) if series else None, when)
    if component.rrule or component.rdates:
        return review(reasons.ADDS_SERIES, component, key)
    if series is None:
        return _postponed(draft, component, key)
    return _add_date(draft, component, key, series)


def _add_date(draft: Draft, component: Component, key: str, series: TaskFields) -> Verdict:
    fields = fields_of(component, draft.home)
    if not component.ends_given and fields.starts_at and series.starts_at and series.ends_at and not fields.all_day:
        fields = replace(fields, ends_at=fields.starts_at + (series.ends_at - series.starts_at))
    verdict = _put_date(draft, component, key, fields)
    return replace(verdict, reason=reasons.ADDED_DATE) if verdict.acts else verdict


def _postponed(draft: Draft, component: Component, key: str) -> Verdict:
    """Kept for the day its series comes; a person sees it meanwhile."""
    draft.memory = with_pending(draft.memory, draft.message, component)
    return replace(review(reasons.UNKNOWN_SERIES, component, key), keeps=True)


def _take_pending(draft: Draft) -> None:
    series, authority = draft.series_fields(), draft.memory.authority
    if not draft.memory.pending or series is None or authority is None:
        return
    waiting = pending_components(draft.memory, authority)
    draft.memory = replace(draft.memory, pending=())
    for component in sorted(waiting, key=draft.version_of):
        if component.this_and_future:
            take_date(draft, component)
        elif (when := component.recurrence_id or component.starts) is not None:
            _add_date(draft, component, key_in(series_of(series), when), series)
