"""From the remembered facts to how every task of a UID must stand. The same facts give the same tasks, in whatever order they came.

A date that nothing has been said about stands as the series says, with the series' version (as Thunderbird and Apple read RFC
5546 section 2.1.5). Organizers count differently, though: some raise one SEQUENCE for everything, some one for each date. So
between a message about one date and one about the whole series the date counts only where it is newer by SEQUENCE and DTSTAMP
and not older by DTSTAMP alone. A whole-series REQUEST speaks for every date it does not list; a whole-series CANCEL takes
every date with it that is not newer in both.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto

from ical.recurrence import start_of_key
from ical.rrules import accepted_rule
from tasks_api.itip import reasons
from tasks_api.itip.drafts import ACTIVE, CANCELLED, Draft
from tasks_api.itip.fields import fields_of_date, is_by_hand, written
from tasks_api.itip.memory import Fact, Line, SeriesMemory, Version
from tasks_api.itip.shapes import KnownTask, TaskFields, TaskStatus


class Stand(Enum):
    ALIVE = auto()
    CANCELLED = auto()
    AS_SERIES = auto()  # nothing is said about this date alone


def is_overtaken(version: Version, series: Fact | None) -> bool:
    """Whether a message about one date is older than the whole-series REQUEST: by SEQUENCE and DTSTAMP, or by DTSTAMP alone."""
    return series is not None and (version < series.version or version.stamp < series.version.stamp)


def takes_along(cancel: Version, version: Version) -> bool:
    """Whether a CANCEL of the series, or from a date on, also cancels a date with this version."""
    return cancel >= version or cancel.stamp >= version.stamp


def series_is_cancelled(memory: SeriesMemory) -> bool:
    cancel, request = memory.series.cancel, memory.series.request
    return cancel is not None and (request is None or cancel.version >= request.version)


def cuts(memory: SeriesMemory) -> dict[str, Fact]:
    """RANGE=THISANDFUTURE cancellations that the newest whole-series REQUEST has not overtaken."""
    return {key: fact for key, fact in memory.cut.items() if not is_overtaken(fact.version, memory.series.request)}


def stand_of_date(memory: SeriesMemory, key: str) -> Stand:
    line = memory.dates.get(key, Line())
    series = memory.series.request
    request, cancel = line.request, line.cancel
    if request is not None and key not in memory.listed and is_overtaken(request.version, series):
        request = None
    if cancel is not None and is_overtaken(cancel.version, series):
        cancel = None
    if cancel is not None and (request is None or cancel.version >= request.version):
        return Stand.CANCELLED
    if request is None:
        taken_out = line.request is not None and key in memory.series.received.get("exdates", ())
        return Stand.CANCELLED if taken_out else Stand.AS_SERIES
    return Stand.CANCELLED if ender_of(memory, key, request.version) is not None else Stand.ALIVE


def ender_of(memory: SeriesMemory, key: str, version: Version) -> Fact | None:
    """The cancellation of the series, or from an earlier date on, that also ends this date."""
    cancel = memory.series.cancel
    if cancel is not None and series_is_cancelled(memory) and takes_along(cancel.version, version):
        return cancel
    for begins, fact in cuts(memory).items():
        if _is_from(key, begins) and takes_along(fact.version, version):
            return fact
    return None


def _is_from(key: str, begins: str) -> bool:
    return key >= begins if len(key) == len(begins) else key[:10] >= begins[:10]


def settle(draft: Draft) -> None:
    """Bring every task of the draft to where the facts want it."""
    _settle_dates(draft)
    _settle_series(draft)


def _settle_dates(draft: Draft) -> None:
    for key in list(draft.memory.dates):
        stand = stand_of_date(draft.memory, key)
        if stand is not Stand.AS_SERIES:
            bring_to(draft, key, ACTIVE if stand is Stand.ALIVE else CANCELLED)
            continue
        for task in draft.rows(key):
            _give_back(draft, task)
        draft.forget(key)


def _give_back(draft: Draft, task: KnownTask) -> None:
    """The date follows the series again. What a person put into the task is kept with it."""
    if not task.touched_by_hand:
        draft.remove(task)
        return
    key = task.recurrence_id
    series = next((one.fields for one in draft.rows(None)), None)
    assert key is not None
    if series is None or not draft.is_ruled(series, key):
        draft.set_status(task, CANCELLED)
        return
    kept = fields_of_date(series, key)
    draft.set_fields(
        task, replace(kept, attendees=task.fields.attendees, percent_complete=task.fields.percent_complete)
    )


def _settle_series(draft: Draft) -> None:
    line = draft.memory.series
    if line.request is None and line.cancel is None:
        _take_dates_out(draft)
        return
    cancelled = series_is_cancelled(draft.memory) or _only_date_is_cancelled(draft)
    bring_to(draft, None, CANCELLED if cancelled else ACTIVE)
    _take_dates_out(draft)


def _only_date_is_cancelled(draft: Draft) -> bool:
    """A CANCEL with RECURRENCE-ID for an event that does not repeat means the event."""
    if not draft.memory.dates:
        return False
    fields = draft.series_fields()
    if fields is None or fields.rrule or fields.rdates:
        return False
    return any(
        draft.is_ruled(fields, key) and not draft.rows(key)
        for key in draft.memory.dates
        if stand_of_date(draft.memory, key) is Stand.CANCELLED
    )


def _take_dates_out(draft: Draft) -> None:
    """Cancelled dates without a task of their own are EXDATEs of the series (decision 0023)."""
    if not draft.memory.dates and not draft.memory.cut:
        return
    fields = draft.series_fields()
    if fields is None:
        return
    gone = {
        key
        for key in draft.memory.dates
        if stand_of_date(draft.memory, key) is Stand.CANCELLED and not draft.rows(key) and draft.is_ruled(fields, key)
    }
    if not fields.rrule and not fields.rdates:
        gone = set()
    received = draft.memory.series.received
    for task in draft.rows(None):
        by_hand = set(task.fields.exdates) - set(received.get("written_exdates", task.fields.exdates))
        organizers = set(received.get("exdates", task.fields.exdates))
        exdates = tuple(sorted(organizers | gone | by_hand))
        draft.set_fields(task, replace(task.fields, exdates=exdates, rrule=_cut_short(draft, task.fields)))
    if received:
        exdates = tuple(sorted(set(received.get("exdates", ())) | gone))
        rrule = _ended(draft, received.get("rrule"))
        draft.remember(None, replace(draft.memory.series, received=written(received, rrule, exdates)))


def _cut_short(draft: Draft, fields: TaskFields) -> str | None:
    """The repeats without what a THISANDFUTURE cancellation took; a rule that a person set stays."""
    received = draft.memory.series.received
    if not received or is_by_hand("rrule", fields, received):
        return fields.rrule
    return _ended(draft, received.get("rrule"))


def _ended(draft: Draft, rrule: str | None) -> str | None:
    begins = min(cuts(draft.memory), default=None)
    return rrule if begins is None or rrule is None else ended_before(rrule, begins)


def ended_before(rrule: str, key: str) -> str:
    """The rule without its dates from that one on."""
    start = start_of_key(key)
    parts = [part for part in rrule.split(";") if not part.startswith(("COUNT=", "UNTIL="))]
    if isinstance(start, datetime):
        until = (start - timedelta(seconds=1)).strftime("%Y%m%dT%H%M%SZ")
    else:
        until = (start - timedelta(days=1)).strftime("%Y%m%d")
    return accepted_rule(";".join([*parts, f"UNTIL={until}"])) or rrule


def bring_to(draft: Draft, key: str | None, status: TaskStatus) -> None:
    """Set the status mail wants where that is news, but never undo what a person decided by hand since (DESIGN 5)."""
    line = draft.line(key)
    if line.status == status:
        return
    for task in draft.rows(key):
        if status == CANCELLED:
            cancel(draft, task)
        elif task.status == CANCELLED and line.status == CANCELLED:
            draft.set_status(task, ACTIVE)
    draft.remember(key, replace(draft.line(key), status=status))


def cancel(draft: Draft, task: KnownTask) -> None:
    """Cancel one task.

    Where the message is about this very task, a person has to agree when one has completed it, or taken it up again after
    an earlier cancellation. A date that goes along with its series is then left as the person has it.
    """
    chosen = draft.context.only_tasks
    if task.status == CANCELLED or (chosen is not None and task.task_id not in chosen):
        return
    objection = None
    if task.status == "completed":
        objection = reasons.COMPLETED_BY_HAND
    elif draft.line(task.recurrence_id).status == CANCELLED:
        objection = reasons.REOPENED_BY_HAND
    if objection is not None and task.recurrence_id != draft.about:
        return
    if objection is not None:
        draft.holds.append(objection)
    draft.set_status(task, CANCELLED)
