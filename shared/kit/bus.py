"""The conveyor between services, as its users see it. `NatsBus` is the real one, `kit.testing.InMemoryBus` its twin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

STREAM = "GONIEC"
SUBJECTS = (
    "mail.>",
    "mail_account.>",
    "calendar.>",
    "task.>",
    "invitation.>",
    "directory.>",
    "case.>",
    "reminder.>",
    "reminder_settings.>",
    "template.>",
    "document.>",
)
DEAD_STREAM = "GONIEC_DEAD"
DEAD_SUBJECTS = ("dead.>",)

# The largest event, and what the broker must be configured to take (its own default is 1 MiB).
MOST_BYTES = 4 * 1024 * 1024
BROKER_TAKES_BYTES = 8 * 1024 * 1024

# How long a delivery may be worked on before the bus delivers it again, unless `working_on` says otherwise.
ACKNOWLEDGE_WITHIN = timedelta(seconds=60)


class BusUnavailable(ConnectionError):
    """The broker does not answer now. What was to be published is still in the outbox; nothing is lost."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One row of an outbox on its way out."""

    event_id: UUID
    subject: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it was handed to a consumer; `stream` is the identity of the stream, `token` is the bus's own."""

    subject: str
    payload: bytes
    sequence: int
    deliveries: int
    stream: str
    token: Any = None


@dataclass(frozen=True, slots=True)
class StreamState:
    """Which incarnation of the stream this is, and how far it has come."""

    identity: str
    last_sequence: int


class Ear(Protocol):
    """A durable consumer: it goes on where it stopped, over restarts of both sides."""

    async def fetch(self, limit: int, *, wait: float) -> list[Delivery]:
        """Up to `limit` messages in stream order; empty after `wait` seconds of silence. BusUnavailable when cut off."""
        ...

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """These are done with. If this is lost they come again, which the inbox makes harmless."""
        ...

    async def again(self, delivery: Delivery, *, after: timedelta) -> None:
        """Deliver this one again, not before `after` has passed."""
        ...

    async def working_on(self, deliveries: Sequence[Delivery]) -> None:
        """These are still being handled: start their time anew."""
        ...

    async def close(self) -> None:
        """Hand back what was fetched ahead and stop; the consumer itself stays."""
        ...


class Bus(Protocol):
    @property
    def is_connected(self) -> bool: ...

    @property
    def connection(self) -> int:
        """Another number after each loss of the connection: what was true of the stream may not be any more."""
        ...

    async def start(self) -> None:
        """Begin to connect, in the background: HTTP starts whether the broker is there or not."""
        ...

    async def close(self) -> None: ...

    async def publish(self, messages: Sequence[Outgoing]) -> list[int | None]:
        """Publish in order; for each message its sequence in the stream once it is stored, None when that is unknown.

        A message published again within some minutes is stored once. BusUnavailable when nothing could be sent at all.
        """
        ...

    async def state(self) -> StreamState:
        """Of the stream GONIEC, which is created when it is missing."""
        ...

    async def listen(self, consumer: str, filters: Sequence[str], *, heard: StreamState | None) -> Ear:
        """The consumer of that name, created when it is missing, hearing only what the filters let through.

        What the last listener held and did not acknowledge comes at once. `heard` is how far the listener's own memory
        reaches; a consumer that is further on than that goes back to it, to the beginning when there is no such memory.
        """
        ...
