"""Overlapping entries of a calendar beside each other: the column of a day is split, nothing is merged (features R56). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SHORTEST = timedelta(minutes=15)
"""An entry without a length is drawn as long as this."""


@dataclass(frozen=True, slots=True)
class Place:
    """The lane an entry is drawn in, from 0, and into how many the column is split there."""

    lane: int
    lanes: int


def placed(spans: Sequence[tuple[datetime, datetime | None]]) -> list[Place]:
    """Where each of these entries is drawn; they come in order of their starts (start, exclusive end).

    Entries that overlap, directly or through others, share the column; each takes the first lane that is free.
    """
    lanes: list[int] = []
    widths: list[int] = []
    ends: list[datetime] = []  # when each lane of the present group is free again
    group_from = 0
    for position, (starts, given_end) in enumerate(spans):
        if ends and starts >= max(ends):
            widths += [len(ends)] * (position - group_from)
            group_from, ends = position, []
        end = max(given_end or starts, starts + SHORTEST)
        free = next((lane for lane, until in enumerate(ends) if until <= starts), None)
        if free is None:
            free = len(ends)
            ends.append(end)
        else:
            ends[free] = end
        lanes.append(free)
    widths += [len(ends)] * (len(spans) - group_from)
    return [Place(lane, width) for lane, width in zip(lanes, widths, strict=True)]
