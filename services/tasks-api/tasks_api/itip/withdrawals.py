"""Whom a CANCEL means: the whole event, us, or only others (features E25; DESIGN 5, Un-invited)."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, auto

from contracts.calendar import Component


class Withdrawal(Enum):
    WHOLE = auto()
    OURS = auto()
    OTHERS = auto()


def named_in(component: Component) -> tuple[str, ...] | None:
    """The attendees a CANCEL names, None when it speaks of the whole event: STATUS:CANCELLED, or nobody named."""
    organizer = component.organizer.email if component.organizer else None
    named = tuple(one.email for one in component.attendees if one.email != organizer)
    return None if component.status == "CANCELLED" or not named else named


def withdrawal(named: Collection[str] | None, invited: Collection[str], own: frozenset[str]) -> Withdrawal:
    """What naming these attendees means for an event that these are invited to (without the organizer).

    Naming everybody is the whole event. An address of ours that is named ends it for us, unless another of ours stays.
    """
    if named is None or (invited and set(invited) <= set(named)):
        return Withdrawal.WHOLE
    if own.isdisjoint(named):
        return Withdrawal.OTHERS
    return Withdrawal.OTHERS if (own & set(invited)) - set(named) else Withdrawal.OURS
