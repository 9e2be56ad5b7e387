"""What came before the event it is about: cancellations kept as tombstones, single dates kept until their series is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from contracts.calendar import CalendarObject, Component
from ical.recurrence import Series, instance_key, start_of_key
from ical.zones import iana_name, zone
from tasks_api.itip.authority import accepts_tombstone, is_authenticated, sender_of
from tasks_api.itip.fields import key_as_written
from tasks_api.itip.memory import Authority, Fact, Line, SeriesMemory, Tombstone, Version
from tasks_api.itip.withdrawals import Withdrawal, withdrawal

_MOST_TOMBSTONES = 50
_MOST_PENDING = 20


def tombstone_of(
    message: CalendarObject, component: Component, version: Version, named: Sequence[str] | None
) -> Tombstone:
    """A cancellation of something unknown, with what vouches for it."""
    return Tombstone(
        recurrence_id=key_as_written(component.recurrence_id) if component.recurrence_id else None,
        this_and_future=component.this_and_future,
        fact=Fact(
            version, (component.fingerprint,), message.message_id.hex, tuple(named) if named is not None else None
        ),
        **_voucher(message, component),
    )


def _voucher(message: CalendarObject, component: Component) -> dict[str, Any]:
    organizer = component.organizer
    return {
        "organizer": organizer.email if organizer else None,
        "sender": sender_of(message),
        "sent_by": organizer.sent_by if organizer else None,
        "authenticated": is_authenticated(message),
    }


def with_tombstone(memory: SeriesMemory, new: Tombstone) -> SeriesMemory:
    """The newest cancellation of each voucher and date, a bounded number of them."""
    kept = [one for one in memory.tombstones if not _same_matter(one, new)]
    older = [one for one in memory.tombstones if _same_matter(one, new)]
    newest = max([*older, new], key=lambda one: one.fact.version)
    return replace(memory, tombstones=(*kept, newest)[-_MOST_TOMBSTONES:])


def _same_matter(one: Tombstone, other: Tombstone) -> bool:
    return (one.recurrence_id, one.this_and_future, one.organizer, one.sender) == (
        other.recurrence_id,
        other.this_and_future,
        other.organizer,
        other.sender,
    )


def with_pending(memory: SeriesMemory, message: CalendarObject, component: Component) -> SeriesMemory:
    document = {"component": component.model_dump(mode="json"), **_voucher(message, component)}
    if any(one["component"]["fingerprint"] == component.fingerprint for one in memory.pending):
        return memory
    return replace(memory, pending=(*memory.pending, document)[-_MOST_PENDING:])


def pending_components(memory: SeriesMemory, authority: Authority) -> list[Component]:
    """What waited for the series and may speak for it."""
    return [Component.model_validate(one["component"]) for one in memory.pending if _vouched(authority, one)]


def _vouched(authority: Authority, pending: Mapping[str, Any]) -> bool:
    stand_in = Tombstone(
        recurrence_id=None,
        this_and_future=False,
        fact=Fact(Version(0, datetime.min)),  # noqa: DTZ901
        organizer=pending.get("organizer"),
        sender=pending.get("sender"),
        sent_by=pending.get("sent_by"),
        authenticated=bool(pending.get("authenticated")),
    )
    return accepts_tombstone(authority, stand_in)


def adopted(
    memory: SeriesMemory, authority: Authority, series: Series | None, invited: frozenset[str], own: frozenset[str]
) -> SeriesMemory:
    """The memory of a UID that gets its authority now: tombstones that share it count, others are forgotten."""
    memory, waiting = replace(memory, authority=authority, tombstones=()), memory.tombstones
    for one in waiting:
        if accepts_tombstone(authority, one):
            memory = _with_cancellation(memory, one, series, invited, own)
    return memory


def _with_cancellation(
    memory: SeriesMemory, tombstone: Tombstone, series: Series | None, invited: frozenset[str], own: frozenset[str]
) -> SeriesMemory:
    key = normal_key(series, tombstone.recurrence_id)
    line = memory.series if key is None else memory.dates.get(key, Line())
    if withdrawal(tombstone.fact.named, invited, own) is Withdrawal.OTHERS:
        names = dict.fromkeys(tombstone.fact.named or (), tombstone.fact.version)
        line = replace(line, uninvited={**line.uninvited, **names})
    elif tombstone.this_and_future and key is not None:
        return replace(memory, cut={**memory.cut, key: tombstone.fact})
    elif line.cancel is None or line.cancel.version < tombstone.fact.version:
        line = replace(line, cancel=tombstone.fact)
    if key is None:
        return replace(memory, series=line)
    return replace(memory, dates={**memory.dates, key: line})


def normal_key(series: Series | None, key: str | None) -> str | None:
    """A key in the kind of the series: a day for an all-day one, else a moment."""
    if key is None or series is None or (len(key) == 10) == (series.starts_on is not None):
        return key
    clock = zone(iana_name(series.timezone) or "UTC")
    start = start_of_key(key)
    if isinstance(start, datetime):
        return start.astimezone(clock).date().isoformat()
    if series.starts_at is None:
        return key
    wall = datetime.combine(start, series.starts_at.astimezone(clock).time())
    return instance_key(wall.replace(tzinfo=clock))
