"""A durable pull consumer on JetStream that fetches ahead and finds its way back after every kind of loss."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import nats.errors
import orjson
import structlog
from nats.aio.subscription import Subscription

from kit import jetstream
from kit.bus import STREAM, BusUnavailable, Delivery, StreamState
from kit.nats_client import NatsClient, Sent

if TYPE_CHECKING:
    from kit.nats_bus import NatsBus

log = structlog.get_logger()

_PULL_LASTS = 5.0
_BUSY_WITHIN = 0.25
# While much arrives we wait for more, since a batch costs nearly the same however large it is: the more the last one held,
# the longer. Single events are handed on at once.
_LINGER_FOR_EACH = 0.01
_LONGEST_LINGER = 0.2
_ACK, _NAK, _WORKING = b"+ACK", b"-NAK", b"+WPI"


class NatsEar:
    """While one batch is handled, the next one is on its way.

    The acknowledgement of a message from a stream that has been lost since is not sent: its number may belong to another
    message now.
    """

    def __init__(self, bus: "NatsBus", consumer: str, filters: Sequence[str], *, heard: StreamState | None) -> None:
        self._bus = bus
        self._consumer = consumer
        self._filters = tuple(filters)
        self._heard = heard
        self._arrived: deque[Delivery] = deque()
        self._news = asyncio.Event()
        self._client: NatsClient | None = None
        self._subscription: Subscription | None = None
        self._inbox = ""
        self._bound_on = -1
        self._stream = ""
        self._pull = 0
        self._expected = 0
        self._pull_ends = 0.0
        self._last_fetch = 0.0
        self._last_taken = 0
        self._rewound_on = -1
        self._stop_being_told = bus.on_connected(self._news.set)

    async def bind(self) -> None:
        """Find or create the consumer on the present connection; BusUnavailable when that is impossible."""
        connection = self._bus.connection
        client = await self._bus.ready_client()
        state = await self._bus.state()
        info = await jetstream.ensure_consumer(client, self._consumer, self._filters)
        self._stream = state.identity
        if connection != self._rewound_on:
            # What was on its way when the connection was lost would come again only after 60 seconds.
            self._arrived.clear()
            await self._rewind(client, info)
            self._rewound_on = connection
        if client is not self._client:
            self._client = client
            self._inbox = f"{client.new_inbox()}.{self._consumer}"
            self._subscription = await client.subscribe_directly(f"{self._inbox}.*", self._on_message)
        self._expected = 0
        self._bound_on = connection

    async def fetch(self, limit: int, *, wait: float) -> list[Delivery]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        while True:
            if self._bound_on != self._bus.connection:
                await self.bind()
            if len(self._arrived) < limit:
                await self._ask_for_more(limit)
            if self._arrived:
                break
            self._news.clear()
            left = min(deadline, self._pull_ends + 1.0) - loop.time()
            if left <= 0 and loop.time() >= deadline:
                return []
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(left, 0.0)):
                    await self._news.wait()
        if len(self._arrived) < limit and loop.time() - self._last_fetch < _BUSY_WITHIN:
            await asyncio.sleep(min(self._last_taken * _LINGER_FOR_EACH, _LONGEST_LINGER))
        taken = [self._arrived.popleft() for _ in range(min(limit, len(self._arrived)))]
        await self._ask_for_more(limit)
        self._last_fetch, self._last_taken = loop.time(), len(taken)
        return taken

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        await self._answer(deliveries, _ACK)
        self._last_fetch = asyncio.get_running_loop().time()

    async def again(self, delivery: Delivery, *, after: timedelta) -> None:
        await self._answer([delivery], _NAK + b" " + orjson.dumps({"delay": jetstream.nanoseconds(after)}))

    async def working_on(self, deliveries: Sequence[Delivery]) -> None:
        await self._answer([*deliveries, *self._arrived], _WORKING)

    async def close(self) -> None:
        """Unsubscribe first: draining a connection with a pull request open would wait for the request to end."""
        self._stop_being_told()
        with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
            if self._subscription is not None:
                await self._subscription.unsubscribe()
            await self._answer(list(self._arrived), _NAK)
            if self._client is not None and self._client.is_connected:
                await self._client.flush(timeout=2)
        self._arrived.clear()

    async def _rewind(self, client: NatsClient, info: dict[str, Any]) -> None:
        """Back to what was not acknowledged, at first also to what the listener's own memory does not reach."""
        back_to = None
        if self._rewound_on == -1:
            remembered = self._heard.last_sequence if self._heard and self._heard.identity == self._stream else 0
            if info["ack_floor"]["stream_seq"] > remembered:
                back_to = remembered + 1
                log.warning("consumer_goes_back", consumer=self._consumer, to_sequence=back_to)
        if back_to is None and not info.get("num_ack_pending"):
            return
        try:
            await jetstream.rewind_consumer(client, self._consumer, to_sequence=back_to)
        except jetstream.JetStreamRefused as error:
            # An older server: what the last process held comes again when its time is over.
            log.warning("consumer_not_rewound", consumer=self._consumer, reason=str(error))

    async def _ask_for_more(self, limit: int) -> None:
        now = asyncio.get_running_loop().time()
        if self._expected > 0 and now < self._pull_ends + 1.0:
            return
        if len(self._arrived) >= limit:
            return
        assert self._client is not None
        self._pull += 1
        self._expected = limit
        self._pull_ends = now + _PULL_LASTS
        body = orjson.dumps({"batch": limit, "expires": jetstream.nanoseconds(timedelta(seconds=_PULL_LASTS))})
        try:
            await self._client.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{self._consumer}", body, reply=f"{self._inbox}.{self._pull}"
            )
        except (nats.errors.Error, OSError) as error:
            raise BusUnavailable(f"{self._consumer} cannot ask for more: {error}") from error

    def _on_message(self, subject: str, reply: str, payload: bytes, header: bytes) -> None:
        if subject.startswith(self._inbox):
            self._on_status(subject, header)
        else:
            self._expected -= 1
            self._arrived.append(self._delivery(subject, reply, payload))
        self._news.set()

    def _on_status(self, subject: str, header: bytes) -> None:
        """A pull request has ended: its time is over, it was cut off, or there is no such consumer any more."""
        if subject != f"{self._inbox}.{self._pull}":
            return
        self._expected = 0
        status, _, description = header.partition(b"\r\n")[0].decode().removeprefix("NATS/1.0 ").partition(" ")
        if status in ("404", "408") or "batch completed" in description.lower():
            return
        log.warning("consumer_lost", consumer=self._consumer, status=status, reason=description.lower())
        self._bound_on = -1
        if status == "503":
            self._bus.doubt_streams()

    def _delivery(self, subject: str, reply: str, payload: bytes) -> Delivery:
        # $JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.…, with two more in front of the stream when
        # the server knows domains.
        tokens = reply.split(".")
        first = 4 if len(tokens) == 9 else 6
        return Delivery(
            subject=subject,
            payload=payload,
            sequence=int(tokens[first + 1]),
            deliveries=int(tokens[first]),
            stream=self._stream,
            token=reply,
        )

    async def _answer(self, deliveries: Sequence[Delivery], answer: bytes) -> None:
        client = self._client
        if client is None or self._bound_on != self._bus.connection or not self._bus.is_connected:
            return
        with contextlib.suppress(nats.errors.Error, OSError):
            await client.publish_all(
                [Sent(delivery.token, answer) for delivery in deliveries if delivery.stream == self._stream]
            )
