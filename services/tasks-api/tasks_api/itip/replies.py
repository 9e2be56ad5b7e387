"""REPLY and COUNTER: what attendees say about our own meetings (RFC 5546 sections 3.2.3 and 3.2.7; DESIGN 5, Ours or theirs)."""

from __future__ import annotations

from dataclasses import replace

from contracts.calendar import Attendee, Component
from contracts.tasks import TaskAttendee
from tasks_api.itip import reasons
from tasks_api.itip.authority import is_authenticated, sender_of, speaks_for
from tasks_api.itip.drafts import Draft
from tasks_api.itip.fields import TIMES, fields_of, fields_of_date, key_in, series_of
from tasks_api.itip.memory import Authority, Version
from tasks_api.itip.shapes import Answer, KnownTask, Outcome, Proposal, TaskFields
from tasks_api.itip.verdicts import Verdict, ignored, review, stale, unchanged

_HOLDING = ("truncated", "bad_recurrence_id", "no_uid", "long_uid")


def take_reply(draft: Draft, authority: Authority, component: Component) -> Verdict:
    """An answer: PARTSTAT of the attendee who sent it, on the series or on one date."""
    if (verdict := _not_for_us(draft, authority, component)) is not None:
        return verdict
    answer = _answering(draft, component)
    if isinstance(answer, str):
        return review(answer, component)
    key = _key(draft, component)
    if key is not None and not _is_held(draft, key):
        return review(reasons.NO_SUCH_DATE, component, key)
    fields = _fields_at(draft, key)
    if not _is_invited(fields, answer):
        return review(reasons.NOT_INVITED, component, key)
    if (verdict := _order(draft, component, key, answer, fields)) is not None:
        return verdict
    _remember(draft, key, answer.email, draft.version_of(component))
    for task in _tasks_at(draft, key):
        draft.set_fields(task, replace(task.fields, attendees=_answered(task.fields, answer, component)))
    reason = reasons.DELEGATED if answer.partstat == "DELEGATED" else reasons.ANSWERED
    return Verdict(Outcome.REPLIED, reason, component, key, answer=Answer(answer.email, answer.partstat))


def take_counter(draft: Draft, authority: Authority, component: Component) -> Verdict:
    """A proposal for other times: a person decides; confirmed, the times are taken over."""
    if (verdict := _not_for_us(draft, authority, component)) is not None:
        return verdict
    answer = _answering(draft, component)
    if isinstance(answer, str):
        return review(answer, component)
    key = _key(draft, component)
    if key is not None and not _is_held(draft, key):
        return review(reasons.NO_SUCH_DATE, component, key)
    current = _fields_at(draft, key)
    if not _is_invited(current, answer):
        return review(reasons.NOT_INVITED, component, key)
    if component.starts is None:
        return review(reasons.NO_START, component, key)
    proposed = fields_of(component, draft.home)
    wanted = replace(current, **{name: getattr(proposed, name) for name in TIMES})
    for task in _tasks_at(draft, key):
        draft.set_fields(task, replace(task.fields, **{name: getattr(proposed, name) for name in TIMES}))
    if draft.forced:
        return Verdict(Outcome.UPDATED, reasons.CONFIRMED, component, key)
    draft.holds.append(reasons.COUNTER_PROPOSAL)
    proposal = Proposal(answer.email, wanted, component.comment)
    return Verdict(Outcome.UPDATED, reasons.COUNTER_PROPOSAL, component, key, proposal)


def take_refresh(draft: Draft, authority: Authority, component: Component) -> Verdict:
    """Somebody invited asks how things stand: nothing changes, and they may be told (RFC 5546 section 3.2.6)."""
    if (verdict := _not_for_us(draft, authority, component)) is not None:
        return verdict
    answer = _answering(draft, component)
    key = _key(draft, component)
    asked = ignored(reasons.REFRESH_ASKED, component, key)
    if isinstance(answer, str) or not _is_invited(_fields_at(draft, key), answer):
        return asked
    return replace(asked, asks=answer.email)


def _not_for_us(draft: Draft, authority: Authority, component: Component) -> Verdict | None:
    if not draft.tasks:
        return ignored(reasons.UNKNOWN_UID, component)
    if not authority.ours and authority.organizer not in draft.own:
        return ignored(reasons.NOT_OUR_MEETING, component)
    problem = next((problem for problem in _HOLDING if problem in component.problems), None)
    if problem is not None:
        return review(problem, component)
    organizer = component.organizer
    if organizer is not None and authority.organizer is not None and organizer.email != authority.organizer:
        return review(reasons.ORGANIZER_DIFFERS, component)
    return None


def _answering(draft: Draft, component: Component) -> Attendee | str:
    """The attendee who answers: the sender, or somebody the sender may write for. Else why nobody is."""
    if not component.attendees:
        return reasons.NO_ATTENDEE
    if draft.forced and len(component.attendees) == 1:
        return component.attendees[0]
    sender = sender_of(draft.message)
    if sender is None:
        return reasons.SEVERAL_SENDERS
    found = next((one for one in component.attendees if one.email == sender), None) or next(
        (one for one in component.attendees if one.sent_by == sender and speaks_for(sender, one.email)), None
    )
    if found is None:
        return reasons.SENDER_IS_NOT_ATTENDEE
    return found if is_authenticated(draft.message) or draft.forced else reasons.NOT_AUTHENTICATED


def _key(draft: Draft, component: Component) -> str | None:
    if component.recurrence_id is None:
        return None
    series = draft.series_fields()
    return key_in(series_of(series) if series else None, component.recurrence_id)


def _is_held(draft: Draft, key: str) -> bool:
    """Whether the meeting takes place on that date: an override, or a date of the rule that is not taken out."""
    if draft.rows(key):
        return True
    return draft.has_date(key) and not any(key in task.fields.exdates for task in draft.rows(None))


def _fields_at(draft: Draft, key: str | None) -> TaskFields:
    rows = draft.rows(key) or draft.rows(None) or draft.tasks
    return rows[0].fields


def _is_invited(fields: TaskFields, answer: Attendee) -> bool:
    """Delegates are entered when their delegator says so (RFC 5546 section 3.2.2.3)."""
    return any(one.email == answer.email for one in fields.attendees)


def _order(draft: Draft, component: Component, key: str | None, answer: Attendee, fields: TaskFields) -> Verdict | None:
    """Answers are ordered per attendee and date, by SEQUENCE and DTSTAMP of the answer itself."""
    if draft.forced:
        return None
    version = draft.version_of(component)
    stored = draft.memory.replies.get(key or "", {}).get(answer.email)
    if stored is not None and version < stored:
        return stale(reasons.ANSWERED_LATER, component, key)
    if stored == version and any(
        one.email == answer.email and one.partstat == answer.partstat for one in fields.attendees
    ):
        return unchanged(reasons.SAME_AGAIN, component, key)
    if component.sequence_given and component.sequence < fields.sequence:
        return stale(reasons.ANSWERS_OLDER_VERSION, component, key)
    return None


def _remember(draft: Draft, key: str | None, email: str, version: Version) -> None:
    answers = {**draft.memory.replies.get(key or "", {}), email: version}
    draft.memory = replace(draft.memory, replies={**draft.memory.replies, key or "": answers})


def _tasks_at(draft: Draft, key: str | None) -> list[KnownTask]:
    """The tasks of the date; a date that so far only the series has gets a task of its own."""
    rows = draft.rows(key)
    if rows or key is None:
        return rows
    series = next(iter(draft.rows(None)), None)
    return [draft.create(key, fields_of_date(series.fields, key))] if series is not None else []


def _answered(fields: TaskFields, answer: Attendee, component: Component) -> tuple[TaskAttendee, ...]:
    attendees = {one.email: one for one in fields.attendees}
    attendees[answer.email] = attendees[answer.email].model_copy(update={"partstat": answer.partstat})
    if answer.partstat == "DELEGATED":
        for delegate in _delegates(answer, component):
            attendees.setdefault(delegate.email, delegate)
    return tuple(attendees.values())


def _delegates(answer: Attendee, component: Component) -> list[TaskAttendee]:
    said = {one.email: one for one in component.attendees}
    emails = dict.fromkeys(
        [*answer.delegated_to, *(e for e, one in said.items() if answer.email in one.delegated_from)]
    )
    return [
        TaskAttendee(email=email, name=said[email].name, partstat=said[email].partstat)
        if email in said
        else TaskAttendee(email=email)
        for email in emails
        if email != answer.email
    ]
