"""What becomes of a task when the clocks of its zone are changed by law: the hour on the wall stays, the moment moves. Pure.

A task in UTC names a moment and keeps it; so does every moment somebody gave as one, such as `remind_at`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.tasks import Stage
from ical.recurrence import instance_key, start_of_key
from tasks_api.itip.memory import Line, SeriesMemory
from tasks_api.itip.shapes import TaskFields

_HOUR = timedelta(hours=1)
_MOMENTS = ("starts_at", "ends_at")
_KEYS = ("rdates", "exdates", "written_exdates")


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """A zone by the data its tasks were computed by, and by newer ones."""

    before: ZoneInfo
    now: ZoneInfo

    def moment(self, moment: datetime) -> datetime:
        """The moment at which the clocks show now what they were to show then. In a gap the offset before it counts, and of a
        repeated hour the same one as before (RFC 5545 section 3.3.5)."""
        return moment.astimezone(self.before).replace(tzinfo=self.now).astimezone(UTC)

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.now).astimezone(UTC)

    def key(self, key: str) -> str:
        """An instance key, or the empty one of a whole series."""
        start = start_of_key(key) if key else None
        return instance_key(self.moment(start)) if isinstance(start, datetime) else key

    def keys(self, keys: Collection[str]) -> tuple[str, ...]:
        return tuple(self.key(key) for key in keys)

    def matters_between(self, start: datetime, end: datetime) -> bool:
        """Whether any hour of that stretch is another one by the newer data."""
        moment = start
        while moment < end:
            if moment.astimezone(self.before).utcoffset() != moment.astimezone(self.now).utcoffset():
                return True
            moment += _HOUR
        return False


def moved_fields(fields: TaskFields, change: ZoneChange) -> TaskFields:
    """The times of a task in that zone."""
    return replace(
        fields,
        starts_at=_moved(fields.starts_at, fields.starts_on, change),
        ends_at=_moved(fields.ends_at, fields.ends_on, change),
        rdates=change.keys(fields.rdates),
        exdates=change.keys(fields.exdates),
    )


def moved_stages(stages: Collection[Stage], change: ZoneChange) -> tuple[Stage, ...]:
    return tuple(
        stage.model_copy(
            update={
                "starts_at": _moved(stage.starts_at, stage.starts_on, change),
                "ends_at": _moved(stage.ends_at, stage.ends_on, change),
            }
        )
        for stage in stages
    )


def moved_memory(memory: SeriesMemory, change: ZoneChange) -> SeriesMemory:
    """What was received about a series, so that the next mail about it still finds the dates it speaks of, and no moved hour is
    taken for one that a person changed. When a message was written does not move."""
    return replace(
        memory,
        series=_moved_line(memory.series, change),
        dates={change.key(key): _moved_line(line, change) for key, line in memory.dates.items()},
        listed=frozenset(change.keys(memory.listed)),
        cut={change.key(key): fact for key, fact in memory.cut.items()},
        tombstones=tuple(
            replace(one, recurrence_id=change.key(one.recurrence_id)) if one.recurrence_id else one
            for one in memory.tombstones
        ),
        replies={change.key(key): answers for key, answers in memory.replies.items()},
    )


def zone_of_memory(memory: SeriesMemory) -> str | None:
    """The zone of the series, as its organizer gave it."""
    lines = (memory.series, *memory.dates.values())
    return next((line.received["timezone"] for line in lines if line.received.get("timezone")), None)


def _moved(moment: datetime | None, day: date | None, change: ZoneChange) -> datetime | None:
    if day is not None:
        return change.midnight(day)
    return None if moment is None else change.moment(moment)


def _moved_line(line: Line, change: ZoneChange) -> Line:
    return replace(line, received=_moved_received(line.received, change)) if line.received else line


def _moved_received(received: Mapping[str, Any], change: ZoneChange) -> dict[str, Any]:
    moved = dict(received)
    for name in _MOMENTS:
        if received.get(name):
            day = received.get(name.replace("_at", "_on"))
            moment = _moved(datetime.fromisoformat(received[name]), date.fromisoformat(day) if day else None, change)
            moved[name] = moment.isoformat() if moment is not None else None
    for name in _KEYS:
        if name in received:
            moved[name] = list(change.keys(received[name]))
    return moved
