"""Overlapping entries of a calendar beside each other: the column of a day is split, nothing is merged (features R56). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

SHORTEST = timedelta(minutes=15)
"""An entry without a length is drawn as long as this."""


class Place(NamedTuple):
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
    latest: datetime | None = None  # and when all of them are
    group_from = 0
    for position, (starts, given_end) in enumerate(spans):
        if latest is not None and starts >= latest:
            widths += [len(ends)] * (position - group_from)
            group_from, ends, latest = position, [], None
        end = max(given_end or starts, starts + SHORTEST)
        if latest is None or end > latest:
            latest = end
        for lane, until in enumerate(ends):
            if until <= starts:
                ends[lane] = end
                break
        else:
            lane = len(ends)
            ends.append(end)
        lanes.append(lane)
    widths += [len(ends)] * (len(spans) - group_from)
    return [Place(lane, width) for lane, width in zip(lanes, widths, strict=True)]
