"""The bus without a broker: same order, same redeliveries, same duplicates, and faults on demand."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid4

from kit.bus import ACKNOWLEDGE_WITHIN, BusUnavailable, Delivery, Outgoing, StreamState
from kit.clock import Clock, SystemClock
from kit.events import Event, Heard, read_event

_LOOK_AGAIN = 0.005
_DUPLICATES_KNOWN_FOR = timedelta(minutes=2)

E = TypeVar("E", bound=Event)


@dataclass(slots=True)
class _Stored:
    sequence: int
    subject: str
    payload: bytes


@dataclass(slots=True)
class _Consumer:
    filters: tuple[str, ...]
    position: int = 0
    due: dict[int, datetime] = field(default_factory=dict)  # sequence of what was delivered → when it comes again
    deliveries: dict[int, int] = field(default_factory=dict)


class InMemoryBus:
    """Time (redelivery, delays, the window of duplicates) is that of `clock`: with a FixedClock nothing comes again unasked."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._stored: list[_Stored] = []
        self._dead: list[_Stored] = []
        self._known: dict[UUID, tuple[datetime, int]] = {}
        self._consumers: dict[str, _Consumer] = {}
        self._identity = str(uuid4())
        self.is_connected = True
        self.connection = 1

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to close: what was published stays for whoever listens next."""

    async def publish(self, messages: Sequence[Outgoing]) -> list[int | None]:
        self._must_be_connected()
        return [self._store(message) for message in messages]

    async def state(self) -> StreamState:
        self._must_be_connected()
        return StreamState(identity=self._identity, last_sequence=len(self._stored))

    async def listen(self, consumer: str, filters: Sequence[str], *, heard: StreamState | None) -> "InMemoryEar":
        self._must_be_connected()
        self._rewind(self._find_or_create(consumer, filters), heard)
        return InMemoryEar(self, consumer, filters)

    # What a test does to it, and sees of it.

    def disconnect(self) -> None:
        """Nothing goes in or out until `reconnect`."""
        self.is_connected = False

    def reconnect(self) -> None:
        self.is_connected = True
        self.connection += 1

    def lose_everything(self) -> None:
        """The broker comes back with an empty store: no messages, no consumers, another identity."""
        self._stored.clear()
        self._dead.clear()
        self._known.clear()
        self._consumers.clear()
        self._identity = str(uuid4())
        self.connection += 1

    def delete_consumer(self, name: str) -> None:
        self._consumers.pop(name, None)

    def heard(self) -> list[Heard[Event]]:
        """Everything published, in order."""
        return [read_event(stored.subject, stored.payload) for stored in self._stored]

    def events(self, kind: type[E]) -> list[E]:
        """The published events of one kind, in order."""
        return [heard.event for heard in self.heard() if isinstance(heard.event, kind)]

    def dead(self) -> list[tuple[str, bytes]]:
        """Subject and payload of everything on `dead.>`."""
        return [(stored.subject, stored.payload) for stored in self._dead]

    # For the ear.

    def take(self, name: str, filters: Sequence[str], limit: int) -> list[Delivery]:
        self._must_be_connected()
        consumer = self._find_or_create(name, filters)
        now = self._clock.now()
        taken = sorted(sequence for sequence, due in consumer.due.items() if due <= now)[:limit]
        while len(taken) < limit and consumer.position < len(self._stored):
            stored = self._stored[consumer.position]
            consumer.position += 1
            if any(_matches(stored.subject, pattern) for pattern in consumer.filters):
                taken.append(stored.sequence)
        for sequence in taken:
            consumer.due[sequence] = now + ACKNOWLEDGE_WITHIN
            consumer.deliveries[sequence] = consumer.deliveries.get(sequence, 0) + 1
        return [self._delivery(sequence, consumer.deliveries[sequence]) for sequence in taken]

    def settle(self, name: str, delivery: Delivery) -> None:
        consumer = self._consumers.get(name)
        if consumer is not None and delivery.stream == self._identity:
            consumer.due.pop(delivery.sequence, None)

    def postpone(self, name: str, delivery: Delivery, after: timedelta) -> None:
        consumer = self._consumers.get(name)
        if consumer is not None and delivery.stream == self._identity and delivery.sequence in consumer.due:
            consumer.due[delivery.sequence] = self._clock.now() + after

    def _rewind(self, consumer: _Consumer, heard: StreamState | None) -> None:
        """A new listener gets at once what the last one left, and what it does not remember itself."""
        remembered = heard.last_sequence if heard and heard.identity == self._identity else 0
        acknowledged = min(consumer.due) - 1 if consumer.due else consumer.position
        if acknowledged > remembered:
            consumer.position = remembered
            consumer.due.clear()
        for sequence in consumer.due:
            consumer.due[sequence] = self._clock.now()

    def _find_or_create(self, name: str, filters: Sequence[str]) -> _Consumer:
        consumer = self._consumers.setdefault(name, _Consumer(filters=tuple(filters)))
        consumer.filters = tuple(filters)
        return consumer

    def _store(self, message: Outgoing) -> int:
        now = self._clock.now()
        known = self._known.get(message.event_id)
        if known is not None and now - known[0] < _DUPLICATES_KNOWN_FOR:
            return known[1]
        log = self._dead if message.subject.startswith("dead.") else self._stored
        stored = _Stored(len(log) + 1, message.subject, message.payload)
        log.append(stored)
        self._known[message.event_id] = (now, stored.sequence)
        return stored.sequence

    def _delivery(self, sequence: int, deliveries: int) -> Delivery:
        stored = self._stored[sequence - 1]
        return Delivery(stored.subject, stored.payload, sequence, deliveries, self._identity)

    def _must_be_connected(self) -> None:
        if not self.is_connected:
            raise BusUnavailable("The bus is cut off by the test.")


class InMemoryEar:
    def __init__(self, bus: InMemoryBus, consumer: str, filters: Sequence[str]) -> None:
        self._bus = bus
        self._consumer = consumer
        self._filters = filters

    async def fetch(self, limit: int, *, wait: float) -> list[Delivery]:
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            taken = self._bus.take(self._consumer, self._filters, limit)
            if taken or asyncio.get_running_loop().time() >= deadline:
                return taken
            await asyncio.sleep(_LOOK_AGAIN)

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._bus.settle(self._consumer, delivery)

    async def again(self, delivery: Delivery, *, after: timedelta) -> None:
        self._bus.postpone(self._consumer, delivery, after)

    async def working_on(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._bus.postpone(self._consumer, delivery, ACKNOWLEDGE_WITHIN)

    async def close(self) -> None:
        """Nothing was fetched ahead."""


def _matches(subject: str, pattern: str) -> bool:
    """NATS wildcards: `*` is one token, a final `>` is one or more."""
    tokens, parts = subject.split("."), pattern.split(".")
    for index, part in enumerate(parts):
        if part == ">":
            return len(tokens) > index
        if index >= len(tokens) or part not in ("*", tokens[index]):
            return False
    return len(tokens) == len(parts)
