"""The one door of the deciding module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.calendar import CalendarObject, Component
from tasks_api.itip.shapes import Context, CreateTask, Decision, KnownSeries


def decide(message: CalendarObject, known: Mapping[str, KnownSeries], context: Context) -> list[Decision]:
    """What the message does to each UID it speaks of, in order; at least one decision unless it has no component.

    `known` holds the state of every UID of the message (a missing one counts as unknown). Pure: the same arguments give the
    same answer, but for the ids made by `context.new_id`.
    """
    raise AssertionError((message, known, context))


def uids_of(message: CalendarObject) -> frozenset[str]:
    """The UIDs whose `KnownSeries` must be loaded for `decide`."""
    return frozenset(component.uid for component in message.components)


def import_events(
    components: Sequence[Component], known: Mapping[str, KnownSeries], context: Context
) -> list[Decision]:
    """Book a calendar as our own (POST /v1/calendar): no method, no sender; the newest content wins, order is not asked for."""
    raise AssertionError((components, known, context))


def tasks_made_again(message: CalendarObject, uid: str, context: Context) -> list[CreateTask]:
    """The tasks the message would create if nothing were known (features E11: a person forces a second task)."""
    raise AssertionError((message, uid, context))
