"""The bus on NATS JetStream: one connection that stays, streams that are there."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import nats.aio.client
import nats.errors
import structlog

from kit import jetstream
from kit.bus import BROKER_TAKES_BYTES, MOST_BYTES, BusUnavailable, Outgoing, StreamState
from kit.nats_client import NatsClient
from kit.nats_ear import NatsEar
from kit.nats_publishing import Publishing

log = structlog.get_logger()

_STREAM_FULL = 10077


class NatsBus:
    """One connection per process. `max_bytes` bounds the stream GONIEC on disk."""

    def __init__(
        self,
        url: str,
        *,
        name: str = "goniec",
        user: str | None = None,
        password: str | None = None,
        max_bytes: int | None = None,
    ) -> None:
        # nats-py reads headers with fast-mail-parser when that is installed, and then every value is a list.
        nats.aio.client.parse_email = None  # type: ignore[attr-defined]
        self._url = url
        self._name = name
        self._user = user
        self._password = password
        self._streams = jetstream.streams(max_bytes=max_bytes) if max_bytes else jetstream.streams()
        self._client: NatsClient | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._publishing = asyncio.Lock()
        self._ensured_on = -1
        self._ensuring = asyncio.Lock()
        self._broker_takes_batches = True
        self._when_connected: set[Callable[[], None]] = set()
        self._is_known = False  # nats-py calls itself connected again before it tells us that it is another connection
        self.connection = 0

    @property
    def is_connected(self) -> bool:
        return self._client is not None and self._client.is_connected and self._is_known

    async def start(self) -> None:
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._stay_connected(), name="nats-connection")

    async def close(self) -> None:
        if self._client is not None and self._client.is_connected:
            with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
                await self._client.flush(timeout=2)
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
            self._connecting = None

    def client(self) -> NatsClient:
        """The live connection, or BusUnavailable."""
        if self._client is None or not self.is_connected:
            raise BusUnavailable(f"There is no connection to {self._url}.")
        return self._client

    async def ready_client(self) -> NatsClient:
        """The live connection, with the streams there."""
        client = self.client()
        async with self._ensuring:
            if self._ensured_on != self.connection:
                connection = self.connection
                await jetstream.ensure_streams(client, self._streams)
                self._ensured_on = connection
        return client

    def on_connected(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call `tell` after each new connection, until what is returned is called."""
        self._when_connected.add(tell)
        return lambda: self._when_connected.discard(tell)

    def doubt_streams(self) -> None:
        """Somebody found no stream: look again before the next use."""
        self._ensured_on = -1

    async def state(self) -> StreamState:
        client = await self.ready_client()
        try:
            return await jetstream.stream_state(client)
        except jetstream.JetStreamRefused:
            self.doubt_streams()
            raise

    async def listen(self, consumer: str, filters: Sequence[str], *, heard: StreamState | None) -> NatsEar:
        ear = NatsEar(self, consumer, filters, heard=heard)
        await ear.bind()
        return ear

    async def publish(self, messages: Sequence[Outgoing]) -> list[int | None]:
        client = await self.ready_client()
        async with self._publishing:
            publishing = Publishing(
                client, is_current=self._is_still(self.connection), in_batches=self._broker_takes_batches
            )
            sequences = await publishing.publish(messages)
            self._broker_takes_batches = publishing.in_batches
        if publishing.refusal is not None:
            await self._answer_refusal(client, publishing.refusal)
        return sequences

    def _is_still(self, connection: int) -> Callable[[], bool]:
        return lambda: self.is_connected and self.connection == connection

    async def _answer_refusal(self, client: NatsClient, refusal: dict[str, Any]) -> None:
        log.warning("publish_refused", code=refusal.get("err_code"), reason=refusal.get("description"))
        if refusal.get("err_code") == _STREAM_FULL:
            removed, slowest = await jetstream.make_room(client)
            log.warning("stream_was_full", messages_removed=removed, slowest_consumer=slowest)
        else:
            self.doubt_streams()

    async def _stay_connected(self) -> None:
        """A client of nats-py that was closed for good (a refused password, say) is replaced by a new one."""
        while True:
            closed = asyncio.Event()
            client = NatsClient()
            try:
                await self._connect(client, closed)
                self._client = client
                self._count_connection("bus_connected")
                if client.max_payload < MOST_BYTES:
                    log.error("broker_takes_too_little", max_payload=client.max_payload, wanted=BROKER_TAKES_BYTES)
                await closed.wait()
            finally:
                self._client = None
                await client.close()
            await asyncio.sleep(1.0)

    def _count_connection(self, event: str) -> None:
        self.connection += 1
        self._is_known = True
        self._broker_takes_batches = True
        log.info(event, url=self._url)
        for tell in tuple(self._when_connected):
            tell()

    async def _connect(self, client: NatsClient, closed: asyncio.Event) -> None:
        async def on_closed() -> None:
            closed.set()

        async def on_disconnected() -> None:
            self._is_known = False
            if self._client is client:
                log.warning("bus_disconnected", url=self._url)

        async def on_reconnected() -> None:
            self._count_connection("bus_reconnected")

        async def on_error(error: Exception) -> None:
            log.warning("bus_error", error=str(error) or type(error).__name__)

        await client.connect(
            self._url,
            name=self._name,
            user=self._user,
            password=self._password,
            inbox_prefix=f"_INBOX.{self._user}" if self._user else "_INBOX",
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            connect_timeout=2,
            ping_interval=10,
            max_outstanding_pings=2,
            pending_size=8 * 1024 * 1024,
            error_cb=on_error,
            closed_cb=on_closed,
            disconnected_cb=on_disconnected,
            reconnected_cb=on_reconnected,
        )
