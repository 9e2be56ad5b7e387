"""How far a database has heard: so that a broker which is further on is recognised, and goes back.

That is the case after a backup was restored: what came between the backup and now is acknowledged at the broker, and only
this note in the same database as the effects knows that they are gone. reliability E9, G14.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from kit.bulk import upsert_many
from kit.bus import Delivery, StreamState
from kit.database import AsyncSession
from kit.tables import hearing_state


class Progress:
    """Everything up to `noted` has had its effect; what was put off until later holds it back."""

    def __init__(self, noted: StreamState | None) -> None:
        self.noted = noted
        self._stream = noted.identity if noted else ""
        self._highest = noted.last_sequence if noted else 0
        self._put_off: set[int] = set()

    def after(self, deliveries: Sequence[Delivery], put_off: Collection[int] = ()) -> StreamState:
        """Where things stand once these deliveries are dealt with, except for those put off."""
        stream = deliveries[-1].stream
        if stream != self._stream:
            self._stream, self._highest, self._put_off = stream, 0, set()
        self._put_off -= {delivery.sequence for delivery in deliveries}
        self._put_off |= set(put_off)
        self._highest = max(self._highest, *(delivery.sequence for delivery in deliveries))
        reached = min(self._highest, min(self._put_off) - 1) if self._put_off else self._highest
        return StreamState(stream, reached)


async def heard_so_far(session: AsyncSession, consumer: str) -> StreamState | None:
    row = (await session.execute(select(hearing_state).where(hearing_state.c.consumer == consumer))).first()
    return StreamState(identity=row.stream, last_sequence=row.last_sequence) if row else None


async def note_heard(session: AsyncSession, consumer: str, so_far: StreamState) -> None:
    row = {"consumer": consumer, "stream": so_far.identity, "last_sequence": so_far.last_sequence}
    await upsert_many(session, hearing_state, [row], ["consumer"], update=["stream", "last_sequence"])
