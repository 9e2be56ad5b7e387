"""The bus on NATS JetStream: stays connected by itself, publishes with many acknowledgements in flight."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any

import nats.aio.client
import nats.errors
import orjson
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from kit import jetstream
from kit.bus import BROKER_TAKES_BYTES, MOST_BYTES, BusUnavailable, Outgoing, StreamState
from kit.nats_ear import NatsEar

log = structlog.get_logger()

IN_FLIGHT = 256
_ACKNOWLEDGED_WITHIN = 10.0
_LOOK_AGAIN = 0.5
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
        self._client: Client | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._publishing = asyncio.Lock()
        self._ensured_on = -1
        self._ensuring = asyncio.Lock()
        self._when_connected: set[Callable[[], None]] = set()
        self.connection = 0

    @property
    def is_connected(self) -> bool:
        return self._client is not None and self._client.is_connected

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

    def client(self) -> Client:
        """The live connection, or BusUnavailable."""
        if self._client is None or not self._client.is_connected:
            raise BusUnavailable(f"There is no connection to {self._url}.")
        return self._client

    async def ready_client(self) -> Client:
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

    async def listen(self, consumer: str, filters: Sequence[str]) -> NatsEar:
        ear = NatsEar(self, consumer, filters)
        await ear.bind()
        return ear

    async def publish(self, messages: Sequence[Outgoing]) -> list[int | None]:
        client = await self.ready_client()
        async with self._publishing:
            window = _Window(client, messages, is_current=self._is_still(self.connection))
            sequences = await window.publish()
        if window.refusal is not None:
            await self._answer_refusal(client, window.refusal)
        return sequences

    def _is_still(self, connection: int) -> Callable[[], bool]:
        return lambda: self.is_connected and self.connection == connection

    async def _answer_refusal(self, client: Client, refusal: dict[str, Any]) -> None:
        log.warning("publish_refused", code=refusal.get("err_code"), reason=refusal.get("description"))
        if refusal.get("err_code") == _STREAM_FULL:
            freed = await jetstream.forget_what_all_have_heard(client)
            log.warning("stream_was_full", messages_removed=freed)
        else:
            self.doubt_streams()

    async def _stay_connected(self) -> None:
        """A client of nats-py that was closed for good (a refused password, say) is replaced by a new one."""
        while True:
            closed = asyncio.Event()
            client = Client()
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
        log.info(event, url=self._url)
        for tell in tuple(self._when_connected):
            tell()

    async def _connect(self, client: Client, closed: asyncio.Event) -> None:
        async def on_closed() -> None:
            closed.set()

        async def on_disconnected() -> None:
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


class _Window:
    """One call of `publish`: sends on while no more than IN_FLIGHT messages wait for their acknowledgement.

    At the first refusal nothing more is sent, so that what follows does not overtake what was refused.
    """

    def __init__(self, client: Client, messages: Sequence[Outgoing], *, is_current: Callable[[], bool]) -> None:
        self._client = client
        self._is_current = is_current
        self._messages = messages
        self._sequences: list[int | None] = [None] * len(messages)
        self._answered = 0
        self._sent = 0
        self._progress = asyncio.Event()
        self.refusal: dict[str, Any] | None = None

    async def publish(self) -> list[int | None]:
        inbox = f"{self._client.new_inbox()}.{os.urandom(4).hex()}"
        try:
            subscription = await self._client.subscribe(f"{inbox}.*", cb=self._on_answer)
            try:
                await self._send_all(inbox)
                await self._wait_until(lambda: self._answered == self._sent)
            finally:
                with contextlib.suppress(nats.errors.Error):
                    await subscription.unsubscribe()
        except (nats.errors.Error, OSError) as error:
            if self._answered == 0:
                raise BusUnavailable(f"Nothing could be published: {error}") from error
        return self._sequences

    async def _send_all(self, inbox: str) -> None:
        for index, message in enumerate(self._messages):
            if self._sent - self._answered >= IN_FLIGHT and not await self._wait_until(
                lambda: self._sent - self._answered < IN_FLIGHT
            ):
                return
            if self.refusal is not None or not self._is_current():
                return
            await self._client.publish(
                message.subject,
                message.payload,
                reply=f"{inbox}.{index}",
                headers={"Nats-Msg-Id": str(message.event_id)},
            )
            self._sent += 1

    async def _wait_until(self, reached: Callable[[], bool]) -> bool:
        """False when the broker stays silent or the connection is lost before that: its answers are lost with it."""
        silent_since = asyncio.get_running_loop().time()
        while not reached():
            self._progress.clear()
            try:
                async with asyncio.timeout(_LOOK_AGAIN):
                    await self._progress.wait()
                silent_since = asyncio.get_running_loop().time()
            except TimeoutError:
                silent_for = asyncio.get_running_loop().time() - silent_since
                if silent_for > _ACKNOWLEDGED_WITHIN or not self._is_current():
                    return False
        return True

    async def _on_answer(self, message: Msg) -> None:
        self._answered += 1
        self._progress.set()
        if message.headers:  # 503: no stream takes this subject
            self.refusal = {"description": "no stream takes this subject", "err_code": 0}
            return
        answer = orjson.loads(message.data)
        if "error" in answer:
            self.refusal = self.refusal or answer["error"]
            return
        self._sequences[int(message.subject.rpartition(".")[2])] = answer["seq"]
