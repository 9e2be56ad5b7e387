"""The one door of the deciding module: groups the components of a message, asks the rules, then authority and policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from contracts.calendar import CalendarObject, CalendarPublish, Component
from kit.ids import new_id
from tasks_api.itip import reasons
from tasks_api.itip.authority import comes_from_us, new_authority, objection, trust_in
from tasks_api.itip.cancellations import bury, take_cancel
from tasks_api.itip.drafts import Draft
from tasks_api.itip.fields import fields_of, key_as_written, key_in, series_of, titled
from tasks_api.itip.memory import Authority, SeriesMemory
from tasks_api.itip.replies import take_counter, take_refresh, take_reply
from tasks_api.itip.requests import take_add, take_request, unusable
from tasks_api.itip.settling import settle
from tasks_api.itip.shapes import Context, CreateTask, Decision, KnownSeries, Outcome
from tasks_api.itip.verdicts import Verdict, ignored, review
from tasks_api.itip.waiting_facts import adopted

Unit = Sequence[Component]

_CHANGING = frozenset({"REQUEST", "PUBLISH", "ADD", "CANCEL"})
_UNREADABLE = ("truncated", "too_many_events", "too_large", "too_deep")
_AMBIGUOUS = (reasons.METHODS_DIFFER, reasons.SEVERAL_CALENDARS)
"""Two answers to what a mail wants: a way to show a person one thing and a machine another (reliability C2)."""
_MOST_DATES = 1_000
_MOST_SENT_BY = 5
_LONGEST_COMMENT = 2_000


def decide(message: CalendarObject, known: Mapping[str, KnownSeries], context: Context) -> list[Decision]:
    """What the message does to each UID it speaks of, in order; at least one decision unless it has no component.

    `known` holds the state of every UID of the message (a missing one counts as unknown). Pure: the same arguments give the
    same answer, but for the ids made by `context.new_id`.
    """
    own = context.own_addresses | frozenset(message.own_addresses)
    now = dict(known)
    decisions = []
    for unit in _units(message):
        uid = unit[0].uid
        decision = _decide(now.get(uid, KnownSeries(uid)), message, unit, context, own)
        now[uid] = decision.after
        decisions.append(decision)
    return decisions


def uids_of(message: CalendarObject) -> frozenset[str]:
    """The UIDs whose `KnownSeries` must be loaded for `decide`."""
    return frozenset(component.uid for component in message.components)


def import_events(
    components: Sequence[Component], known: Mapping[str, KnownSeries], context: Context
) -> list[Decision]:
    """Book a calendar as our own (POST /v1/calendar): no method and no sender, so authority and policy are not asked for.

    An event whose ORGANIZER is one of ours, or that names none, is ours from then on: mail can answer it, not change it.
    """
    message = CalendarPublish.model_construct(
        message_id=new_id(),
        mail_account_id=new_id(),
        mailbox="",
        own_addresses=[],
        account_timezone=context.timezone,
        received_at=context.now,
        method="PUBLISH",
        components=list(components),
        from_count=0,
    )
    decisions = decide(message, known, replace(context, confirmed_by_person=True))
    return [_as_import(decision, context) for decision in decisions]


def _as_import(decision: Decision, context: Context) -> Decision:
    memory = decision.after.memory
    if memory is None or memory.authority is None or decision.outcome not in {Outcome.CREATED, Outcome.UPDATED}:
        return decision
    ours = memory.authority.organizer is None or memory.authority.organizer in context.own_addresses
    owned = replace(memory, authority=replace(memory.authority, ours=ours))
    return replace(decision, reason=reasons.IMPORTED, after=replace(decision.after, memory=owned))


def tasks_made_again(message: CalendarObject, uid: str, context: Context) -> list[CreateTask]:
    """The tasks the message would create if nothing were known (features E11: a person forces a second task)."""
    forced = replace(context, confirmed_by_person=True)
    units = [unit for unit in _units(message) if unit[0].uid == uid and message.method != "CANCEL"]
    made = []
    for unit in units:
        draft = Draft.of(KnownSeries(uid), message, forced, context.own_addresses)
        if unusable(draft, unit) is None:
            for one in unit:
                fields = titled(fields_of(one, draft.home), message, context)
                key = _key_among(unit, one, draft.home)
                made.append(CreateTask(context.new_id(), key, fields))
    return made


def _key_among(unit: Unit, component: Component, home: str) -> str | None:
    if component.recurrence_id is None:
        return None
    series = next((fields_of(one, home) for one in unit if one.recurrence_id is None), None)
    return key_in(series_of(series) if series else None, component.recurrence_id)


# ---- what belongs together


def _units(message: CalendarObject) -> list[Unit]:
    """The iTIP objects of a message: a series with its overrides, or single components; the newest of each UID and date."""
    groups: dict[str, dict[tuple[str | None, bool], Component]] = {}
    for component in message.components:
        place = (
            key_as_written(component.recurrence_id) if component.recurrence_id else None,
            component.this_and_future,
        )
        group = groups.setdefault(component.uid, {})
        if place not in group or _age(component) > _age(group[place]):
            group[place] = component
    return [unit for group in groups.values() for unit in _split(list(group.values()), message.method)]


def _age(component: Component) -> tuple[int, float]:
    return component.sequence, component.dtstamp.timestamp() if component.dtstamp else 0.0


def _split(components: list[Component], method: str | None) -> Iterable[Unit]:
    if method in {"REQUEST", "PUBLISH"} and any(one.recurrence_id is None for one in components):
        yield components
    else:
        for one in components:
            yield [one]


# ---- one iTIP object


def _decide(known: KnownSeries, message: CalendarObject, unit: Unit, context: Context, own: frozenset[str]) -> Decision:
    draft = Draft.of(known, message, context, own)
    leading = next((one for one in unit if one.recurrence_id is None), unit[0])
    problem = next((code for code in _held_for(message) if code in message.problems), None)
    if problem is not None and not draft.forced:
        return _decision(draft, review(problem, leading), _authority_of(draft, leading))
    if message.method in _CHANGING:
        return _decide_change(draft, unit, leading)
    return _decide_answer(draft, leading)


def _held_for(message: CalendarObject) -> tuple[str, ...]:
    """Mail accounts that name whose authentication results they trust want to be sure; others live with odd senders."""
    return _UNREADABLE if message.authentication.verdict == "unchecked" else (*_UNREADABLE, *_AMBIGUOUS)


def _authority_of(draft: Draft, component: Component) -> Authority:
    """Who may speak for the UID; tasks without a memory are our own, an unknown UID is whose message comes."""
    memory = draft.known.memory
    if memory is not None and memory.authority is not None:
        return memory.authority
    if draft.tasks:
        organizer = draft.tasks[0].fields.organizer
        return Authority(organizer, ours=organizer is None or organizer in draft.own)
    return new_authority(draft.message, component)


def _decide_change(draft: Draft, unit: Unit, leading: Component) -> Decision:
    message, own = draft.message, draft.own
    memory = draft.known.memory
    is_unknown = not draft.tasks and (memory is None or memory.authority is None)
    authority = _authority_of(draft, leading)
    from_outside = leading.organizer is not None and leading.organizer.email in own and not comes_from_us(message, own)
    if is_unknown:
        if from_outside and not draft.forced:
            answer = ignored if message.method == "CANCEL" else review
            return _decision(draft, answer(reasons.ORGANIZER_IS_OURS, leading), authority)
        if message.method == "CANCEL":
            return _weighed(draft, bury(draft, leading), authority, None, may_wait=False)
        _adopt(draft, authority, leading)
        against = _creation_withheld(draft)
    else:
        draft.memory = replace(draft.memory, authority=authority)
        against = (
            reasons.ORGANIZER_IS_OURS if authority.ours or from_outside else objection(authority, message, leading)
        )
    verdict = _applied(draft, unit, leading)
    if is_unknown and not verdict.acts:
        draft.memory = replace(memory or SeriesMemory(), pending=draft.memory.pending)
    return _weighed(draft, verdict, authority, None if draft.forced else against, may_wait=is_unknown)


def _adopt(draft: Draft, authority: Authority, leading: Component) -> None:
    fields = fields_of(leading, draft.home)
    series = series_of(fields) if leading.recurrence_id is None else None
    invited = frozenset(one.email for one in leading.attendees) - {authority.organizer or ""}
    draft.memory = adopted(draft.memory, authority, series, invited, draft.own)


def _creation_withheld(draft: Draft) -> str | None:
    if draft.context.flooded:
        return reasons.TOO_MANY_FROM_STRANGERS
    match draft.context.auto_create_from:
        case "nobody":
            return reasons.CREATION_OFF
        case "known" if not draft.context.sender_known:
            return reasons.SENDER_UNKNOWN
        case _:
            return None


def _applied(draft: Draft, unit: Unit, leading: Component) -> Verdict:
    match draft.message.method:
        case "CANCEL":
            verdict = take_cancel(draft, leading)
        case "ADD":
            verdict = take_add(draft, leading)
        case _:
            verdict = take_request(draft, unit)
    if verdict.acts or verdict.keeps:
        settle(draft)
    if len(draft.memory.dates) > _MOST_DATES:
        return review(reasons.TOO_MANY_DATES, leading, verdict.key)
    return verdict


def _decide_answer(draft: Draft, component: Component) -> Decision:
    authority = _authority_of(draft, component)
    match draft.message.method:
        case "REPLY":
            verdict = take_reply(draft, authority, component)
        case "COUNTER":
            verdict = take_counter(draft, authority, component)
        case "REFRESH":
            verdict = take_refresh(draft, authority, component)
        case "DECLINECOUNTER":
            verdict = ignored(reasons.COUNTER_DECLINED, component)
        case None:
            verdict = ignored(reasons.NO_METHOD, component)
        case _:
            verdict = review(reasons.UNSUPPORTED_METHOD, component)
    return _weighed(draft, verdict, authority, None, may_wait=False)


# ---- authority, policy, and what a person decided


def _weighed(draft: Draft, verdict: Verdict, authority: Authority, against: str | None, *, may_wait: bool) -> Decision:
    """The decision a verdict becomes: carried out, waiting for a person, or for review."""
    changes = draft.changes()
    if verdict.acts and not changes:
        quiet = reasons.ALREADY_CANCELLED if verdict.outcome is Outcome.CANCELLED else reasons.NOTHING_NEW
        verdict = replace(verdict, outcome=Outcome.UNCHANGED, reason=quiet, keeps=True)
    if against is not None and not verdict.acts:
        return _decision(draft, verdict, authority)
    if against is not None:
        outcome = Outcome.WAITING if may_wait else Outcome.REVIEW
        return _decision(draft, verdict, authority, instead=(outcome, against))
    if verdict.acts and not draft.forced:
        if draft.holds:
            return _decision(draft, verdict, authority, instead=(Outcome.WAITING, draft.holds[0]))
        if _policy(draft) == "ask" and draft.message.method in _CHANGING:
            return _decision(draft, verdict, authority, instead=(Outcome.WAITING, reasons.ASK))
    return _decision(draft, verdict, authority, carried_out=True)


def _policy(draft: Draft) -> str:
    return draft.context.policy or draft.message.invitation_policy


def _decision(
    draft: Draft,
    verdict: Verdict,
    authority: Authority,
    *,
    instead: tuple[Outcome, str] | None = None,
    carried_out: bool = False,
) -> Decision:
    """Write a decision down. Only what is carried out changes tasks or leaves a trace in the memory."""
    component, organizer = verdict.component, verdict.component.organizer
    changes = draft.changes() if verdict.acts else ()
    after = draft.known
    if carried_out and verdict.acts:
        _note_sent_by(draft, component)
        after = draft.after()
    elif carried_out and verdict.keeps:
        after = KnownSeries(component.uid, draft.memory, draft.known.tasks)
    made = changes if carried_out else ()
    return Decision(
        uid=component.uid,
        recurrence_id=verdict.key,
        method=draft.message.method or "",
        sequence=component.sequence,
        organizer=organizer.email if organizer else None,
        sender_trust=_trust(draft, authority, component),
        outcome=instead[0] if instead else verdict.outcome,
        reason=instead[1] if instead else verdict.reason,
        after=after,
        changes=made,
        task_ids=tuple(dict.fromkeys(change.task_id for change in made)) or _about(draft.known, verdict.key),
        would=verdict.outcome if instead else None,
        would_change=changes if instead else (),
        proposal=verdict.proposal,
        answer=verdict.answer,
        asks=verdict.asks,
        details={"comment": component.comment[:_LONGEST_COMMENT]} if component.comment else {},
    )


def _trust(draft: Draft, authority: Authority, component: Component) -> str:
    """Who creates an event does not vouch for himself by doing so."""
    memory = draft.known.memory
    is_new = memory is None or memory.authority is None
    sent_by = component.organizer.sent_by if component.organizer else None
    return trust_in(draft.message, replace(authority, sender=None) if is_new else authority, sent_by)


def _about(known: KnownSeries, key: str | None) -> tuple[UUID, ...]:
    exact = tuple(task.task_id for task in known.tasks if task.recurrence_id == key)
    return exact or tuple(task.task_id for task in known.tasks)


def _note_sent_by(draft: Draft, component: Component) -> None:
    """A SENT-BY that came with sufficient authority may speak for the event from now on."""
    authority, organizer = draft.memory.authority, component.organizer
    if authority is None or organizer is None:
        return
    sent_by = authority.sent_by
    if organizer.sent_by and organizer.sent_by not in sent_by:
        sent_by = (*sent_by, organizer.sent_by)[-_MOST_SENT_BY:]
    noted = replace(authority, organizer=authority.organizer or organizer.email, sent_by=sent_by)
    draft.memory = replace(draft.memory, authority=noted)
