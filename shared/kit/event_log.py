"""What this service has said, in the order in which the broker took it: read on from any place of the last seven days.

The order is that of the relay, which is alone at it and gives each round it publishes a later moment than the one before.
Numbers that a database hands out would not do: on PostgreSQL a slow transaction commits a low number after higher ones were
read already (docs/decisions/0100).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Self
from uuid import UUID

import orjson
from sqlalchemy import bindparam, or_, select

from kit.database import AsyncSession
from kit.errors import FieldError, Invalid
from kit.events import subject_of_wire
from kit.outbox import KEPT_FOR
from kit.prepared import Prepared
from kit.tables import outbox

ROUND = 200
"""Events read at a time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WRITTEN = re.compile(r"([0-9]{1,17})-([0-9]{1,18})")
_VERSION = re.compile(r"\.v[0-9]+$")


class UnknownEventTypes(Invalid):
    code = "unknown_event_types"

    def __init__(self, pattern: str, said: Sequence[str]) -> None:
        sentence = f"{pattern!r} names nothing that is said here; expected *, or some of {', '.join(said)}."
        super().__init__(sentence, errors=[FieldError(pointer="#/types", detail=sentence)])


class Place(NamedTuple):
    """A place in the log, written `<microseconds>-<number>`; what comes after it has not been read yet."""

    at: datetime
    seq: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _MICROSECOND}-{self.seq}"

    @classmethod
    def read(cls, written: str) -> Self:
        """Raises ValueError when it is not a place."""
        found = _WRITTEN.fullmatch(written)
        if found is None:
            raise ValueError(written)
        return cls(_EPOCH + int(found[1]) * _MICROSECOND, int(found[2]))

    def is_forgotten(self, now: datetime) -> bool:
        """Whether events after it may be gone already."""
        return self.at < now - KEPT_FOR


BEGINNING = Place(_EPOCH, 0)


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event as it was published. `type` is its subject without the key (`task.created.v1`), `payload` its envelope."""

    place: Place
    event_id: UUID
    type: str
    payload: bytes

    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = orjson.loads(self.payload)["data"]
        return data


def chosen_types(patterns: Sequence[str], said: Sequence[str]) -> frozenset[str]:
    """The types of `said` that the patterns name: `*`, `task.*`, `task.created`, `task.created.v1`. UnknownEventTypes
    when one of them names nothing."""
    chosen: set[str] = set()
    for pattern in patterns:
        named = {one for one in said if fnmatchcase(one, pattern) or fnmatchcase(_VERSION.sub("", one), pattern)}
        if not named:
            raise UnknownEventTypes(pattern, said)
        chosen |= named
    return frozenset(chosen)


_events_after = Prepared(
    lambda _: (
        select(outbox.c.published_at, outbox.c.seq, outbox.c.event_id, outbox.c.subject, outbox.c.payload)
        .where(
            outbox.c.published_at >= bindparam("at", type_=outbox.c.published_at.type),
            or_(
                outbox.c.published_at > bindparam("later_than", type_=outbox.c.published_at.type),
                outbox.c.seq > bindparam("seq"),
            ),
        )
        .order_by(outbox.c.published_at, outbox.c.seq)
        .limit(ROUND)
    )
)
_last_place = Prepared(
    lambda _: (
        select(outbox.c.published_at, outbox.c.seq)
        .where(outbox.c.published_at.is_not(None))
        .order_by(outbox.c.published_at.desc(), outbox.c.seq.desc())
        .limit(1)
    )
)


async def events_after(session: AsyncSession, place: Place) -> list[LoggedEvent]:
    """The next events, `ROUND` at the most, the dead letters among them too (`dead.…`)."""
    rows = await _events_after.rows(session, at=place.at, later_than=place.at, seq=place.seq)
    return [
        LoggedEvent(Place(at, seq), event_id, subject_of_wire(subject), bytes(payload))
        for at, seq, event_id, subject, payload in rows
    ]


async def end_of_log(session: AsyncSession) -> Place:
    """After everything that was said so far."""
    rows = await _last_place.rows(session)
    return Place(*rows[0]) if rows else BEGINNING
