"""`announce`: a fact is queued with the session that made it true, and both are committed together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.bulk import insert_ignoring_conflicts
from kit.bus import MOST_BYTES, SUBJECTS
from kit.correlation import LONGEST_CORRELATION_ID, current_correlation_id
from kit.events import Event, Heard, envelope_bytes, wire_subject
from kit.ids import new_id
from kit.tables import outbox

_SPEAKER = "kit.speaker"
_FIRST_TOKENS = frozenset(subject.removesuffix(".>") for subject in SUBJECTS)


@dataclass(slots=True)
class Speaker:
    """Who speaks in a session, and what has been said so far."""

    source: str
    now: Callable[[], datetime]
    said: list[dict[str, Any]] = field(default_factory=list)


def give_voice(session: AsyncSession, speaker: Speaker) -> None:
    session.info[_SPEAKER] = speaker


def announce(
    session: AsyncSession, event: Event, *, because: Heard[Any] | None = None, event_id: UUID | None = None
) -> UUID:
    """Say `event` if and only if the transaction of `session` is committed; returns the id it travels under.

    The correlation id is that of `because`, else of the current context, else a new one. A caller that may say the same
    fact twice passes a deterministic `event_id` (uuid5): the second time is a quiet success.

    What the broker could never take is refused here (ValueError): later it would stand in everybody's way.
    """
    speaker: Speaker | None = session.info.get(_SPEAKER)
    if speaker is None:
        raise RuntimeError("Events are announced inside of Database.transaction(); this session only reads.")
    event_id = event_id or new_id()
    at = speaker.now()
    correlation_id = because.correlation_id if because else current_correlation_id() or str(event_id)
    correlation_id = correlation_id[:LONGEST_CORRELATION_ID]
    payload = envelope_bytes(event, event_id=event_id, source=speaker.source, at=at, correlation_id=correlation_id)
    if event.subject.partition(".")[0] not in _FIRST_TOKENS:
        raise ValueError(f"{event.subject} cannot be published: no stream takes it (see kit.bus.SUBJECTS).")
    if len(payload) > MOST_BYTES:
        raise ValueError(f"This {event.subject} is too large to be published: {len(payload)} of {MOST_BYTES} bytes.")
    say(session, subject=wire_subject(event), payload=payload, event_id=event_id)
    return event_id


def say(session: AsyncSession, *, subject: str, payload: bytes, event_id: UUID) -> None:
    """Queue bytes that are an envelope already, for any subject."""
    speaker: Speaker = session.info[_SPEAKER]
    speaker.said.append(
        {
            "event_id": event_id,
            "subject": subject,
            "payload": payload,
            "announced_at": speaker.now(),
            "waiting": True,
        }
    )


async def write_announced(session: AsyncSession) -> int:
    """Put what was announced into the outbox, in order and in one statement; returns how many."""
    speaker: Speaker = session.info[_SPEAKER]
    said, speaker.said = speaker.said, []
    if said:
        await insert_ignoring_conflicts(session, outbox, said, ["event_id"])
    return len(said)
